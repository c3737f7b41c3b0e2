"""Functions of ranges: rates, increases, and what values came to over a time.

Owns: one function per name, over all steps of one series at once.  Does not own: finding the ranges
(`export.promql.select`), labels (`export.promql.evaluate`).

Source: promql/functions.go of Prometheus 2.42; golden tests hold each against a real Prometheus.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from vedette.export.promql.select import Ranges
from vedette.export.promql.values import Array, Bools

Over = Callable[[Ranges], tuple[Array, Bools]]
BEYOND = 1.1  # a range is filled up to its ends where the next sample is no further than so many
# mean distances


def _extrapolated(own: Ranges, *, counter: bool, rate: bool) -> tuple[Array, Bools]:
    """`extrapolatedRate`: from the first to the last sample, resets added, and on to the ends of
    the range where samples reach near them."""
    n = own.counts
    there = n >= 2
    first, last = _ends(own, there)
    times, values = own.samples.times, own.samples.values
    result = values[last] - values[first]
    if counter:
        lost = np.concatenate([[0.0], np.cumsum(_resets(values) * values[:-1])])
        result = result + (lost[last] - lost[first])
    to_start = (times[first] - own.start) / 1000
    to_end = (own.end - times[last]) / 1000
    sampled = (times[last] - times[first]) / 1000
    with np.errstate(divide="ignore", invalid="ignore"):
        between = sampled / np.maximum(n - 1, 1)
        if counter:  # a counter that would have been below 0 began later
            zero = sampled * (values[first] / result)
            below = (result > 0) & (values[first] >= 0) & (zero < to_start)
            to_start = np.where(below, zero, to_start)
        limit = between * BEYOND
        reach = sampled + np.where(to_start < limit, to_start, between / 2)
        reach = reach + np.where(to_end < limit, to_end, between / 2)
        factor = reach / sampled
        if rate:
            factor = factor / ((own.end - own.start) / 1000)
        return result * factor, there


def _instant(own: Ranges, *, rate: bool) -> tuple[Array, Bools]:
    """Of the last two samples alone."""
    there = own.counts >= 2
    _, last = _ends(own, there)
    values, before = own.samples.values, np.maximum(last - 1, 0)
    result = values[last] - values[before]
    if rate:
        result = np.where(values[last] < values[before], values[last], result)
        apart = (own.samples.times[last] - own.samples.times[before]) / 1000
        there = there & (apart != 0)
        result = result / np.where(apart == 0, 1, apart)
    return result, there


def _ends(own: Ranges, there: Bools) -> tuple[np.ndarray, np.ndarray]:
    """The places of the first and the last sample, 0 where there are too few."""
    return np.where(there, own.first, 0), np.where(there, own.last - 1, 0)


def _resets(values: Array) -> Bools:
    return values[1:] < values[:-1]


def _reduced(own: Ranges, how: np.ufunc) -> tuple[Array, Bools]:
    """A sum, or the like, over every range."""
    there = own.counts > 0
    found = np.zeros(len(there))
    if there.any():
        padded = np.append(own.samples.values, 0.0)
        pairs = np.stack([own.first[there], own.last[there]], axis=1).ravel()
        found[there] = how.reduceat(padded, pairs)[::2]
    return found, there


def _average(own: Ranges) -> tuple[Array, Bools]:
    total, there = _reduced(own, np.add)
    return total / np.maximum(own.counts, 1), there


def _each(own: Ranges, how: Callable[[Array], float]) -> tuple[Array, Bools]:
    """Something of the values of every range, one after another."""
    there = own.counts > 0
    found = np.zeros(len(there))
    for step in np.flatnonzero(there).tolist():
        found[step] = how(own.samples.values[own.first[step] : own.last[step]])
    return found, there


def _last(own: Ranges) -> tuple[Array, Bools]:
    there = own.counts > 0
    return own.samples.values[_ends(own, there)[1]], there


def _present(own: Ranges) -> tuple[Array, Bools]:
    return np.ones(len(own.first)), own.counts > 0


def _count(own: Ranges) -> tuple[Array, Bools]:
    return own.counts.astype(np.float64), own.counts > 0


def _between(own: Ranges, marks: Bools) -> tuple[Array, Bools]:
    """How many marks, each between two samples, lie in every range."""
    there = own.counts > 0
    first, last = _ends(own, there)
    sums = np.concatenate([[0], np.cumsum(marks)])
    return (sums[last] - sums[first]).astype(np.float64), there


def _changes(own: Ranges) -> tuple[Array, Bools]:
    values = own.samples.values
    same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    return _between(own, ~same)


def _falls(own: Ranges) -> tuple[Array, Bools]:
    return _between(own, _resets(own.samples.values))


def line(own: Ranges, at: Array | None) -> tuple[Array, Bools]:
    """Slope and value of the straight line through every range; `at` says how many seconds after
    its end the value is meant, None for the slope alone.

    Source: linearRegression: about the time of the evaluation, or of the first sample.
    """
    there = own.counts >= 2
    found = np.zeros(len(there))
    for step in np.flatnonzero(there).tolist():
        rows = slice(int(own.first[step]), int(own.last[step]))
        x, y = own.samples.times[rows], own.samples.values[rows]
        origin = x[0] if at is None else own.end[step]
        seconds = (x - origin) / 1000
        constant = bool(np.all(y == y[0]))
        if constant and np.isinf(y[0]):
            found[step] = np.nan
            continue
        middle = seconds.mean()
        spread = ((seconds - middle) ** 2).sum()
        slope = 0.0 if constant else ((seconds - middle) * (y - y.mean())).sum() / spread
        found[step] = slope if at is None else y.mean() - slope * middle + slope * at[step]
    return found, there


def quantile(values: Array, q: float) -> float:
    """A quantile between the two nearest values.

    Source: quantile() of promql/quantile.go.
    Example:
        >>> quantile(np.array([1.0, 2.0, 4.0]), 0.75)
        3.0
    """
    if not len(values) or np.isnan(q):
        return np.nan
    if not 0 <= q <= 1:
        return -np.inf if q < 0 else np.inf
    ordered = np.sort(values)  # nan is the largest here and the smallest there
    ordered = np.roll(ordered, int(np.isnan(values).sum()))
    rank = q * (len(ordered) - 1)
    low = int(rank)
    high, weight = min(low + 1, len(ordered) - 1), rank - low
    return float(ordered[low] * (1 - weight) + ordered[high] * weight)


def quantiles(own: Ranges, q: Array) -> tuple[Array, Bools]:
    """A quantile of every range.  Shapes: `q` float64[T]."""
    there = own.counts > 0
    found = np.zeros(len(there))
    for step in np.flatnonzero(there).tolist():
        found[step] = quantile(own.samples.values[own.first[step] : own.last[step]], q[step])
    return found, there


OVER: Mapping[str, Over] = MappingProxyType(
    {
        "rate": lambda own: _extrapolated(own, counter=True, rate=True),
        "increase": lambda own: _extrapolated(own, counter=True, rate=False),
        "delta": lambda own: _extrapolated(own, counter=False, rate=False),
        "irate": lambda own: _instant(own, rate=True),
        "idelta": lambda own: _instant(own, rate=False),
        "deriv": lambda own: line(own, None),
        "changes": _changes,
        "resets": _falls,
        "avg_over_time": _average,
        "sum_over_time": lambda own: _reduced(own, np.add),
        "min_over_time": lambda own: _reduced(own, np.fmin),
        "max_over_time": lambda own: _reduced(own, np.fmax),
        "count_over_time": _count,
        "last_over_time": _last,
        "present_over_time": _present,
        "stddev_over_time": lambda own: _each(own, lambda values: float(np.std(values))),
        "stdvar_over_time": lambda own: _each(own, lambda values: float(np.var(values))),
    }
)
# Those that take every range by itself, however much ranges have in common.
WALKS = ("avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "stddev_over_time",
         "stdvar_over_time", "quantile_over_time", "deriv", "predict_linear")  # fmt: skip
KEEPS_NAME = ("last_over_time",)
