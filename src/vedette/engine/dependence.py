"""Rows for how columns go together.

Owns: choosing and deriving them, a baseline with its plan of pairs.  Does not own: fitting
(`profiles.dependence_fit`), what is told (`monitors.dependence`).
"""

from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa

from vedette.engine.batch import deriving, raw_schema
from vedette.ingest.source import Source
from vedette.profiles.baseline import Baseline
from vedette.profiles.dependence_fit import fit_dependence

ROWS = 20_000  # of a table: pairs are told apart to 0.02 of a correlation, in a tenth of a second


def with_dependence(source: Source, baseline: Baseline, without: Collection[str] = ()) -> Baseline:
    """A baseline that says how columns of its reference go together, where there are two; those
    that groups are told apart by are left out, as sensitive ones are."""
    binnings = {name: one for name, one in baseline.binnings.items() if name not in without}
    found = fit_dependence(sampled(source, baseline), baseline.schema, binnings)
    return replace(baseline, dependence=found)


def sampled(source: Source, baseline: Baseline) -> pa.RecordBatch:
    """An even part of a table's rows, the same at every call, with derived columns."""
    raw = raw_schema(baseline.schema)
    arriving = [name for name in source.arrow_schema.names if name in raw]
    table = source.sample(ROWS, arriving).slice(0, ROWS).unify_dictionaries().combine_chunks()
    (rows,) = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    return deriving(baseline).apply(rows)
