"""Calibration: what a label is on average where the score is what it is.

Owns: the rising curve of steps, the smooth one of three numbers, their evaluation.
Does not own: choosing between them and other models (`derive.expected`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

Array = NDArray[np.float64]
PLAIN = np.array([0.0, 1.0, 1.0])  # the score as it is
STEPS, HALVINGS, RIDGE = 30, 30, 1.0  # Newton's; the ridge pulls towards the score as it is
SURE, GRID = 1e-6, 401  # no score counts as surer


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a monotone curve, straight between them and flat outside.

    Shapes: `x` and `y` float64[k], x ascending.  Bounds: `empty` is the answer where x is NaN.
    """

    x: Array
    y: Array
    empty: float

    def at(self, x: ArrayLike) -> Array:
        """The curve's height, row by row.

        Example:
            >>> Curve(np.array([0.0, 1.0]), np.array([0.2, 0.4]), 0.3).at([0.5, 9.0]).round(9)
            array([0.3, 0.4])
        """
        asked = np.asarray(x, np.float64)
        if not len(self.x):
            return np.full(asked.shape, self.empty)
        known = np.interp(np.nan_to_num(asked), self.x, self.y)
        return np.where(np.isnan(asked), self.empty, known)


def isotonic(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array, Array]:
    """Fit the rising curve with the least squared error: blocks of equal height.

    Shapes: n rows, any order, no NaN; returns ends float64[2, k], heights float64[k] and rows
    float64[k] of the blocks, ascending.  None for no row.
    Source: pool adjacent violators (Ayer, Brunk, Ewing, Reid & Silverman 1955); agrees with
    scikit-learn's IsotonicRegression.
    Example:
        >>> isotonic([1, 2, 3, 4], [0, 1, 0, 1])[1].tolist()
        [0.0, 0.5, 1.0]
    """
    values, place, counts = np.unique(
        np.asarray(x, np.float64), return_inverse=True, return_counts=True
    )
    sums = np.bincount(place, weights=np.asarray(y, np.float64), minlength=len(values))
    first: list[int] = []
    total: list[float] = []
    rows: list[float] = []
    for at, (count, height) in enumerate(zip(counts.tolist(), sums.tolist(), strict=True)):
        first.append(at)
        total.append(height)
        rows.append(float(count))
        while len(rows) > 1 and total[-2] * rows[-1] >= total[-1] * rows[-2]:
            first.pop()
            more, as_many = total.pop(), rows.pop()
            total[-1] += more
            rows[-1] += as_many
    if not first:
        return np.zeros((2, 0)), np.zeros(0), np.zeros(0)
    low = np.array(first, np.int64)
    high = np.append(low[1:], len(values)) - 1
    ends = np.array([values[low], values[high]]).reshape(2, -1)
    size = np.array(rows)
    return ends, np.array(total) / size, size


def calibrate(x: ArrayLike, y: ArrayLike) -> Curve:
    """Calibrate: what y is on average where x is what it is.

    The outermost blocks are often pure; their height is moved in by half a row, since no chance is
    0 or 1.  Shapes: n rows, NaN in x where it is missing.  Bounds: y in [0, 1] or above; a constant
    where no x is known.
    """
    score, truth = np.asarray(x, np.float64), np.asarray(y, np.float64)
    overall = (truth.sum() + 0.5) / (len(truth) + 1.0)
    known = ~np.isnan(score)
    lost = truth[~known]
    # A score that is missing is read as the mean row, until many such rows say otherwise.
    empty = (lost.sum() + 20 * overall) / (len(lost) + 20)
    ends, height, rows = isotonic(score[known], truth[known])
    if not len(height):
        return Curve(np.zeros(0), np.zeros(0), float(empty))
    height = np.clip(height, 0.5 / (rows[0] + 1), None)
    if truth.max() <= 1.0:
        height = np.clip(height, None, 1 - 0.5 / (rows[-1] + 1))
    double = ends[0] < ends[1]
    xs = np.column_stack([ends[0], ends[1]]).ravel()
    keep = np.column_stack([np.ones(len(double), np.bool_), double]).ravel()
    return Curve(xs[keep], np.repeat(height, 2)[keep], float(empty))


def beta(x: ArrayLike, y: ArrayLike, empty: float) -> Curve:
    """Calibrate chances smoothly: the log odds of y are linear in log x and log (1 - x).

    Three numbers hardly learn the rows by heart, as steps do: what is then learned on top of them
    is not misled.  Shapes: n rows, NaN in x where it is missing; `empty` is the answer there.
    Bounds: x and y in [0, 1]; a grid of GRID points, straight between them.
    Source: Kull, Silva Filho & Flach 2017, AISTATS.
    """
    score, truth = np.asarray(x, np.float64), np.asarray(y, np.float64)
    known = ~np.isnan(score)
    terms, truth = _terms(score[known]), truth[known]
    weight, loss = PLAIN, _loss(terms, truth, PLAIN)
    for _ in range(STEPS):
        chance = expit(terms @ weight)
        slope = terms.T @ (chance - truth) + RIDGE * (weight - PLAIN)
        curve = (terms * (chance * (1 - chance))[:, None]).T @ terms + RIDGE * np.eye(3)
        step = np.linalg.solve(curve, slope)
        tried = [weight - step * 0.5**half for half in range(HALVINGS)]
        better = next((w for w in tried if _loss(terms, truth, w) < loss), None)
        if better is None:
            break
        weight, loss = better, _loss(terms, truth, better)
    grid = expit(np.linspace(-logit(1 - SURE), logit(1 - SURE), GRID))
    return Curve(grid, expit(_terms(grid) @ weight), empty)


def _terms(score: Array) -> Array:
    inside = np.clip(score, SURE, 1 - SURE)
    return np.column_stack([np.ones(len(inside)), np.log(inside), -np.log1p(-inside)])


def _loss(terms: Array, truth: Array, weight: Array) -> float:
    margin = terms @ weight
    lost = np.logaddexp(0.0, margin) - truth * margin
    return float(lost.sum() + 0.5 * RIDGE * ((weight - PLAIN) ** 2).sum())
