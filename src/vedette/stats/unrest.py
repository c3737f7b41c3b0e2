"""The benign unrest of a mean whose counting noise is known: AR(1), by its posterior.

Owns: what windows say of variance and persistence, averaged over all values they may have.  Does
not own: many statistics at once, shrunk towards each other (`wobble`), filtering it out
(`whitening`).

Assumes x_t = level + w_t + noise_t with w_t = phi w_(t-1) + u_t and known noise variances.  A month
of small windows barely shows the unrest that matters; a best fit then is 0 in half of all series,
which costs false alarms, and adding an error to it costs speed.  The mean over the posterior does
neither (measured: docs/decisions/0022).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PHI = np.array([0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.87, 0.92, 0.96])  # all alike likely beforehand
# Times the counting noise of an ordinary window, up to 4,096.
RATIO = np.concatenate([[0.0], np.geomspace(0.002, 2.0, 14), 2.0 ** np.arange(2, 13)])
STEPS, DOUBT = 10, 1.0  # of learning from alike series; in series' worth, of "all alike likely"
MOST = 0.97  # of the persistence: what lasts longer cannot be told from a change


class Unrest(NamedTuple):
    """Shapes: (C,) each: variance of w, its correlation from window to window, the level over all
    windows, each weighing what it tells of it, and its standard error."""

    t2: Array
    phi: Array
    level: Array
    error: Array


def fit_unrest(x: Array, noise: Array, gaps: NDArray[np.int64], *, shared: bool = False) -> Unrest:
    """Fit unrest to windows in the order of time.

    ``shared``: the series are of a kind, so that each tells what to expect of the others.

    Shapes: x and noise (T, C): means less a first level, and variances of counting, infinite where
    a window has no row; gaps int64[T]: windows since the one before, 1 for the very next.
    Bounds: no window gives no unrest and an infinite error.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> calm = fit_unrest(rng.normal(0, 0.1, (500, 1)), np.full((500, 1), 0.01),
        ...     np.ones(500, np.int64))
        >>> bool(calm.t2[0] < 0.0005), bool(abs(calm.error[0] - 0.0045) < 0.001)
        (True, True)
    """
    used = np.isfinite(noise)
    usual = np.array([np.median(noise[at, c]) if (at := used[:, c]).any() else 0.0
                      for c in range(x.shape[1])])  # fmt: skip
    t2 = RATIO[:, None] * usual[:, None, None] + 0 * PHI
    like = _likelihood(x, noise, used, gaps, t2)
    share = np.exp(like - like.max((1, 2), keepdims=True))
    if shared:
        share *= _learnt(share)
    share /= share.sum((1, 2), keepdims=True)
    variance = (share * t2).sum((1, 2))
    lasting = (share * t2 * (1 + PHI) / (1 - PHI)).sum((1, 2))
    # One persistence that has both the mean variance and the mean long-run variance.
    total = np.maximum(lasting + variance, 1e-300)
    phi = np.clip((lasting - variance) / total, 0.0, MOST)
    weight = np.where(used, 1 / (variance + np.where(used, noise, 1.0)), 0.0)
    summed = weight.sum(0)
    some = summed > 0
    counted = (weight**2 * np.where(used, noise, 0.0)).sum(0) + (weight**2).sum(0) * lasting
    error = np.sqrt(counted) / np.where(some, summed, 1.0)
    level = (weight * np.where(used, x, 0.0)).sum(0) / np.where(some, summed, 1.0)
    return Unrest(variance, phi, level, np.where(some, error, np.inf))


def _learnt(like: Array) -> Array:
    """What unrest to expect of a series, from all of them together (empirical Bayes, by a few steps
    of expectation and maximisation from all alike likely).  Shapes: (C, ratios, phis) -> without C.
    """
    even = np.full(like.shape[1:], 1 / like[0].size)
    prior = even
    for _ in range(STEPS):
        share = like * prior
        share /= share.sum((1, 2), keepdims=True)
        prior = (share.sum(0) + DOUBT * even) / (len(like) + DOUBT)
    return prior


def _likelihood(
    x: Array, noise: Array, used: NDArray[np.bool_], gaps: NDArray[np.int64], t2: Array
) -> Array:
    """Log likelihood of every pair of variance and persistence.  Shapes: (C, ratios, phis)."""
    m, P, found = np.zeros_like(t2), t2.copy(), np.zeros_like(t2)
    for t in range(len(x)):
        if t:
            kept = PHI ** gaps[t]
            m, P = m * kept, t2 + (P - t2) * kept**2
        at = used[t]
        V = P[at] + noise[t, at, None, None]
        innovation, K = x[t, at, None, None] - m[at], P[at] / V
        found[at] -= 0.5 * (np.log(V) + innovation**2 / V)
        m[at] += K * innovation
        P[at] *= 1 - K
    return found
