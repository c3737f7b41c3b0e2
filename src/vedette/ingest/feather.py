"""Arrow files: Feather (version 2) and the IPC file and stream formats.

Owns: reading them without trusting them.  Does not own: what is delivered.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from vedette.core.errors import StoreError
from vedette.ingest.columns import plan
from vedette.ingest.scan import Head, first_line


class ArrowFile:
    """One Arrow file, mapped into memory.

    Bounds: what is not compressed is not copied; a compressed batch is held whole, so a file that
    is one huge compressed batch takes its decompressed size.  Errors: StoreError when it is broken:
    every batch is validated in full, since one wrong offset would end the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._opened(None) as reader:
            self._names = reader.schema.names
            self.plan = plan(reader.schema, f"table '{path}'")
            count = getattr(reader, "count_rows", None)  # pyarrow 21 and later, file format only
            self.rows: int | None = None if count is None else int(count())

    def scan(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Give every row of the named raw columns, in order."""
        wanted = [self._names.index(name) for name in names]
        with self._opened(wanted) as reader:
            if isinstance(reader, pa.ipc.RecordBatchFileReader):
                batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
            else:
                batches = iter(reader)
            for batch in batches:
                batch.validate(full=True)
                yield batch

    def heads(self) -> list[Head]:
        """None: reading a part costs about as much as mapping the whole."""
        return []

    @contextmanager
    def _opened(self, fields: list[int] | None) -> Iterator[pa.ipc.RecordBatchReader]:
        options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
        try:
            with pa.memory_map(str(self.path)) as file:
                framed = file.read(6) == b"ARROW1"
                file.seek(0)
                start = pa.ipc.open_file if framed else pa.ipc.open_stream
                with start(file, options=options) as reader:
                    yield reader
        except (pa.ArrowException, OSError, ValueError) as error:
            raise StoreError(
                f"file '{self.path}'", "cannot be read as Arrow", got=first_line(error)
            ) from error
