"""Growing boosted trees over codes: Newton steps on histograms, best leaf first.

Owns: the learner, for chances (log loss) and for positive amounts (Poisson deviance).  Does not
own: the trees' form and evaluation (`stats.trees`), choosing between models (`derive.expected`).

The algorithm is that of LightGBM (Ke, Meng, Finley, Wang, Chen, Ma, Ye & Liu 2017, NeurIPS) and of
scikit-learn's HistGradientBoosting, with which it agrees (tests/golden/test_boosting.py).  It is
written out here because the trees of scikit-learn's histogram learner cannot be read without its
private names, and a stored auditor must outlive any library's release.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from vedette.stats.trees import PER_WORD, Codes, Trees

Array = NDArray[np.float64]
SMOOTH = 10.0  # added to a category's curvature when categories are put in order, as in LightGBM
CAP = 30.0  # of the logarithm of an amount: beyond it the exponential says nothing


@dataclass(frozen=True)
class Growth:
    """How trees are grown (statistics measured on the labelled sets of docs/performance.md)."""

    trees: int = 80
    leaves: int = 15
    rate: float = 0.08
    least: int = 40  # rows of a leaf
    ridge: float = 5.0


@dataclass(frozen=True, eq=False)
class Columns:
    """Rows as codes.

    Shapes: `codes` intp[n] per column, the last code of a column is "no usable value"; `widths`
    codes per column; `nominal` whether their order means nothing.
    """

    codes: Codes
    widths: tuple[int, ...]
    nominal: tuple[bool, ...]

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each column's codes begin when all stand side by side."""
        return np.concatenate([[0], np.cumsum(self.widths)]).astype(np.int64)

    def at(self, rows: NDArray[np.intp]) -> "Columns":
        """Only some rows."""
        return Columns([column[rows] for column in self.codes], self.widths, self.nominal)


def boost(
    columns: Columns, target: Array, offset: Array, link: str = "logit", growth: Growth = Growth()
) -> Trees:
    """Add trees to an offset so that link^-1(offset + trees) fits the target's mean.

    Shapes: n rows, at least one column.  Bounds: target in [0, 1] for `logit`, at least 0 for
    `log`.  With fewer than twice `least` rows the trees have one leaf each.
    """
    grower = _Grower(columns, growth)
    margin = offset.astype(np.float64, copy=True)
    masks, values = [], []
    for _ in range(-(-growth.trees // PER_WORD) * PER_WORD):
        mask, value = grower.tree(*slopes(margin, target, link), margin)
        masks.append(mask)
        values.append(value)
    words = np.array(masks, np.uint64).reshape(-1, PER_WORD, int(columns.starts[-1]))
    shifts = 16 * np.arange(PER_WORD, dtype=np.uint64)
    packed = np.bitwise_or.reduce(words << shifts[None, :, None], axis=1)
    return Trees(packed, np.array(values), columns.starts)


def telling(columns: Columns, left: Array) -> Array:
    """How much each column alone tells of what is left open.

    Shapes: n rows; returns float64[columns], the drop of squared error by the column's codes, less
    what luck gives a column with as many.
    """
    luck, found = float(left.var()), []
    for column, width in zip(columns.codes, columns.widths, strict=True):
        rows, sums = np.bincount(column, minlength=width), np.bincount(column, left, width)
        drop = (sums**2 / (rows + SMOOTH)).sum() - (rows / (rows + SMOOTH)).sum() * luck
        found.append(float(drop))
    return np.array(found)


def mean(margin: Array, link: str) -> Array:
    """The inverse of the link."""
    if link == "logit":
        chance: Array = expit(margin)
        return chance
    return np.exp(np.minimum(margin, CAP))


def slopes(margin: Array, target: Array, link: str) -> tuple[Array, Array]:
    """First and second derivative of the loss by the margin."""
    expected = mean(margin, link)
    if link == "logit":
        return expected - target, expected * (1 - expected)
    return expected - target, expected


class _Grower:
    """Grows trees on the same rows; holds what does not change between trees."""

    def __init__(self, columns: Columns, growth: Growth) -> None:
        self.growth, self.starts = growth, columns.starts
        self.nominal = np.array(columns.nominal, np.bool_)
        codes = np.array(columns.codes, np.intp).reshape(len(columns.widths), -1)
        self.codes = codes
        self.flat = codes + self.starts[:-1, None]
        self.widths = np.array(columns.widths, np.int64)
        # A rectangle of columns x codes, so that all columns are searched at once.
        width = int(self.widths.max(initial=1))
        at = np.arange(width)[None, :]
        self.real = at < self.widths[:, None]
        self.square = np.where(self.real, self.starts[:-1, None] + at, self.starts[-1])

    def tree(self, slope: Array, curve: Array, margin: Array) -> tuple[NDArray[np.uint64], Array]:
        """Grow one tree, adding what it says to the margin of its rows."""
        growth, total = self.growth, int(self.starts[-1])
        root = np.arange(self.flat.shape[1])
        allowed = [np.ones(total, np.bool_)]
        rows, sums = [root], [self._sums(root, slope, curve)]
        open_leaves: list[tuple[float, int, _Cut]] = []
        self._offer(open_leaves, 0, sums[0], len(root))
        while open_leaves and len(rows) < growth.leaves:
            _, leaf, cut = heapq.heappop(open_leaves)
            side = cut.left[self.codes[cut.column][rows[leaf]]]
            one, two = rows[leaf][side], rows[leaf][~side]
            small = self._sums(one if len(one) <= len(two) else two, slope, curve)
            rest = sums[leaf] - small
            new = len(rows)
            part = slice(self.starts[cut.column], self.starts[cut.column + 1])
            allowed.append(allowed[leaf].copy())
            allowed[leaf][part] &= cut.left
            allowed[new][part] &= ~cut.left
            rows[leaf] = one
            rows.append(two)
            sums[leaf], more = (small, rest) if len(one) <= len(two) else (rest, small)
            sums.append(more)
            self._offer(open_leaves, leaf, sums[leaf], len(one))
            self._offer(open_leaves, new, sums[new], len(two))
        return self._finish(rows, allowed, slope, curve, margin)

    def _finish(
        self,
        rows: list[NDArray[np.intp]],
        allowed: list[NDArray[np.bool_]],
        slope: Array,
        curve: Array,
        margin: Array,
    ) -> tuple[NDArray[np.uint64], Array]:
        mask, value = np.zeros(int(self.starts[-1]), np.uint64), np.zeros(16)
        for leaf, (inside, reach) in enumerate(zip(rows, allowed, strict=True)):
            gradient, hessian = slope[inside].sum(), curve[inside].sum()
            value[leaf] = -self.growth.rate * gradient / (hessian + self.growth.ridge)
            margin[inside] += value[leaf]
            mask[reach] |= np.uint64(1 << leaf)
        return mask, value

    def _sums(self, rows: NDArray[np.intp], slope: Array, curve: Array) -> Array:
        """Rows, slopes and curvatures by code.  Shapes: float64[3, W + 1], the last column 0."""
        places = self.flat[:, rows] if len(rows) < self.flat.shape[1] else self.flat
        flat, width = places.ravel(), int(self.starts[-1]) + 1
        columns = len(places)
        return np.array(
            [
                np.bincount(flat, minlength=width),
                np.bincount(flat, weights=np.tile(slope[rows], columns), minlength=width),
                np.bincount(flat, weights=np.tile(curve[rows], columns), minlength=width),
            ]
        )

    def _offer(self, heap: "list[tuple[float, int, _Cut]]", leaf: int, sums: Array, n: int) -> None:
        if n >= 2 * self.growth.least and len(self.widths):
            cut = self._best(sums, n)
            if cut is not None:
                heapq.heappush(heap, (-cut.gain, leaf, cut))

    def _best(self, sums: Array, n: int) -> "_Cut | None":
        """The cut of a leaf's rows that gains most, over all columns at once."""
        count, slope, curve = sums[:, self.square]
        order = np.broadcast_to(np.arange(count.shape[1]), count.shape).copy()
        if self.nominal.any():
            key = np.where(count > 0, slope / (curve + SMOOTH), np.inf)  # unseen ones last
            order[self.nominal] = np.argsort(key[self.nominal], axis=1, kind="stable")
            count, slope, curve = (
                np.take_along_axis(part, order, axis=1) for part in (count, slope, curve)
            )
        whole = np.array([count.sum(axis=1), slope.sum(axis=1), curve.sum(axis=1)])[:, :, None]
        below = np.cumsum([count, slope, curve], axis=2)
        last = np.take_along_axis(
            np.array([count, slope, curve]), (self.widths - 1)[None, :, None], axis=2
        )
        last[:, self.nominal] = 0.0  # "no usable value" is a category like any other there
        gains = [self._gain(side, whole, n) for side in (below, below + last)]
        inside = np.arange(count.shape[1])[None, :] < self.widths[:, None] - 1
        gains = [np.where(inside, gain, -np.inf) for gain in gains]
        lost = int(gains[1].max() > gains[0].max() + 1e-12)
        column, at = divmod(int(np.argmax(gains[lost])), count.shape[1])
        gain = float(gains[lost][column, at])
        if not gain > 1e-12:
            return None
        left = np.zeros(int(self.widths[column]), np.bool_)
        left[order[column, : at + 1]] = True
        if not self.nominal[column]:
            missing = last[0, column, 0]
            left[-1] = bool(lost) if missing else bool(below[0, column, at] * 2 > n)
        elif below[0, column, at] * 2 > n:  # a category not seen here goes with most rows
            seen = count[column] > 0
            left[order[column, ~seen & self.real[column][order[column]]]] = True
        return _Cut(gain, column, left)

    def _gain(self, left: Array, whole: Array, n: int) -> Array:
        ridge, least = self.growth.ridge, self.growth.least
        right = whole - left
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (
                left[1] ** 2 / (left[2] + ridge)
                + right[1] ** 2 / (right[2] + ridge)
                - whole[1] ** 2 / (whole[2] + ridge)
            )
        fits = (left[0] >= least) & (right[0] >= least)
        return np.where(fits, gain, -np.inf)


@dataclass(frozen=True, eq=False, order=False)
class _Cut:
    gain: float
    column: int
    left: NDArray[np.bool_]
