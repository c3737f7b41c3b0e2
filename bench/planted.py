"""Segments to plant in drawn rows, and plain ways to look for them.

Owns: which rows a planted segment holds, flipping labels there, split halves as the plain way. Does
not judge.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from bench.flawed import Rows
from scipy.stats import binom

from vedette.stats.candidates import alone, paired, places

PLANTED, DROP = 300, 0.10
FLAT = 0.10  # how often a model is wrong whose errors nothing explains


def two_categories(rows: Rows, rng: np.random.Generator) -> np.ndarray | None:
    """Rows of two categories, of about 300."""
    fits, wide = [], rows.k.shape[1]
    for a, b in combinations(range(wide), 2):
        width = rows.k[:, b].max() + 1
        near = _near(rows.k[:, a] * width + rows.k[:, b])
        fits += [(a, b, int(c // width), int(c % width)) for c in near]
    if not fits:
        return None
    a, b, one, two = fits[rng.integers(len(fits))]
    return (rows.k[:, a] == one) & (rows.k[:, b] == two)


def one_category(rows: Rows, rng: np.random.Generator) -> np.ndarray | None:
    """Rows of one category, of about 300."""
    fits = [(j, int(c)) for j, code in enumerate(rows.k.T) for c in _near(code)]
    if not fits:
        return None
    j, c = fits[rng.integers(len(fits))]
    return rows.k[:, j] == c


def category_and_range(rows: Rows, rng: np.random.Generator) -> np.ndarray | None:
    """Rows of a category and a range of a number that begins anywhere, of about 300."""
    for _ in range(50):
        j, i = rng.integers(rows.k.shape[1]), rng.integers(rows.x.shape[1])
        inside = rows.k[:, j] == rng.integers(rows.k[:, j].max() + 1)
        have = int(inside.sum())
        if not 4 * PLANTED < have < 12 * PLANTED:
            continue
        ordered = np.sort(rows.x[inside, i])
        start = rng.integers(have - PLANTED)
        low, high = ordered[start], ordered[start + PLANTED]
        inside &= (rows.x[:, i] >= low) & (rows.x[:, i] < high)
        if abs(inside.sum() - PLANTED) <= PLANTED / 20:  # not where many rows have the same number
            return inside
    return None


def _near(code: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.abs(np.bincount(code) - PLANTED) <= PLANTED / 20)


PLANTS: dict[str, Callable[[Rows, np.random.Generator], np.ndarray | None]] = {
    "one category": one_category,
    "two categories": two_categories,
    "a category and a range anywhere": category_and_range,
}


def flip(rows: Rows, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the loss after labels are flipped until the accuracy there is 10 points lower."""
    share = DROP / (1 - 2 * rows.chance[where].mean())
    flipped = where & (rng.random(len(where)) < share)
    return np.where(flipped, 1 - rows.loss, rows.loss)


def flat(where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return losses of a model that errs in a tenth of the rows, whichever they are, and 10 points
    more often there."""
    return (rng.random(len(where)) < FLAT + DROP * where).astype(float)


def hit(inside: np.ndarray, where: np.ndarray) -> bool:
    """Whether two sets of rows share more than half of their union."""
    return bool(2 * (inside & where).sum() > (inside | where).sum())


def halves(codes: np.ndarray, loss: np.ndarray, ordered: list[bool]) -> list[np.ndarray]:
    """Return what plain split halves find: the best 20 of one half by score, Holm on the other."""
    rng = np.random.default_rng(0)
    side, support = rng.random(len(loss)) < 0.5, max(200, len(loss) // 100)
    columns = [places(codes, j, ordered[j], support) for j in range(codes.shape[1])]
    scored = []
    for cells in (*alone(columns), *paired(columns, support)):
        width = len(cells.conditions) + 1
        n = np.bincount(cells.cell[side] + 1, minlength=width)[1:]
        bad = np.bincount(cells.cell[side] + 1, loss[side], width)[1:]
        rate = bad / np.maximum(n, 1)
        se = np.sqrt(np.maximum(rate * (1 - rate), 1e-9) / np.maximum(n, 1))
        score = n * (rate - loss[side].mean() - 2 * se)
        scored += [(s, cells, k) for k, s in enumerate(score) if s > 0]
    scored.sort(key=lambda one: -one[0])
    rest, found, level = ~side, [], 0.05
    tests = [(c.cell == k) & rest for _, c, k in scored[:20]]
    ps = [binom.sf(loss[t].sum() - 1, max(t.sum(), 1), loss[rest].mean()) for t in tests]
    for rank, i in enumerate(np.argsort(ps)):
        if ps[i] > level / (len(ps) - rank):
            break
        _, cells, k = scored[i]
        found.append(cells.cell == k)
    return found
