"""Labelled predictions of a real model on a known law, with flaws planted.

Owns: the law (15 columns, some hard to predict, some that matter without being hard, some that do
not matter), the model, the baseline with its auditor, drift of chosen columns, segments in which
labels are wrong. Does not judge.

Hardness: where `k1` and `x3` say so, labels follow the inputs less. Weight: `k0` and `x0` move the
label a lot and make it no harder.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

NUMBERS, SIZES = 8, (6, 4, 6, 7, 8, 10, 30)
TRAINED, REFERENCE, POOL = 8_000, 20_000, 60_000
NAMES = (*(f"x{j}" for j in range(NUMBERS)), *(f"k{j}" for j in range(len(SIZES))))
LEVELS = [pa.array([f"v{i:02d}" for i in range(size)]) for size in SIZES]
SHARPNESS = 20.0  # of the labels: with it a model errs in about a tenth of the rows


@dataclass(frozen=True)
class Rows:
    """Drawn rows: inputs, the label, what the model says, and the true chance that it is wrong."""

    x: np.ndarray
    k: np.ndarray
    label: np.ndarray
    score: np.ndarray
    chance: np.ndarray

    def take(self, at: np.ndarray) -> "Rows":
        return Rows(*(part[at] for part in vars(self).values()))

    @property
    def loss(self) -> np.ndarray:
        return ((self.score >= 0.5) != self.label).astype(float)

    @property
    def table(self) -> pa.Table:
        # A third of the numbers are skewed, as amounts are.
        columns = {
            f"x{j}": np.exp(self.x[:, j]) if j % 3 == 2 else self.x[:, j] for j in range(NUMBERS)
        }
        for j, levels in enumerate(LEVELS):
            columns[f"k{j}"] = levels.take(pa.array(self.k[:, j]))
        return pa.table({**columns, "score": self.score, "label": self.label.astype(int)})


class World:
    """One law, one model, one reference with its auditor."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.rng = rng
        self.slopes = np.where(np.arange(NUMBERS) < 6, rng.normal(0, 0.5, NUMBERS), 0.0)
        self.slopes[[0, 1]] = 1.0, 0.6
        self.steps = [rng.normal(0, 0.4, size) for size in SIZES]
        self.steps[0] = 1.2 * (-1.0) ** np.arange(SIZES[0])  # matters, and is as hard on both sides
        self.steps[1] = np.zeros(SIZES[1])  # makes rows hard, and says nothing of the label
        self.steps[2] = np.zeros(SIZES[2])  # does not matter
        self.ease = np.array([2.0, 1.3, 0.7, 0.3])
        self.shares = [1 / np.arange(1, size + 1) ** 0.5 for size in SIZES]
        self.model = self._train()
        self.reference = self.draw(rng, REFERENCE)

    def _inputs(self, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(size=(rows, NUMBERS))
        x[:, 1] = 0.5 * x[:, 0] + 0.75**0.5 * x[:, 1]
        k = [rng.choice(len(s), rows, p=s / s.sum()) for s in self.shares]
        return x, np.stack(k, 1)

    def _yes(self, x: np.ndarray, k: np.ndarray) -> np.ndarray:
        """The true chance of a positive label."""
        level = x @ self.slopes + 0.5 * np.sin(2 * x[:, 2])
        level += sum(steps[k[:, j]] for j, steps in enumerate(self.steps))
        ease = self.ease[k[:, 1]] * np.exp(-0.8 * x[:, 3])
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-SHARPNESS / 4 * ease * level))

    def _train(self) -> object:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        x, k = self._inputs(self.rng, TRAINED)
        label = self.rng.random(TRAINED) < self._yes(x, k)
        with threadpool_limits(1):
            return HistGradientBoostingClassifier(max_iter=80).fit(np.hstack([x, k]), label)

    def draw(self, rng: np.random.Generator, rows: int) -> Rows:
        """Draw rows as the reference has them."""
        x, k = self._inputs(rng, rows)
        yes = self._yes(x, k)
        score = self.model.predict_proba(np.hstack([x, k]))[:, 1]
        chance = np.where(score >= 0.5, 1 - yes, yes)
        return Rows(x, k, rng.random(rows) < yes, score, chance)

    def drifted(self, rng: np.random.Generator, rows: int, drifts: dict[str, float]) -> Rows:
        """Draw rows of which some columns drift, each by a tilt of that strength."""
        pool = self.draw(rng, 10 * rows)
        weights = tilt(pool, drifts)
        return pool.take(rng.choice(len(weights), rows, replace=False, p=weights / weights.sum()))

    @cached_property
    def pool(self) -> Rows:
        """Many rows, for the truth about a drift."""
        return self.draw(np.random.default_rng(1), POOL)

    def effect(self, drifts: dict[str, float]) -> float:
        """How much a drift truly raises the loss."""
        weights = tilt(self.pool, drifts)
        return float(weights @ self.pool.chance / weights.sum() - self.pool.chance.mean())


def tilt(rows: Rows, drifts: dict[str, float]) -> np.ndarray:
    """Weights under which columns drift: numbers by e^(strength x), categories towards the rare."""
    weights = np.ones(len(rows.label))
    for name, strength in drifts.items():
        j = int(name[1:])
        if name[0] == "x":
            weights *= np.exp(strength * rows.x[:, j])
        else:
            place = rows.k[:, j] / (SIZES[j] - 1) - 0.5
            weights *= np.exp(2.5 * strength * place)
    return np.minimum(weights, 12 * weights.mean())
