"""Fitting a baseline on a reference: two passes, and a short third one where segments or labels
need it.

Owns: the order of the passes.  Does not own: opening the reference.  First a spread sample gives
the edges and the segments, then every row
is counted; extremes, categories and segments of nominal columns are known only after that.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import NOMINAL_KINDS, ORDERED_KINDS, Schema
from vedette.profiles.accumulate import Census, Nominal, Ordered
from vedette.profiles.baseline import Baseline, Split
from vedette.profiles.binning import (
    Binning,
    NominalBinning,
    NumericBinning,
    binning_id,
    close_edges,
    fit_edges,
    hash_text,
)
from vedette.profiles.buffers import flags
from vedette.profiles.build import (
    fastest_add,
    segment_rows,
)
from vedette.profiles.cell import Cell
from vedette.profiles.clock import Clock
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent
from vedette.profiles.pairs import Pairs, joint_pairs
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.distinct import Distinct
from vedette.sketches.joint import Joint
from vedette.sketches.newcomers import Newcomers
from vedette.stats.bins import TOP

SAMPLE = 65_536  # rows the edges are fitted on: 65 beyond the outermost cut point on each side
MAX_CATEGORIES = 100_000  # different values of one column; more is an identifier or text
MAX_SEGMENTS = 50  # values of one segment column that are compared each

Batches = Callable[[Sequence[str]], Iterable[pa.RecordBatch]]  # the columns wanted -> their rows
Groups = Callable[[Sequence[str]], Sequence[Sequence[str]]]
Each = Callable[..., Iterable[Any]]  # like the built-in `map`


def fit(
    sample: pa.Table,
    batches: Batches,
    schema: Schema,
    segments: Sequence[str] = (),
    *,
    excluded: Mapping[str, str] | None = None,
    groups: Groups = lambda names: [names],
    each: Each = map,
) -> Baseline:
    """Fit bins on a sample, count every row of the reference under them.

    Shapes: `sample` is spread over the reference; `batches` may be called again, also at the same
    time, and gives the same rows in the same order; `groups` splits the columns into parts that
    `each` may count side by side.
    Errors: none for bad data; a column with too many categories is excluded, with the reason.
    """
    left_out = dict(excluded or {})
    kinds = {
        f.name: f.kind
        for f in schema.fields
        if f.name not in left_out and f.kind in (*ORDERED_KINDS, *NOMINAL_KINDS)
    }
    names = {column: _segment_names(sample, column) for column in segments}

    lists = groups(list(kinds))

    def count(group: Sequence[str]) -> _Counted:
        clock = Clock.of(schema) if group is lists[0] else Clock(None)
        return _count(sample, batches, {name: kinds[name] for name in group}, names, clock)

    parts = list(each(count, lists))
    ordered = {name: total for part in parts for name, total in part.ordered.items()}
    nominal = {name: total for part in parts for name, total in part.nominal.items()}
    binnings: dict[str, Binning] = {}
    cells: dict[tuple[str, str], Cell] = {}
    splits: dict[tuple[str, str], Split] = {}
    rare: dict[str, tuple[int, int]] = {}
    for name in kinds:
        if name in ordered:
            binnings[name], closed = _close(ordered[name])
            cells |= {(name, segment): cell for segment, cell in closed.items()}
        elif nominal[name].overflowed:
            left_out[name] = f"more than {MAX_CATEGORIES} different values: an id, or text"
        else:
            binnings[name] = binning = _binning(nominal[name])
            cells[name, WHOLE], split, rare[name] = _nominal_cell(nominal[name], binning)
            if split is not None:
                splits[name, WHOLE] = split
    rows = parts[0].rows if parts else sample.num_rows
    window = parts[0].clock.window if parts else None
    identity = binning_id(binnings, names)
    profile = Profile(schema.fingerprint, identity, rows, cells, {}, window)
    draft = Baseline(schema, binnings, names, profile, splits, rare, left_out)
    return _with_third_pass(draft, batches)


@dataclass
class _Counted:
    """What the pass over all rows leaves behind."""

    ordered: dict[str, Ordered]
    nominal: dict[str, Census]
    clock: Clock
    rows: int = 0


def _count(
    sample: pa.Table,
    batches: Batches,
    kinds: Mapping[str, str],
    segments: Mapping[str, tuple[str, ...]],
    clock: Clock,
) -> _Counted:
    add_values = fastest_add()
    total = _Counted(
        {n: Ordered(_edges(sample, n), add_values) for n, k in kinds.items() if k in ORDERED_KINDS},
        {n: Census(MAX_CATEGORIES) for n, k in kinds.items() if k in NOMINAL_KINDS},
        clock,
    )
    times = [clock.column] if clock.column else []
    for batch in batches(list(dict.fromkeys([*kinds, *segments, *times]))):
        part = parts_of(total.rows, batch.num_rows)
        parts = segment_rows(batch, segments)
        for name, ordered in total.ordered.items():
            ordered.add(column_or_absent(batch, name), parts)
        for name, census in total.nominal.items():
            census.add(column_or_absent(batch, name), part)
        total.clock.add(batch)
        total.rows += batch.num_rows
    return total


def parts_of(first_row: int, rows: int) -> NDArray[np.int8]:
    """Assign a quarter of the rows to part 0, the rest to part 1, by a hash of their ordinal
    (SplitMix64, Steele, Lea & Flood 2014)."""
    z = np.arange(first_row + 1, first_row + rows + 1, dtype=np.uint64) * np.uint64(
        0x9E3779B97F4A7C15
    )
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    part: NDArray[np.int8] = (z >> np.uint64(62) != 0).astype(np.int8)
    return part


def _edges(sample: pa.Table, name: str) -> NDArray[np.float64]:
    if name not in sample.column_names:
        return fit_edges(np.empty(0))
    numbers = as_numbers(_one_chunk(sample, name))
    values = numbers.values if numbers.usable is None else numbers.values[numbers.usable]
    values = values.astype(np.float64)
    return fit_edges(values[np.isfinite(values)])


def _one_chunk(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _segment_names(sample: pa.Table, column: str) -> tuple[str, ...]:
    """The values of a segment column that are compared each: the most frequent of the sample."""
    read = as_codes(_one_chunk(sample, column))
    tally = np.bincount(read.codes[read.codes >= 0], minlength=len(read.dictionary))
    pairs = sorted(zip((-tally).tolist(), read.dictionary.to_pylist(), strict=True))
    return tuple(str(value) for n, value in pairs[:MAX_SEGMENTS] if n < 0)


def _close(total: Ordered) -> tuple[NumericBinning, dict[str, Cell]]:
    """Put the extremes into the edges; nothing lies beyond one's own extremes, so two empty places
    are added."""
    cells = total.cells()
    whole = cells.get(WHOLE)
    if whole is None or whole.usable == 0:
        empty = NumericBinning(np.array([-np.inf, np.inf]))
        return empty, {s: replace(c, bins=Bins.zero(empty.edges)) for s, c in cells.items()}
    assert whole.moments is not None
    edges = close_edges(total.edges, whole.moments.low, whole.moments.high)
    return NumericBinning(edges), cells


def _binning(census: Census) -> NominalBinning:
    """Name the most frequent categories: on part 0 of the rows if there are more than can be
    named."""
    table = census.table()
    crowded = len(table) > TOP
    size = (lambda pair: pair[0]) if crowded else sum
    order = sorted(table, key=lambda value: (-size(table[value]), value))
    known = np.sort(np.array([hash_text(value) for value in table], np.uint64))
    return NominalBinning(tuple(order[:TOP]), known)


def _nominal_cell(
    census: Census, binning: NominalBinning
) -> tuple[Cell, Split | None, tuple[int, int]]:
    table, names = census.table(), binning.names
    totals = [sum(table[name]) for name in names]
    everything = sum(sum(pair) for pair in table.values())
    counts = np.array([*totals, everything - sum(totals), 0], np.int64)
    sizes = [sum(pair) for pair in table.values()]
    hashes = np.array([hash_text(value) for value in table], np.uint64)
    rows, missing, broken = census.special
    cell = Cell(
        rows,
        missing,
        0,
        broken,
        counts=Counts(counts),
        newcomers=Newcomers.zero(),
        distinct=Distinct.of(hashes),
    )
    split = None
    if needs_split(sizes):
        first, second = (
            np.array([*(table[n][h] for n in names), sum(p[h] for p in table.values())], np.int64)
            for h in (0, 1)
        )
        first[-1] -= first[:-1].sum()
        second[-1] -= second[:-1].sum()
        split = Split(first, second)
    return cell, split, (sizes.count(1), sizes.count(2))


def needs_split(sizes: Sequence[int]) -> bool:
    """Whether the named categories must be judged on other rows than they are named on."""
    return len(sizes) > TOP


def _with_third_pass(draft: Baseline, batches: Batches) -> Baseline:
    """Count what needs finished binnings: nominal columns by segment, and joint counts."""
    nominal = {n: b for n, b in draft.binnings.items() if isinstance(b, NominalBinning)}
    pairs = joint_pairs(draft.schema, draft.binnings)
    if not pairs and not (nominal and draft.segments):
        return draft
    if not draft.segments:
        nominal = {}
    parted = {name: (Nominal(b), Nominal(b)) for name, b in nominal.items()}
    joints = {pair: Pairs(pair, draft.binnings) for pair in pairs}
    wanted = dict.fromkeys([*nominal, *draft.segments, *(name for pair in pairs for name in pair)])
    at = 0
    for batch in batches(list(wanted)):
        part = parts_of(at, batch.num_rows)
        at += batch.num_rows
        for i in (0, 1) if parted else ():
            rows = batch.filter(flags(part == i))
            segments = segment_rows(rows, draft.segments)
            for name in nominal:
                parted[name][i].add(column_or_absent(rows, name), segments)
        for joint in joints.values():
            joint.add(batch)
    cells, splits = dict(draft.profile.cells), dict(draft.splits)
    for name, both in parted.items():
        first, second = (total.cells() for total in both)
        for segment in first.keys() & second.keys():
            if segment == WHOLE:
                continue
            cells[name, segment] = first[segment].merge(second[segment])
            if (name, WHOLE) in splits:
                splits[name, segment] = _split(first[segment], second[segment])
    counted: dict[tuple[str, str], Joint] = {pair: joint.joint for pair, joint in joints.items()}
    profile = replace(draft.profile, cells=cells, joints=counted)
    return replace(draft, profile=profile, splits=splits)


def _split(named: Cell, judged: Cell) -> Split:
    assert named.counts is not None
    assert judged.counts is not None
    return Split(named.counts.with_rest, judged.counts.with_rest)
