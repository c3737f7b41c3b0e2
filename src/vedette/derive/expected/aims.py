"""Which numbers are expected of a row, by task, and how they make an outlook.

Owns: the numbers' links, bases and truths; putting them together.  Does not own: modelling one of
them (`derive.expected.channel`), reading predictions and labels (`profiles.graded_rows`).

An outlook is float64[n, L] for classes, the chance of each; and float64[n, 3] else: the expected
absolute error, squared error and loss in [0, 1] (of a ranking only the loss is known, and stands
in all three places).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.derive.expected.channel import SCORE
from vedette.profiles.graded_rows import Labels, Predictions, row_loss
from vedette.profiles.grading import Grading

Array = NDArray[np.float64]
MOST = 12  # classes that are modelled one by one; the rest together
FEW = 200  # labelled rows below which a class joins the rest


@dataclass(frozen=True, eq=False)
class Aims:
    """The numbers to expect.

    Shapes: `kept` classes that are modelled one by one (multiclass), `shares` float64[L] how the
    rest is divided where no score tells; 0 for a class that no label was, which none will be.
    """

    grading: Grading
    kept: tuple[int, ...] = ()
    shares: Array | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The link of each number."""
        if self.grading.task == "regression":
            return ("log", "log", "logit")
        if self.grading.task == "multiclass":
            return ("logit",) * len(self._groups)
        return ("logit",)

    @property
    def _rest(self) -> list[int]:
        return [k for k in range(len(self.grading.classes)) if k not in self.kept]

    @property
    def _groups(self) -> list[list[int]]:
        return [[k] for k in self.kept] + ([self._rest] if self._rest else [])

    def bases(self, said: Predictions, kind: str) -> list[Array]:
        """What the model itself says of each number.  Shapes: float64[n], NaN for nothing."""
        task, nothing = self.grading.task, np.full(len(said), np.nan)
        if task == "ranking" or (task == "regression" and kind == SCORE):
            return [nothing] * len(self.links)  # a prediction is no error
        if task == "multiclass":
            scores = _by_class(said, self.grading)
            return [_total(scores[group]) for group in self._groups]
        if task == "regression":
            return [said.numbers] * 3
        return [said.scores[0] if len(said.scores) else _as_numbers(said.codes)]

    def truths(self, said: Predictions, labels: Labels) -> list[Array]:
        """The numbers themselves.  Shapes: float64[n], NaN where unknown."""
        task = self.grading.task
        if task == "regression":
            error = np.abs(said.numbers - labels.numbers)
            return [error, error**2, row_loss(said, labels, self.grading)]
        if task == "ranking":
            return [row_loss(said, labels, self.grading)]
        groups = self._groups if task == "multiclass" else [[1]]
        return [np.where(labels.codes < 0, np.nan, np.isin(labels.codes, g)) for g in groups]

    def together(self, said: Predictions, expected: Sequence[Array]) -> Array:
        """The outlook of every row."""
        task = self.grading.task
        if task == "binary":
            return np.column_stack([1 - expected[0], expected[0]])
        if task == "ranking":
            return np.column_stack([expected[0]] * 3)
        if task == "regression":
            absolute, squared, loss = expected
            return np.column_stack([absolute, np.maximum(squared, absolute**2), loss])
        return self._classes(said, expected)

    def _classes(self, said: Predictions, expected: Sequence[Array]) -> Array:
        chances = np.zeros((len(self.grading.classes), len(said)))
        for k, chance in zip(self.kept, expected, strict=False):
            chances[k] = chance
        if self._rest:
            inside = _by_class(said, self.grading)[self._rest]
            total = _total(inside)
            told = np.isfinite(total) & (total > 0)
            even = np.asarray(self.shares)[self._rest][:, None]
            whole = float(even.sum())  # 0 where all classes that were labels are modelled
            inside = np.where(told, inside, even) / np.where(told, total, whole or 1.0)
            chances[self._rest] = inside * expected[-1] * (even > 0)
        return np.ascontiguousarray((chances / _total(chances)).T)

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        shares = np.zeros(0) if self.shares is None else self.shares
        return {"aims.kept": np.array(self.kept, np.int64), "aims.shares": shares}

    @classmethod
    def of(cls, grading: Grading, parts: Mapping[str, NDArray[Any]]) -> "Aims":
        """Read what `parts` wrote."""
        kept = tuple(int(k) for k in parts["aims.kept"])
        return cls(grading, kept, parts["aims.shares"])


def aims_of(grading: Grading, labels: Labels) -> Aims:
    """Choose the classes that have labels enough."""
    if grading.task != "multiclass":
        return Aims(grading)
    counts = np.bincount(labels.codes[labels.codes >= 0], minlength=len(grading.classes))
    order = np.argsort(-counts, kind="stable")[:MOST]
    kept = tuple(sorted(int(k) for k in order if counts[k] >= FEW))
    seen = np.where(counts > 0, counts + 0.5, 0.0)
    return Aims(grading, kept, seen / max(float(seen.sum()), 1.0))


def _by_class(said: Predictions, grading: Grading) -> Array:
    """The score of every class; without scores 1 for the predicted one."""
    if len(said.scores):
        return said.scores
    hot: Array = (said.codes == np.arange(len(grading.classes))[:, None]).astype(np.float64)
    hot[:, said.codes < 0] = np.nan
    return hot


def _as_numbers(codes: NDArray[np.intp]) -> Array:
    return np.asarray(np.where(codes < 0, np.nan, codes.astype(np.float64)))


def _total(rows: Array) -> Array:
    """Sum over the first axis, one after the other: the same whatever rows lie beside."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total
