"""Parquet files, row group by row group.

Owns: how pyarrow is told to read them cheaply and in bounded memory.  Does not own: what is
delivered.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vedette.core.errors import StoreError
from vedette.ingest.columns import is_text, plan
from vedette.ingest.scan import BATCH_ROWS, Head, first_line

# Measured on 10 M rows of 20 floats and 5 strings in row groups of 1 M: reading whole column chunks
# at once (pyarrow's default) takes 1,800 MB, these three take 110 MB at no more CPU time.
BUFFER_BYTES = 64 << 10
BATCH_BYTES = 6 << 20
LEAST_ROWS = 16_384
# One call reads neighbouring row groups of about so many rows; between calls freed memory goes back
# to the machine.
STRETCH_ROWS = 1_000_000


class ParquetFile:
    """One Parquet file: its plan and its batches.

    Bounds: a batch of about 6 MB, one page and one dictionary per column.  Errors: StoreError when
    it is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with _opened(path, (), None) as file:
                schema = file.schema_arrow
                self._meta = meta = file.metadata
                groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
                self._groups = [(group.num_rows, group.total_byte_size) for group in groups]
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _broken(path, error) from error
        self.rows: int | None = sum(rows for rows, _ in self._groups)
        # Members of structs are not among them: pyarrow cannot join those across row groups.
        self._texts = tuple(field.name for field in schema if is_text(field.type))
        self.plan = plan(schema, f"table '{path}'")

    def scan(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Give every row of the named raw columns, in order."""
        for i, stretch in enumerate(self._stretches()):
            if i:
                pa.default_memory_pool().release_unused()
            yield from self._read(names, stretch, self._batch_rows(stretch))

    def _stretches(self) -> Iterator[list[int]]:
        stretch: list[int] = []
        rows = 0
        for group, (count, _) in enumerate(self._groups):
            stretch.append(group)
            rows += count
            if rows >= STRETCH_ROWS:
                yield stretch
                stretch, rows = [], 0
        if stretch:
            yield stretch

    def heads(self) -> list[Head]:
        """Every row group as a piece whose first rows can be read alone."""
        return [self._head(group, rows) for group, (rows, _) in enumerate(self._groups)]

    def _head(self, group: int, rows: int) -> Head:
        def read(names: list[str], reach: int) -> Iterable[pa.RecordBatch]:
            left = reach
            for batch in self._read(names, [group], min(reach, BATCH_ROWS)):
                yield batch.slice(0, left)
                left -= batch.num_rows
                if left <= 0:
                    break
            pa.default_memory_pool().release_unused()

        return Head(rows, read)

    def _batch_rows(self, groups: list[int]) -> int:
        rows = sum(self._groups[i][0] for i in groups)
        size = sum(self._groups[i][1] for i in groups)
        fit = BATCH_BYTES * rows // max(size, 1) // LEAST_ROWS * LEAST_ROWS
        return int(min(max(fit, LEAST_ROWS), BATCH_ROWS))

    def _read(self, names: list[str], groups: list[int], rows: int) -> Iterator[pa.RecordBatch]:
        try:
            with _opened(self.path, self._texts, self._meta) as file:
                for batch in file.iter_batches(rows, groups, columns=names, use_threads=False):
                    _check_codes(batch)
                    yield batch
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _broken(self.path, error) from error


def _opened(path: Path, texts: tuple[str, ...], meta: pq.FileMetaData | None) -> pq.ParquetFile:
    return pq.ParquetFile(
        path,
        metadata=meta,  # known from the first time
        read_dictionary=list(texts),
        pre_buffer=False,
        buffer_size=BUFFER_BYTES,
    )


def _check_codes(batch: pa.RecordBatch) -> None:
    """Refuse codes that a damaged page may hold: pyarrow does not, and would read beyond memory."""
    for column in batch.columns:
        if isinstance(column, pa.DictionaryArray):
            try:
                column.validate(full=True)
            except pa.ArrowInvalid:  # or broken text, which is repaired later
                span = pc.min_max(column.indices)
                low, high = span["min"].as_py(), span["max"].as_py()
                if low is not None and not 0 <= low <= high < len(column.dictionary):
                    words = len(column.dictionary)
                    raise pa.ArrowInvalid(f"codes {low} to {high} of {words} words") from None


def _broken(path: Path, error: Exception) -> StoreError:
    return StoreError(f"file '{path}'", "cannot be read as Parquet", got=first_line(error))
