"""How far the losses of ordinary windows lie from one another.

Owns: the LossVariation value, fitting it, the sums it is fitted on.  Does not own: grading rows
(`grading`), what is bet against it (`monitors.loss_reference`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.profiles.grading import LABELLED, REALISED, TERMS
from vedette.sketches.graded import Graded
from vedette.stats.season import Season, believed, least_squares
from vedette.stats.unrest import fit_unrest
from vedette.stats.wobble import spectrum

Array = NDArray[np.float64]

ENOUGH = 24  # windows with labels from which unrest is fitted
REALISED_LOSS, BEYOND = 0, 1  # the two series: realised loss, realised less estimated loss
COVERED = 0.9  # of the labelled rows, from which on their estimates stand for all of them
LONGEST_GAP = 48  # windows without a label in a row; longer gaps are cut to it
LEAST_VARIANCE = 0.02  # of a coin's of the same mean: losses that never differ are not believed


class LossSums(NamedTuple):
    """What one window's labelled rows of a segment lost, and had been expected to lose.

    `expected` is the sum that the auditor had expected of the same rows, `variance` the sum of the
    variances it leaves open; nan where nothing was expected.
    """

    rows: float
    loss: float
    squares: float
    expected: float = float("nan")
    variance: float = float("nan")

    @property
    def mean(self) -> float:
        """Of the loss; an added half keeps a risk of 0 in so many rows from being believed."""
        return (self.loss + 0.5) / (self.rows + 1)

    @property
    def spread(self) -> float:
        """The variance of one row's loss."""
        risk = self.mean
        coin = risk * (1 - risk)
        found = (self.squares + 0.5) / (self.rows + 1) - risk**2
        return min(max(found, LEAST_VARIANCE * coin), coin)


@dataclass(frozen=True, eq=False)
class LossVariation:
    """The natural variation of losses between ordinary windows of one width.

    Shapes: C segments, two series (REALISED_LOSS, BEYOND): used int64[C] windows with labels, rows
    float64[C]; mean, error, t2, phi float64[C, 2]: level and its standard error, variance of the
    unrest and its correlation from window to window; of BEYOND nan where nothing was estimated.
    beta float64[C, 2, k]: the coefficients of `season`, without the constant.
    Units: `width` in nanoseconds; losses in [0, 1].
    Bounds: of a segment with fewer than ENOUGH windows only rows are known, the rest is nan.
    """

    segments: tuple[str, ...]
    width: int
    used: NDArray[np.int64]
    rows: Array
    mean: Array
    error: Array
    t2: Array
    phi: Array
    harmonics: int
    weekly: bool
    beta: Array

    @property
    def season(self) -> Season:
        """The cycles that were looked for."""
        return Season(self.width, self.harmonics, self.weekly)

    def at(self, segment: str) -> int:
        """The place of a segment; -1 where it was not fitted."""
        return self.segments.index(segment) if segment in self.segments else -1


def loss_sums(graded: Mapping[tuple[str, str], Graded], task: str, segment: str) -> LossSums:
    """Read one segment's sums of a profile's graded rows.

    Bounds: no rows where there is nothing.  Where few of the labelled rows had been estimated
    nothing is said of estimates: the two would be of different rows.
    """
    realised = graded.get((REALISED, segment))
    if realised is None or realised.rows <= 0:
        return LossSums(0.0, 0.0, 0.0)
    rows, loss, squares = (float(realised.moments[at]) for at in ((0, 0), (0, 1), (1, 1)))
    labelled = graded.get((LABELLED, segment))
    if labelled is None or labelled.rows < COVERED * rows:
        return LossSums(rows, loss, squares)
    times = rows / labelled.rows
    expected, variance = (
        times * float(labelled.moments[0, at]) for at in (1, TERMS[task].index("variance"))
    )
    return LossSums(rows, loss, squares, expected, variance)


def fit_loss_variation(
    windows: Sequence[tuple[Window, Mapping[str, LossSums]]], width_ns: int, *, shared: bool = False
) -> LossVariation:
    """Learn what the losses of ordinary windows look like.

    ``shared``: the segments are of a kind, and each tells what unrest to expect of the others.

    Units: nanoseconds.  Example:
        >>> calm = [(Window(t, t + 1), {"": LossSums(100, 10, 10)}) for t in range(48)]
        >>> fitted = fit_loss_variation(calm, 1)
        >>> fitted.mean[0, 0].round(3), bool(fitted.t2[0, 0] < 1e-4)
        (np.float64(0.1), True)
    """
    kept = sorted(windows, key=lambda pair: pair[0])
    segments = tuple(sorted({segment for _, sums in kept for segment in sums}))
    none = LossSums(0.0, 0.0, 0.0)
    table = np.array(
        [[sums.get(segment, none) for segment in segments] for _, sums in kept], np.float64
    ).reshape(len(kept), len(segments), len(LossSums._fields))
    rows, loss, _, expected, variance = np.moveaxis(table, 2, 0)
    used = rows > 0
    starts = np.array([window.start for window, _ in kept], np.int64)
    gaps = np.clip(np.diff(starts, prepend=starts[:1]) // max(width_ns, 1), 1, LONGEST_GAP)
    whole = [LossSums(*one) for one in table[..., :3].sum(0).tolist()]
    spread = np.array([one.spread for one in whole])
    shape = (len(segments), 2)
    mean, error, t2, phi = (np.full(shape, np.nan) for _ in range(4))
    season = Season.of(max(width_ns, 1), len(kept))
    beta = np.zeros((len(segments), 2, season.size - 1))
    estimated = used & np.isfinite(expected)
    noise = np.where(np.nan_to_num(variance) > 0, variance / np.maximum(rows, 1), spread)
    series = ((used, loss, spread + 0 * rows), (estimated, loss - np.nan_to_num(expected), noise))
    for at, (which, total, each) in enumerate(series):
        enough = which.sum(0) >= ENOUGH
        if not enough.any():
            continue
        n, x = np.where(which, rows, 0.0)[:, enough], np.where(which, total, 0.0)[:, enough]
        counted = np.where(n > 0, each[:, enough] / np.maximum(n, 1), np.inf)
        found = _fitted(x / np.maximum(n, 1), counted, starts, gaps, season, shared)
        mean[enough, at], error[enough, at] = found.level, found.error
        t2[enough, at], phi[enough, at], beta[enough, at] = found.t2, found.phi, found.beta
    return LossVariation(
        segments, width_ns, used.sum(0), rows.sum(0), mean, error, t2, phi,
        season.harmonics, season.weekly, beta,
    )  # fmt: skip


class _Fitted(NamedTuple):
    """Shapes: (C,) each, beta (C, k)."""

    level: Array
    error: Array
    t2: Array
    phi: Array
    beta: Array


def _fitted(
    x: Array,
    noise: Array,
    starts: NDArray[np.int64],
    gaps: NDArray[np.int64],
    season: Season,
    shared: bool,
) -> _Fitted:
    """The cycles of a series, as far as they are more than its unrest, and the unrest about them.

    Shapes: x and noise (T, C): mean losses, their variances by counting, infinite without rows.
    """
    used = np.isfinite(noise)
    T = np.maximum(used.sum(0), 1)
    first = np.where(used, x, 0.0).sum(0) / T
    y = np.where(used, x - first, 0.0)
    usual = fit_unrest(y, noise, gaps, shared=shared)
    W = np.where(used, 1 / (usual.t2 + np.where(used, noise, 1.0)), 0.0)
    W = W / np.maximum(W.sum(0) / T, 1e-300)
    X = season.design(starts)
    beta = least_squares(X, y[..., None], W)
    gram = np.einsum("tk,tc,tl->ckl", X, W, X, optimize=True)
    counted = (np.where(used, noise, 0.0).sum(0) / T)[:, None]
    misfit = np.zeros_like(counted)
    left = y - np.where(used, np.einsum("tk,ckj->tc", X, beta), 0.0)
    rest = fit_unrest(left, noise, gaps, shared=shared)
    for begin, end, frequency in season.groups:
        power = spectrum(rest.t2[:, None], rest.phi[:, None], counted, frequency)
        share = believed(beta[:, begin:end], gram[:, begin:end, begin:end], power)
        beta[:, begin:end] *= share[:, None]
        misfit += share * (end - begin) * power / T[:, None]
    cycles = np.einsum("tk,ckj->tc", X[:, 1:], beta[:, 1:])
    found = fit_unrest(np.where(used, y - cycles, 0.0), noise, gaps, shared=shared)
    error = np.sqrt(found.error**2 + misfit[:, 0])
    return _Fitted(first + found.level, error, found.t2, found.phi, beta[:, 1:, 0])
