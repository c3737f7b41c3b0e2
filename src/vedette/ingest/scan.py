"""The one source behind every origin: a way to scan raw batches, and a plan to deliver them.

Owns: batch sizes, column choice, sampling.  Does not own: formats.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vedette.core.errors import UsageError
from vedette.ingest import sampling
from vedette.ingest.columns import Plan

# Rows of a delivered batch at most: 1 MB per float column, which stays in a core's second-level
# cache while it is counted.
BATCH_ROWS = 131_072
# Smaller batches are joined until they have so many rows or bytes: the cost of a batch is that of
# some thousand rows.  No further: joining copies, and both copies are held.
SMALL_ROWS = 16_384
SMALL_BYTES = 16 << 20
BATCH_BYTES = 256 << 20  # nor more than this, whatever the rows hold: Arrow strings end at 2 GiB
# A sample of a divided file reads the first rows of half of its pieces, but of at most so many: the
# first rows of a row group cost about half of it, since its dictionaries come first.
HEADS = 16
TOGETHER = 2  # pieces of a sample that are read at the same time: memory for so many
FEW_HEADS = 4  # below this many pieces their first rows are no fair picture: the whole is scanned

Scan = Callable[[list[str]], Iterable[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class Head:
    """A piece of a file that can be entered at its start: its rows, how to read the first ones."""

    rows: int
    read: Callable[[list[str], int], Iterable[pa.RecordBatch]]


class ScanSource:
    """A `Source` made of a scan: see `vedette.ingest.source.Source`."""

    def __init__(
        self, name: str, plan: Plan, scan: Scan, rows: int | None, heads: Sequence[Head] = ()
    ) -> None:
        self._name, self._plan, self._scan, self._rows = name, plan, scan, rows
        self._heads = tuple(head for head in heads if head.rows)

    @property
    def name(self) -> str:
        return self._name

    @property
    def arrow_schema(self) -> pa.Schema:
        return self._plan.schema

    @property
    def rows(self) -> int | None:
        return self._rows

    def __repr__(self) -> str:
        rows = "?" if self._rows is None else f"{self._rows:,}"
        return f"<source {self._name}: {rows} rows x {len(self._plan.columns)} columns>"

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Deliver every row, in order, in batches of at most 131,072 rows; can be called again.

        Bounds: memory of a few batches.  Errors: UsageError for an unknown column; StoreError when
        a file breaks off.
        """
        plan = self._plan.choose(columns)
        return (plan.deliver(batch) for batch in rebatch(self._scan(plan.raw_names)))

    def sample(self, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Deliver about `rows` rows spread evenly over the whole, in order.

        All of them when there are no more.  Bounds: reads at most once, and of a file in many
        pieces only parts.  The same call gives the same rows.
        """
        if rows < 1:
            raise UsageError(self._name, "a sample needs at least one row", got=rows)
        plan = self._plan.choose(columns)
        if len(self._heads) >= FEW_HEADS and self._rows is not None and self._rows > 4 * rows:
            picked = self._sample_heads(rows, plan.raw_names)
        else:
            scanned = (part for batch in self._scan(plan.raw_names) for part in _cut(batch))
            picked = sampling.spread(scanned, rows, self._rows)
        return pa.Table.from_batches(
            [plan.deliver(batch) for batch in rebatch(picked)], schema=plan.schema
        )

    def _sample_heads(self, rows: int, names: list[str]) -> list[pa.RecordBatch]:
        pieces = len(self._heads)
        count = min(HEADS, max(FEW_HEADS, pieces // 2))
        enough = -(
            -2 * rows * pieces // max(self._rows or 1, 1)
        )  # tiny pieces: twice what is asked
        count = min(pieces, max(count, enough))
        at = np.linspace(0, pieces - 1, count).round().astype(int)
        heads = [self._heads[i] for i in at]
        total = sum(head.rows for head in heads)

        def pick(head: Head) -> list[pa.RecordBatch]:
            share = -(-rows * head.rows // total)
            reach = min(head.rows, max(2 * share, 1024))  # thinned: neighbours are often alike
            return sampling.spread(head.read(names, reach), share, reach)

        with ThreadPoolExecutor(TOGETHER) as pool:
            return [batch for picked in pool.map(pick, heads) for batch in picked]


def rebatch(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cut large batches and join small ones, keeping the order; empty ones are dropped."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        for part in _cut(batch):
            small = part.num_rows < SMALL_ROWS and _size(part) < SMALL_BYTES
            if held and (not small or rows >= SMALL_ROWS or size >= SMALL_BYTES):
                yield from _joined(held)
                held, rows, size = [], 0, 0
            if small and part.num_rows:
                held.append(part)
                rows += part.num_rows
                size += _size(part)
            elif part.num_rows:
                yield part
    yield from _joined(held)


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = batch.num_rows
    if rows > BATCH_ROWS:
        for start in range(0, rows, BATCH_ROWS):
            yield from _cut(batch.slice(start, BATCH_ROWS))
    elif rows > 1 and _size(batch) > BATCH_BYTES:
        yield from _cut(batch.slice(0, rows // 2))
        yield from _cut(batch.slice(rows // 2))
    else:
        yield batch


def _size(batch: pa.RecordBatch) -> int:
    """The bytes of a batch's rows; a dictionary belongs to many batches and does not count."""
    return sum(_bytes(column) for column in batch.columns)


def _bytes(array: pa.Array) -> int:
    if isinstance(array, pa.DictionaryArray):
        array = array.indices
    try:
        return int(array.nbytes)
    except pa.ArrowTypeError:  # views, before pyarrow 21
        return 16 * len(array)


def _joined(batches: list[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    if len(batches) < 2 or any(batch.schema != batches[0].schema for batch in batches):
        return batches
    try:
        joined: list[pa.RecordBatch] = pa.Table.from_batches(batches).combine_chunks().to_batches()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # some nested types cannot be joined
        return batches
    return joined


def first_line(error: Exception) -> str:
    """The first line of another library's message, at most 200 characters."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
