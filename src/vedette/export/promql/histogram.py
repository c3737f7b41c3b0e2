"""Quantiles of classic histograms.

Owns: `histogram_quantile` over all steps.  Does not own: buckets themselves (`export.series`).

Source: bucketQuantile of promql/quantile.go, Prometheus 2.42.
"""

import numpy as np

from vedette.export.promql.values import Array, Bools, Vector, all_but, made
from vedette.export.series.series import Labels


def histogram_quantile(q: Array, vector: Vector) -> Vector:
    """A quantile of every histogram.  Shapes: `q` float64[T]."""
    groups: dict[Labels, list[tuple[float, int]]] = {}
    for row, labels in enumerate(vector.labels):
        bound = _bound(dict(labels).get("le", ""))
        if bound is not None:
            groups.setdefault(all_but(labels, ("le",)), []).append((bound, row))
    values = np.zeros((len(groups), len(q)))
    there = np.zeros(values.shape, np.bool_)
    for at, own in enumerate(groups.values()):
        own.sort()
        rows = [row for _, row in own]
        bounds = np.array([bound for bound, _ in own])
        values[at], there[at] = _of_group(q, bounds, vector.values[rows], vector.there[rows])
    return made(list(groups), values, there)


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _of_group(q: Array, bounds: Array, counts: Array, there: Bools) -> tuple[Array, Bools]:
    """Steps that have the same buckets are done together: mostly all are."""
    some: Bools = np.logical_or.reduce(there, axis=0)
    found = np.full(len(q), np.nan)
    patterns, of = np.unique(there[:, some], axis=1, return_inverse=True)
    steps = np.flatnonzero(some)
    for at in range(patterns.shape[1]):
        rows, own = patterns[:, at], steps[of.ravel() == at]
        found[own] = _quantile(q[own], bounds[rows], counts[np.ix_(rows, own)])
    return found, some


def _quantile(q: Array, bounds: Array, counts: Array) -> Array:
    """Shapes: `bounds` float64[B] ascending, `counts` float64[B, T] -> float64[T]."""
    found = np.full(len(q), np.nan)
    unique, first = np.unique(bounds, return_index=True)
    counts = np.maximum.accumulate(np.add.reduceat(counts, first, axis=0), axis=0)
    if unique[-1] == np.inf and len(unique) >= 2:
        total = counts[-1]
        rank = q * total
        place = (counts[:-1] < rank).sum(axis=0)  # of the first bucket that reaches the rank
        top = place == len(unique) - 1
        place = np.minimum(place, len(unique) - 2)
        columns = np.arange(len(q))
        before = np.where(place > 0, counts[np.maximum(place - 1, 0), columns], 0.0)
        low = np.where(place > 0, unique[np.maximum(place - 1, 0)], 0.0)
        high = unique[place]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (rank - before) / (counts[place, columns] - before)
            inside = low + (high - low) * share
        inside = np.where((place == 0) & (high <= 0), high, inside)
        inside = np.where(top, unique[-2], inside)
        found = np.where(total > 0, inside, np.nan)
    found = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, found))
    return np.where(np.isnan(q), np.nan, found)
