"""Relations: columns that go together in training and no longer do in serving.

Owns: how any two columns are held against one another, and the test that they come apart.  Does not
own: whose fault it is (`gather`), turned clocks (`zones`).

Every column becomes a few codes.  On one half of training the scores of both columns' codes are
learnt that correlate most (the first pair of correspondence analysis: Hirschfeld 1935, Cambridge
Philosophical Society Proceedings 31, 520-524); on the other half, and on serving, that correlation
is only measured, so that nothing is fitted to what is tested.  Its standard error is the influence
function's, its law Student's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from vedette.core.words import number
from vedette.engine.skew.unkeyed.trait import MONITOR, Two
from vedette.engine.skew.unkeyed.values import HOURS, Values, first_half
from vedette.monitors.finding import Finding

BINS = 10  # of numbers
WORDS = 12  # of texts, the most frequent; the others are one code
RARE = 0.02  # share of training below which a code joins the others: its scores would be noise
LEAST = 60  # rows a side
CLEAR = 0.2  # correlation on the first half from which a relation is one
MATTERS = 0.1  # change of correlation that matters; of one near 1 a tenth of that
COLUMNS = 80  # held against one another at most: pairs grow with the square
LOOSE = 0.5  # of its training correlation: below that two columns are said to have come apart


@dataclass(frozen=True, eq=False)
class Coder:
    """How the values of a column become codes.  Shapes: `merged` int64[codes + 1], the
    place of each, then -1."""

    column: str
    hour: bool
    edges: NDArray[np.float64] | None
    words: Mapping[str, int]
    merged: NDArray[np.int64]

    @property
    def size(self) -> int:
        return int(self.merged.max()) + 1

    def codes(self, side: Values) -> NDArray[np.int64]:
        """The code of every row, -1 where it holds no value."""
        return self.merged[_raw(side, self.hour, self.edges, self.words)]


@dataclass(frozen=True, eq=False)
class Relation:
    """Two coded columns, and their scores."""

    one: Coder
    two: Coder
    f: NDArray[np.float64]
    g: NDArray[np.float64]

    @property
    def columns(self) -> tuple[str, str]:
        return self.one.column, self.two.column

    def table(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Rows by both codes."""
        return cross(a, b, self.one.size, self.two.size)


@dataclass(frozen=True, eq=False)
class Broken:
    """A relation with its finding, training's correlation and serving's codes."""

    relation: Relation
    finding: Finding
    training: float
    serving: tuple[NDArray[np.int64], NDArray[np.int64]]


def coders(columns: Sequence[Two]) -> list[tuple[Coder, Two]]:
    """A coder for every column that can be held against others, learnt on half of training."""
    made = []
    for two in columns:
        if not two.comparable or min(two.training.rows, two.serving.rows) < LEAST:
            continue
        hour = two.training.is_clock
        if two.training.kind == "time" and not hour:
            continue
        coder = _coder(two.training, hour)
        if coder.size > 1:
            made.append((coder, two))
    return made[:COLUMNS]


def relations(made: Sequence[tuple[Coder, Two]]) -> list[Broken]:
    """Measure every relation that training clearly shows, and test each against serving."""
    first = first_half(made[0][1].training.rows) if made else np.empty(0, np.bool_)
    inside = [(coder, coder.codes(two.training), coder.codes(two.serving)) for coder, two in made]
    found = []
    for (one, a, x), (two, b, y) in combinations(inside, 2):
        learnt, rho = _learn(one, two, a[first], b[first])
        if rho < CLEAR:
            continue
        tables = learnt.table(a[~first], b[~first]), learnt.table(x, y)
        if min(table.sum() for table in tables) < LEAST / 2:
            continue
        before, after = (correlation(learnt, table) for table in tables)
        found.append(Broken(learnt, _tested(learnt, before, after, tables), before, (x, y)))
    return found


def correlation(relation: Relation, table: NDArray[np.float64]) -> float:
    """The correlation of both columns' scores in a table of rows; 0 where a side does not vary."""
    share, f, g = _standardised(relation, table)
    return float(f @ share @ g)


def wobble(relation: Relation, table: NDArray[np.float64]) -> tuple[float, float]:
    """The standard deviation of a row's influence on the correlation, and how many rows carry it.

    Few rows carry it where a relation holds but for some: then the normal law is far too sure
    (Student's with so many degrees of freedom is not: docs/decisions/0033).
    """
    share, f, g = _standardised(relation, table)
    rho = float(f @ share @ g)
    squares = (f[:, None] * g[None, :] - rho * (f[:, None] ** 2 + g[None, :] ** 2) / 2) ** 2
    variance, fourth = float((share * squares).sum()), float((share * squares**2).sum())
    carried = table.sum() * variance**2 / fourth if fourth > 0 else 0.0
    return sqrt(variance), float(carried)


def _standardised(
    relation: Relation, table: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Shares of rows, and scores of mean 0 and variance 1; 0 where they do not vary."""
    share = table / max(table.sum(), 1.0)
    rows, cols = share.sum(axis=1), share.sum(axis=0)
    f, g = relation.f - rows @ relation.f, relation.g - cols @ relation.g
    spread = float(rows @ f**2), float(cols @ g**2)
    if min(spread) <= 1e-12:
        return share, np.zeros_like(f), np.zeros_like(g)
    return share, f / sqrt(spread[0]), g / sqrt(spread[1])


def cross(a: NDArray[np.int64], b: NDArray[np.int64], one: int, two: int) -> NDArray[np.float64]:
    """Rows by two codes, those that lack either left out.  Shapes: float64[one, two]."""
    if a.min(initial=0) < 0 or b.min(initial=0) < 0:
        both = (a >= 0) & (b >= 0)
        a, b = a[both], b[both]
    return np.bincount(a * two + b, minlength=one * two).reshape(one, two).astype(np.float64)


def _learn(
    one: Coder, two: Coder, a: NDArray[np.int64], b: NDArray[np.int64]
) -> tuple[Relation, float]:
    table = cross(a, b, one.size, two.size)
    if table.sum() < LEAST / 2:
        return Relation(one, two, np.zeros(one.size), np.zeros(two.size)), 0.0
    share = table / table.sum()
    rows, cols = (np.maximum(s, 1e-12) for s in (share.sum(axis=1), share.sum(axis=0)))
    usual = np.sqrt(np.outer(rows, cols))
    u, s, v = np.linalg.svd((share - np.outer(rows, cols)) / usual)
    return Relation(one, two, u[:, 0] / np.sqrt(rows), v[0] / np.sqrt(cols)), float(s[0])


def _tested(
    relation: Relation,
    before: float,
    after: float,
    tables: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Finding:
    one, two = relation.columns
    m, n = (float(table.sum()) for table in tables)
    # The variance is that of both sides together: a relation that holds but for one row in a
    # hundred may show none of these rows on one side.
    deviation, rows = wobble(relation, tables[0] + tables[1])
    se = sqrt(deviation**2 * (1 / m + 1 / n) + 1 / n**2)
    effect = after - before
    matters = MATTERS * max(1 - before**2, 0.1)
    verb = "no longer goes" if after < LOOSE * before else "goes otherwise"
    chance, beyond = (
        float(stdtr(max(rows, 1.0), -size / se)) for size in (abs(effect), abs(effect) - matters)
    )
    return Finding(
        monitor=MONITOR,
        component="relation",
        column=one,
        category=two,
        observed=after,
        expected=before,
        effect=effect,
        unit="correlation",
        low=effect - 1.96 * se,
        high=effect + 1.96 * se,
        magnitude=abs(effect),
        p=min(2 * chance, 1.0),
        p_margin=beyond,
        n_baseline=int(m),
        n_window=int(n),
        min_effect=matters,
        reason=(
            f"serving `{one}` {verb} with `{two}`: correlation of their scores {number(after, 2)},"
            f" {number(before, 2)} in training"
        ),
    )


def _coder(side: Values, hour: bool) -> Coder:
    """Learn codes on the same half of training that scores are learnt on; rare ones become one."""
    edges, words = None, {}
    first = first_half(side.rows)
    if not hour and side.kind == "number":
        assert side.numbers is not None
        half = side.numbers[first]
        half = half[~np.isnan(half)]
        if len(half):
            edges = np.unique(np.quantile(half, np.linspace(0, 1, BINS + 1)[1:-1]))
        else:
            edges = np.empty(0)
    elif not hour:
        assert side.codes is not None
        chosen = side.codes[first & (side.codes >= 0)]
        counts = np.bincount(chosen, minlength=len(side.words))
        ranked = np.argsort(-counts, kind="stable")[:WORDS]
        words = {side.words[code]: place for place, code in enumerate(ranked)}
    raw = _raw(side, hour, edges, words)[first]
    counts = np.bincount(raw[raw >= 0], minlength=_size(hour, edges, words))
    least = max(RARE * counts.sum(), 5)
    kept = counts >= least
    if counts[~kept].sum() >= least:
        rest = int(kept.sum())
    else:  # too few even together: with the most frequent
        rest = int(kept[: np.argmax(counts)].sum())
    places = np.where(kept, np.cumsum(kept) - 1, rest).astype(np.int64)
    return Coder(side.name, hour, edges, words, np.append(places, -1))


def _size(hour: bool, edges: NDArray[np.float64] | None, words: Mapping[str, int]) -> int:
    """Codes of a column, that for other words included."""
    if hour:
        return HOURS
    return len(edges) + 1 if edges is not None else len(words) + 1


def _raw(
    side: Values, hour: bool, edges: NDArray[np.float64] | None, words: Mapping[str, int]
) -> NDArray[np.int64]:
    """Codes before rare ones are merged; -1 where there is no value."""
    if hour:
        return side.hours
    if edges is not None:
        assert side.numbers is not None
        places = np.searchsorted(edges, side.numbers, side="left")
        return np.where(np.isnan(side.numbers), -1, places).astype(np.int64)
    assert side.codes is not None
    table = np.array([*(words.get(word, len(words)) for word in side.words), -1, -1])
    return table[side.codes].astype(np.int64)
