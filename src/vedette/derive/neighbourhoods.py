"""Neighbourhoods: the parts into which the directions of a reference fall.

Owns: finding them.  Does not own: which row belongs to which (`derive.bearings`).

Directions are standardised axis by axis, so that what all rows share does not hide what tells them
apart, and brought down to the 16 axes along which they spread most (subspace iteration: Halko,
Martinsson & Tropp 2011); there k-means (k-means++: Arthur & Vassilvitskii 2007) from seeded starts.
Each half of the rows has its own; the second half starts where the first one ended, so that the
neighbourhoods of both go by the same numbers.

A row belongs to the neighbourhood whose centre is nearest: where a linear function of the direction
is largest, which takes one exact product.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from vedette.derive.directions import HALVES, Matrix, rounded

MOST = 16
AXES = 16
SPARE = 8  # axes beyond them, for the first ones to be found well
FEWEST = 25  # rows of a half for each centre
ROUNDS = 8
TRIES = 3
FLOOR = 0.1  # of the mean variance, added to that of every axis: what hardly varies counts little


class Frame(NamedTuple):
    """Standardised directions brought down to few axes.  Shapes: mean, scale [d], axes [d, q]."""

    mean: Matrix
    scale: Matrix
    axes: Matrix

    def down(self, directions: Matrix) -> Matrix:
        """Coordinates of rows.  Shapes: [n, q]."""
        made: Matrix = ((directions - self.mean) / self.scale) @ self.axes
        return made


def neighbourhoods(directions: Matrix, half: NDArray[np.intp]) -> Matrix:
    """The functions of the neighbourhoods that the rows of each half are held against: those of the
    other one.

    Shapes: float64[2, k, d + 1], the last column a constant; k at most 16, 0 when there are too few
    rows or directions; the first is that of the largest neighbourhood.
    """
    parts = [directions[half == which] for which in (1, 0)]
    count = min(MOST, *(len(part) // FEWEST for part in parts))
    # One thread: how many there are would change last bits, and so a replay elsewhere.
    with threadpool_limits(1, user_api="blas"):
        return _found(parts, count)


def _found(parts: list[Matrix], count: int) -> Matrix:
    frame = _frame(parts[0]) if count > 1 else None
    one = None if frame is None else _best(frame.down(parts[0]), count)
    if frame is None or one is None:
        return np.zeros((HALVES, 0, parts[0].shape[1] + 1))
    sizes = np.bincount(nearest(frame.down(parts[0]), one), minlength=len(one))
    one = one[np.argsort(-sizes, kind="stable")]
    other = _frame(parts[1])
    place, rows = nearest(frame.down(parts[1]), one), other.down(parts[1])
    start = np.stack([_middle(rows[place == k]) for k in range(len(one))])
    two = _settled(rows, start)
    return np.stack([_functions(frame, one), _functions(other, two)])


def nearest(rows: Matrix, centres: Matrix) -> NDArray[np.intp]:
    """The centre that each row is nearest to, the first of several.  Shapes: intp[n]."""
    place: NDArray[np.intp] = (rows @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
    return place


def _frame(directions: Matrix) -> Frame:
    mean, variance = directions.mean(axis=0), directions.var(axis=0)
    scale = np.sqrt(variance + FLOOR * variance.mean())
    scale = np.where(scale > 0, scale, 1.0)
    rows = (directions - mean) / scale
    many = min(AXES + SPARE, *rows.shape)
    found = np.random.Generator(np.random.PCG64(many)).normal(size=(rows.shape[1], many))
    for _ in range(4):
        found = np.linalg.qr(rows.T @ (rows @ found))[0]
    seen = rows @ found
    _, turned = np.linalg.eigh(seen.T @ seen)
    return Frame(mean, scale, (found @ turned[:, ::-1])[:, :AXES])


def _best(rows: Matrix, count: int) -> Matrix | None:
    """The centres of several starts that lie nearest to their rows; None of fewer than two."""
    tried = []
    for seed in range(TRIES):
        start = _starts(rows, count, seed)
        if len(start) < 2:
            return None
        centres = _settled(rows, start)
        fit = (rows @ centres.T - (centres**2).sum(axis=1) / 2).max(axis=1).sum()
        tried.append((float(fit), -seed, centres))
    return max(tried, key=lambda one: one[:2])[2]


def _starts(rows: Matrix, count: int, seed: int) -> Matrix:
    """Rows that lie apart, each drawn the likelier the farther it is from those before."""
    generator = np.random.Generator(np.random.PCG64(seed))
    least = 1e-9 * (rows**2).sum(axis=1).mean()
    chosen: list[int] = []
    apart = np.ones(len(rows))
    while len(chosen) < count and apart.sum() > 0:
        chosen.append(int(generator.choice(len(rows), p=apart / apart.sum())))
        distance = ((rows - rows[chosen[-1]]) ** 2).sum(axis=1)
        apart = np.minimum(apart, distance) if len(chosen) > 1 else distance
        apart = np.where(apart > least, apart, 0.0)
    return rows[chosen]


def _settled(rows: Matrix, centres: Matrix) -> Matrix:
    """Centres moved to the middle of their neighbourhood, a few times."""
    for _ in range(ROUNDS):
        place = nearest(rows, centres)
        there = np.bincount(place, minlength=len(centres))
        member = (place == np.arange(len(centres))[:, None]).astype(np.float64)
        means = (member @ rows) / np.maximum(there, 1)[:, None]
        centres = np.where(there[:, None] > 0, means, centres)
    return centres


def _middle(rows: Matrix) -> Matrix:
    """The mean of rows; the middle of all where there are none."""
    made: Matrix = rows.sum(axis=0) / max(len(rows), 1)
    return made


def _functions(frame: Frame, centres: Matrix) -> Matrix:
    """Linear functions of a direction, the largest of which is that of the nearest centre."""
    slopes = (frame.axes @ centres.T).T / frame.scale
    constants = -(slopes @ frame.mean) - (centres**2).sum(axis=1) / 2
    made = np.concatenate([slopes, constants[:, None]], axis=1)
    return rounded(made / max(float(np.sqrt((made**2).sum(axis=1)).max()), 1e-300))
