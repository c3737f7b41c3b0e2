"""How good the predictions on a reference were: grading, the auditor, and the reference's sums.

Owns: adding these to a baseline.  Does not own: fitting the parts (`profiles.grading_fit`,
`derive.expected`), where labelled rows come from (`engine.fitting`, `engine.runner`).
"""

from collections.abc import Sequence
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
from vedette.engine.grade import expected_sums, labelled_sums
from vedette.engine.joining import LABEL, Joined
from vedette.engine.live import ModelSettings, PerformanceSettings
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading_fit import fit_grading
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
