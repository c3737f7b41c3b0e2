"""Rows graded: what was predicted, what became of it, and the sums of both.

Owns: reading predictions and labels of a batch, `Graded` of realised and of expected rows by
segment, the loss of a row.  Does not own: the terms of a task (`profiles.row_terms`), lists
(`profiles.lists`), sums (`sketches.graded`), what is expected (`derive.expected`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.accumulate import Rows
from vedette.profiles.classes import Classes
from vedette.profiles.columns import column_or_absent
from vedette.profiles.grading import Grading
from vedette.profiles.lists import Lists
from vedette.profiles.numbers import finite
from vedette.profiles.profile import WHOLE
from vedette.profiles.row_terms import Columns, expected_terms, realised_terms
from vedette.sketches.graded import Graded, Terms

NO_CODES = np.zeros(0, np.intp)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model said of n rows.

    Shapes: `codes` int[n], the predicted class, -1 none; `scores` float64[C, n], NaN none; `places`
    int[C, n], their bins, `Grading.bins` where there is none; `numbers` float64[n] of a regression,
    NaN none; `lists` of a ranking.  What a task does not have is empty.  `usable` bool[n]: rows
    that can be graded once their label is known.
    """

    usable: NDArray[np.bool_]
    codes: NDArray[np.intp]
    scores: NDArray[np.float64]
    places: NDArray[np.intp]
    numbers: NDArray[np.float64]
    lists: Lists | None = None

    def __len__(self) -> int:
        return len(self.usable)


@dataclass(frozen=True, eq=False)
class Labels:
    """What became of n rows.

    Shapes: `codes` int[n], the class, -1 none; `numbers` float64[n] of a regression; `lists` of
    relevances of a ranking; what a task does not have is empty.  `usable` bool[n].
    """

    usable: NDArray[np.bool_]
    codes: NDArray[np.intp]
    numbers: NDArray[np.float64]
    lists: Lists | None = None

    def __len__(self) -> int:
        return len(self.usable)


# --- reading --------------------------------------------------------------------------------------


def read_predictions(batch: pa.RecordBatch, grading: Grading) -> Predictions:
    """Read what a model said of the rows of a batch.

    A row without a predicted class takes it from its score: `Grading.threshold`, or the highest.

    Errors: none: what is absent, broken or not finite makes a row unusable.
    Example:
        >>> batch = pa.record_batch({"p": pa.array([0.1, 0.5, None])})
        >>> grading = Grading("binary", None, ("p",), "y", ("no", "yes"), (np.array([0.5]),))
        >>> read_predictions(batch, grading).codes.tolist()
        [0, 1, -1]
    """
    n = batch.num_rows
    none, empty = np.zeros(0), np.zeros((0, n))
    no_places = np.zeros((0, n), np.intp)
    if grading.task == "ranking":
        lists = _shown(batch, grading)
        return Predictions(lists.usable, NO_CODES, empty, no_places, none, lists)
    if grading.task == "regression":
        numbers = finite(column_or_absent(batch, str(grading.prediction)))
        return Predictions(np.isfinite(numbers), NO_CODES, empty, no_places, numbers)
    scores = _scores(batch, grading)
    scored = np.full(n, len(scores) > 0)
    scored[np.isnan(scores).any(axis=0)] = False
    codes = _predicted(batch, grading, scores, scored)
    places = np.full(scores.shape, grading.bins, np.intp)
    for c, edges in enumerate(grading.edges):
        places[c] = np.where(scored, edges.searchsorted(scores[c], side="right"), grading.bins)
    return Predictions(codes >= 0, codes, scores, places, none)


def read_labels(column: pa.Array | pa.ChunkedArray, grading: Grading) -> Labels:
    """Read what became of rows, of whatever Arrow type the labels arrive in.

    Shapes: n values, aligned with predictions.  Text that is no class of the reference's is `OTHER`
    of many classes, and not usable of two.
    Example:
        >>> grading = Grading("binary", None, ("p",), "y", ("0", "1"), (np.array([0.5]),))
        >>> read_labels(pa.array([True, None, False]), grading).codes.tolist()
        [1, -1, 0]
    """
    array = _one_chunk(column)
    none = np.zeros(0)
    if grading.task == "ranking":
        lists = Lists.read(array)
        return Labels(lists.usable, NO_CODES, none, lists)
    if grading.task == "regression":
        numbers = finite(array)
        return Labels(np.isfinite(numbers), NO_CODES, numbers)
    codes = _classes(grading).read(array)
    return Labels(codes >= 0, codes, none)


def _shown(batch: pa.RecordBatch, grading: Grading) -> Lists:
    """The list of each row by rank: by score, or in the order in which it was shown."""
    if grading.scores:
        return Lists.read(column_or_absent(batch, grading.scores[0]))
    return Lists.in_order(column_or_absent(batch, str(grading.prediction)))


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        whole = column.combine_chunks()
        return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    return column


def _classes(grading: Grading) -> Classes:
    many = grading.task == "multiclass"
    return Classes(grading.classes, len(grading.classes) - 1 if many else -1)


def _scores(batch: pa.RecordBatch, grading: Grading) -> NDArray[np.float64]:
    """Scores by class; what the named ones leave of 1 goes to those without a column."""
    scores = np.empty((len(grading.scores), batch.num_rows))
    for c, name in enumerate(grading.scores):
        scores[c] = finite(column_or_absent(batch, name)) if name else 0.0
    empty = grading.scores.count("")
    if empty:
        left = np.maximum(1 - scores.sum(axis=0), 0.0) / empty
        # What remains of a sum that rounds to 1 is no score.
        left[left < 1e-6] = 0.0
        scores[[c for c, name in enumerate(grading.scores) if not name]] = left
    return scores


def _predicted(
    batch: pa.RecordBatch,
    grading: Grading,
    scores: NDArray[np.float64],
    scored: NDArray[np.bool_],
) -> NDArray[np.intp]:
    codes = np.full(batch.num_rows, -1, np.intp)
    if grading.prediction is not None:
        codes = _classes(grading).read(column_or_absent(batch, grading.prediction))
    if len(scores) and (codes < 0).any():
        best = scores[0] >= grading.threshold if len(scores) == 1 else scores.argmax(axis=0)
        codes = np.where((codes < 0) & scored, best, codes)
    return codes


# --- summing --------------------------------------------------------------------------------------


def realised(
    predictions: Predictions, labels: Labels, grading: Grading, segments: Mapping[str, Rows]
) -> dict[str, Graded]:
    """Sum the rows whose label is known, by segment; "" is all of them.

    Shapes: n predictions, n labels aligned with them; segment -> positions of its rows.
    Example:
        >>> grading = Grading("binary", None, ("p",), "y", ("0", "1"), (np.array([0.5]),))
        >>> said = read_predictions(pa.record_batch({"p": [0.1, 0.9, 0.8]}), grading)
        >>> sums = realised(said, read_labels(pa.array([0, 1, 0]), grading), grading, {})
        >>> sums[""].confusion.tolist()
        [[1, 0], [1, 1]]
    """
    graded = _graded(predictions, labels)
    columns = _columns(predictions, graded)
    where = None if graded.all() else graded
    label = labels.codes if where is None or not len(labels.codes) else labels.codes[where]
    truth = Labels(graded[graded], label, _pick(labels.numbers, where), _lists(labels.lists, where))
    terms = realised_terms(columns, truth.codes, truth.numbers, truth.lists, grading)
    classes = len(grading.classes)
    return {
        name: Graded.of(*_at(truth.codes, columns, terms, rows), classes, grading.bins)
        for name, rows in _segments(segments, graded).items()
    }


def expected(
    predictions: Predictions,
    outlook: NDArray[np.float64],
    grading: Grading,
    segments: Mapping[str, Rows],
) -> dict[str, Graded]:
    """Sum rows by what is expected of their label, by segment; "" is all of them.

    Shapes: n predictions; outlook float64[n, L] chances of every class, or float64[n, 3] of
    E|error|, E error^2, E loss; rows with a NaN are left out.
    Example:
        >>> grading = Grading("binary", None, ("p",), "y", ("0", "1"), (np.array([0.5]),))
        >>> said = read_predictions(pa.record_batch({"p": [0.1, 0.9]}), grading)
        >>> sums = expected(said, np.array([[0.75, 0.25], [0.5, 0.5]]), grading, {})
        >>> sums[""].confusion.tolist()
        [[0.75, 0.25], [0.5, 0.5]]
    """
    graded = predictions.usable & np.isfinite(outlook).all(axis=1)
    columns = _columns(predictions, graded)
    known = np.ascontiguousarray((outlook if graded.all() else outlook[graded]).T)
    terms = expected_terms(columns, known, grading)
    if not grading.classes:
        known = np.zeros((0, known.shape[1]))
    return {
        name: Graded.expected(*_at(known, columns, terms, rows), grading.bins)
        for name, rows in _segments(segments, graded).items()
    }


def row_loss(predictions: Predictions, labels: Labels, grading: Grading) -> NDArray[np.float64]:
    """Give the loss of every row, NaN where it cannot be graded.

    Shapes: n predictions, n labels aligned with them.  Units: within [0, 1]: 1 for a wrong class;
    |error| in `Grading.scale`, at most 1; 1 - NDCG.
    Example:
        >>> grading = Grading("regression", "p", scale=2.0)
        >>> said = read_predictions(pa.record_batch({"p": [1.0, 2.0]}), grading)
        >>> row_loss(said, read_labels(pa.array([2.0, None]), grading), grading).tolist()
        [0.5, nan]
    """
    graded = _graded(predictions, labels)
    where = None if graded.all() else graded
    columns = _columns(predictions, graded)
    terms = realised_terms(
        columns,
        _pick(labels.codes, where),
        _pick(labels.numbers, where),
        _lists(labels.lists, where),
        grading,
    )
    return _spread_out(terms[1], graded)


def expected_loss(
    predictions: Predictions, outlook: NDArray[np.float64], grading: Grading
) -> NDArray[np.float64]:
    """Give the loss expected of every row, NaN where it cannot be graded.

    Shapes: n predictions, outlook as in `expected`.  Units: within [0, 1].
    Example:
        >>> grading = Grading("binary", None, ("p",), "y", ("0", "1"), (np.array([0.5]),))
        >>> said = read_predictions(pa.record_batch({"p": [0.1, 0.9]}), grading)
        >>> expected_loss(said, np.array([[0.75, 0.25], [0.5, 0.5]]), grading).tolist()
        [0.25, 0.5]
    """
    graded = predictions.usable & np.isfinite(outlook).all(axis=1)
    columns = _columns(predictions, graded)
    known = np.ascontiguousarray((outlook if graded.all() else outlook[graded]).T)
    return _spread_out(expected_terms(columns, known, grading)[1], graded)


def _graded(predictions: Predictions, labels: Labels) -> NDArray[np.bool_]:
    graded = predictions.usable & labels.usable
    if predictions.lists is not None and labels.lists is not None:
        graded &= predictions.lists.sizes == labels.lists.sizes
    return graded


def _columns(predictions: Predictions, graded: NDArray[np.bool_]) -> Columns:
    """What was said of the graded rows alone; no score is 0."""
    where = None if graded.all() else graded
    scores = predictions.scores if where is None else predictions.scores[:, where]
    places = predictions.places if where is None else predictions.places[:, where]
    return Columns(
        int(np.count_nonzero(graded)),
        _pick(predictions.codes, where),
        np.nan_to_num(scores, nan=0.0) if np.isnan(scores).any() else scores,
        places,
        _pick(predictions.numbers, where),
        _lists(predictions.lists, where),
    )


def _pick(values: NDArray[Any], where: NDArray[np.bool_] | None) -> NDArray[Any]:
    return values if where is None or not len(values) else values[where]


def _lists(lists: Lists | None, where: NDArray[np.bool_] | None) -> Lists | None:
    return lists if lists is None or where is None else lists.pick(where)


def _segments(segments: Mapping[str, Rows], graded: NDArray[np.bool_]) -> dict[str, Rows | None]:
    """Positions among the graded rows, by segment; None is all of them."""
    found: dict[str, Rows | None] = {WHOLE: None}
    if graded.all():
        return found | {name: rows for name, rows in segments.items() if name != WHOLE}
    place = np.cumsum(graded) - 1
    for name, rows in segments.items():
        if name != WHOLE:
            found[name] = place[rows[graded[rows]]]
    return found


def _at(
    first: NDArray[Any], columns: Columns, terms: Terms, rows: Rows | None
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], Terms]:
    """Everything of some rows, in the order in which sums take it."""
    if rows is None:
        return first, columns.codes, columns.places, columns.scores, terms
    return (
        first.take(rows, axis=-1) if first.shape[-1] else first,
        columns.codes.take(rows) if columns.codes.size else columns.codes,
        columns.places.take(rows, axis=1),
        columns.scores.take(rows, axis=1),
        [None if term is None else term.take(rows) for term in terms],
    )


def _spread_out(loss: NDArray[np.float64] | None, graded: NDArray[np.bool_]) -> NDArray[np.float64]:
    everywhere = np.full(len(graded), np.nan)
    everywhere[graded] = 0.0 if loss is None else loss
    return everywhere
