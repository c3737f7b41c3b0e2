"""From one metric's points to readings.

Owns: which readings a gauge, a sum, a histogram and a summary give, and their names.  Does not own:
what came since the point before (`streams`), whole bodies (`metrics`), how many names a model may
have (`engine.metric_names`).

A gauge is read as it is, a sum that only grows as its rate per second, a histogram as its median,
its 95th and 99th percentile and its rate, all of what came since the point before.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import pairwise
from math import isfinite
from typing import Any, NamedTuple

from vedette.ingest.otlp.exponential import Exponential, exponential
from vedette.ingest.otlp.form import Form
from vedette.ingest.otlp.streams import Amount, Counts, Streams
from vedette.ingest.otlp.units import factor
from vedette.ingest.series_names import series_name
from vedette.stats.buckets import bucket_quantile

QUANTILES = (0.5, 0.95, 0.99)
DELTA = 1  # of temporalities; 2 is cumulative
NO_VALUE = 1  # of flags: nothing was recorded
BOUNDS = 1_000  # of one explicit histogram
_MOST = 50  # quantiles of one summary


class Reading(NamedTuple):
    """One reading.  Units: `time` UTC nanoseconds."""

    name: str
    value: float
    time: int
    id: str


class Series(NamedTuple):
    """What tells one series from another: its name, its labels, and of whom it is.

    Shapes: `key` is a digest of all that identifies it, `whose` of its sender.
    """

    name: str
    labels: list[tuple[str, str]]
    key: bytes
    whose: bytes

    def reading(self, suffix: str, value: float, time: int) -> Reading:
        """A reading of it; ids are the same whenever this point is sent."""
        name = series_name(f"{self.name}{suffix}", self.labels)
        digest = blake2b(self.key, digest_size=12)
        digest.update(f"{suffix}\0{time}".encode())
        return Reading(name, value, time, digest.hexdigest())


def series_of(name: str, attributes: Mapping[str, Any], whose: bytes) -> Series:
    """A series by its name and attributes.

    Errors: ValueError when it has no name.
    Example:
        >>> series_of("jobs", {"state": "done", "queue": "a"}, b"").labels
        [('queue', 'a'), ('state', 'done')]
    """
    if not name:
        raise ValueError("it has no name")
    labels = sorted((key, _word(value)) for key, value in attributes.items())
    digest = blake2b(whose, digest_size=16)
    digest.update(repr((name, labels)).encode("utf-8", "replace"))
    return Series(name, labels, digest.digest(), whose)


def readings_of(
    metric: Any, kind: str, point: Any, series: Series, form: Form, streams: Streams
) -> Iterator[Reading]:
    """The readings of one point; none where nothing is to be told yet.

    Errors: ValueError when the point is not what its kind is.
    """
    time = point.time_unix_nano
    if point.flags & NO_VALUE:
        return
    if not time:
        raise ValueError("it has no time")
    scale = factor(metric.unit)
    if kind in ("gauge", "sum"):
        value = form.number(point)
        if value is None:
            raise ValueError("it has no value")
        if kind == "gauge" or not grows(metric.sum):
            yield series.reading("", value * scale, time)
            return
        found = since(Counts((value,)), metric.sum, point, series, streams)
        if found is not None:
            amount, seconds = found
            yield series.reading(".rate", amount[0] * scale / seconds, time)
    elif kind == "summary":
        yield from _summary(point, series, scale, streams)
    else:
        yield from _histogram(metric, kind, point, series, scale, streams)


def _histogram(
    metric: Any, kind: str, point: Any, series: Series, scale: float, streams: Streams
) -> Iterator[Reading]:
    histogram = getattr(metric, kind)
    counts: Any
    if kind == "histogram":
        bounds = list(point.explicit_bounds)
        counts = Counts(point.bucket_counts or [point.count])
        if len(counts) != len(bounds) + 1:
            raise ValueError(f"it has {len(counts)} buckets of {len(bounds)} bounds")
        if len(bounds) > BOUNDS:
            raise ValueError(f"it has more than {BOUNDS} buckets")
        if any(not low < high for low, high in pairwise(bounds)):
            raise ValueError("its bounds do not ascend")
    else:
        sides = ((side.offset, side.bucket_counts) for side in (point.positive, point.negative))
        counts = exponential(point.scale, point.zero_count, *sides)
    found = since(counts, histogram, point, series, streams)
    if found is None:
        return
    amount, seconds = found
    total = amount.count if isinstance(amount, Exponential) else sum(amount)
    yield series.reading(".rate", total / seconds, point.time_unix_nano)
    for q in QUANTILES:
        if isinstance(amount, Exponential):
            value = amount.quantile(q)
        else:
            value = bucket_quantile(q, bounds, amount)
        if isfinite(value):
            yield series.reading(f".p{q * 100:g}", value * scale, point.time_unix_nano)


def _summary(point: Any, series: Series, scale: float, streams: Streams) -> Iterator[Reading]:
    if len(point.quantile_values) > _MOST:
        raise ValueError(f"it has more than {_MOST} quantiles")
    for one in point.quantile_values:
        if isfinite(one.value) and 0 <= one.quantile <= 1:
            suffix = f".p{round(one.quantile * 100, 6):g}"
            yield series.reading(suffix, one.value * scale, point.time_unix_nano)
    found = since(Counts((point.count,)), None, point, series, streams)
    if found is not None:
        yield series.reading(".rate", found[0][0] / found[1], point.time_unix_nano)


def grows(data: Any) -> bool:
    """Whether what a sum says is what was added up, and no level."""
    return bool(data.is_monotonic) or _is_delta(data)


def since(
    amount: Amount, data: Any, point: Any, series: Series, streams: Streams
) -> tuple[Any, float] | None:
    """What came since the point before, and in how many seconds; None where that is not known.

    Shapes: `data` says its temporality; None for cumulative.
    """
    start, time = point.start_time_unix_nano, point.time_unix_nano
    if data is not None and _is_delta(data):
        return (amount, (time - start) / 1e9) if 0 < start < time else None
    grown = streams.grown(series.key, start, time, amount, series.whose)
    return None if grown is None or not grown.seconds > 0 else (grown.amount, grown.seconds)


def _is_delta(data: Any) -> bool:
    return bool(data.aggregation_temporality == DELTA)


def _word(value: Any) -> str:
    """A value of an attribute as a part of a name."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
