"""How far an estimate made without labels may be wrong, and when it is no longer believed.

Owns: noise beyond sampling, its growth with the distance from the reference, the interval, the
check against labels that came.  Does not own: estimates (`derive.expected`), metrics
(`stats.performance`).
"""

from collections.abc import Iterable
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.stats.intervals import Z95

GROWTH = 4.0  # of the noise's variance per unit of distance


class Distance(NamedTuple):
    """How far rows lie from the reference.

    Bounds: `apart` in [0, 0.5], by how much the column that tells best tells them apart, as area
    under the curve less 0.5; `outside` in [0, 1], share of rows beyond what the reference holds.
    """

    apart: float
    outside: float


NEAR = Distance(0.0, 0.0)


def beyond_sampling(gap: ArrayLike, se: ArrayLike) -> float:
    """Standard deviation of an estimate's errors that the drawing of labels does not explain.

    Shapes: estimate minus truth of k parts, and the standard error that sampling gives each.
    Bounds: at least 0; 0 for no part.
    Example:
        >>> round(beyond_sampling([0.03, -0.03], [0.01, 0.01]), 4)
        0.0283
    """
    gaps, errors = np.asarray(gap, np.float64), np.nan_to_num(np.asarray(se, np.float64))
    if not len(gaps):
        return 0.0
    return sqrt(max(float((gaps**2 - errors**2).mean()), 0.0))


def distance(
    columns: Iterable[tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.bool_]]],
) -> Distance:
    """Measure from counts how far rows lie from the reference.

    Of each column the best order of its codes is taken, by how much commoner they became: its
    curve's area less 0.5, less (in squares) what unchanged rows would show.

    Shapes: per column the reference's rows by code, these rows by code, and which codes lie beyond
    what the reference holds (outside its range, unseen, no usable value).
    Bounds: NEAR without rows.
    Example:
        >>> was, now, beyond = np.array([50, 50, 0]), np.array([25, 50, 25]), np.arange(3) == 2
        >>> found = distance([(was, now, beyond)])
        >>> round(found.outside, 3)
        0.25
    """
    found = [_of_column(*column) for column in columns]
    if not found:
        return NEAR
    return Distance(max(apart for apart, _ in found), max(outside for _, outside in found))


def _of_column(
    was: NDArray[np.integer], now: NDArray[np.integer], beyond: NDArray[np.bool_]
) -> tuple[float, float]:
    m, n = float(was.sum()), float(now.sum())
    if m <= 0 or n <= 0:
        return 0.0, 0.0
    p, q = was / m, now / n
    order = np.argsort((q + 0.5 / n) / (p + 0.5 / m), kind="stable")
    low = np.cumsum(p[order]) - p[order]
    area = float((q[order] * (low + p[order] / 2)).sum()) - 0.5
    # Of unchanged rows the order follows chance: the area is then about half the mean |p - q|.
    pooled = (was + now) / (m + n)
    null = float(np.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n) * 2 / np.pi).sum()) / 2
    outside = float(q[beyond].sum() - p[beyond].sum())
    return sqrt(max(area**2 - null**2, 0.0)), max(outside, 0.0)


def widened(se: float, noise: float, far: Distance = NEAR) -> float:
    """Standard error of an estimate: sampling, and noise that grows with the distance.

    Example:
        >>> round(widened(0.03, 0.04), 4), round(widened(0.0, 0.04, Distance(0.25, 0.0)), 4)
        (0.05, 0.0566)
    """
    return sqrt(se**2 + noise**2 * (1 + GROWTH * far.apart))


def interval(value: float, se: float, noise: float, far: Distance = NEAR) -> tuple[float, float]:
    """Bound a metric's true value at 95 %, given that labels depend on rows as in the reference.

    Half of the share of rows outside the reference is added on either side: of those nothing is
    known.  Units: those of the metric, which is taken to lie within a range of about 1.
    """
    half = Z95 * widened(se, noise, far) + far.outside / 2
    return value - half, value + half


def trusted(
    realised: float, estimate: float, se: float, noise: float, far: Distance = NEAR
) -> bool:
    """Whether labels that came agree with what had been expected of the same rows: the interval of
    the one meets that of the other.

    Shapes: both metrics of the same rows; `se` that of the estimate, since given the rows only the
    labels are drawn, and so about that of the realised one.  Without noise, labels that are drawn
    as expected are outside once in ten thousand looks.
    Example:
        >>> trusted(0.80, 0.85, 0.01, 0.01), trusted(0.84, 0.85, 0.01, 0.01)
        (False, True)
    """
    room = max(Z95 * (widened(se, noise, far) + se), 1e-12) + far.outside / 2
    return abs(realised - estimate) <= room
