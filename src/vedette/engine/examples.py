"""Texts of neighbourhoods that grew: what a share of a number does not tell.

Owns: choosing them from the current table.  Does not own: whether they are asked for
(`engine.settings`), showing them (`report`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vedette.derive.bearings import NEIGHBOURHOOD
from vedette.derive.written import written
from vedette.engine.batch import deriving, parents_of
from vedette.ingest.source import Source
from vedette.monitors.finding import Finding
from vedette.monitors.pair import Pair
from vedette.profiles.baseline import Baseline
from vedette.profiles.columns import as_codes, one_batch

HIDDEN = ("sensitive", "caller", "id")  # roles whose values no report shows
SAMPLE = 20_000  # rows of the current table that are looked at
GREW = 2  # neighbourhoods of a column that are told of
LONGEST = 160  # characters of an example


@dataclass(frozen=True)
class Example:
    """Texts of a neighbourhood that holds a larger share of the rows than before."""

    column: str
    neighbourhood: str
    before: float
    after: float
    texts: tuple[str, ...]


def examples_of(
    current: Source,
    baseline: Baseline,
    pairs: Sequence[Pair],
    findings: Sequence[Finding],
    most: int,
) -> tuple[Example, ...]:
    """Up to `most` texts for each neighbourhood that grew, of text columns whose neighbourhoods
    changed; of columns that hold people none."""
    parents, found = parents_of(baseline.schema), []
    changed = {f.column for f in findings if f.verdict in ("alarming", "notable")}
    for pair in pairs:
        parent = parents.get(pair.column, "")
        ours = pair.column == f"{parent}.{NEIGHBOURHOOD}" and not pair.segment
        if not ours or pair.column not in changed or parent not in current.arrow_schema.names:
            continue
        field = baseline.schema[parent]
        if field.kind == "text" and field.role not in HIDDEN:
            found += _of_column(current, baseline, pair, parent, most)
    return tuple(found)


def _of_column(
    current: Source, baseline: Baseline, pair: Pair, parent: str, most: int
) -> list[Example]:
    batch = one_batch(current.sample(SAMPLE, [parent]))
    made = deriving(baseline).only([parent]).apply(batch)
    read = as_codes(made.column(pair.column))
    names = read.dictionary.to_pylist()
    texts = written(made.column(parent))
    shares = [counts / max(counts.sum(), 1) for counts in pair.counts]
    grown = np.argsort(shares[0] - shares[1], kind="stable")[:GREW].tolist()
    places, found = pair.places(), []
    for at in grown:
        if shares[1][at] <= shares[0][at] or places[at] not in names:
            continue
        rows = np.flatnonzero(read.codes == names.index(places[at]))
        told = dict.fromkeys(texts.take(pa.array(rows[:SAMPLE])).to_pylist())
        some = [_short(text) for text in list(told)[:: max(len(told) // most, 1)]][:most]
        before, after = float(shares[0][at]), float(shares[1][at])
        found.append(Example(parent, places[at], before, after, tuple(some)))
    return found


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
