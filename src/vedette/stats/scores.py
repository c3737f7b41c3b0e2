"""Level, spread and skew of a binned column, and exact-enough tails for how far they moved.

Owns: orthonormal scores over bins and the test of their change.  Does not own: what the scores
leave (`stats.shape`).

Assumes independent rows and bins cut at the reference's own order statistics.  The unknown true
mass of the bins is then Dirichlet(reference counts) whatever the distribution, so a score's
change has variance 1/n + 1/m and its tail follows from the two cumulant functions.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from vedette.stats.intervals import Z95

NAMES = ("level", "spread", "skew")
_EDGE = 1e-9  # mid-ranks stay this far from 0 and 1, so that the normal quantile is finite
_ROUND = 1e-12  # relative precision of the saddlepoint; its error enters the tail squared
_FLAT = 1e-2  # |r| below which the Lugannani-Rice formula is 0/0; the tail is one half there


class ScoreChange(NamedTuple):
    """How far each score moved, in reference sd's: J entries per array, in the order of `NAMES`."""

    s: NDArray[np.float64]  # current minus reference
    vc: NDArray[np.float64]  # variance of the score inside the current sample (1 without change)
    se: NDArray[np.float64]
    p: NDArray[np.float64]  # two-sided, against no change
    p_margin: NDArray[np.float64]  # one-sided, against a change of eps
    low: NDArray[np.float64]  # 95 %
    high: NDArray[np.float64]


def scores(p: NDArray[np.float64], J: int = 3) -> NDArray[np.float64]:
    """Make the first J powers of the normal mid-rank orthonormal under p.

    Shapes: K shares -> (K, min(J, K - 1)).
    Bounds: sum p phi = 0 and sum p phi_i phi_j = [i = j]; phi ascends in its leading power.  One
    bin has no score.
    Errors: every share must be positive (merge empty bins first).

    Example:
        >>> scores(np.array([0.5, 0.5])).round(12).tolist()
        [[-1.0], [1.0]]
    """
    J, root = min(J, len(p) - 1), np.sqrt(p)[:, None]
    u = ndtri(np.clip(np.cumsum(p) - p / 2, _EDGE, 1 - _EDGE))
    Q, R = np.linalg.qr(u[:, None] ** np.arange(J + 1) * root)
    phi: NDArray[np.float64] = (Q * np.sign(np.diag(R)))[:, 1:] / root
    return phi


def score_change(
    reference: NDArray[np.float64],
    current: NDArray[np.float64],
    phi: NDArray[np.float64],
    eps: float,
) -> ScoreChange:
    """Test how far each score moved between two samples over the same bins.

    The z of a score is divided by what the current sample's own variance adds, so that a change of
    spread is not blamed on level.

    Shapes: K counts (reference all positive), K counts, phi from `scores` -> J entries per array.
    Bounds: p and p_margin in [0, 1]; m = 1 or n = 1 is conservative.  Errors: both sides must hold
    rows.
    Source: Lugannani & Rice 1980, Advances in Applied Probability 12, 475-490.

    Example:
        >>> r = np.array([100.0, 100.0])
        >>> change = score_change(r, np.array([70.0, 130.0]), scores(r / 200), eps=0.05)
        >>> change.s.round(3).tolist(), bool(change.p[0] < 0.01)
        ([0.3], True)
    """
    m, n = float(reference.sum()), float(current.sum())
    p, q = reference / m, current / n
    s = (q - p) @ phi
    vc = q @ phi**2 - (q @ phi) ** 2
    stretch = np.sqrt((np.maximum(vc, 1) / n + 1 / m) / (1 / n + 1 / m))
    z = -ndtri(score_tails(s, phi, p, n, m)) / stretch
    se = np.sqrt(np.maximum(vc, 0.25) / n + 1 / m)
    p_margin = ndtr(-(np.abs(s) - eps) / se)
    return ScoreChange(s, vc, se, 2 * ndtr(-z), p_margin, s - Z95 * se, s + Z95 * se)


def score_tails(
    s: NDArray[np.float64], phi: NDArray[np.float64], p: NDArray[np.float64], n: float, m: float
) -> NDArray[np.float64]:
    """Give the probability of each score being at least as far out, on its side, without change.

    Saddlepoint tail of K(t) = n ln sum p exp(t phi / n) - m sum p ln(1 - t phi / m): the counting
    noise of n current rows and the unknown mass of the bins.

    Shapes: J scores, (K, J), K shares -> J.
    Bounds: in [1e-300, 0.5].

    Example:
        >>> phi = scores(np.full(4, 0.25))
        >>> score_tails(np.array([0.1, 0, 0]), phi, np.full(4, 0.25), 500, 500).round(3).tolist()
        [0.057, 0.5, 0.5]
    """
    x = np.abs(s)
    f = np.where(s >= 0, 1.0, -1.0)[:, None] * phi.T
    t = _saddlepoints(x, f, p, n, m)
    a, b = (t / n)[:, None] * f, (t / m)[:, None] * f
    top = np.maximum(a.max(axis=1), 0.0)
    # expm1 and log1p keep all digits of small tilts; large ones are shifted against overflow.
    top[top < 1] = 0.0
    grown = np.expm1(a - top[:, None]) @ p
    K = n * (top + np.log1p(grown)) - m * (np.log1p(-b) @ p)
    _, K2 = _slopes(t, f, p, n, m)
    r = np.sqrt(np.maximum(2 * (t * x - K), 0))
    flat = r < _FLAT
    r_, v = np.where(flat, 1.0, r), np.where(flat, 1.0, t * np.sqrt(K2))
    tail = ndtr(-r_) + np.exp(-r_ * r_ / 2) / np.sqrt(2 * np.pi) * (1 / v - 1 / r_)
    return np.where(flat, 0.5, np.clip(tail, 1e-300, 0.5))


def _slopes(
    t: NDArray[np.float64], f: NDArray[np.float64], p: NDArray[np.float64], n: float, m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and second derivative of the cumulant function at t, one row of f per score."""
    a = (t / n)[:, None] * f
    w = p * np.exp(a - a.max(axis=1)[:, None])
    wf = w / w.sum(axis=1)[:, None] * f
    mean = wf.sum(axis=1)
    g = f / (1 - (t / m)[:, None] * f)
    slope: NDArray[np.float64] = mean + g @ p
    curve: NDArray[np.float64] = ((wf * f).sum(axis=1) - mean * mean) / n + (g * g) @ p / m
    return slope, curve


def _saddlepoints(
    x: NDArray[np.float64], f: NDArray[np.float64], p: NDArray[np.float64], n: float, m: float
) -> NDArray[np.float64]:
    """Solve K'(t) = x for all scores: Newton steps, halving the bracket where one leaves it."""
    hi = m / f.max(axis=1) * (1 - 1e-12)
    lo = np.zeros_like(hi)
    t: NDArray[np.float64] = np.minimum(x / (1 / n + 1 / m), hi / 2)
    for _ in range(200):  # a few steps are usual; 60 halvings alone would do
        slope, curve = _slopes(t, f, p, n, m)
        over = slope > x
        hi, lo = np.where(over, t, hi), np.where(over, lo, t)
        step = t - (slope - x) / curve
        step = np.where((step >= lo) & (step <= hi), step, (lo + hi) / 2)
        moved = np.abs(step - t)
        t = step
        if (moved <= _ROUND * t).all():
            break
    return t
