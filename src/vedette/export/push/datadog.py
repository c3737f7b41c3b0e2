"""Datadog's API for series, versions 1 and 2: JSON over HTTP.

Owns: the bytes.  Does not own: sending (`export.push.pusher`).
Source: Datadog API reference, "Submit metrics"; buckets of histograms stay at home: Datadog makes
its own of distributions (`export.push.dogstatsd`).
"""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import msgspec

from vedette.export.push.fresh import Fresh

HEADERS = {"Content-Type": "application/json"}
V1, V2 = "/api/v1/series", "/api/v2/series"
COUNT, GAUGE = 1, 3  # types of version 2
SECOND = 10**9


def body(found: Sequence[Fresh], tags: Mapping[str, str], *, v1: bool) -> bytes:
    """A request with the new samples of some series; of a counter, how much it grew with each."""
    told = [one for one in found if not is_bucket(one)]
    series = [_v1(one, tags) if v1 else _v2(one, tags) for one in told]
    return msgspec.json.encode({"series": series}) if series else b""


def is_bucket(one: Fresh) -> bool:
    """Whether it is one bucket of a histogram."""
    return one.series.name.endswith("_bucket")


def _points(one: Fresh) -> list[tuple[int, float]]:
    times = (one.series.times // SECOND).tolist()
    grew = one.increases if one.is_counter else one.series.values
    values = zip(times, grew.tolist(), strict=True)
    return [(at, value) for at, value in values if not isnan(value)]


def _v1(one: Fresh, tags: Mapping[str, str]) -> dict[str, Any]:
    told = {
        "metric": dotted(one.series.name),
        "points": _points(one),
        "type": "count" if one.is_counter else "gauge",
        "tags": tagged(one, tags),
    }
    return told | ({"interval": _interval(one)} if one.is_counter else {})


def _v2(one: Fresh, tags: Mapping[str, str]) -> dict[str, Any]:
    told = {
        "metric": dotted(one.series.name),
        "points": [{"timestamp": at, "value": value} for at, value in _points(one)],
        "type": COUNT if one.is_counter else GAUGE,
        "tags": tagged(one, tags),
    }
    return told | ({"interval": _interval(one)} if one.is_counter else {})


def _interval(one: Fresh) -> int:
    """The seconds that an increase was counted in."""
    return max(one.series.every // SECOND, 1)


def dotted(name: str) -> str:
    """A name as Datadog has it.

    Example:
        >>> dotted("vedette_latency_seconds_sum")
        'vedette.latency_seconds_sum'
        >>> dotted("vedette_events_total")
        'vedette.events'
    """
    return name.replace("vedette_", "vedette.", 1).removesuffix("_total")


def tagged(one: Fresh, tags: Mapping[str, str]) -> list[str]:
    """Labels as tags."""
    return [f"{key}:{value}" for key, value in {**tags, **dict(one.series.labels)}.items()]
