"""OTLP metrics: sums, gauges and histograms as protobuf over HTTP.

Owns: the bytes.  Does not own: sending (`export.push.pusher`).

Names go back to OpenTelemetry's spelling (`vedette_latency_seconds` is `vedette.latency` in `s`):
a collector that turns them into Prometheus' arrives at the names that `/metrics` has.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

from vedette.core.version import __version__
from vedette.export.push.fresh import BOUND, Fresh
from vedette.export.series.families import FAMILY_OF, Family

HEADERS = {"Content-Type": "application/x-protobuf"}
UNITS = {"seconds": "s", "ratio": "1", "bytes": "By"}


def body(found: Sequence[Fresh], tags: Mapping[str, str], since: int) -> bytes:
    """A request with the new samples of some series.

    Units: `since` is from when on counters count, in UTC nanoseconds.
    """
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    resource.resource.attributes.extend(_pairs({"service.name": "vedette", **tags}))
    scope = resource.scope_metrics.add()
    scope.scope.name, scope.scope.version = "vedette", __version__
    by_family: dict[str, list[Fresh]] = {}
    for one in found:
        by_family.setdefault(one.family.name, []).append(one)
    for name, own in by_family.items():
        scope.metrics.append(_metric(FAMILY_OF[own[0].series.name], name, own, since))
    written: bytes = request.SerializeToString()
    return written


def _metric(family: Family, name: str, own: Sequence[Fresh], since: int) -> Any:
    metric = Metric(
        name=spelt(family), unit=UNITS.get(family.unit, ""), description=family.help
    )  # fmt: skip
    if family.kind == "histogram":
        metric.histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
        metric.histogram.data_points.extend(_histograms(name, own, since))
    elif family.kind == "counter":
        metric.sum.is_monotonic = True
        metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
        metric.sum.data_points.extend(_numbers(own, since))
    else:
        metric.gauge.data_points.extend(_numbers(own, 0))
    return metric


def spelt(family: Family) -> str:
    """A name as OpenTelemetry has it.

    Example:
        >>> spelt(FAMILY_OF["vedette_latency_seconds_sum"])
        'vedette.latency'
    """
    bare = family.name.removesuffix(f"_{family.unit}") if family.unit else family.name
    return bare.replace("vedette_", "vedette.", 1)


def _numbers(own: Sequence[Fresh], since: int) -> list[Any]:
    return [
        NumberDataPoint(
            attributes=_pairs(dict(one.series.labels)), as_double=value,
            time_unix_nano=at, start_time_unix_nano=min(since, at),
        )
        for one in own
        for at, value in zip(one.series.times.tolist(), one.series.values.tolist(), strict=True)
    ]  # fmt: skip


def _histograms(name: str, own: Sequence[Fresh], since: int) -> list[Any]:
    """Points of a histogram from its buckets, counts and sums, which stand at the same instants."""
    parts: dict[tuple[tuple[str, str], ...], dict[str, Fresh]] = {}
    for one in own:
        labels = dict(one.series.labels)
        bound = labels.pop(BOUND, one.series.name.removeprefix(f"{name}_"))
        parts.setdefault(tuple(labels.items()), {})[bound] = one
    points = []
    for about, some in parts.items():
        bounds = sorted(float(b) for b in some if b not in ("count", "sum", "+Inf"))
        named = {float(b): one for b, one in some.items() if b not in ("count", "sum")}
        if "count" not in some or not bounds:
            continue
        below = np.stack([named[b].series.values for b in (*bounds, float("inf"))])
        counts = np.diff(below, axis=0, prepend=0.0)
        totals = some["sum"].series.values if "sum" in some else None
        for at, when in enumerate(some["count"].series.times.tolist()):
            points.append(
                HistogramDataPoint(
                    attributes=_pairs(dict(about)),
                    time_unix_nano=when,
                    start_time_unix_nano=min(since, when),
                    count=int(below[-1, at]),
                    sum=None if totals is None else float(totals[at]),
                    explicit_bounds=bounds,
                    bucket_counts=[int(n) for n in counts[:, at]],
                )
            )
    return points


def _pairs(labels: Mapping[str, str]) -> list[Any]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in labels.items()]
