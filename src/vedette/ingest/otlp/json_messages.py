"""The messages of OTLP as JSON spells them.

Owns: their fields, named as in protobuf, so that whoever reads them need not know the encoding.
Does not own: reading bodies (`plain_json`), what messages say.

Only what is read is declared; other keys are passed over, as the specification asks.
"""

from typing import Annotated

import msgspec

# As in protobuf, where none has more bits; text may spell any.
Integer = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class _Camel(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Fields are named as JSON has them."""


class AnyValue(_Camel, frozen=True):
    """A value; one of its fields is set."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Integer | None = None
    double_value: float | None = None
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None


class KeyValue(_Camel, frozen=True):
    """An attribute."""

    key: str = ""
    value: AnyValue | None = None


class ArrayValue(_Camel, frozen=True):
    """A list."""

    values: list[AnyValue] = []


class KeyValueList(_Camel, frozen=True):
    """A map."""

    values: list[KeyValue] = []


class Resource(_Camel, frozen=True):
    """What produced telemetry."""

    attributes: list[KeyValue] = []


class Scope(_Camel, frozen=True):
    """The library that did."""

    name: str = ""
    version: str = ""
    attributes: list[KeyValue] = []


class Status(_Camel, frozen=True):
    """How a span ended: 2 is an error."""

    message: str = ""
    code: Integer = 0


class Event(_Camel, frozen=True):
    """Something at a moment of a span."""

    time_unix_nano: Integer = 0
    name: str = ""
    attributes: list[KeyValue] = []


class Link(_Camel, frozen=True):
    """Another span."""

    trace_id: str = ""
    span_id: str = ""
    attributes: list[KeyValue] = []


class Span(_Camel, frozen=True):
    """One operation."""

    trace_id: str = ""
    span_id: str = ""
    trace_state: str = ""
    parent_span_id: str = ""
    name: str = ""
    kind: Integer = 0
    start_time_unix_nano: Integer = 0
    end_time_unix_nano: Integer = 0
    attributes: list[KeyValue] = []
    events: list[Event] = []
    links: list[Link] = []
    status: Status = Status()


class LogRecord(_Camel, frozen=True):
    """One line, or one event, of a log."""

    time_unix_nano: Integer = 0
    observed_time_unix_nano: Integer = 0
    severity_number: Integer = 0
    severity_text: str = ""
    body: AnyValue | None = None
    attributes: list[KeyValue] = []
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""


class NumberPoint(_Camel, frozen=True):
    """A number at a moment."""

    attributes: list[KeyValue] = []
    start_time_unix_nano: Integer = 0
    time_unix_nano: Integer = 0
    as_double: float | None = None
    as_int: Integer | None = None
    flags: Integer = 0


class HistogramPoint(_Camel, frozen=True):
    """Counts of buckets with given bounds."""

    attributes: list[KeyValue] = []
    start_time_unix_nano: Integer = 0
    time_unix_nano: Integer = 0
    count: Integer = 0
    sum: float | None = None
    bucket_counts: list[Integer] = []
    explicit_bounds: list[float] = []
    flags: Integer = 0


class Buckets(_Camel, frozen=True):
    """Counts of buckets whose bounds are powers of one base."""

    offset: Integer = 0
    bucket_counts: list[Integer] = []


class ExponentialPoint(_Camel, frozen=True):
    """Counts of such buckets on both sides of zero."""

    attributes: list[KeyValue] = []
    start_time_unix_nano: Integer = 0
    time_unix_nano: Integer = 0
    count: Integer = 0
    sum: float | None = None
    scale: Integer = 0
    zero_count: Integer = 0
    zero_threshold: float = 0.0
    positive: Buckets = Buckets()
    negative: Buckets = Buckets()
    flags: Integer = 0


class QuantileValue(_Camel, frozen=True):
    """One quantile."""

    quantile: float = 0.0
    value: float = 0.0


class SummaryPoint(_Camel, frozen=True):
    """Quantiles that the sender reckoned."""

    attributes: list[KeyValue] = []
    start_time_unix_nano: Integer = 0
    time_unix_nano: Integer = 0
    count: Integer = 0
    sum: float = 0.0
    quantile_values: list[QuantileValue] = []
    flags: Integer = 0


class Gauge(_Camel, frozen=True):
    """Points that stand for themselves."""

    data_points: list[NumberPoint] = []


class Sum(_Camel, frozen=True):
    """Points that add up."""

    data_points: list[NumberPoint] = []
    aggregation_temporality: Integer = 0
    is_monotonic: bool = False


class Histogram(_Camel, frozen=True):
    """Points of histograms."""

    data_points: list[HistogramPoint] = []
    aggregation_temporality: Integer = 0


class ExponentialHistogram(_Camel, frozen=True):
    """Points of exponential histograms."""

    data_points: list[ExponentialPoint] = []
    aggregation_temporality: Integer = 0


class Summary(_Camel, frozen=True):
    """Points of summaries."""

    data_points: list[SummaryPoint] = []


class Metric(_Camel, frozen=True):
    """One metric with its points."""

    name: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None

    def WhichOneof(self, name: str) -> str | None:  # noqa: N802 - as protobuf has it
        """Of which kind its points are."""
        kinds = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
        return next((kind for kind in kinds if getattr(self, kind) is not None), None)
