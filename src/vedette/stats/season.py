"""Daily and weekly cycles of a statistic that is measured window by window.

Owns: the regressors, and how much of a fitted cycle is believed.  Does not own: what is left
(`wobble`), calendars: a phase is a remainder of UTC nanoseconds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAY = 86_400 * 10**9
HARMONICS = 3  # of a day; more did not pay in the simulations of the design
DAILY_FROM, WEEKLY_FROM = 3, 14  # days of reference from which a cycle can be told from wobble


@dataclass(frozen=True)
class Season:
    """Which cycles are looked for.  Units: `width` of a window in nanoseconds.

    Example:
        >>> Season(3_600 * 10**9, harmonics=3, weekly=True).size
        13
    """

    width: int
    harmonics: int
    weekly: bool

    @classmethod
    def of(cls, width: int, windows: int) -> "Season":
        """What `windows` windows of a width can show."""
        day = DAY / width
        daily = HARMONICS if windows >= DAILY_FROM * day else 0
        most = max(0, int(np.ceil(day / 2)) - 1)  # a harmonic needs more than two windows
        return cls(width, min(daily, most), windows >= WEEKLY_FROM * day and day >= 1)

    @property
    def size(self) -> int:
        """Regressors, the constant included."""
        return 1 + 2 * self.harmonics + 6 * self.weekly

    @property
    def groups(self) -> tuple[tuple[int, int, float], ...]:
        """The cycles as (first, last + 1, frequency in radians per window)."""
        day, daily = DAY / self.width, 1 + 2 * self.harmonics
        found = [(1, daily, 2 * np.pi / day)] if self.harmonics else []
        if self.weekly:
            found.append((daily, daily + 6, 3 * np.pi / (7 * day)))
        return tuple(found)

    def design(self, starts: NDArray[np.int64]) -> Array:
        """The regressors at windows that start at these times: constant, sines and cosines of the
        day, six steps of the week.

        Shapes: T times -> (T, size).  Units: nanoseconds since 1970-01-01 UTC.
        """
        phase = 2 * np.pi * (starts % DAY) / DAY
        columns = [np.ones(len(starts))]
        for h in range(1, self.harmonics + 1):
            columns += [np.sin(h * phase), np.cos(h * phase)]
        if self.weekly:
            weekday = starts // DAY % 7
            columns += [(weekday == k) - 1 / 7 for k in range(6)]
        return np.stack(columns, axis=1)


def least_squares(X: Array, Y: Array, W: Array) -> Array:
    """Weighted regression of every stream.

    Shapes: (T, k), (T, C, J), weights (T, C) -> (C, k, J).
    Bounds: what the data do not determine is 0 (pseudo-inverse).
    """
    gram = np.einsum("tk,tc,tl->ckl", X, W, X, optimize=True)
    right = np.einsum("tk,tc,tcj->ckj", X, W, Y, optimize=True)
    beta: Array = np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ right
    return beta


def believed(b: Array, gram: Array, noise: Array) -> Array:
    """How much of a cycle is more than wobble: max(0, 1 - 1/F), F its energy per coefficient over
    the wobble's spectrum at its frequency.

    Shapes: (C, k, J) coefficients, (C, k, k), (C, J) -> (C, J).
    """
    energy = np.einsum("ckj,ckl,clj->cj", b, gram, b, optimize=True)
    F = energy / b.shape[1] / np.maximum(noise, 1e-300)
    share: Array = np.maximum(0.0, 1 - 1 / np.maximum(F, 1e-9))
    return share


def usual_mix(counts: Array, n: Array, p: Array, X: Array, season: Season) -> Array:
    """How the shares of categories move with the season, and where they lie on average.

    Every cycle of a share is multiplied by max(0, 1 - 1/F), F over what the regression leaves.

    Shapes: counts (T, C, K), rows (T, C), reference shares (C, K), (T, k) -> (C, k, K).
    """
    off = counts / np.maximum(n, 1)[:, :, None] - p
    gram = np.einsum("tk,tc,tl->ckl", X, n, X, optimize=True)
    right = np.einsum("tk,tc,tcj->ckj", X, n, off, optimize=True)
    beta: Array = np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ right
    rest = off - np.einsum("tk,ckj->tcj", X, beta, optimize=True)
    spare = max(len(X) - season.size, 1)
    noise = np.einsum("tc,tcj->cj", n, rest**2, optimize=True) / spare
    for first, last, _ in season.groups:
        b = beta[:, first:last]
        beta[:, first:last] *= believed(b, gram[:, first:last, first:last], noise)[:, None]
    rest = off - np.einsum("tk,ckj->tcj", X[:, 1:], beta[:, 1:], optimize=True)
    total = np.maximum(n.sum(0), 1e-300)[:, None]
    beta[:, 0] = np.einsum("tc,tcj->cj", n, rest, optimize=True) / total
    return beta


def mixed(p: Array, x: Array, mix: Array) -> Array:
    """The usual shares of categories in one window.

    Shapes: (C, K), regressors [k], (C, k, K) -> (C, K).  Bounds: at least a tenth of the
    reference's share; they sum to what p sums to.
    """
    usual = np.maximum(p + x @ mix, p / 10)
    scaled: Array = usual * (p.sum(1) / np.maximum(usual.sum(1), 1e-300))[:, None]
    return scaled
