"""Comparing a training table with a serving table, without a key.

Owns: the call, and putting its parts together.  Does not own: any of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from vedette.core.errors import UsageError
from vedette.core.schema import Schema
from vedette.engine.batch import Progress, nothing, parents_of, raw_schema, threads, worker_count
from vedette.engine.compare import run
from vedette.engine.comparison import Comparison
from vedette.engine.declared import schema_of
from vedette.engine.settings import Settings, make_settings
from vedette.engine.skew.unkeyed.gather import Evidence, gather
from vedette.engine.skew.unkeyed.glance import Glance
from vedette.engine.skew.unkeyed.judge import judge
from vedette.engine.skew.unkeyed.layout import layout
from vedette.engine.skew.unkeyed.result import TableSkew
from vedette.engine.skew.unkeyed.trait import Two
from vedette.engine.skew.unkeyed.values import Values, values_of
from vedette.engine.skew.unkeyed.wording import as_skew
from vedette.ingest.source import Source, open_source
from vedette.monitors.finding import Finding
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile


def compare_tables(
    training: Any,
    serving: Any,
    *,
    schema: Schema | str | Path | None = None,
    workers: int | None = None,
    progress: Progress = nothing,
    **settings: Any,
) -> TableSkew:
    """Say whether serving sees what training saw, and what went wrong where it does not.

    Both are tables of any kind that `compare` takes; no key is needed.  Distributions are compared
    as `compare` does; beside them columns (dropped, added, renamed, retyped, swapped) and traits
    that bins cannot see: decimals, letter case, lengths, defaults, repeats, doubled rows, hours of
    the day, and whether columns still go together.  One fault per cause, with the likely cause in
    words.  Keyword settings as for `compare`.

    Bounds: at most `alpha` (5 %) of comparisons of tables drawn alike raise any alarm.  Each table
    is read once more than `compare` reads it; traits of values are counted on up to 32,768 rows
    spread over it.
    Errors: UsageError for tables without a common column, or profiles; SettingsError for wrong
    settings.
    Example:
        >>> rows = {"km": [float(i) for i in range(2000)], "ok": [True, False] * 1000}
        >>> print(compare_tables(rows, {**rows, "km": [i * 1000 for i in rows["km"]]}))
        Serving does not see what training saw: 1 fault.
          serving `km` looks like training × 1000 (thousandths)
    """
    return skew_of(
        training,
        serving,
        make_settings(settings),
        schema=schema_of(schema),
        workers=workers,
        progress=progress,
    )


def skew_of(
    training: Any,
    serving: Any,
    settings: Settings,
    *,
    schema: Schema | None = None,
    workers: int | None = None,
    progress: Progress = nothing,
) -> TableSkew:
    """Compare under settings that are already made."""
    one, two = _opened(training, "training"), _opened(serving, "serving")
    halved = msgspec.structs.replace(settings, alpha=settings.alpha / 2)
    comparison = run(one, two, halved, schema=schema, workers=workers, progress=progress)
    declared = raw_schema(comparison.baseline.schema)
    common = [name for name in one.arrow_schema.names if name in two.arrow_schema.names]
    with threads(min(worker_count(one, workers), 2)) as each:
        glances = list(each(lambda side: Glance.of(side, common, progress), (one, two)))
    before, after = glances
    closed = schema is not None and schema.closed
    kinds = {field.name: field.kind for field in declared.fields}
    seen = [_values(glance, kinds) for glance in (before, after)]
    found = layout((before.schema, after.schema), seen[0], seen[1], declared, closed)
    twos = [Two(seen[0][name], seen[1][name]) for name in common]
    compared = [pair.column for pair in comparison.pairs]
    with threads(min(worker_count(one, workers), 2)) as each:
        judged = judge(twos, (before, after), compared, halved.control, settings.min_effect, each)
    own = _own(comparison, judged.columns, found.expected)
    evidence = Evidence(
        own,
        [f for f in judged.rows if (f.effect or 0.0) > 0],
        judged.relations,
        found,
        {two.name: two for two in twos},
        judged.coders,
        (after.rowset.copies, halved.alpha),
    )
    return TableSkew(tuple(gather(evidence)), judged.findings, comparison)


def _opened(data: Any, side: str) -> Source:
    if isinstance(data, Profile | Baseline):
        raise UsageError(
            side, "a profile holds no rows", want="a table", hint="vd.compare takes it"
        )
    return open_source(data)


def _values(glance: Glance, kinds: dict[str, str]) -> dict[str, Values]:
    table = glance.sample
    return {name: values_of(table, name, kinds.get(name)) for name in table.column_names}


def _own(
    comparison: Comparison, traits: Sequence[Finding], expected: Any
) -> dict[str, list[Finding]]:
    """What alarmed, by the column of the table that it comes from."""
    parents = parents_of(comparison.baseline.schema)
    own: dict[str, list[Finding]] = {}
    for finding in [*comparison.alarms, *(f for f in traits if f.verdict == "alarming")]:
        name = parents.get(finding.column, finding.column)
        if name not in expected:
            own.setdefault(name, []).append(as_skew(finding))
    return own
