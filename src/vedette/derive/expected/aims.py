"""Which numbers are expected of a row, by task, and how they make an outlook.

Owns: the numbers' names, links, bases and truths; putting them together.  Does not own: modelling
one of them (`derive.expected.channel`).

An outlook is float64[n, L] for classes, the chance of each; and float64[n, 3] else: the expected
absolute error, squared error and loss in [0, 1] (of a ranking only the loss is known, and stands
in all three places).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.derive.expected.places import numbers, whole
from vedette.profiles.binning import name_places
from vedette.profiles.columns import as_codes
from vedette.profiles.grading import Grading

Array = NDArray[np.float64]
MOST = 12  # classes that are modelled one by one; the rest together
FEW = 200  # labelled rows below which a class joins the rest


@dataclass(frozen=True, eq=False)
class Aims:
    """The numbers to expect.

    Shapes: `kept` classes that are modelled one by one (multiclass), `shares` float64[L] how the
    rest is divided where no score tells.
    """

    grading: Grading
    kept: tuple[int, ...] = ()
    shares: Array | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The link of each number."""
        task = self.grading.task
        if task == "regression":
            return ("log", "log", "logit")
        if task == "multiclass":
            return ("logit",) * (len(self.kept) + bool(self._rest))
        return ("logit",)

    @property
    def _rest(self) -> list[int]:
        return [k for k in range(len(self.grading.classes)) if k not in self.kept]

    def bases(self, batch: pa.RecordBatch | pa.Table) -> list[Array]:
        """What the model itself says of each number.  Shapes: float64[n] each, NaN for nothing."""
        task, n = self.grading.task, batch.num_rows
        if task == "multiclass":
            scores = self._class_scores(batch)
            each = [scores[:, k] for k in self.kept]
            return [*each, across(scores[:, self._rest])] if self._rest else each
        if task == "regression":
            name = self.grading.prediction
            said = np.full(n, np.nan) if name is None else numbers(whole(batch, name))
            return [said] * 3
        if task == "ranking":
            return [np.full(n, np.nan)]
        return [self._positive_score(batch)]

    def truths(self, target: Array) -> list[Array]:
        """The numbers themselves.  Shapes: `target` as `derive.expected.fit` reads labels: places
        of classes, or three columns of a loss; NaN where unknown."""
        if self.grading.task == "multiclass":
            place = target[:, 0]
            known = ~np.isnan(place)
            groups = [[k] for k in self.kept] + ([self._rest] if self._rest else [])
            return [np.where(known, np.isin(place, group), np.nan) for group in groups]
        if self.grading.task == "regression":
            return [target[:, 0], target[:, 1], target[:, 2]]
        return [target[:, -1]]

    def together(self, batch: pa.RecordBatch | pa.Table, expected: Sequence[Array]) -> Array:
        """The outlook of every row."""
        task = self.grading.task
        if task == "binary":
            return np.column_stack([1 - expected[0], expected[0]])
        if task == "ranking":
            return np.column_stack([expected[0]] * 3)
        if task == "regression":
            absolute, squared, loss = expected
            return np.column_stack([absolute, np.maximum(squared, absolute**2), loss])
        return self._classes(batch, expected)

    def _classes(self, batch: pa.RecordBatch | pa.Table, expected: Sequence[Array]) -> Array:
        chances = np.zeros((batch.num_rows, len(self.grading.classes)))
        for k, chance in zip(self.kept, expected, strict=False):
            chances[:, k] = chance
        if self._rest:
            inside = self._class_scores(batch)[:, self._rest]
            even = np.asarray(self.shares)[self._rest]
            total = across(inside)
            told = np.isfinite(total) & (total > 0)
            inside = np.where(told[:, None], inside, even)
            total = np.where(told, total, even.sum())
            chances[:, self._rest] = inside / total[:, None] * expected[-1][:, None]
        return chances / across(chances)[:, None]

    def _positive_score(self, batch: pa.RecordBatch | pa.Table) -> Array:
        if self.grading.scores:
            return numbers(whole(batch, self.grading.scores[0]))
        return self._predicted(batch)

    def _class_scores(self, batch: pa.RecordBatch | pa.Table) -> Array:
        names, n = self.grading.scores, batch.num_rows
        if not names:
            said, scores = self._predicted(batch), np.zeros((n, len(self.grading.classes)))
            scores[np.isnan(said)] = np.nan
            known = np.flatnonzero(~np.isnan(said))
            scores[known, said[known].astype(np.intp)] = 1.0
            return scores
        columns = [numbers(whole(batch, name)) if name else np.full(n, np.nan) for name in names]
        scores = np.column_stack(columns)
        bare = [k for k, name in enumerate(names) if not name]
        if bare:  # a class without a column has what the others leave
            left = np.maximum(1 - across(np.delete(scores, bare, axis=1)), 0.0)
            scores[:, bare] = left[:, None] / len(bare)
        return scores

    def _predicted(self, batch: pa.RecordBatch | pa.Table) -> Array:
        name = self.grading.prediction
        if name is None:
            return np.full(batch.num_rows, np.nan)
        return class_places(whole(batch, name), self.grading.classes)

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        shares = np.zeros(0) if self.shares is None else self.shares
        return {"aims.kept": np.array(self.kept, np.int64), "aims.shares": shares}

    @classmethod
    def of(cls, grading: Grading, parts: Mapping[str, NDArray[Any]]) -> "Aims":
        """Read what `parts` wrote."""
        kept = tuple(int(k) for k in parts["aims.kept"])
        return cls(grading, kept, parts["aims.shares"])


def aims_of(grading: Grading, target: Array) -> Aims:
    """Choose the classes that have labels enough."""
    if grading.task != "multiclass":
        return Aims(grading)
    place = target[:, 0][~np.isnan(target[:, 0])].astype(np.intp)
    counts = np.bincount(place, minlength=len(grading.classes))
    order = np.argsort(-counts, kind="stable")[:MOST]
    kept = tuple(sorted(int(k) for k in order if counts[k] >= FEW))
    return Aims(grading, kept, (counts + 0.5) / (counts.sum() + 0.5 * len(counts)))


def class_places(column: pa.Array, classes: Sequence[str]) -> Array:
    """Places of a column's classes, NaN where it has none of them."""
    read, known = as_codes(column), name_places(classes)
    places = [float(known.get(text, np.nan)) for text in read.dictionary.to_pylist()]
    chosen: Array = np.array([*places, np.nan, np.nan])[read.codes]
    return chosen


def across(matrix: Array) -> Array:
    """Sum each row, one column after the other: the same whatever rows lie beside it."""
    total = np.zeros(len(matrix))
    for column in matrix.T:
        total += column
    return total
