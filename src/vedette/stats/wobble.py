"""The benign unrest of a statistic between ordinary windows: AR(1) beside counting noise.

Owns: estimating its variance and persistence.  Does not own: filtering it out (`whitening`).

Assumes r_t = x_t + noise_t with x_t = phi x_(t-1) + u_t, and noise variance 1/n_t.  Noise is
thereby split into a part that falls with n and one that does not: what is learnt on windows of 150
rows holds for windows of a million.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.shrinkage import shrink

Array = NDArray[np.float64]

LAGS = (0, 1, 2, 3, 4, 6, 8, 12)  # hours
GRID = np.concatenate([np.arange(0, 0.95, 0.05), [0.95, 0.97, 0.98, 0.985, 0.99, 0.995]])


class Wobble(NamedTuple):
    """Shapes: (C, J) each: variance of x, its correlation from window to window, one posterior
    standard deviation of the variance."""

    t2: Array
    phi: Array
    up: Array


def long_run(t2: Array, phi: Array) -> Array:
    """Variance of a long mean of an AR(1), times its length."""
    variance: Array = t2 * (1 + phi) / (1 - phi)
    return variance


def spectrum(t2: Array, phi: Array, inverse: Array, frequency: float) -> Array:
    """Variance of wobble and noise at a frequency (radians per window)."""
    power: Array = inverse + t2 * (1 - phi**2) / (1 + phi**2 - 2 * phi * np.cos(frequency))
    return power


def fit_wobble(r: Array, n: Array, per_day: float, lost: float, live: NDArray[np.bool_]) -> Wobble:
    """Fit variance and persistence to the autocovariances, each shrunk over the streams.

    Windows without a row have weight 0.  ``lost`` counts the regression's coefficients; it may be
    a mean.

    Shapes: residuals (T, C, J), rows (T, C), which (C, J) are fitted -> (C, J) each.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> r = rng.normal(0, 0.1, (500, 9, 1))
        >>> w = fit_wobble(r, np.full((500, 9), 100.0), 24, 1, np.full((9, 1), True))
        >>> bool(w.t2.max() < 1e-3)
        True
    """
    used = (n > 0)[:, :, None]
    inv = np.where(used, 1 / np.maximum(n, 1)[:, :, None], 0.0)
    T = np.maximum(used.sum(0), 1)
    t0 = np.maximum(0, _median((r**2 * used).sum(0) / T - inv.sum(0) / T, live))
    w = np.where(used, 1 / (inv + t0 + 1e-4), 0.0)
    total = np.maximum(w.sum(0), 1e-300)
    squares = np.maximum((w * w).sum(0), 1e-300)
    noise, effective = (inv * w * w).sum(0) / squares, np.maximum(total**2 / squares, 1.0)
    lags = _lags(per_day, len(r))
    rw = r * w
    scale = T / np.maximum(T - lost, 1.0)
    gamma = np.array([_autocovariance(rw, w, lag) for lag in lags]) * scale
    gamma[0] -= noise
    err = ((gamma[0] + noise) ** 2 + 4 * (gamma[1:5] ** 2).sum(0)) / effective
    up = np.zeros_like(noise)
    for i in range(len(lags)):
        gamma[i], post = shrink(gamma[i], (2 if i == 0 else 1) * err, live)
        if i == 0:
            up = np.sqrt(post)
    powers = GRID[:, None] ** lags
    t2 = np.einsum("gl,lcj->gcj", powers, gamma) / (powers**2).sum(1)[:, None, None]
    t2 = np.maximum(0, t2)
    misses = [
        ((gamma - one * power[:, None, None]) ** 2).sum(0)
        for one, power in zip(t2, powers, strict=True)
    ]
    k = np.argmin(np.array(misses), 0)
    best = np.take_along_axis(t2, k[None], 0)[0]
    return Wobble(best, GRID[k], up)


def _lags(per_day: float, windows: int) -> NDArray[np.int64]:
    """Lags in windows: the first four, and the hours of LAGS."""
    hours = np.round(np.array(LAGS) * max(1.0, per_day / 24)).astype(np.int64)
    lags = np.unique(np.concatenate([np.arange(5), hours]))
    return lags[lags < max(windows // 3, 2)]


def _autocovariance(rw: Array, w: Array, lag: int) -> Array:
    T = len(w)
    pairs = np.maximum((w[lag:] * w[: T - lag]).sum(0), 1e-300)
    products: Array = (rw[lag:] * rw[: T - lag]).sum(0) / pairs
    return products


def _median(x: Array, live: NDArray[np.bool_]) -> Array:
    """The median over live streams of every score; 0 where there is none."""
    found = [np.median(x[at, j]) if (at := live[:, j]).any() else 0.0 for j in range(x.shape[1])]
    return np.array(found)
