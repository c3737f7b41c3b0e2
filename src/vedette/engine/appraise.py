"""How good the predictions on a reference were: grading, the auditor, and the reference's sums.

Owns: adding these to a baseline.  Does not own: fitting the parts (`profiles.grading_fit`,
`derive.expected`), where labelled rows come from (`engine.fitting`, `engine.runner`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.errors import UsageError
from vedette.core.schema import Field, Schema
from vedette.derive.catalog import derive
from vedette.derive.expected import fit_auditor
from vedette.engine.batch import deriving
from vedette.engine.grade import reference_sums
from vedette.engine.joining import LABEL, Joined
from vedette.engine.live import ModelSettings, PerformanceSettings
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading_fit import fit_grading
from vedette.profiles.windowed import instants
from vedette.stores.columns import united

LEAST = 200  # labelled rows of a reference that say something
MOST = 200_000  # labelled rows that are read


def arriving(baseline: Baseline) -> list[str]:
    """The columns of an event that grading it needs: what is counted, before derivations."""
    raw = {field.name for field in deriving(baseline.schema).fields}
    names = [f.name for f in baseline.schema.fields if f.name in baseline.binnings]
    scores = [f.name for f in baseline.schema.fields if f.name.startswith(columns.SCORE)]
    return list(dict.fromkeys([*names, *raw, *scores, columns.PREDICTION, *baseline.segments]))


def labelled_table(joined: Joined, start: int, end: int) -> pa.Table:
    """Joined rows of a stretch of event time as one table with the column LABEL.

    Errors: UsageError when there are too few.
    """
    tables = []
    for batch in joined.batches:
        at = batch.column(columns.TIME).cast(pa.int64())
        inside = pc.and_(pc.greater_equal(at, start), pc.less(at, end))
        kept = batch.filter(pc.and_(inside, batch.column(LABEL).is_valid()))
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
    return _appraised(baseline, table, settings.performance)


def _appraised(baseline: Baseline, table: pa.Table, how: PerformanceSettings) -> Baseline:
    every = -(-table.num_rows // MOST)
    if every > 1:
        table = table.take(pa.array(np.arange(0, table.num_rows, every)))
    schema = Schema((*baseline.schema.fields, Field(LABEL, _kind(table), "label")))
    grading = fit_grading(
        table, schema, positive=how.positive, top=how.top, quantiles=how.quantiles
    )
    if grading is None:
        raise UsageError("reference", "has labels, and no prediction or score to hold against them")
    if how.threshold is not None:
        grading = replace(grading, threshold=how.threshold)
    raw = deriving(baseline.schema)
    rows = pa.Table.from_batches([derive(one, raw) for one in table.combine_chunks().to_batches()])
    labels = rows.column(LABEL).combine_chunks()
    timed = columns.TIME in rows.column_names
    times = instants(rows.to_batches()[0], columns.TIME) if timed else None
    fitted = fit_auditor(rows, labels, grading, baseline, times=times)
    made = replace(baseline, appraisal=Appraisal(grading, fitted.auditor))
    batch = rows.to_batches()[0]
    sums = reference_sums(made, batch, LABEL, fitted.unseen)
    profile = replace(made.profile, graded=sums.graded, losses=sums.losses)
    return replace(made, profile=profile)


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
