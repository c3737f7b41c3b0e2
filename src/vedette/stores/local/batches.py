"""Batches as bodies of frames.

Owns: writing a batch, naming its schema once per segment, reading it back.  Does not own: frames.
Bodies are not compressed: they live until the next compaction, and lz4 alone would cost more than
all the rest of an append (`bench/bench_log.py`).
"""

import pyarrow as pa

from vedette.core.errors import UsageError
from vedette.stores.local.frame import MESSAGE, STREAM


class Schemas:
    """The schemas that a segment has named so far."""

    def __init__(self) -> None:
        self._numbers: dict[pa.Schema, int] = {}
        self._codings: dict[int, int] = {}
        self._last: tuple[pa.Schema, int] | None = None  # spares hashing: 26 µs for 25 columns
        self.known: dict[int, pa.Schema] = {}

    def number(self, schema: pa.Schema) -> tuple[int, bool]:
        """Return a schema's number, and whether it is new.  Errors: UsageError when two of its
        columns have one name."""
        if self._last and schema.equals(self._last[0]):
            return self._last[1], False
        number = self._numbers.get(schema)
        fresh = number is None
        if number is None:
            if len(set(schema.names)) < len(schema.names):
                raise UsageError("event log", "two columns have one name", got=schema.names)
            number = len(self._numbers) + 1
            self.learn(number, schema)
        self._last = schema, number
        return number, fresh

    def learn(self, number: int, schema: pa.Schema) -> None:
        """Remember a schema under its number."""
        self._numbers[schema] = number
        self.known[number] = schema
        coded = any(pa.types.is_dictionary(kind) for kind in schema.types)
        self._codings[number] = STREAM if coded else MESSAGE

    def coding(self, number: int) -> int:
        """Say how batches of a schema are written: as one message, or, where dictionaries go
        along, as a stream."""
        return self._codings[number]

    def forget(self, number: int) -> None:
        """Forget one whose frame was not written."""
        self._last = None
        del self._numbers[self.known.pop(number)]


def write(batch: pa.RecordBatch, coding: int) -> memoryview:
    """Return the body of a batch."""
    if coding == MESSAGE:
        return memoryview(batch.serialize())
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return memoryview(sink.getvalue())


def read(coding: int, body: memoryview, schema: pa.Schema | None) -> pa.RecordBatch:
    """Return the batch in a body.  Errors: pa.ArrowInvalid, KeyError from a body of another make.

    Example:
        >>> batch = pa.record_batch({"a": [1, 2]})
        >>> read(MESSAGE, write(batch, MESSAGE), batch.schema).equals(batch)
        True
    """
    if coding == STREAM:
        with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
            return stream.read_next_batch()
    return pa.ipc.read_record_batch(pa.py_buffer(body), schema)
