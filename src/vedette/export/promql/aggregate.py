"""Aggregations: many series to one per set of labels.

Owns: the operators `sum`, `avg` and the like.  Does not own: `topk` (`export.promql.ranked`),
evaluating arguments.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from vedette.export.promql.over_time import quantile
from vedette.export.promql.values import (
    Array,
    Bools,
    Vector,
    all_but,
    changed,
    made,
    number,
    only,
)
from vedette.export.series.series import Labels

Fold = Callable[[Array, Bools], Array]  # float64[S, T], bool[S, T] -> float64[T]


def _sum(values: Array, there: Bools) -> Array:
    found: Array = np.where(there, values, 0.0).sum(axis=0)
    return found


def _count(values: Array, there: Bools) -> Array:
    found: Array = there.sum(axis=0).astype(np.float64)
    return found


def _mean(values: Array, there: Bools) -> Array:
    return _sum(values, there) / np.maximum(_count(values, there), 1)


def _most(values: Array, there: Bools) -> Array:
    """Of numbers, as long as there is one: nan gives way to everything."""
    found: Array = np.fmax.reduce(np.where(there, values, np.nan), axis=0)
    return found


def _least(values: Array, there: Bools) -> Array:
    found: Array = np.fmin.reduce(np.where(there, values, np.nan), axis=0)
    return found


def _variance(values: Array, there: Bools) -> Array:
    off = np.where(there, values - _mean(values, there), 0.0)
    found: Array = (off**2).sum(axis=0) / np.maximum(_count(values, there), 1)
    return found


FOLDS: Mapping[str, Fold] = MappingProxyType(
    {
        "sum": _sum,
        "avg": _mean,
        "min": _least,
        "max": _most,
        "count": _count,
        "group": lambda values, there: np.ones(values.shape[1]),
        "stdvar": _variance,
        "stddev": lambda values, there: np.sqrt(_variance(values, there)),
    }
)


def grouped(vector: Vector, names: tuple[str, ...], *, without: bool) -> dict[Labels, list[int]]:
    """The rows of every group, in the order in which they first come."""
    found: dict[Labels, list[int]] = {}
    for row, labels in enumerate(vector.labels):
        key = all_but(labels, names) if without else only(labels, names)
        found.setdefault(key, []).append(row)
    return found


def folded(vector: Vector, groups: dict[Labels, list[int]], fold: Fold) -> Vector:
    """One series per group."""
    shape = (len(groups), vector.values.shape[1])
    values, there = np.zeros(shape), np.zeros(shape, np.bool_)
    for at, rows in enumerate(groups.values()):
        there[at] = vector.there[rows].any(axis=0)
        with np.errstate(invalid="ignore"):
            values[at] = fold(vector.values[rows], vector.there[rows])
    return made(list(groups), values, there)


def quantiles(vector: Vector, groups: dict[Labels, list[int]], q: Array) -> Vector:
    """A quantile of every group at every step."""

    def fold(values: Array, there: Bools) -> Array:
        return np.array(
            [quantile(values[there[:, t], t], q[t]) for t in range(values.shape[1])], np.float64
        )

    return folded(vector, groups, fold)


def counted(
    vector: Vector, names: tuple[str, ...], label: str, use: Callable[[int], None],
    *, without: bool,
) -> Vector:  # fmt: skip
    """How many series of a group have each value, which becomes a label; `use` is told of the
    samples before they are made."""
    found: dict[Labels, Array] = {}
    for own, values, there in zip(vector.labels, vector.values, vector.there, strict=True):
        for value in np.unique(values[there]).tolist():
            whole = changed(own, {label: number(value)})
            key = all_but(whole, tuple(set(names) - {label})) if without else only(
                whole, (*names, label)
            )  # fmt: skip
            if key not in found:
                use(len(values))
            same = there & ((values == value) | (np.isnan(values) & np.isnan(value)))
            found[key] = found.get(key, 0.0) + same.astype(np.float64)
    shape = (len(found), vector.values.shape[1])
    counts = np.array(list(found.values()), np.float64).reshape(shape)
    return made(list(found), counts, counts > 0)
