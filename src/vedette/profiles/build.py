"""Rows in, counts out: the one pass over a table.

Owns: the order of the pass and what a batch is split into.  Does not own: opening files, threads
(the caller may pass a concurrent `each`), the
inner loop (`profiles.kernel`).  Any split and order of the rows gives the same counts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.profiles.accumulate import Add, Nominal, Ordered, Rows
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.columns import absent_column, as_codes, as_numbers
from vedette.profiles.kernel import add_plain, add_sorted, sorts_with_vectors
from vedette.profiles.profile import Profile
from vedette.sketches.joint import Joint

Each = Callable[..., Iterable[Any]]  # like the built-in `map`


class Accumulator(Protocol):
    """Totals of one column that batches are added to."""

    def add(self, column: pa.Array, segments: Mapping[str, Rows]) -> None: ...

    def cells(self) -> dict[str, Cell]: ...


def build(batches: Iterable[pa.RecordBatch], baseline: Baseline, *, each: Each = map) -> Profile:
    """Profile rows under a baseline.

    Bounds: memory is that of a batch plus the profile; about 5 ns a number and 2 to 17 ns a
    category and core.
    Errors: none for bad data: a column that is absent, of another type or empty is counted as such.
    """
    add_values = fastest_add()
    columns = {name: accumulator(b, add_values) for name, b in baseline.binnings.items()}
    joints = {
        pair: Pairs(pair, baseline.binnings) for pair in joint_pairs(baseline.schema, columns)
    }
    clock = Clock.of(baseline.schema)
    rows = 0
    for batch in batches:
        segments = segment_rows(batch, baseline.segments)
        tasks = [(column_or_absent(batch, name), segments) for name in columns]
        list(each(_add, columns.values(), tasks))
        for pairs in joints.values():
            pairs.add(batch)
        clock.add(batch)
        rows += batch.num_rows
    cells = {
        (name, segment): cell
        for name, accumulator in columns.items()
        for segment, cell in accumulator.cells().items()
    }
    return Profile(
        baseline.schema.fingerprint,
        baseline.id,
        rows,
        cells,
        {pair: pairs.joint for pair, pairs in joints.items()},
        clock.window,
    )


def _add(accumulator: Accumulator, task: tuple[pa.Array, Mapping[str, Rows]]) -> None:
    accumulator.add(*task)


def fastest_add() -> Add:
    """The kernel to use on this machine."""
    return add_sorted if sorts_with_vectors() else add_plain


def accumulator(binning: Binning, add_values: Add) -> Accumulator:
    """An empty total for a column of this binning."""
    if isinstance(binning, NumericBinning):
        return Ordered(binning.edges, add_values)
    return Nominal(binning)


def column_or_absent(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column by name; all missing when the batch has none."""
    at = batch.schema.get_field_index(name)
    return batch.column(at) if at >= 0 else absent_column(batch.num_rows)


def segment_rows(batch: pa.RecordBatch, segments: Mapping[str, tuple[str, ...]]) -> dict[str, Rows]:
    """Positions of the rows of every segment that the baseline names.

    Shapes: {"carrier=UA": intp[rows of it], ...}; segments without a row in this batch are there,
    empty.
    """
    found: dict[str, Rows] = {}
    for column, names in segments.items():
        read = as_codes(column_or_absent(batch, column))
        at = {name: place for place, name in enumerate(names)}
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


def joint_pairs(schema: Schema, columns: Iterable[str]) -> list[tuple[str, str]]:
    """Which pairs of columns are counted together: score x label and prediction x label, where
    declared."""
    known = set(columns)
    labels = [field.name for field in schema.with_role("label") if field.name in known]
    firsts = [f.name for role in ("score", "prediction") for f in schema.with_role(role)]
    return [(first, label) for label in labels for first in firsts if first in known]


@dataclass
class Pairs:
    """Running joint counts of two columns.  The last code of each is "no usable value"."""

    pair: tuple[str, str]
    binnings: Mapping[str, Binning]

    def __post_init__(self) -> None:
        self.joint = Joint.zero(*(self._width(name) for name in self.pair))

    def _width(self, name: str) -> int:
        binning = self.binnings[name]
        return (binning.bins if isinstance(binning, NumericBinning) else len(binning.names) + 2) + 1

    def add(self, batch: pa.RecordBatch) -> None:
        first, second = (self._codes(column_or_absent(batch, name), name) for name in self.pair)
        self.joint = self.joint.merge(Joint.of(first, second, *self.joint.counts.shape))

    def _codes(self, column: pa.Array, name: str) -> NDArray[np.intp]:
        binning, nothing = self.binnings[name], self._width(name) - 1
        if isinstance(binning, NumericBinning):
            numbers = as_numbers(column)
            values = numbers.values.astype(np.float64)
            usable = np.isfinite(values)
            if numbers.usable is not None:
                usable &= numbers.usable
            return np.where(usable, binning.edges.searchsorted(values), nothing)
        read = as_codes(column)
        places = np.full(len(read.dictionary) + 2, nothing)
        places[:-2] = [
            binning.places.get(v, len(binning.names)) for v in read.dictionary.to_pylist()
        ]
        chosen: NDArray[np.intp] = places[read.codes]
        return chosen


@dataclass
class Clock:
    """The stretch of event time seen so far."""

    column: str | None
    window: Window | None = None

    @classmethod
    def of(cls, schema: Schema) -> "Clock":
        times = schema.with_role("time")
        return cls(times[0].name if times else None)

    def add(self, batch: pa.RecordBatch) -> None:
        """Widen the window to a batch; a column that holds no instants is passed over."""
        if self.column is None or batch.num_rows == 0:
            return
        column = column_or_absent(batch, self.column)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        try:
            instants = column.cast(pa.timestamp("ns"), safe=False).cast(pa.int64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return
        ends = pc.min_max(instants).as_py()
        if ends["min"] is not None:
            seen = Window(ends["min"], ends["max"] + 1)
            self.window = seen if self.window is None else self.window.hull(seen)
