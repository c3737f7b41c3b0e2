"""Labelled predictions of a real model, on a known law and on flights, with drift to plant.

Owns: the law (15 columns, some hard to predict, some that matter without being hard, some that do
not matter), the flights, their models, drift of chosen columns and what it truly costs. Does not
plant segments, does not judge.

Hardness, in the law: where `k1` and `x3` say so, labels follow the inputs less. Weight: `k0` and
`x0` move the label a lot and make it no harder. Of flights only what they show is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

NUMBERS, SIZES = 8, (6, 4, 6, 7, 8, 10, 30)
TRAINED, REFERENCE, POOL = 8_000, 20_000, 60_000
LEVELS = [pa.array([f"v{i:02d}" for i in range(size)]) for size in SIZES]
SHARPNESS = 5.0  # of the labels: with it a model errs in about a tenth of the rows
SPARE = 10  # rows drawn for each one that is kept under drift


@dataclass(frozen=True)
class Rows:
    """Drawn rows: numbers (as normal scores) and categories, the label, what the model says, the
    true chance that it is wrong (of flights: whether it is), where they come from."""

    x: np.ndarray
    k: np.ndarray
    label: np.ndarray
    score: np.ndarray
    chance: np.ndarray
    at: np.ndarray

    def take(self, at: np.ndarray) -> "Rows":
        return Rows(*(part[at] for part in vars(self).values()))

    @property
    def loss(self) -> np.ndarray:
        return ((self.score >= 0.5) != self.label).astype(float)


Drifts = dict[str, float]  # strength by column


class World:
    """Rows as the reference has them, and the truth about drift. `names` numbers first."""

    strengths: tuple[float, ...] = (-0.8, -0.6, 0.6, 0.8)
    names: tuple[str, ...]
    numbers: int
    pool: Rows
    reference: Rows

    def draw(self, rng: np.random.Generator, rows: int) -> Rows:
        raise NotImplementedError

    def table(self, rows: Rows) -> pa.Table:
        raise NotImplementedError

    def importance(self, name: str) -> float:
        """Return by how much the loss of the pool rises when a column is shuffled."""
        raise NotImplementedError

    def drifted(self, rng: np.random.Generator, rows: int, drifts: Drifts) -> Rows:
        """Draw rows of which some columns drift, each by a tilt of that strength."""
        pool = self.draw(rng, min(SPARE * rows, len(self.pool.label)))
        weights = self.tilt(pool, drifts)
        return pool.take(rng.choice(len(weights), rows, replace=False, p=weights / weights.sum()))

    def effect(self, drifts: Drifts) -> float:
        """Return how much a drift truly raises the loss."""
        weights = self.tilt(self.pool, drifts)
        return float(weights @ self.pool.chance / weights.sum() - self.pool.chance.mean())

    def tilt(self, rows: Rows, drifts: Drifts) -> np.ndarray:
        """Return weights: numbers by e^(strength x), categories towards the rare or from them."""
        weights = np.ones(len(rows.label))
        for name, strength in drifts.items():
            j = self.names.index(name)
            if j < self.numbers:
                weights *= np.exp(strength * rows.x[:, j])
            else:
                code = rows.k[:, j - self.numbers]
                top = self.pool.k[:, j - self.numbers].max()
                weights *= np.exp(2.5 * strength * (code / top - 0.5))
        return np.minimum(weights, 12 * weights.mean())


class Law(World):
    """One known law, one boosted model."""

    names = (*(f"x{j}" for j in range(NUMBERS)), *(f"k{j}" for j in range(len(SIZES))))
    numbers = NUMBERS

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.slopes = np.where(np.arange(NUMBERS) < 6, rng.normal(0, 0.5, NUMBERS), 0.0)
        self.slopes[[0, 1]] = 1.0, 0.6
        self.steps = [rng.normal(0, 0.4, size) for size in SIZES]
        self.steps[0] = 1.2 * (-1.0) ** np.arange(SIZES[0])  # matters, and is as hard on both sides
        self.steps[1] = np.zeros(SIZES[1])  # makes rows hard, and says nothing of the label
        self.steps[2] = np.zeros(SIZES[2])  # does not matter
        self.ease = np.array([2.0, 1.3, 0.7, 0.3])
        self.shares = [1 / np.arange(1, size + 1) ** 0.5 for size in SIZES]
        self.model = self._train(rng)
        self.reference = self.draw(rng, REFERENCE)
        self.pool = self.draw(rng, POOL)

    def draw(self, rng: np.random.Generator, rows: int) -> Rows:
        x, k = self._inputs(rng, rows)
        yes = self._yes(x, k)
        score = self.model.predict_proba(np.hstack([x, k]))[:, 1]
        chance = np.where(score >= 0.5, 1 - yes, yes)
        return Rows(x, k, rng.random(rows) < yes, score, chance, np.arange(rows))

    def table(self, rows: Rows) -> pa.Table:
        # A third of the numbers are skewed, as amounts are.
        columns = [np.exp(x) if j % 3 == 2 else x for j, x in enumerate(rows.x.T)]
        columns += [levels.take(pa.array(k)) for levels, k in zip(LEVELS, rows.k.T, strict=True)]
        named = dict(zip(self.names, columns, strict=True))
        return pa.table({**named, "score": rows.score, "label": rows.label.astype(int)})

    def importance(self, name: str) -> float:
        matrix = np.hstack([self.pool.x, self.pool.k])
        j = self.names.index(name)
        matrix[:, j] = np.random.default_rng(3).permutation(matrix[:, j])
        wrong = (self.model.predict_proba(matrix)[:, 1] >= 0.5) != self.pool.label
        return float(wrong.mean() - self.pool.loss.mean())

    def _inputs(self, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(size=(rows, NUMBERS))
        x[:, 1] = 0.5 * x[:, 0] + 0.75**0.5 * x[:, 1]
        k = [rng.choice(len(s), rows, p=s / s.sum()) for s in self.shares]
        return x, np.stack(k, 1)

    def _yes(self, x: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Return the true chance of a positive label."""
        level = x @ self.slopes + 0.5 * np.sin(2 * x[:, 2])
        level += sum(steps[k[:, j]] for j, steps in enumerate(self.steps))
        ease = self.ease[k[:, 1]] * np.exp(-0.8 * x[:, 3])
        return 1 / (1 + np.exp(np.clip(-SHARPNESS * ease * level, -500, 500)))

    def _train(self, rng: np.random.Generator) -> object:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        x, k = self._inputs(rng, TRAINED)
        label = rng.random(TRAINED) < self._yes(x, k)
        with threadpool_limits(1):
            return HistGradientBoostingClassifier(max_iter=80).fit(np.hstack([x, k]), label)


class Flights(World):
    """Flights of March to August by a model of January and February; drawn without their order."""

    strengths = (-1.2, -0.8, 0.8, 1.2)

    def __init__(self, seed: int) -> None:
        from vedette.cli import demo_model
        from vedette.cli.flights import flights, months

        table = demo_model.departed(flights())
        trained = demo_model.train(months(table, 1, 2))
        table = months(table, 3, 8)
        table = table.filter(demo_model.truth(table).is_valid())
        self._late = demo_model.truth(table).to_numpy(zero_copy_only=False)
        self._score: Callable[[pa.Table], np.ndarray] = trained.score
        self.names = (*demo_model.NUMBERS, *demo_model.NAMES)
        self.numbers = len(demo_model.NUMBERS)
        self._table = table.select([*self.names])
        rng = np.random.default_rng(seed)
        order, score = rng.permutation(len(self._late)), trained.score(table)
        wrong = ((score >= 0.5) != self._late).astype(float)
        every = Rows(
            np.stack([_normal(table.column(n)) for n in demo_model.NUMBERS], 1),
            np.stack([_by_size(table.column(n)) for n in demo_model.NAMES], 1),
            self._late, score, wrong, np.arange(len(score)),
        )  # fmt: skip
        self.reference, self.pool = every.take(order[:REFERENCE]), every.take(order[REFERENCE:])

    def draw(self, rng: np.random.Generator, rows: int) -> Rows:
        return self.pool.take(rng.choice(len(self.pool.label), rows, replace=False))

    def table(self, rows: Rows) -> pa.Table:
        table = self._table.take(pa.array(rows.at))
        table = table.append_column("score", pa.array(rows.score))
        return table.append_column("label", pa.array(rows.label.astype(int)))

    def importance(self, name: str) -> float:
        few = self.pool.take(np.arange(20_000))
        table = self._table.take(pa.array(few.at))
        order = pa.array(np.random.default_rng(3).permutation(table.num_rows))
        i = table.schema.get_field_index(name)
        table = table.set_column(i, name, table.column(name).take(order))
        return float(((self._score(table) >= 0.5) != few.label).mean() - few.loss.mean())


def _normal(column: pa.ChunkedArray) -> np.ndarray:
    """Return normal scores of numbers, ties alike, 0 where there is none."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    known = np.isfinite(values)
    out = np.zeros(len(values))
    out[known] = ndtri(rankdata(values[known]) / (known.sum() + 1))
    return out


def _by_size(column: pa.ChunkedArray) -> np.ndarray:
    """Return the places of categories, the commonest first."""
    codes = column.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order: Sequence[int] = np.argsort(-np.bincount(codes), kind="stable")
    place = np.empty(len(order), int)
    place[np.asarray(order)] = np.arange(len(order))
    return place[codes]
