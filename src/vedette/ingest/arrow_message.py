"""What an Arrow stream declares, read before anything of it is decoded.

Owns: rows and expanded bytes of every message of a stream, as its metadata says.  Does not own:
decoding it (`ingest.arrow_body`).

A stream of 224 bytes can declare 2e9 rows, and a compressed buffer any size: Arrow would try to
make room for them.  The metadata is a flatbuffer (Arrow's format, Message.fbs and Schema.fbs); the
few fields needed are read here, each access within bounds.
"""

import struct
from typing import NamedTuple

import pyarrow as pa

from vedette.ingest.limits import Limits, Refused, too_large

_DICTIONARY, _RECORDS = 2, 3  # members of the union MessageHeader
_HEADER_TYPE, _HEADER = 1, 2  # fields of the table Message
_LENGTH, _BUFFERS, _COMPRESSION = 0, 2, 3  # of RecordBatch
_DATA = 1  # of DictionaryBatch


class Declared(NamedTuple):
    """What a stream says it holds."""

    rows: int
    expanded: int


def declared(body: bytes, limits: Limits) -> Declared:
    """Read what a stream declares.

    Units: `expanded` in bytes of compressed buffers once expanded.
    Errors: Refused, 400 when it is no stream, 413 when it declares more than the limits allow.
    """
    rows = expanded = batches = 0
    try:
        reader = pa.ipc.MessageReader.open_stream(pa.BufferReader(body))
        while (message := _next(reader)) is not None:
            table, kind = _batch_table(memoryview(message.metadata))
            if table is None:
                continue
            data = table.buf
            length = table.number(_LENGTH, "<q")
            if length < 0 or (kind == _RECORDS and length > limits.rows):
                raise too_large("rows", length, limits.rows)
            rows += length if kind == _RECORDS else 0
            batches += 1
            if length > limits.cells or rows > limits.rows or batches > limits.rows:
                raise too_large("rows", rows, limits.rows)
            if table.field(_COMPRESSION):
                expanded += _expanded(data, table, memoryview(message.body or b""))
                if expanded > limits.expanded:
                    raise Refused(413, "expands to too much", want=f"<= {limits.expanded}")
    except (struct.error, IndexError, ValueError, OSError, pa.ArrowException) as error:
        raise Refused(400, "is no Arrow stream", got=str(error)[:120]) from None
    return Declared(rows, expanded)


def _next(reader: pa.ipc.MessageReader) -> pa.Message | None:
    try:
        return reader.read_next_message()
    except StopIteration:
        return None


class _Table:
    """A flatbuffer table: fields by number, absent ones as 0."""

    def __init__(self, buf: memoryview, at: int) -> None:
        self.buf, self.at = buf, at
        self.vtable = at - struct.unpack_from("<i", buf, at)[0]
        if self.vtable < 0:
            raise ValueError("a table points outside")
        self.size = struct.unpack_from("<H", buf, self.vtable)[0]

    def field(self, number: int) -> int:
        """Where a field is; 0 when it is absent."""
        slot = 4 + 2 * number
        if slot + 2 > self.size:
            return 0
        offset: int = struct.unpack_from("<H", self.buf, self.vtable + slot)[0]
        return self.at + offset if offset else 0

    def number(self, number: int, form: str) -> int:
        """A number; 0 when it is absent."""
        at = self.field(number)
        return int(struct.unpack_from(form, self.buf, at)[0]) if at else 0

    def follow(self, number: int) -> int:
        """Where the thing is that a field points to."""
        at = self.field(number)
        if not at:
            raise ValueError("a field is absent")
        return at + int(struct.unpack_from("<I", self.buf, at)[0])


def _batch_table(buf: memoryview) -> tuple[_Table | None, int]:
    message = _Table(buf, struct.unpack_from("<I", buf, 0)[0])
    kind = message.number(_HEADER_TYPE, "<B")
    if kind not in (_DICTIONARY, _RECORDS):
        return None, kind
    header = _Table(buf, message.follow(_HEADER))
    return (_Table(buf, header.follow(_DATA)) if kind == _DICTIONARY else header), kind


def _expanded(buf: memoryview, table: _Table, body: memoryview) -> int:
    at = table.follow(_BUFFERS)
    count = struct.unpack_from("<I", buf, at)[0]
    total = 0
    for i in range(count):
        offset, length = struct.unpack_from("<qq", buf, at + 4 + 16 * i)
        if length >= 8:
            total += max(struct.unpack_from("<q", body, offset)[0], 0)  # -1: kept as it is
    return total
