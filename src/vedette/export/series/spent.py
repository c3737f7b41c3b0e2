"""Events, errors and how long things took: counters and histograms that only grow.

Owns: adding windows up into counters, buckets, quantiles.  Does not own: what is kept of windows
(`engine.paces`), which of them are read (`export.series.book`).

A counter is the sum of all windows since the first that is kept, and is told at the end of every
window from then on, whether anything came or not: a rate over silence is 0.  It begins with a 0
before the first window, so that the first rows are an increase as well.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.rows import ERROR_TYPE
from vedette.engine.paces import OTHER, Counted, Paces
from vedette.export.series.series import Allows, Series, Wanted, in_order, labels_of
from vedette.sketches.loglinear import edge_of, place_of

# The advisory boundaries of OpenTelemetry's HTTP durations, with finer ones below and minutes above
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
          10.0, 30.0, 60.0)  # fmt: skip
MOST_ERRORS = 20  # types of error told by themselves
QUANTILES = (0.5, 0.95, 0.99)
Array = NDArray[np.float64]


class Stretch(NamedTuple):
    """Where samples are wanted: `grid` int64[n], ends of windows `every` apart (nanoseconds)."""

    start: int
    end: int
    grid: NDArray[np.int64]
    every: int


def spent(
    model: str, paces: Paces, at: Stretch, wanted: Wanted, allows: Allows
) -> Iterator[Series]:
    """The series of a model's paces in a stretch; windows of `paces` do not overlap."""
    own = ("model", model)
    for name, counts in (("vedette_events_total", paces.rows),
                         ("vedette_late_events_total", paces.late)):  # fmt: skip
        if wanted(name):
            yield _counter(name, (own,), counts, paces, at)
    if wanted("vedette_failed_events_total") and allows("", ERROR_TYPE, ""):
        for kind, counts in _most_frequent(paces.errors).items():
            labels = labels_of(model=model, error_type=kind)
            yield _counter("vedette_failed_events_total", labels, counts, paces, at)
    for (column, segment), counted in paces.tails.items():
        if not allows("", column, segment):
            continue
        about = {"model": model, "column": column, "segment": segment}
        yield from _histogram(about, counted, paces, at, wanted)
        if wanted("vedette_latency_quantile_seconds"):
            yield from _quantiles(about, counted, paces, at)


def _most_frequent(errors: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """The types of error that most rows had, all others as one."""
    order = sorted(errors, key=lambda kind: (-int(errors[kind].sum()), kind))
    kept = {kind: errors[kind] for kind in order[:MOST_ERRORS] if kind != OTHER}
    rest = [errors[kind] for kind in order if kind not in kept]
    return {**kept, OTHER: np.sum(rest, axis=0)} if rest else kept


def _counter(
    name: str, labels: tuple[tuple[str, str], ...], counts: NDArray[np.int64] | Array,
    paces: Paces, at: Stretch,
) -> Series:  # fmt: skip
    """What had come by the end of every window."""
    sums = np.concatenate([[0.0], np.cumsum(counts)])
    values = sums[paces.ends.searchsorted(at.grid, "right")]
    return Series(name, labels, at.grid, values, at.every)


def _histogram(
    about: dict[str, str], counted: Counted, paces: Paces, at: Stretch, wanted: Wanted
) -> Iterator[Series]:
    names = [f"vedette_latency_seconds{end}" for end in ("_bucket", "_count", "_sum")]
    if not any(map(wanted, names)):
        return
    window = np.repeat(np.arange(len(paces.ends)), np.diff(counted.bounds))
    n = len(paces.ends)

    def summed(values: NDArray[np.int64] | Array) -> Array:
        return np.bincount(window, values, minlength=n).astype(np.float64)

    if wanted(names[0]):
        for bound, last in zip(BOUNDS, _last_places(), strict=True):
            surely = counted.below + summed(counted.counts * (counted.places <= last))
            labels = in_order({**about, "le": repr(bound)})
            yield _counter(names[0], labels, surely, paces, at)
    total = counted.below + summed(counted.counts)
    labels = in_order(about)
    if wanted(names[0]):
        yield _counter(names[0], in_order({**about, "le": "+Inf"}), total, paces, at)
    if wanted(names[1]):
        yield _counter(names[1], labels, total, paces, at)
    if wanted(names[2]):
        middles = _middles(counted.places)
        yield _counter(names[2], labels, summed(counted.counts * middles), paces, at)


def _last_places() -> list[int]:
    """Of every bound the last place that lies below it wholly: a bin that reaches over a bound
    counts as above it."""
    places = place_of(np.array(BOUNDS)).tolist()
    return [place - 1 if edge_of(place + 1) > bound else place
            for place, bound in zip(places, BOUNDS, strict=True)]  # fmt: skip


def _middles(places: NDArray[np.int32]) -> Array:
    """The middle of every bin, as `sketches.loglinear.middle` gives it for one."""
    unique, back = np.unique(places, return_inverse=True)
    edges = np.array([(edge_of(int(p)), edge_of(int(p) + 1)) for p in unique]).reshape(-1, 2)
    middles: Array = 2 * edges[:, 0] * edges[:, 1] / edges.sum(axis=1)
    return middles[back]


def _quantiles(
    about: dict[str, str], counted: Counted, paces: Paces, at: Stretch
) -> Iterator[Series]:
    """Quantiles of every window that has values; between them nothing is said."""
    inside = np.flatnonzero((paces.ends >= at.start) & (paces.ends <= at.end))
    found = [(k, own) for k in inside.tolist() if (own := counted.of(k)).count]
    times = paces.ends[[k for k, _ in found]]
    for q in QUANTILES:
        values = np.array([own.quantile(q) for _, own in found], np.float64)
        labels = in_order({**about, "q": repr(q)})
        yield Series("vedette_latency_quantile_seconds", labels, times, values, at.every)
