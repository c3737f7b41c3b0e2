"""The smallest lasting change that a day of windows like this one tells four times in five.

Owns: approximate detectable changes of the sequential bets.  Does not own: those of two tables
(`detectable`), the bets.

Assumes the filter in its steady state, one bet per sign and size that carries the evidence alone,
and normal sums: a change counts as noticed when its mean evidence, less what chance takes one time
in five, is enough.  What the onset's freedom adds is left out, so the figure is on the safe side.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from vedette.stats.bets import BETS, RATE_BETS, SLOPE
from vedette.stats.rate_bets import TOO_COMMON

Array = NDArray[np.float64]

POWER_SD = 0.8416  # normal quantile of four times in five
_GRID = np.geomspace(1e-3, 10, 400)


def noticed_shift(
    noise: float,
    t2: float,
    phi: float,
    allow: float,
    unit: float,
    windows: float,
    nats: float | Array,
    alpha: float,
    bets: Array = BETS,
) -> float | None:
    """The smallest shift of a score.

    ``nats`` of log evidence one bet must reach, or each of them; ``alpha`` is the level of the bet
    on one window; ``bets`` are in units of ``unit``.

    Units: those of the score.  Bounds: None when not even 10 would do.

    Example:
        >>> round(noticed_shift(0.001, 0.0, 0.0, 0.01, 0.05, 24, 12.0, 1e-6), 2)
        0.07
    """
    P = t2
    for _ in range(100):
        K = P / (P + noise)
        P = phi**2 * (1 - K) * P + t2 * (1 - phi**2)
    K, sd = P / (P + noise), float(np.sqrt(P + noise))
    h = 1 - phi * K / (1 - phi * (1 - K))
    enough = (POWER_SD - float(ndtri(alpha))) * sd + allow * h <= _GRID
    for bet, needed in zip(bets * unit, np.broadcast_to(nats, bets.shape), strict=True):
        first, later = min(bet / sd, SLOPE), min(bet * h / sd, SLOPE)
        mean = first * (_GRID - allow * h) / sd - first**2 / 2
        mean = mean + (windows - 1) * (later * (_GRID - allow) * h / sd - later**2 / 2)
        chance = np.sqrt(first**2 + (windows - 1) * later**2)
        enough |= mean - POWER_SD * chance >= needed
    return float(_GRID[enough][0]) if enough.any() else None


def noticed_rate(
    n: float, r0: float, dispersion: float, windows: float, nats: float
) -> float | None:
    """The smallest rate above the tolerated one, of windows of `n` rows, by the bets on rates.

    Units: a share.  Bounds: None when not even every row would do.

    Example:
        >>> round(noticed_rate(1000, 0.0025, 1.0, 24, 12.0), 3)
        0.005
    """
    rates = [min(0.5 + r0 / 2, factor * r0) for factor in RATE_BETS]
    return noticed_share(n * windows, r0, rates, dispersion, nats)


def noticed_share(
    rows: float, r0: float, rates: Iterable[float], dispersion: float, nats: float
) -> float | None:
    """The smallest share of `rows` rows that one of the bets tells: on `rates` against `r0`.

    ``nats`` of log evidence one bet must reach.

    Units: a share.  Bounds: None when not even every row would do.

    Example:
        >>> [round(noticed_share(1000, 0.01, [bet], 1.0, 18.0), 3) for bet in (0.015, 0.1)]
        [0.063, 0.053]
    """
    if rows <= 0 or not 0 < r0 < TOO_COMMON:
        return None
    r = np.geomspace(r0, 1.0, 400)
    enough = np.zeros(len(r), bool)
    for r1 in rates:
        hit, none = np.log(r1 / r0), np.log1p(-(r1 - r0) / (1 - r0))
        mean = rows * (r * hit + (1 - r) * none) / dispersion
        chance = np.sqrt(rows * r * (1 - r) / dispersion) * (hit - none)
        enough |= mean - POWER_SD * chance >= nats
    return float(r[enough][0]) if enough.any() else None
