"""Rows for how columns go together.

Owns: choosing and deriving them, a baseline with its plan of pairs, both sides of a comparison.
Does not own: fitting (`profiles.dependence_fit`), what is told (`monitors`).
"""

from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa

from vedette.engine.batch import deriving, parents_of, raw_schema
from vedette.engine.settings import Settings
from vedette.ingest.source import Source
from vedette.monitors.together import Side, Together, test_pairs
from vedette.profiles.baseline import Baseline
from vedette.profiles.dependence import Dependence
from vedette.profiles.dependence_fit import counts_of, fit_dependence, laid_out
from vedette.profiles.together import read
from vedette.stats.association import row_variance, skewness

ROWS = 20_000  # of a reference that windows are held against
COMPARED = 7_500  # and up to twice as many, of each of two tables: a change of 0.1 is seen


def with_dependence(source: Source, baseline: Baseline, without: Collection[str] = ()) -> Baseline:
    """A baseline that says how columns of its reference go together, where there are two; those
    that groups are told apart by are left out, as sensitive ones are."""
    binnings = {name: one for name, one in baseline.binnings.items() if name not in without}
    found = fit_dependence(sampled(source, baseline), baseline.schema, binnings)
    return replace(baseline, dependence=found)


def compare_pairs(
    before: pa.RecordBatch, after: pa.RecordBatch, baseline: Baseline, settings: Settings
) -> Together | None:
    """Test how every two columns go together in rows of both tables; None where there are no two
    columns to tell."""
    binnings = baseline.binnings
    plan = laid_out(before, baseline.schema, binnings)
    if plan is None:
        return None
    one, two = (_side(rows, plan, baseline) for rows in (before, after))
    plan = replace(plan, parts={**plan.parts, **counts_of(one.counts)})
    control, parents = settings.control, parents_of(baseline.schema)
    return test_pairs(
        plan, binnings, (one, two), len(binnings), control, settings.min_effect, parents
    )


def _side(rows: pa.RecordBatch, plan: Dependence, baseline: Baseline) -> Side:
    seen = read(rows, plan, baseline.binnings)
    known = seen.codes >= 0
    unit = row_variance(seen.values, known, plan.parts["directions"])
    return Side(rows.num_rows, seen.counts, unit, skewness(seen.values, known))


def sampled(source: Source, baseline: Baseline) -> pa.RecordBatch:
    """An even part of a table's rows, the same at every call, with derived columns."""
    raw = raw_schema(baseline.schema)
    arriving = [name for name in source.arrow_schema.names if name in raw]
    table = source.sample(ROWS, arriving).slice(0, ROWS).unify_dictionaries().combine_chunks()
    (rows,) = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    return deriving(baseline).apply(rows)
