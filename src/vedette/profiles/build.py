"""Rows in, counts out: the one pass over a table.

Owns: the order of the pass and what a batch is split into.  Does not own: opening files, threads,
the inner loop (`profiles.kernel`).  Any split and order of the rows gives the same counts, and so
does any split of the columns: the engine gives every thread columns of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa

from vedette.profiles.accumulate import Add, Nominal, Ordered, Rows
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NumericBinning, name_places
from vedette.profiles.cell import Cell
from vedette.profiles.clock import Clock
from vedette.profiles.columns import as_codes, column_or_absent
from vedette.profiles.kernel import add_plain, add_sorted, sorts_with_vectors
from vedette.profiles.pairs import Pairs, joint_pairs
from vedette.profiles.profile import Profile


class Accumulator(Protocol):
    """Totals of one column that batches are added to."""

    def add(self, column: pa.Array, segments: Mapping[str, Rows]) -> None: ...

    def cells(self) -> dict[str, Cell]: ...


def build(
    batches: Iterable[pa.RecordBatch], baseline: Baseline, columns: Iterable[str] | None = None
) -> Profile:
    """Profile rows under a baseline, or only some of its columns (see `profile.beside`).

    Bounds: memory is that of a batch plus the profile; about 5 ns a number and 2 to 17 ns a
    category and core.
    Errors: none for bad data: a column that is absent, of another type or empty is counted as such.
    """
    add_values = fastest_add()
    names = baseline.binnings.keys() if columns is None else columns
    totals = {name: accumulator(baseline.binnings[name], add_values) for name in names}
    joints = {pair: Pairs(pair, baseline.binnings) for pair in joint_pairs(baseline.schema, totals)}
    clock = Clock.of(baseline.schema)
    rows = 0
    for batch in batches:
        segments = segment_rows(batch, baseline.segments)
        for name, total in totals.items():
            total.add(column_or_absent(batch, name), segments)
        for pairs in joints.values():
            pairs.add(batch)
        clock.add(batch)
        rows += batch.num_rows
    cells = {
        (name, segment): cell
        for name, total in totals.items()
        for segment, cell in total.cells().items()
    }
    return Profile(
        baseline.schema.fingerprint,
        baseline.id,
        rows,
        cells,
        {pair: pairs.joint for pair, pairs in joints.items()},
        clock.window,
    )


def fastest_add() -> Add:
    """The kernel to use on this machine."""
    return add_sorted if sorts_with_vectors() else add_plain


def accumulator(binning: Binning, add_values: Add) -> Accumulator:
    """An empty total for a column of this binning."""
    if isinstance(binning, NumericBinning):
        return Ordered(binning.edges, add_values)
    return Nominal(binning)


def segment_rows(batch: pa.RecordBatch, segments: Mapping[str, tuple[str, ...]]) -> dict[str, Rows]:
    """Positions of the rows of every segment that the baseline names.

    Shapes: {"carrier=UA": intp[rows of it], ...}; segments without a row in this batch are there,
    empty.
    """
    found: dict[str, Rows] = {}
    for column, names in segments.items():
        read = as_codes(column_or_absent(batch, column))
        at = name_places(names)
        nowhere = len(names)
        table = np.array(
            [at.get(value, nowhere) for value in read.dictionary.to_pylist()] + [nowhere] * 2
        )
        places = table[read.codes]  # -1 and -2 pick the two last
        order = np.argsort(places, kind="stable")
        ends = np.searchsorted(places[order], np.arange(nowhere + 1))
        for place, name in enumerate(names):
            found[f"{column}={name}"] = order[ends[place] : ends[place + 1]]
    return found
