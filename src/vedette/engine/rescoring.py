"""What the model itself says of a drift: rows of the reference, scored again with columns as they
are now.

Owns: asking a model, grading its answers.  Does not own: moving columns (`engine.moving`),
explaining (`engine.explaining`), the average over orders (`stats.shapley`).

Assumes that only what the model sees has changed, not the world: labels stay those of the
reference.  A column that breaks on its way to the model is such a change.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.core import rows as columns
from vedette.core.errors import UsageError
from vedette.engine.explained import COLUMN, Explanation
from vedette.engine.fitting import labelled_rows
from vedette.engine.joining import LABEL
from vedette.engine.model_settings import ModelSettings
from vedette.engine.moving import evenly, moved_to
from vedette.engine.plan import Plan
from vedette.ingest.source import open_source
from vedette.profiles.columns import column_or_absent
from vedette.profiles.graded_rows import read_labels, read_predictions, row_loss
from vedette.profiles.grading import Grading
from vedette.stats.shapley import with_model
from vedette.stores.columns import united
from vedette.stores.store import EventLog

Model = Callable[[pa.Table], Any]
SEEN = (
    "assuming, where the reference was scored again, that only what the model sees has changed, "
    "not the world"
)
MOST = 20_000  # rows of the reference, and of now, that are read
OWN = (columns.TIME, columns.ID, columns.PREDICTION, columns.SCORE, LABEL)  # not the model's to see


def with_the_model(
    why: Explanation,
    incident: Incident,
    log: EventLog,
    plan: Plan,
    settings: ModelSettings,
    model: Model,
) -> Explanation:
    """An explanation with what a model says of every column that is told in it.

    The model is called with tables of the reference's columns, 2 m + 3 times for m columns; it
    gives scores, predictions, or one column of scores for each class.
    Errors: UsageError without a reference file that has labels, for an answer that cannot be
    graded, and for what the model raises.
    """
    assert plan.baseline.appraisal is not None
    grading = plan.baseline.appraisal.grading
    reference = _reference(settings, incident)
    told = [one.column for one in why.causes if one.kind == COLUMN]
    names = [name for name in told if name in reference.column_names]
    now = _now(log, incident, why, names)
    effects = asked(reference, now, grading, model, plan.deriver.apply)
    causes = [
        replace(one, by_model=effects.get(one.column)) if one.kind == COLUMN else one
        for one in why.causes
    ]
    return replace(why, causes=tuple(causes), assumptions=(*why.assumptions, SEEN))


def asked(
    reference: pa.Table,
    now: Mapping[str, pa.Array],
    grading: Grading,
    model: Model,
    derived: Callable[[pa.RecordBatch], pa.RecordBatch] = lambda batch: batch,
) -> dict[str, float]:
    """What the drift of each column does to the loss, by the model's own answers.

    Shapes: `reference` labelled rows with LABEL; `now` the current values of some of its columns.
    """
    seen = [name for name in reference.column_names if not _is_own(name)]
    labels = read_labels(reference.column(LABEL), grading)

    def loss(moved: Mapping[str, Any]) -> NDArray[np.float64]:
        table = reference.select(seen)
        for name, values in moved.items():
            table = table.set_column(seen.index(name), name, values)
        rows = derived(_said(table, _call(model, table), grading))
        graded = row_loss(read_predictions(rows, grading), labels, grading)
        if not np.isfinite(graded).any():
            raise UsageError("model", "gave nothing that can be graded", got="no usable answer")
        return graded[np.isfinite(graded)]

    columns_ = {name: _whole(reference.column(name)) for name in now}
    return with_model(columns_, now, loss, move=moved_to) if now else {}


def _call(model: Model, table: pa.Table) -> Any:
    try:
        return model(table)
    except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
        raise UsageError("model", "raised", got=f"{type(error).__name__}: {error}") from None


def _said(table: pa.Table, answer: Any, grading: Grading) -> pa.RecordBatch:
    """Rows with what the model says of them in the columns that are graded."""
    try:
        told = answer if isinstance(answer, pa.Array | pa.ChunkedArray) else np.asarray(answer)
    except ValueError as error:
        raise UsageError("model", "gave no array", got=str(error)) from None
    if len(told.shape if isinstance(told, np.ndarray) else (1,)) == 0 or len(told) != len(table):
        got = f"{len(told)}" if getattr(told, "shape", (1,)) else "one value"
        raise UsageError("model", "gave another number of answers", got=got, want=str(len(table)))
    scores = [name for name in grading.scores if name]
    wide = isinstance(told, np.ndarray) and told.ndim == 2
    if wide and told.shape[1] == len(scores) > 1:
        parts = {name: told[:, at] for at, name in enumerate(scores)}
    elif wide and len(scores) == 1 and told.shape[1] == 2:  # what scikit-learn says of two classes
        parts = {scores[0]: told[:, 1]}
    elif wide:
        raise UsageError(
            "model", "gave columns that are no scores of its classes", got=told.shape[1],
            want=str(max(len(scores), 1)),
        )  # fmt: skip
    else:
        parts = {scores[0] if len(scores) == 1 else str(grading.prediction): told}
    for name in grading.columns:  # what was said of the reference itself counts no more
        table = table.drop_columns([name]) if name in table.column_names else table
    for name, values in parts.items():
        table = table.append_column(name, values if isinstance(values, pa.Array | pa.ChunkedArray)
                                    else pa.array(values))  # fmt: skip
    return table.combine_chunks().to_batches()[0]


def _reference(settings: ModelSettings, incident: Incident) -> pa.Table:
    """Labelled rows of the reference, of many an even part."""
    where = f"model {incident.model!r}"
    if not settings.baseline.file:
        raise UsageError(where, "has no reference file whose rows could be scored again",
                         hint="baseline: {file: ...} in the settings")  # fmt: skip
    table = labelled_rows(open_source(settings.baseline.file), settings)
    if table is None:
        raise UsageError(where, "has a reference without labels")
    return table.take(pa.array(evenly(table.num_rows, MOST)))


def _now(
    log: EventLog, incident: Incident, why: Explanation, names: Sequence[str]
) -> dict[str, pa.Array]:
    """The values of columns in the time of the incident, of many an even part."""
    span = (why.start or incident.onset, why.end or incident.opened)
    batches = list(log.scan(incident.model, *span, list(names)) if names else ())
    if not batches:
        return {}
    table = united([pa.Table.from_batches([batch]) for batch in batches])
    table = table.take(pa.array(evenly(table.num_rows, MOST)))
    batch = table.combine_chunks().to_batches()[0]
    return {name: column_or_absent(batch, name) for name in names}


def _is_own(name: str) -> bool:
    return name in OWN or name.startswith(f"{columns.SCORE}.")


def _whole(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found
