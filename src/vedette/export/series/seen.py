"""What monitors saw over time: readings of series, evidence, effects, incidents.

Owns: making gauges of what is kept of windows and incidents.  Does not own: the bytes
(`engine.courses`, `engine.looks`), which windows are read (`export.series.book`).

A sample stands at the end of its window, when it became known.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.incident import SEVERITIES, Incident
from vedette.alerts.lifecycle import is_open
from vedette.engine.courses import LEARNING, Courses
from vedette.engine.looks import Looks
from vedette.export.series.series import (
    Allows,
    Series,
    Wanted,
    in_order,
    label_name,
    labels_of,
)
from vedette.export.series.spent import Stretch

Array = NDArray[np.float64]
PARTS = {
    "vedette_reading": "value", "vedette_reading_expected": "expected",
    "vedette_reading_low": "low", "vedette_reading_high": "high", "vedette_reading_score": "score",
}  # fmt: skip
_NAMED = re.compile(r"(?P<bare>[^{]*)\{(?P<pairs>.*)\}")
OWN = ("model", "series", "metric", "__name__")


def readings(model: str, courses: Courses, wanted: Wanted, allows: Allows) -> Iterator[Series]:
    """Watched series: values, and what was expected where enough was known."""
    known = courses.state != LEARNING
    every = width_of(courses.starts, courses.ends)
    for name, part in PARTS.items():
        if not wanted(name):
            continue
        values = getattr(courses, part)
        values = values if part == "value" else np.where(known, values, np.nan)
        for at, (series, column) in enumerate(zip(courses.names, courses.columns, strict=True)):
            if not allows("", column, ""):
                continue
            labels = in_order({"model": model, **reading_labels(series)})
            yield from gauge(name, labels, courses.ends, values[:, at], every)


def reading_labels(series: str) -> dict[str, str]:
    """The labels of a watched series; those in its name become labels of their own.

    Example:
        >>> reading_labels("queue{pool=a,model=x}")["metric"]
        'queue'
        >>> reading_labels("queue{pool=a,model=x}")["pool"]
        'a'
        >>> reading_labels("queue{pool=a,model=x}")["exported_model"]
        'x'
        >>> reading_labels("prediction=yes")
        {'series': 'prediction=yes', 'metric': 'prediction=yes'}
    """
    found = _NAMED.fullmatch(series)
    if found is None:
        return {"series": series, "metric": series}
    labels = {"series": series, "metric": found["bare"]}
    for pair in found["pairs"].split(","):
        key, _, value = pair.partition("=")
        name = label_name(key.strip())
        # As Prometheus renames labels of a target that it needs itself.
        labels[f"exported_{name}" if name in OWN else name] = value.strip().strip('"')
    return labels


def evidence(model: str, clock: str, looks: Looks, wanted: Wanted) -> Iterator[Series]:
    """The evidence of a clock, and what it has to reach."""
    every = width_of(looks.starts, looks.ends)
    labels = labels_of(model=model, clock=clock)
    for name, values in (("vedette_evidence_log10", looks.total),
                         ("vedette_evidence_threshold_log10", looks.threshold)):  # fmt: skip
        if wanted(name):
            logs = np.log10(np.clip(values, 1e-300, None))
            yield from gauge(name, labels, looks.ends, logs, every)


def streams(
    model: str, clock: str, looks: Looks, wanted: Wanted, allows: Allows, most: int | None = None
) -> Iterator[Series]:
    """Every monitor on every column of a clock; at most some of them, those that showed most."""
    looks = looks.of_streams([allows(*stream) for stream in looks.streams])
    order = list(range(len(looks.streams)))
    if most is not None and len(looks.streams) > most:
        peak = np.nan_to_num(looks.part, nan=-1.0).max(axis=0, initial=-1.0)
        order = sorted(np.argsort(-peak, kind="stable")[:most].tolist())
    every = width_of(looks.starts, looks.ends)
    for name, values in (("vedette_stream_evidence_ratio", looks.part),
                         ("vedette_stream_effect", looks.effect)):  # fmt: skip
        for at in order if wanted(name) else ():
            monitor, column, segment = looks.streams[at]
            labels = labels_of(
                model=model, clock=clock, monitor=monitor, column=column, segment=segment
            )
            yield from gauge(name, labels, looks.ends, values[:, at].astype(np.float64), every)


def incidents(
    model: str, found: Sequence[Incident], at: Stretch, wanted: Wanted, allows: Allows
) -> Iterator[Series]:
    """How many incidents were not over at the end of every window, and each of them."""
    spans = [(one, _lasts(one, at.grid)) for one in found]
    for severity in SEVERITIES if wanted("vedette_open_incidents") else ():
        counts = np.zeros(len(at.grid))
        for one, lasts in spans:
            counts += lasts & (one.severity == severity)
        labels = labels_of(model=model, severity=severity)
        yield Series("vedette_open_incidents", labels, at.grid, counts, at.every)
    for one, lasts in spans if wanted("vedette_incident") else ():
        stream = one.streams[0] if one.streams else ("", "", "")
        # That there is one is told; not what it is about, to those who may not see it.
        monitor, column, segment = stream if allows(*stream) else ("", "", "")
        labels = labels_of(
            model=model, incident=one.id, severity=one.severity, axis=one.axis, monitor=monitor,
            column=column, segment=segment,
        )  # fmt: skip
        times = at.grid[lasts]
        if len(times):
            yield Series("vedette_incident", labels, times, np.ones(len(times)), at.every)


def _lasts(incident: Incident, grid: NDArray[np.int64]) -> NDArray[np.bool_]:
    """At which instants an incident is known and not over."""
    end = np.iinfo(np.int64).max
    if not is_open(incident) and incident.closed is not None:
        end = incident.closed
    lasts: NDArray[np.bool_] = (grid >= incident.opened) & (grid < end)
    return lasts


def gauge(
    name: str, labels: tuple[tuple[str, str], ...], times: NDArray[np.int64], values: Array,
    every: int,
) -> Iterator[Series]:  # fmt: skip
    """A series of the windows that have a value; none where no window has."""
    there = ~np.isnan(values)
    if there.any():
        yield Series(name, labels, times[there], values[there], every)


def width_of(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> int:
    """How wide the newest of some windows is; 0 of none."""
    return int(ends[-1] - starts[-1]) if len(starts) else 0
