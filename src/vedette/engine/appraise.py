"""How good the predictions on a reference were: grading, the auditor, and the reference's sums.

Owns: adding these to a baseline.  Does not own: fitting the parts (`profiles.grading_fit`,
`derive.expected`), where labelled rows come from (`engine.fitting`, `engine.joiner`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core import rows as columns
from vedette.core.errors import UsageError, nearest
from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.derive.expected import fit_auditor
from vedette.engine.batch import deriving
from vedette.engine.grade import reference_sums
from vedette.engine.joining import LABEL, Joined
from vedette.engine.model_settings import ModelSettings
from vedette.engine.performance_settings import PerformanceSettings
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import segment_rows
from vedette.profiles.classes import POSITIVE
from vedette.profiles.codes import code_count, codes_of
from vedette.profiles.columns import column_or_absent
from vedette.profiles.graded_rows import (
    expected_loss,
    read_labels,
    read_predictions,
    row_loss,
)
from vedette.profiles.grading import Grading
from vedette.profiles.grading_fit import fit_grading
from vedette.profiles.loss_variation import LossSums, fit_loss_variation
from vedette.profiles.profile import WHOLE
from vedette.profiles.sample import Sample
from vedette.profiles.windowed import instants
from vedette.stores.columns import between, united

LEAST = 200  # labelled rows of a reference that say something
MOST = 200_000  # labelled rows that are read
MOST_CODES = 256  # of a column, so that a code is one byte


def arriving(baseline: Baseline) -> list[str]:
    """The columns of an event that grading it needs: what is counted, before derivations."""
    raw = {field.name for field in deriving(baseline).schema.fields}
    names = [f.name for f in baseline.schema.fields if f.name in baseline.binnings]
    scores = [f.name for f in baseline.schema.fields if f.name.startswith(columns.SCORE)]
    sets = () if baseline.grouping is None else baseline.grouping.sets
    groups = [column for one in sets for column in one.columns]
    wanted = [*names, *raw, *scores, columns.PREDICTION, *baseline.segments, *groups]
    return list(dict.fromkeys(wanted))


def labelled_table(joined: Joined, start: int, end: int) -> pa.Table:
    """Joined rows of a stretch of event time as one table with the column LABEL.

    Errors: UsageError when there are too few.
    """
    tables = []
    for batch in joined.batches:
        kept = between(batch, start, end)
        kept = kept.filter(kept.column(LABEL).is_valid())
        if kept.num_rows:
            tables.append(pa.Table.from_batches([kept]))
    table = united(tables)
    if table.num_rows < LEAST:
        raise UsageError(
            "reference", "has too few labelled rows", got=table.num_rows, want=f"{LEAST} or more"
        )
    return table.sort_by(columns.TIME)


def appraised(baseline: Baseline, table: pa.Table, settings: ModelSettings) -> Baseline:
    """A baseline with what the labels of its reference say.

    Shapes: `table` holds rows of the reference as events bring them, and their labels in LABEL;
    of more than MOST rows an even part is read.
    Errors: UsageError when nothing can be graded.
    """
    width = settings.clocks.widths[2]
    return _appraised(baseline, table, settings.performance, settings.label, width)


def _appraised(
    baseline: Baseline, table: pa.Table, how: PerformanceSettings, label: str | None, width: int
) -> Baseline:
    every = -(-table.num_rows // MOST)
    if every > 1:
        table = table.take(pa.array(np.arange(0, table.num_rows, every)))
    grading = grading_of(baseline, table, how, label)
    deriver = deriving(baseline)
    rows = pa.Table.from_batches(
        [deriver.apply(one) for one in table.combine_chunks().to_batches()]
    )
    labels = rows.column(LABEL).combine_chunks()
    timed = columns.TIME in rows.column_names
    times = instants(rows.to_batches()[0], columns.TIME) if timed else None
    fitted = fit_auditor(rows, labels, grading, baseline, times=times)
    batch = rows.to_batches()[0]
    variation = None
    if times is not None:
        windows = window_losses(baseline, grading, batch, fitted.unseen, times // width * width)
        variation = fit_loss_variation(
            [(Window(at, at + width), sums) for at, sums in windows.items()], width
        )
    sample = reference_sample(baseline, grading, batch, fitted.unseen)
    made = replace(baseline, appraisal=Appraisal(grading, fitted.auditor, variation, sample))
    sums = reference_sums(made, batch, LABEL, fitted.unseen)
    profile = replace(made.profile, graded=sums.graded, losses=sums.losses)
    return replace(made, profile=profile)


def grading_of(
    baseline: Baseline, table: pa.Table, how: PerformanceSettings, label: str | None
) -> Grading:
    """How the rows of a labelled table are graded.

    Errors: UsageError when nothing can be.
    """
    schema = Schema((*baseline.schema.fields, Field(LABEL, _kind(table), "label")))
    grading = fit_grading(
        table, schema, positive=how.positive, top=how.top, quantiles=how.quantiles
    )
    if grading is None:
        raise UsageError("reference", "has labels, and no prediction or score to hold against them")
    if how.positive is not None and grading.classes and not _is_class(how.positive, grading):
        raise UsageError(
            "performance",
            f"the positive class {how.positive!r} is no label of the reference",
            want=f"one of {', '.join(grading.classes[:20])}",
            hint=nearest(how.positive, grading.classes),
        )
    grading = replace(grading, label=label or columns.LABEL)
    return grading if how.threshold is None else replace(grading, threshold=how.threshold)


def window_losses(
    baseline: Baseline,
    grading: Grading,
    rows: pa.RecordBatch,
    unseen: NDArray[np.float64],
    starts: NDArray[np.int64],
) -> dict[int, dict[str, LossSums]]:
    """What the labelled rows of every window and segment lost, by the start of the window.

    Shapes: n rows with LABEL, `unseen` what was expected of them, `starts` int64[n].
    """
    predictions = read_predictions(rows, grading)
    loss = row_loss(predictions, read_labels(rows.column(LABEL), grading), grading)
    ahead = expected_loss(predictions, unseen, grading)
    nominal = grading.task in ("binary", "multiclass")
    open_ = ahead * (1 - ahead) if nominal else np.zeros(len(ahead))
    every = np.stack([np.ones(len(loss)), loss, loss**2, ahead, open_])
    at, place = np.unique(starts, return_inverse=True)
    found: dict[int, dict[str, LossSums]] = {int(start): {} for start in at}
    usable: NDArray[np.bool_] = np.isfinite(every.sum(axis=0))
    parts = {WHOLE: np.arange(rows.num_rows), **segment_rows(rows, baseline.segments)}
    for segment, own in parts.items():
        own = own[usable[own]]
        sums = [np.bincount(place[own], one[own], len(at)) for one in every]
        for start, *values in zip(at.tolist(), *sums, strict=True):
            if values[0]:
                found[start][segment] = LossSums(*(float(value) for value in values))
    return found


def reference_sample(
    baseline: Baseline, grading: Grading, rows: pa.RecordBatch, unseen: NDArray[np.float64]
) -> Sample:
    """Some labelled rows of the reference, by the bins of their columns."""
    predictions = read_predictions(rows, grading)
    loss = row_loss(predictions, read_labels(rows.column(LABEL), grading), grading)
    ahead = expected_loss(predictions, unseen, grading)
    names = [name for name, one in baseline.binnings.items() if code_count(one) <= MOST_CODES]
    codes = [codes_of(column_or_absent(rows, n), baseline.binnings[n]) for n in names]
    return Sample.of(names, np.stack(codes, axis=1), loss, ahead)


def _is_class(name: str, grading: Grading) -> bool:
    """Whether a class is one of the labels'; a yes is a yes in any spelling."""
    yes = name.lower() in POSITIVE and any(one.lower() in POSITIVE for one in grading.classes)
    return name in grading.classes or yes


def _kind(table: pa.Table) -> str:
    """What kind of values labels are."""
    kind = table.schema.field(LABEL).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return "vector"
    if pa.types.is_integer(kind):
        return "integer"
    return "numeric" if pa.types.is_floating(kind) else "category"
