"""Season, wobble and tails of scores that ordinary windows show.

Owns: the order of the fit, for whatever scores.  Does not own: which (`variation`,
`dependence_variation`), the statistics (`stats`).  Scores of a kind are fitted together, for they
are shrunk towards each other.
"""

import numpy as np
from numpy.typing import NDArray

from vedette.stats import residual
from vedette.stats.season import DAY, Season, believed, least_squares
from vedette.stats.shrinkage import shrink
from vedette.stats.whitening import advance, degrees, filtered
from vedette.stats.wobble import fit_wobble, spectrum

Array = NDArray[np.float64]

LONGEST_GAP = 48  # windows without a row in a row; longer gaps are cut to it
UNEASY = 2.0  # times the counting noise, from which wobble decides what a window weighs
FLOOR = (0.05 / 3) ** 2  # of the filter's noise while tails are fitted, the default min_effect
MOST = 1000.0  # degrees of freedom: normal


def fit_wobbles(
    y: Array, n: Array, starts: NDArray[np.int64], season: Season, live: NDArray[np.bool_]
) -> dict[str, Array]:
    """Season and wobble, then wobble again once it is known how much of the season is believed.

    Counting noise of a score has variance 1/n; where it has another, n is as many rows as make it
    so.

    Shapes: T windows of C streams, J scores: y (T, C, J), n (T, C), 0 where a stream shows nothing,
    live (C, J) -> beta (C, k, J); t2, phi, misfit, week, nu (C, J); inverse (C,), the mean of 1/n.
    """
    X = season.design(starts)
    T = np.maximum((n > 0).sum(0), 1)
    W = n / np.maximum(n.mean(0), 1e-300)
    inverse = np.where(n > 0, 1 / np.maximum(n, 1), 0.0).sum(0) / T
    slots, per_day = _slots(starts, season.width), DAY / season.width
    beta = least_squares(X, y, W)
    gram = np.einsum("tk,tc,tl->ckl", X, W, X, optimize=True)

    def wobble(beta: Array, lost: float) -> tuple[Array, Array, Array, Array]:
        r = (y - np.einsum("tk,ckj->tcj", X, beta, optimize=True)) * (n > 0)[:, :, None]
        found = fit_wobble(_spread(r, slots), _spread(n, slots), per_day, lost, live)
        return r, found.t2, found.phi, found.up

    _, t2, phi, _ = wobble(beta, season.size)
    uneasy = t2.max(1) > UNEASY * inverse
    if uneasy.any():
        # Rows are not what limits these: quiet hours tell as much of the season as busy ones.
        even = np.where(n > 0, 1 / (1 / np.maximum(n, 1) + t2.max(1)), 0.0)
        W = np.where(uneasy, even / np.maximum(even.mean(0), 1e-300), W)
        beta = least_squares(X, y, W)
        gram = np.einsum("tk,tc,tl->ckl", X, W, X, optimize=True)
        _, t2, phi, _ = wobble(beta, season.size)
    misfit, week, kept = np.zeros_like(t2), np.zeros_like(t2), 1.0
    for first, last, frequency in season.groups:
        noise = spectrum(t2, phi, inverse[:, None], frequency)
        share = believed(beta[:, first:last], gram[:, first:last, first:last], noise)
        beta[:, first:last] *= share[:, None]
        week = share * (last - first) * noise / T[:, None]
        misfit = misfit + week
        kept += float(share[live].mean()) * (last - first) if live.any() else 0.0
    rest = y - np.einsum("tk,ckj->tcj", X[:, 1:], beta[:, 1:], optimize=True)
    beta[:, 0] = (rest * W[:, :, None]).sum(0) / np.maximum(W.sum(0), 1e-300)[:, None]
    r, t2, phi, up = wobble(beta, kept)
    t2 = np.where(live, t2 + up, 0.0)
    phi = np.where(live, phi, 0.0)
    nu = _tails(r, n, slots, (t2, phi, FLOOR + misfit), live, season.size)
    return {
        "beta": beta * live[:, None],
        "t2": t2,
        "phi": phi,
        "misfit": misfit * live,
        "week": (week if season.weekly else np.zeros_like(week)) * live,
        "nu": nu,
        "inverse": inverse,
    }


def _slots(starts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """The place of every window in a row without long gaps."""
    steps = np.minimum(np.diff(starts) // width, LONGEST_GAP)
    return np.concatenate([[0], np.cumsum(np.maximum(steps, 1))])


def _spread(x: Array, slots: NDArray[np.int64]) -> Array:
    """Put windows where they belong, with zeros in the gaps."""
    if slots[-1] + 1 == len(x):
        return x
    wide = np.zeros((int(slots[-1]) + 1, *x.shape[1:]))
    wide[slots] = x
    return wide


def _tails(
    r: Array,
    n: Array,
    slots: NDArray[np.int64],
    noise: tuple[Array, Array, Array],
    live: NDArray[np.bool_],
    lost: int,
) -> Array:
    """Degrees of freedom of the whitened windows, from their kurtosis."""
    t2, phi, floor = noise
    m, P, last = np.zeros_like(t2), t2.copy(), np.full(len(t2), -1)
    second, fourth = np.zeros_like(t2), np.zeros_like(t2)
    for t, slot in enumerate(slots.tolist()):
        used = (n[t] > 0)[:, None]
        gap = np.where(used[:, 0] & (last >= 0), slot - last - 1, 0)
        if gap.any():
            m, P = advance(m, P, t2, phi, gap[:, None].astype(np.float64))
        step = filtered(r[t], 1 / np.maximum(n[t], 1)[:, None] + floor, m, P, t2, phi)
        m, P = np.where(used, step.m, m), np.where(used, step.P, P)
        last = np.where(used[:, 0], slot, last)
        square = np.where(used, step.innovation**2 / step.V, 0.0)
        second, fourth = second + square, fourth + square**2
    T = np.maximum((n > 0).sum(0), 1)[:, None]
    excess = fourth / T / np.maximum((second / T) ** 2, 1e-300) - 3
    excess, _ = shrink(excess, np.broadcast_to(96 / T, excess.shape), live)
    nu: Array = np.minimum(np.clip(T - lost, 5.0, MOST), degrees(excess))
    return nu


def overdispersion(Q: Array, mean: Array, n: Array) -> Array:
    """Overdispersion of a residual per row, and two standard errors.

    Shapes: (T, C) each, Q beside what counting noise alone gives -> (C,).
    """
    used = (n >= residual.FEWEST) & (mean > 1e-9)
    x = np.where(used, n, 0.0)
    q = np.where(used, Q / np.maximum(mean, 1e-9) - 1, 0.0)
    squares = np.maximum((x * x).sum(0), 1.0)
    slope = (x * q).sum(0) / squares
    error = np.sqrt((x * x * (q - x * slope) ** 2).sum(0)) / squares
    found: Array = np.maximum(0, slope) + 2 * error
    return found
