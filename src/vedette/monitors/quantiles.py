"""Which quantiles of what took time are watched, and reading them.

Owns: the series of a baseline, how exactly counts give a quantile.  Does not own: the counts
(`sketches.loglinear`), which parts of the rows are counted (`profiles.tails`), what is usual
(`monitors.usual`).
"""

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vedette.monitors.series import QUANTILE, Reading, Series
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE
from vedette.profiles.tails import parts_of, timed_columns
from vedette.sketches.loglinear import PARTS, LogLinear

Array = NDArray[np.float64]

QUANTILES: Mapping[str, float] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
MOST_PARTS = 100  # columns in parts of the rows, those of all rows first
LEAST_BEYOND = 3.0  # rows expected beyond a quantile, without which nobody knows where it lies
# Of `min_effect`, twice that share of a quantile does not count: 5 %, of p99 3 %.  The median is
# known so exactly that all its wandering shows, p99 wanders less than few rows tell of it.
TOLERANCE: Mapping[str, float] = {"p50": 0.5, "p95": 0.5, "p99": 0.3}
SIDE = 2.0  # deviations of a rank, between which the slope of the quantiles is measured
SURE = 3.09  # deviations of a rank that 1 in 1,000 exceeds
ROUNDING = (1 / PARTS) ** 2 / 12  # variance within a bin


def quantiles_of(baseline: Baseline) -> tuple[Series, ...]:
    """Every quantile that is watched under a baseline: of every column that says how long
    something took, of all rows and in each part of them that is counted."""
    columns = timed_columns(baseline.schema)
    parts = [f"{column}={name}" for column, names in parts_of(baseline).items() for name in names]
    places = [(column, part) for part in (WHOLE, *parts) for column in columns][:MOST_PARTS]
    found = (
        Series(
            named(column, part, quantile), column, QUANTILE, "latency", quantile, -1,
            TOLERANCE[quantile], segment=part, q=q,
        )
        for column, part in places
        for quantile, q in QUANTILES.items()
    )  # fmt: skip
    return tuple(one for one in found if baseline.metering.watches(one.name))


def named(column: str, segment: str, quantile: str) -> str:
    """What people call a quantile.

    Example:
        >>> named("latency_s", "", "p99"), named("latency_s", "country=DE", "p50")
        ('latency_s.p99', 'latency_s.p50{country=DE}')
    """
    return f"{column}.{quantile}" + (f"{{{segment}}}" if segment else "")


def segment_in(name: str, column: str) -> str:
    """The segment that a quantile of a column is of; "" for any other series.

    Example:
        >>> segment_in("latency_s.p50{country=DE}", "latency_s"), segment_in("queue{a=b}", "queue")
        ('country=DE', '')
    """
    plain = tuple(named(column, WHOLE, quantile) + "{" for quantile in QUANTILES)
    return name[name.index("{") + 1 : -1] if name.startswith(plain) else ""


def read(series: Sequence[Series], tails: Mapping[tuple[str, str], LogLinear]) -> Reading:
    """The quantiles of counted rows, on the scale of logarithms.

    `low` and `high` of the reading are what limits are held against: 999 in 1,000 times the true
    quantile is not above the one, nor below the other.
    """
    n = len(series)
    value, low, high = (np.full(n, np.nan) for _ in range(3))
    noise, rows = np.zeros(n), np.zeros(n)
    for at, one in enumerate(series):
        tail = tails.get((one.column, one.segment))
        if tail is None:
            continue
        rows[at] = tail.count
        low[at], high[at] = sure_range(tail, one.q)
        known = log_quantile(tail, one.q)
        if known is not None:
            value[at], noise[at] = known
    return Reading(value, noise, rows, low, high)


def log_quantile(tail: LogLinear, q: float) -> tuple[float, float] | None:
    """The logarithm of a quantile and its sampling variance, from the counts alone; None where too
    few rows came, or where it is 0.

    The rank of the true quantile among n rows varies with n q (1 - q); how far values lie apart
    from rank to rank the counts around it say.
    Source: the asymptotic variance of sample quantiles, q (1 - q) / (n f^2), with the density f as
    a difference quotient (Siddiqui 1960, Journal of Research of the NBS 64B, 145-150).
    Example:
        >>> rng = np.random.default_rng(0)
        >>> log, variance = log_quantile(LogLinear.of(rng.lognormal(0, 0.5, 10_000)), 0.99)
        >>> round(log, 2), round(variance**0.5, 3)
        (1.15, 0.017)
    """
    n = tail.count
    if n * min(q, 1 - q) < LEAST_BEYOND:
        return None
    deviation = sqrt(n * q * (1 - q))
    ranks = np.clip(n * q + SIDE * deviation * np.array([-1.0, 0.0, 1.0]), 1.0, n)
    found = tail.ranked(ranks)
    if found[0] <= 0:
        return None
    low, middle, high = np.log(found).tolist()
    slope = (high - low) / (ranks[2] - ranks[0])
    return middle, float((slope * deviation) ** 2 + ROUNDING)


def sure_range(tail: LogLinear, q: float) -> tuple[float, float]:
    """A value that the true quantile is surely not above, and one that it is surely not below;
    infinite where the rows do not tell.

    Example:
        >>> sure_range(LogLinear.of(np.ones(2)), 0.99)[1] > 0.98
        True
        >>> sure_range(LogLinear.of(np.ones(1)), 0.99)
        (inf, -inf)
    """
    n = tail.count
    reach = SURE * sqrt(n * q * (1 - q))
    first, last = np.floor(n * q - reach), np.ceil(n * q + reach) + 1
    above = float(tail.ranked(np.array([last]))[0]) if last <= n else np.inf
    below = float(tail.ranked(np.array([first]))[0]) if first >= 1 else -np.inf
    return above, below
