"""Evidence that adds up over windows: Shiryaev-Roberts e-detectors.

Owns: bets on scores, on the shape residual, on one window alone, on rates.  Does not own: what is
bet on, weights and thresholds.

If every e has mean at most 1 before the change, R <- (R + 1) e has mean at most t after t windows,
whatever the dependence, and so has every average of such (Shin, Ramdas & Rinaldo 2024).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

BETS = np.array([2.0, 4.0])  # times the smallest change that matters; a third bet did not pay
SMALLEST = 0.15  # long-run sd below which nothing is bet: a month could not show it
SLOPE = 4.0  # largest slope of a bet, in sd
SHAPE_BETS = np.array([0.3, 1.0, 3.0])
RATE_BETS = (1.5, 3.0, 10.0)  # times the tolerated rate
JUMP = 0.2  # share of a stream's evidence that is bet on one window alone
CEILING = 1e30  # evidence beyond this says no more


class Run(NamedTuple):
    """Running evidence of the bets on scores.  Shapes: (C, 2 signs, J, bets)."""

    R: Array
    absorbed: Array  # share of the shift that the filter already took, by weight of evidence
    log_e: Array  # of the smallest bet in this window: (C, 2, J)


def bet_scores(
    R: Array, absorbed: Array, z: Array, sd: Array, unit: Array, K: Array, phi: Array
) -> Run:
    """Bet on lasting shifts of both signs.  Every window may be the onset, and the first bet after
    it is full size; later ones expect what the filter leaves.

    Shapes: z (C, 2, J) normal; sd, gain K, phi (C, J); unit (C, J), the smallest change bet on is
    twice that.
    """
    d = unit[:, None, :, None] * BETS
    wide = sd[:, None, :, None]
    fresh = np.minimum(d / wide, SLOPE)
    later = np.minimum(d * (1 - absorbed) / wide, SLOPE)
    z = z[..., None]
    new = np.exp(fresh * z - fresh**2 / 2)
    log_e = later * z - later**2 / 2
    old = R * np.exp(log_e)
    K, phi = K[:, None, :, None], phi[:, None, :, None]
    total = old + new
    taken = (old * phi * (absorbed + K * (1 - absorbed)) + new * phi * K) / np.maximum(total, 1e-30)
    return Run(np.minimum(total, CEILING), taken, log_e[..., 0])


def bet_shape(R: Array, z: Array) -> Array:
    """Shapes: (C, 3), (C,)."""
    e = np.exp(SHAPE_BETS * z[:, None] - SHAPE_BETS**2 / 2)
    return np.minimum((1 + R) * e, CEILING)


def bet_rates(R: Array, x: Array, n: Array, r0: Array, dispersion: Array) -> tuple[Array, Array]:
    """Bet on rates above the tolerated one; log e is a likelihood ratio over the dispersion.

    Shapes: R (C, S, bets); x, r0, dispersion (C, S); n (C,) -> new R, log e (C, S, bets).
    Bounds: a tolerated rate of 0.9 or more is not bet on.

    Example:
        >>> R, _ = bet_rates(np.zeros((1, 1, 3)), np.array([[50.0]]), np.array([1000.0]),
        ...     np.array([[0.0025]]), np.ones((1, 1)))
        >>> bool(R.max() > 1e15)
        True
    """
    found = []
    for factor in RATE_BETS:
        r1 = np.minimum(0.5 + r0 / 2, factor * r0)
        up = x * np.log(r1 / r0) + (n[:, None] - x) * np.log1p(-(r1 - r0) / (1 - r0))
        found.append(np.clip(np.where(r0 < 0.9, up / dispersion, 0.0), -50, 50))
    log_e = np.stack(found, axis=2)
    return np.minimum((1 + R) * np.exp(log_e), CEILING), log_e


def bet_once(
    z: Array,
    able: NDArray[np.bool_],
    parts: NDArray[np.int64],
    weight: Array,
    threshold: float,
) -> Array:
    """Bet on this window alone, all or nothing: e = 1{p <= alpha} / alpha, with alpha such that one
    hit of one part is exactly enough for the model to alarm.

    Shapes: z (C, Z) normal, able (C, Z), how many parts share the bet (C,), weights (C,) -> (C,).
    """
    alpha = level_once(parts, weight, threshold)
    hit = able & (ndtr(-z) <= alpha[:, None])
    # A hair more than enough, against rounding.
    made: Array = hit.sum(1) / (alpha * np.maximum(parts, 1)) * 1.0001
    return made


def level_once(parts: NDArray[np.int64], weight: Array, threshold: float) -> Array:
    """The p-value at which one part of `bet_once` pays."""
    alpha: Array = JUMP * np.maximum(weight, 1e-12) / (threshold * np.maximum(parts, 1))
    return alpha
