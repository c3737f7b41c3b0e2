"""Predicting benign wobble, so that what is left can be bet on.

Owns: one scalar Kalman filter per score, what share of a lasting shift it leaves visible, and the
map of its innovations to normal ones.  Does not own: bets (`bets`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

Array = NDArray[np.float64]

CLIP = 3.0  # sd an innovation may move the filter: a jump must not be learnt as wobble
FAR = 8.0  # sd beyond which tails are not told apart
SKEWED = 0.3  # skewness from which an innovation is mapped as a gamma variable
HEAVY = 1.0  # excess kurtosis by counting alone from which it counts beside the fitted one


class Filtered(NamedTuple):
    """One step of the filter: its next state, and innovation, variance and gain of this one."""

    m: Array
    P: Array
    innovation: Array
    V: Array
    K: Array


def advance(m: Array, P: Array, t2: Array, phi: Array, steps: Array) -> tuple[Array, Array]:
    """Let windows pass that showed nothing."""
    kept = phi**steps
    return m * kept, t2 + (P - t2) * kept**2


def filtered(r: Array, noise: Array, m: Array, P: Array, t2: Array, phi: Array) -> Filtered:
    """Predict, compare, and learn from one window.

    Shapes: (C, J) each; ``noise`` is the variance of r that is no wobble.

    Example:
        >>> one = np.array([[1.0]])
        >>> f = filtered(one, one, 0 * one, one, one, 0.5 * one)
        >>> f.V.tolist(), f.K.tolist(), f.m.tolist()
        ([[2.0]], [[0.5]], [[0.25]])
    """
    V = P + noise
    innovation, sd, K = r - m, np.sqrt(V), P / V
    m = phi * (m + K * np.clip(innovation, -CLIP * sd, CLIP * sd))
    P = phi**2 * (1 - K) * P + t2 * (1 - phi**2)
    return Filtered(m, P, innovation, V, K)


def visible(K: Array, phi: Array) -> Array:
    """The share of a lasting shift that stays visible behind the filter."""
    return 1 - phi * K / (1 - phi * (1 - K))


def degrees(excess: Array) -> Array:
    """Degrees of freedom of the t distribution of this excess kurtosis; near 0 it is normal."""
    return 4 + 6 / np.maximum(excess - 0.1, 1e-3)


def normalised(q: Array, nu: Array, skew: Array) -> Array:
    """Map standardised innovations to normal ones: from Student's t, and where counting rare rows
    makes them skewed no further out than a gamma variable of that skewness allows.

    Shapes: (C, 2, J), (C, 1, J), (C, 2, J).  Bounds: within about 8.
    Source: Wilson & Hilferty 1931, PNAS 17, 684-688 (the cube root).

    Example:
        >>> z = normalised(np.full((1, 1, 2), 4.0), np.full((1, 1, 2), 1e9),
        ...     np.array([[[0.0, 1.0]]]))
        >>> z.round(2).tolist()
        [[[4.0, 2.82]]]
    """
    q = np.clip(q, -FAR, FAR)
    z: Array = ndtri(np.clip(stdtr(nu, q), 1e-15, 1 - 1e-15))
    bent = np.abs(skew) > SKEWED
    if not bent.any():
        return z
    s = np.where(bent, skew, 1.0)
    size, sign = np.abs(s), np.sign(s)
    ninth = size**2 / 36  # 1 / (9 shape), shape = 4 / skew^2
    root = np.cbrt(np.maximum(1 + sign * q * size / 2, 0.0))
    gamma = sign * (root - (1 - ninth)) / np.sqrt(ninth)
    return np.where(bent, np.minimum(z, np.clip(gamma, -FAR, FAR)), z)
