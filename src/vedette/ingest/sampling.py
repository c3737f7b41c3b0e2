"""Which rows a sample takes: spread evenly over a table, without a period, the same on every run.

Owns: the choice of rows.  Does not own: reading them.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# 2**64 over the golden ratio, odd.  Row i has the key i * GOLDEN mod 2**64; the rows with keys
# below a threshold t are spread with at most three different gaps, whatever t (the three-distance
# theorem), and follow no period of the data, as a fixed stride would.  Source: Knuth, The Art of
# Computer Programming 3, section 6.4 (Fibonacci hashing).
GOLDEN = np.uint64(11400714819323198485)
ALL = 2**64 - 1


def threshold(rows: int, total: int) -> int:
    """The key below which about `rows` of `total` rows lie."""
    return ALL if total <= rows else min(ALL, (rows << 64) // max(total, 1))


def keys(start: int, count: int) -> npt.NDArray[np.uint64]:
    """The keys of `count` rows from row `start`.  Shapes: (count,)."""
    return np.arange(start, start + count, dtype=np.uint64) * GOLDEN


def spread(batches: Iterable[pa.RecordBatch], rows: int, total: int | None) -> list[pa.RecordBatch]:
    """Pick about `rows` rows, spread evenly over all batches.

    Shapes: `total` is the number of rows in all batches, if known.  Bounds: memory for twice the
    sample; each batch is looked at once.  The same rows in other batches give the same sample.
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
        while total is None and count > 2 * rows:
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
    return (key[at], batch.take(pa.array(at))) if len(at) else None
