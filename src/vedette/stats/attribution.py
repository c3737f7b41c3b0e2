"""Which part of a change of loss comes from other rows, and which from other outcomes of the same.

Owns: the decomposition by the bins of one column, and the ranking over columns.  Does not own:
sums by bin (`sketches.losses`), several columns at once (`stats.shapley`).

Assumes independent rows.  With shares p -> q of the bins and their mean losses l -> l', L over all:

    L' - L = sum (q - p)(l - L)  [mix]  +  sum q (l' - l)  [rate]

Mix: there are more of the rows that were hard all along.  Rate: the same kind of row goes wrong
more often.  A bin that the reference never showed has no l, so its part q (l' - L) is told apart
as *new* instead of being given a loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

BEYOND = 3.0  # standard errors from which a term is shown
PRIOR = 2.0  # rows of the overall spread added to every bin's: one row alone shows no spread


class Sums(Protocol):
    """Rows, sum and sum of squares of the loss by code: `sketches.losses.Losses`."""

    @property
    def rows(self) -> NDArray[np.int64]: ...
    @property
    def loss(self) -> NDArray[np.float64]: ...
    @property
    def squares(self) -> NDArray[np.float64]: ...


class Part(NamedTuple):
    """A sum of terms and its standard error; `seen` is whether it lies beyond 3 of them."""

    value: float
    se: float

    @property
    def seen(self) -> bool:
        return abs(self.value) > BEYOND * self.se

    @property
    def shown(self) -> float:
        """The value where it can be told from chance, else 0."""
        return self.value if self.seen else 0.0


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A change of mean loss, taken apart by the bins of one column.

    Shapes: arrays over the K codes.  `mix.value + rate.value + new.value == change`.
    Bounds: `fresh` marks the bins that the reference never showed; their terms stand in `new`.
    """

    before: float
    after: float
    n_before: int
    n_after: int
    mix: Part
    rate: Part
    new: Part
    mixes: NDArray[np.float64]
    mix_se: NDArray[np.float64]
    rates: NDArray[np.float64]
    rate_se: NDArray[np.float64]
    news: NDArray[np.float64]
    fresh: NDArray[np.bool_]
    rows_now: NDArray[np.int64]
    rows_before: NDArray[np.int64]

    @property
    def alike(self) -> float:
        """How many reference rows stand for the rows of now, those in new bins left out (Kish).

        Bounds: without a change of shares nearly all; where all rows moved to one bin, those that
        the reference holds there; infinity without such rows.
        """
        old = (self.rows_now > 0) & (self.rows_before > 0)
        q, n = self.rows_now[old].astype(float), self.rows_before[old].astype(float)
        return float(q.sum() ** 2 / (q**2 / n).sum()) if old.any() else float("inf")

    @property
    def change(self) -> float:
        """How much the mean loss rose."""
        return self.after - self.before

    @property
    def shown_mixes(self) -> NDArray[np.float64]:
        """Mix by bin; what chance could do is 0."""
        return np.where(np.abs(self.mixes) > BEYOND * self.mix_se, self.mixes, 0.0)

    @property
    def shown_rates(self) -> NDArray[np.float64]:
        """Rate by bin; what chance could do is 0."""
        return np.where(np.abs(self.rates) > BEYOND * self.rate_se, self.rates, 0.0)

    @property
    def shown_news(self) -> NDArray[np.float64]:
        """What bins that the reference never showed add; what chance could do is 0."""
        return np.where(np.abs(self.news) > BEYOND * self.rate_se, self.news, 0.0)


def decompose(reference: Sums, current: Sums) -> Decomposition | None:
    """Take a change of mean loss apart by the bins of a column.

    Standard errors are those of multinomial shares and of the losses inside the bins.

    Bounds: None when a side has no rows.  A bin that is empty now has a mix and no rate; one that
    was empty before has neither, it is new.
    Source: Kitagawa 1955, Journal of the American Statistical Association 50, 1168-1194; Oaxaca
    1973; Blinder 1973.
    """
    m, n = int(reference.rows.sum()), int(current.rows.sum())
    if m == 0 or n == 0:
        return None
    r, c = reference.rows.astype(float), current.rows.astype(float)
    p, q = r / m, c / n
    before, after = float(reference.loss.sum() / m), float(current.loss.sum() / n)
    fresh = (r == 0) & (c > 0)
    l = np.where(r > 0, reference.loss / np.maximum(r, 1), before)
    now = np.where(c > 0, current.loss / np.maximum(c, 1), l)
    mixes, steps = (q - p) * (l - before), q * (now - l)
    spread, spread_now = _spread(reference, l), _spread(current, now)
    l_var = np.where(r > 0, spread / np.maximum(r, 1), 0.0)
    now_var = np.where(c > 0, spread_now / np.maximum(c, 1), 0.0)
    shares_var = q * (1 - q) / n + p * (1 - p) / m
    mix_se = np.sqrt((l - before) ** 2 * shares_var + (q - p) ** 2 * l_var)
    rate_se = q * np.sqrt(l_var + now_var)
    mix_var = _between(q, l) / n + _between(p, l) / m + ((q - p) ** 2 * l_var).sum()
    news = np.where(fresh, steps, 0.0)
    rates = steps - news
    return Decomposition(
        before,
        after,
        m,
        n,
        Part(float(mixes.sum()), float(np.sqrt(mix_var))),
        Part(float(rates.sum()), _root(rate_se[~fresh])),
        Part(float(news.sum()), _root(rate_se[fresh])),
        mixes,
        mix_se,
        rates,
        rate_se,
        news,
        fresh,
        np.asarray(current.rows),
        np.asarray(reference.rows),
    )


class Same(NamedTuple):
    """Sums of rows that end as those of the reference do."""

    rows: NDArray[np.int64]
    loss: NDArray[np.float64]
    squares: NDArray[np.float64]


def as_before(reference: Sums, rows: NDArray[np.int64]) -> Same:
    """The sums of these rows by bin if each ended as its bin did in the reference.

    What `decompose` then finds is the mix alone: all that can be said of rows without labels.
    Bounds: a bin that the reference never showed gets the loss of all rows.
    """
    total = max(int(reference.rows.sum()), 1)
    there = reference.rows > 0
    size = np.maximum(reference.rows, 1)
    loss = np.where(there, reference.loss / size, float(reference.loss.sum()) / total)
    squares = np.where(there, reference.squares / size, float(reference.squares.sum()) / total)
    now = rows.astype(np.float64)
    return Same(rows, now * loss, now * squares)


class Term(NamedTuple):
    """One bin of one column that goes wrong more, or less, often than it did."""

    column: str
    code: int
    rate: float
    se: float


@dataclass(frozen=True)
class Attribution:
    """A change of mean loss taken apart by every column, each by itself.

    Bounds: `columns` by |mix|, largest first, what chance could do last; `rates` only terms beyond
    3 standard errors, largest first.  `rate_dominates`: the change can be told from chance, and no
    column's mix is half of it.
    """

    columns: Mapping[str, Decomposition]
    rates: tuple[Term, ...]
    change: float
    se: float
    rate_dominates: bool

    @property
    def ranked(self) -> tuple[str, ...]:
        """Names of the columns, the strongest mix first."""
        return tuple(self.columns)

    @property
    def statement(self) -> str:
        """What a dominating rate means, in words; "" when it does not dominate."""
        if not self.rate_dominates:
            return ""
        return (
            "No column's rows moved towards harder ones enough to explain this: rows of the same "
            "kind now end differently. That is concept drift, or a cause that is not among the "
            "columns"
        )


def attribute(pairs: Mapping[str, tuple[Sums, Sums]]) -> Attribution | None:
    """Take a change of loss apart by every column and rank what explains it.

    Shapes: by column, its sums in the reference and now.  Bounds: None without a column that has
    rows on both sides.
    """
    made = {name: decompose(*pair) for name, pair in pairs.items()}
    known = {name: d for name, d in made.items() if d is not None}
    if not known:
        return None
    order = sorted(known, key=lambda name: (-abs(known[name].mix.shown), -_strength(known[name])))
    terms = [
        Term(name, int(k), float(d.rates[k]), float(d.rate_se[k]))
        for name, d in known.items()
        for k in np.flatnonzero(d.shown_rates)
    ]
    terms.sort(key=lambda term: -abs(term.rate))
    widest = max(known, key=lambda name: known[name].n_after)
    one, pair = known[widest], pairs[widest]
    se = float(np.sqrt(_total_var(pair[0]) / one.n_before + _total_var(pair[1]) / one.n_after))
    sure = abs(one.change) > BEYOND * se
    small = all(2 * abs(d.mix.value) < abs(one.change) for d in known.values())
    return Attribution({n: known[n] for n in order}, tuple(terms), one.change, se, sure and small)


def _strength(part: Decomposition) -> float:
    return abs(part.mix.value) / max(part.mix.se, 1e-300)


def _spread(sums: Sums, means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of the loss inside each bin, with `PRIOR` rows of the overall one added."""
    rows = np.maximum(sums.rows, 0).astype(float)
    inside = np.maximum(sums.squares - rows * means**2, 0.0)
    overall = inside.sum() / max(rows.sum(), 1.0)
    spread: NDArray[np.float64] = (inside + PRIOR * overall) / (rows + PRIOR)
    return spread


def _between(shares: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """Variance of the bins' means under these shares."""
    return max(float(shares @ means**2) - float(shares @ means) ** 2, 0.0)


def _total_var(sums: Sums) -> float:
    n = float(sums.rows.sum())
    return max(float(sums.squares.sum()) / n - (float(sums.loss.sum()) / n) ** 2, 0.0)


def _root(se: NDArray[np.float64]) -> float:
    return float(np.sqrt((se**2).sum()))
