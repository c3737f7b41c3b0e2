"""Which rows a sample takes: spread evenly over a table, without a period, the same on every run.

Owns: the choice of rows.  Does not own: reading them.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vedette.ingest.columns import is_text

# 2**64 over the golden ratio, odd.  Row i has the key i * GOLDEN mod 2**64; the rows with keys
# below a threshold t are spread with at most three different gaps, whatever t (the three-distance
# theorem), and follow no period of the data, as a fixed stride would.  Source: Knuth, The Art of
# Computer Programming 3, section 6.4 (Fibonacci hashing).
GOLDEN = np.uint64(11400714819323198485)
ALL = 2**64 - 1
SLICE_COST = 256  # a slice of one value costs as much as converting so many: 3 us against 11 ns


def threshold(rows: int, total: int) -> int:
    """The key below which about `rows` of `total` rows lie."""
    return ALL if total <= rows else min(ALL, (rows << 64) // max(total, 1))


def keys(start: int, count: int) -> npt.NDArray[np.uint64]:
    """The keys of `count` rows from row `start`.  Shapes: (count,)."""
    return np.arange(start, start + count, dtype=np.uint64) * GOLDEN


def spread(batches: Iterable[pa.RecordBatch], rows: int, total: int | None) -> list[pa.RecordBatch]:
    """Pick about `rows` rows, spread evenly over all batches.

    Shapes: `total` is the number of rows in all batches, if known.  Bounds: memory for three times
    the sample; each batch is looked at once.  The same rows in other batches give the same sample.
    """
    limit = ALL if total is None else threshold(rows, total)
    kept: list[tuple[npt.NDArray[np.uint64], pa.RecordBatch]] = []
    count = start = 0
    for batch in batches:
        key = keys(start, batch.num_rows)
        start += batch.num_rows
        part = _below(key, batch, limit)
        if part is None:
            continue
        kept.append(part)
        count += len(part[0])
        while total is None and count > 3 * rows + 16:  # so the rest holds the sample for sure
            limit //= 2
            kept = [p for k, b in kept if (p := _below(k, b, limit)) is not None]
            count = sum(len(k) for k, _ in kept)
    if total is None and start > rows:
        limit = min(limit, threshold(rows, start))
        kept = [p for k, b in kept if (p := _below(k, b, limit)) is not None]
    return [batch for _, batch in kept]


def _below(
    key: npt.NDArray[np.uint64], batch: pa.RecordBatch, limit: int
) -> tuple[npt.NDArray[np.uint64], pa.RecordBatch] | None:
    if limit == ALL:
        return (key, batch) if len(key) else None
    at = np.flatnonzero(key < np.uint64(limit))
    return (key[at], _taken(batch, at)) if len(at) else None


def _taken(batch: pa.RecordBatch, at: npt.NDArray[np.intp]) -> pa.RecordBatch:
    try:
        return batch.take(_index(at))
    except pa.ArrowNotImplementedError:  # some type in it, as Polars' text, cannot be taken from
        arrays = [_picked(array, at) for array in batch.columns]
        return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _picked(array: pa.Array, at: npt.NDArray[np.intp]) -> pa.Array:
    index = _index(at)
    try:
        return array.take(index)
    except pa.ArrowNotImplementedError:
        text = is_text(array.type)
    if text and len(array) < SLICE_COST * len(at):
        return array.cast(pa.string()).take(index)
    picked = pa.concat_arrays([array.slice(i, 1) for i in at.tolist()])
    return picked.cast(pa.string()) if text else picked


def _index(at: npt.NDArray[np.intp]) -> pa.Array:
    """The positions as an Arrow array; not by `pa.array`, which imports pandas if there is one."""
    at = np.ascontiguousarray(at, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(at), [None, pa.py_buffer(at)])
