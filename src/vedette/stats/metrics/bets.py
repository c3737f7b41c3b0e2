"""Evidence from chances: bets that a series is not what it was.

Owns: the factor that a chance gives to each bet on a lasting change, sums of them, what one window
alone gives.  Does not own: the chances (`stats.metrics.step`), weights and thresholds.

A chance p that is at most a with probability a, given all before, may be bet on: k p^(k - 1) has
mean at most 1 for every k in (0, 1) (Vovk & Wang 2021, Annals of Statistics 49, 1736-1754, section
2).  A change that lasts lies on one side: each side has its own bet, and a value on the other side
takes evidence away.  The chance of both sides stands for that of one, twice as much as it is: with
that to spare a sum of bets on ordinary values stays where it is instead of growing with time.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# k: the smaller, the more rests on few and very odd values.  With 0.6 small swings that last for an
# hour, as many series have them, alarmed thirty times a month (`bench/bench_metric_alarms.py`).
POWERS = np.array([0.1, 0.3])
CAP = 6.0  # nats that one window gives at most to a lasting change: one alone is never enough
SIDES = 2  # above, below
LARGEST = 1e30  # of a sum of bets


def factors(p: Array, away: Array) -> Array:
    """Give each bet's factor.

    Shapes: p two-sided and signed surprise float64[S] -> float64[S, 2 sides, bets].
    Example:
        >>> factors(np.array([1e-6, 1.0]), np.array([5.0, 0.0])).round(2)[:, :, 1].tolist()
        [[403.43, 0.3], [0.3, 0.3]]
    """
    found = np.clip(p, 1e-300, 1.0)
    above = np.where(away > 0, found, 1.0)
    one_sided = np.stack([above, np.where(away < 0, found, 1.0)], axis=1)
    log_e = np.log(POWERS) + (POWERS - 1) * np.log(one_sided)[..., None]
    e: Array = np.exp(np.minimum(log_e, CAP))
    return e


def rare_alone(p: Array, tail: Array, alpha: Array) -> Array:
    """What this window alone gives: 1 / alpha where a chance is at most that, else 0.

    `tail` need hold on average only, not given all before: a sum of such bets has mean at most the
    number of windows all the same.
    Example:
        >>> rare_alone(np.array([1e-9, 0.2]), np.array([1e-8, 1e-9]), np.array([1e-6, 1e-6]))
        array([1000000., 1000000.])
    """
    hit = 2 * np.minimum(p, tail) <= alpha
    made: Array = np.where(hit, 1.0 / np.maximum(alpha, 1e-300), 0.0)
    return made
