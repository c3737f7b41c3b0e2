"""Finding out from a labelled reference how a model is to be graded.

Owns: the task, the classes, the score edges, the scale of an error.  Does not own: the Grading
value (`profiles.grading`), grading rows (`profiles.graded_rows`).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import NOMINAL_KINDS, Schema
from vedette.profiles.classes import Classes, is_truth, plain
from vedette.profiles.columns import as_codes, column_or_absent, one_batch
from vedette.profiles.grading import OTHER, Grading
from vedette.profiles.numbers import are_fractions, are_lists, are_numbers, finite, within_unit
from vedette.profiles.score_edges import fit_score_edges

MOST_CLASSES = 50  # more: the commonest 49 and "other"; a table of predicted x label is kept
SCALE = 0.995  # quantile of |error| that counts as a whole loss; beyond it one is as bad as another
COUNTERPARTS = {"1": "0", "true": "false", "t": "f", "yes": "no", "y": "n", "positive": "negative",
                "pos": "neg"}  # fmt: skip


def fit_grading(
    rows: pa.Table | pa.RecordBatch,
    schema: Schema,
    *,
    positive: str | None = None,
    top: Sequence[int] = (1, 5, 10),
    quantiles: Sequence[float] = (),
) -> Grading | None:
    """Decide how a model is graded, from what its reference holds; None where nothing can be.

    Two classes, or 0/1 labels beside a score or 0/1 predictions, are binary; more classes (or
    columns `score.<class>`) multiclass; numbers beside predicted numbers a regression; lists beside
    lists a ranking.

    Shapes: rows with the columns of roles prediction, score and label, and `score.<class>`.
    Units: `positive` is a class as text; without it: what says yes, else the class that scores
    higher, else the rarer.
    Example:
        >>> from vedette.core.schema import Field
        >>> rows = pa.table({"p": [0.1, 0.9, 0.8], "y": ["no", "yes", "no"]})
        >>> schema = Schema((Field("p", "numeric", "score"), Field("y", "category", "label")))
        >>> found = fit_grading(rows, schema)
        >>> found.task, found.classes, found.scores
        ('binary', ('no', 'yes'), ('p',))
    """
    batch = one_batch(rows)
    held = {role: _holder(schema, batch, role) for role in ("label", "prediction", "score")}
    label, prediction, score = held["label"], held["prediction"], held["score"]
    if label is None or batch.num_rows == column_or_absent(batch, label).null_count:
        return None
    by_class = _class_scores(batch, score)
    if prediction is None and score is None and not by_class:
        return None
    truth = column_or_absent(batch, label)
    if are_lists(truth.type):
        return _ranking(batch, label, prediction, score, tuple(top))
    nominal = schema[label].kind in NOMINAL_KINDS or not are_numbers(truth)
    if nominal or by_class or _says_yes_or_no(batch, truth, prediction, score):
        return _classes(batch, label, prediction, score, by_class, positive)
    if prediction is None:
        prediction = score
    if prediction is None or not are_numbers(column_or_absent(batch, prediction)):
        return None
    return _regression(batch, label, prediction, tuple(quantiles))


# --- what the columns hold ------------------------------------------------------------------------


def _holder(schema: Schema, batch: pa.RecordBatch, role: str) -> str | None:
    names = [f.name for f in schema.with_role(role) if f.name in batch.schema.names]
    return names[0] if names else None


def _class_scores(batch: pa.RecordBatch, score: str | None) -> dict[str, str]:
    """Columns that hold the score of one class: class -> column."""
    prefixes = ("score.",) if score is None else ("score.", f"{score}.")
    return {
        name[len(prefix) :]: name
        for name in batch.schema.names
        for prefix in prefixes
        if name.startswith(prefix) and len(name) > len(prefix)
    }


def _says_yes_or_no(
    batch: pa.RecordBatch, truth: pa.Array, prediction: str | None, score: str | None
) -> bool:
    """Whether numeric labels are 0 and 1, and what stands beside them is a score or 0 and 1."""
    known = np.unique(finite(truth))
    if not set(known[np.isfinite(known)].tolist()) <= {0.0, 1.0}:
        return False
    if score is not None:
        return True
    column = column_or_absent(batch, str(prediction))
    return not are_numbers(column) or within_unit(finite(column))


# --- tasks ----------------------------------------------------------------------------------------


def _ranking(
    batch: pa.RecordBatch,
    label: str,
    prediction: str | None,
    score: str | None,
    top: tuple[int, ...],
) -> Grading | None:
    lists = {
        name for name in (prediction, score)
        if name is not None and are_lists(column_or_absent(batch, name).type)
    }  # fmt: skip
    if not lists:
        return None
    scores = (score,) if score is not None and score in lists else ()
    shown = prediction if prediction in lists else None
    return Grading("ranking", shown, scores, label, top=top)


def _regression(
    batch: pa.RecordBatch, label: str, prediction: str, quantiles: tuple[float, ...]
) -> Grading:
    truth = finite(column_or_absent(batch, label))
    error = np.abs(finite(column_or_absent(batch, prediction)) - truth)
    error = error[np.isfinite(error)]
    known = truth[np.isfinite(truth)]
    scale = float(np.quantile(error, SCALE)) if len(error) else 0.0
    if not scale > 0:  # a reference without an error: measure errors in the label's own spread
        scale = float(known.std()) if len(known) and known.std() > 0 else 1.0
    centre = float(known.mean()) if len(known) else 0.0
    return Grading(
        "regression", prediction, (), label, quantiles=quantiles, scale=scale, centre=centre
    )


def _classes(
    batch: pa.RecordBatch,
    label: str,
    prediction: str | None,
    score: str | None,
    by_class: dict[str, str],
    positive: str | None,
) -> Grading | None:
    if prediction is not None and score is None and not by_class:
        column = column_or_absent(batch, prediction)
        if are_fractions(column):
            prediction, score = None, prediction  # a chance was predicted
    elif prediction is not None and are_fractions(column_or_absent(batch, prediction)):
        prediction = None
    counted = _counted(column_or_absent(batch, label))
    said = () if prediction is None else _counted(column_or_absent(batch, prediction))
    names = _named(list(counted), [*said, *by_class])
    if len(names) == 2:
        return _binary(batch, names, counted, label, prediction, score, by_class, positive)
    if len(names) < 2 or (prediction is None and not by_class):
        return None  # one class, or one score for many of them
    return _multiclass(batch, names, counted, label, prediction, by_class)


def _named(labels: list[str], said: list[str]) -> list[str]:
    """The classes of labels and predictions, in the labels' spelling."""
    if len(labels) == 1 and (other := _counterpart(labels[0])):
        both = Classes([labels[0], other])
        if all(both.place(text) >= 0 for text in said):
            return [labels[0], other]
    names = list(labels)
    for text in said:
        if Classes(names).place(text) < 0:
            names.append(text)
    return names


def _counted(column: pa.Array) -> Counter[str]:
    """Values as text with their rows, the commonest first, then by name."""
    read = as_codes(column)
    rows = np.bincount(read.codes[read.codes >= 0], minlength=len(read.dictionary))
    found: Counter[str] = Counter()
    for text, n in zip(read.dictionary.to_pylist(), rows.tolist(), strict=True):
        if text is not None and n:
            found[plain(text)] += n
    return Counter(dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))


def _counterpart(name: str) -> str | None:
    other = COUNTERPARTS | {no: yes for yes, no in COUNTERPARTS.items()}
    return other.get(name.lower())


def _binary(
    batch: pa.RecordBatch,
    names: list[str],
    counted: Counter[str],
    label: str,
    prediction: str | None,
    score: str | None,
    by_class: dict[str, str],
    positive: str | None,
) -> Grading:
    truth = Classes(names).read(column_or_absent(batch, label))
    yes = _positive(batch, names, counted, truth, score, positive)
    classes = (names[1 - yes], names[yes])
    for name, column in by_class.items():
        if Classes(classes).place(name) == 1:
            score = column
    if score is None:
        return Grading("binary", prediction, (), label, classes)
    values = finite(column_or_absent(batch, score))
    chances = within_unit(values)
    edges = fit_score_edges(values, truth == yes, chances)
    threshold = 0.5 if chances else _threshold(values, float((truth == yes).mean()))
    return Grading(
        "binary", prediction, (score,), label, classes, (edges,),
        chances=chances, threshold=threshold,
    )  # fmt: skip


def _positive(
    batch: pa.RecordBatch,
    names: list[str],
    counted: Counter[str],
    truth: NDArray[np.intp],
    score: str | None,
    positive: str | None,
) -> int:
    """Which of two classes is the positive one."""
    if positive is not None and Classes(names).place(positive) >= 0:
        return Classes(names).place(positive)
    says = [is_truth(name) for name in names]
    if set(says) == {True, False}:
        return says.index(True)
    if score is not None:
        values = finite(column_or_absent(batch, score))
        sides = [values[(truth == place) & np.isfinite(values)] for place in (0, 1)]
        if len(sides[0]) and len(sides[1]) and sides[0].mean() != sides[1].mean():
            return int(sides[1].mean() > sides[0].mean())
    return int(counted[names[1]] < counted[names[0]])


def _threshold(values: NDArray[np.float64], share: float) -> float:
    """Where a score that is no chance turns positive: at 0 where it has both signs, else where as
    many rows are positive as labels are."""
    known = values[np.isfinite(values)]
    if len(known) == 0 or (known.min() < 0 < known.max()):
        return 0.0
    return float(np.quantile(known, 1 - share))


def _multiclass(
    batch: pa.RecordBatch,
    names: list[str],
    counted: Counter[str],
    label: str,
    prediction: str | None,
    by_class: dict[str, str],
) -> Grading:
    kept = [name for name in names if name != OTHER]
    if len(kept) >= MOST_CLASSES:
        kept = sorted(kept, key=lambda name: (-counted[name], name))[: MOST_CLASSES - 1]
    classes = (*sorted(kept), OTHER)
    if not by_class:
        return Grading("multiclass", prediction, (), label, classes)
    places = Classes(classes)
    columns = [""] * len(classes)
    for name, column in by_class.items():
        if (at := places.place(name)) >= 0:
            columns[at] = column
    truth = Classes(classes, len(classes) - 1).read(column_or_absent(batch, label))
    found = [finite(column_or_absent(batch, column)) for column in columns if column]
    chances = all(within_unit(values) for values in found)
    left = np.clip(1 - np.sum(found, axis=0), 0, None) / max(columns.count(""), 1)
    edges = []
    for place, column in enumerate(columns):
        values = finite(column_or_absent(batch, column)) if column else left
        edges.append(fit_score_edges(values, truth == place, chances, len(classes)))
    return Grading(
        "multiclass", prediction, tuple(columns), label, classes, tuple(edges), chances=chances
    )
