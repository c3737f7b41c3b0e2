"""A temporary file of Arrow batches: what can be read only once becomes readable again.

Owns: the file, from its creation to its removal.  Does not own: what the batches mean.
"""

import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from vedette.core.errors import StoreError


class Spool:
    """Batches written to a temporary Arrow stream file (lz4), which goes away with this object.

    The schema may change between batches.  Bounds: memory of one batch; disk about the size of the
    data.
    Errors: StoreError when the disk cannot be written or read.

    Example:
        >>> spool = Spool()
        >>> spool.append(pa.record_batch({"a": [1, 2]}))
        >>> spool.finish()
        >>> [batch.num_rows for batch in spool.read(["a"])]
        [2]
    """

    def __init__(self) -> None:
        try:
            handle, name = tempfile.mkstemp(prefix="vedette-", suffix=".arrows")
        except OSError as error:
            raise _failed("cannot be made", error) from error
        os.close(handle)
        self._path = Path(name)
        self.close = weakref.finalize(self, _remove, self._path)
        self._sink: pa.NativeFile | None = pa.OSFile(name, "wb")
        self._writer: pa.RecordBatchWriter | None = None
        self._schema: pa.Schema | None = None
        self.rows = 0

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    def append(self, batch: pa.RecordBatch) -> None:
        """Write one batch behind those already there."""
        try:
            if self._writer is None or batch.schema != self._schema:
                self._end()
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                self._writer = pa.ipc.new_stream(self._sink, batch.schema, options=options)
                self._schema = batch.schema
            self._writer.write_batch(batch)
        except OSError as error:
            raise _failed("cannot be written", error) from error
        self.rows += batch.num_rows

    def finish(self) -> None:
        """End the writing; reading is possible only after it."""
        try:
            self._end()
            if self._sink is not None:
                self._sink.close()
                self._sink = None
        except OSError as error:
            raise _failed("cannot be written", error) from error

    def read(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Give the batches in order, with those of the named columns that they have."""
        try:
            with pa.OSFile(str(self._path), "rb") as file:
                size = file.size()
                while file.tell() < size:
                    yield from _segment(file, names)
        except (OSError, pa.ArrowException) as error:
            raise _failed("cannot be read", error) from error

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _segment(file: pa.NativeFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    start = file.tell()
    schema = pa.ipc.read_schema(file)
    file.seek(start)
    wanted = [i for i, name in enumerate(schema.names) if name in names]
    options = pa.ipc.IpcReadOptions(included_fields=wanted or [0], use_threads=False)
    with pa.ipc.open_stream(file, options=options) as reader:
        yield from reader


def _failed(what: str, error: Exception) -> StoreError:
    return StoreError(
        f"temporary file in {tempfile.gettempdir()}",
        what,
        got=str(error).partition("\n")[0],
        hint="set TMPDIR to a folder with room",
    )


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
