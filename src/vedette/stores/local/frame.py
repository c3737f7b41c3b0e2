"""The bytes of the journal: a segment's header and its frames.

Owns: `docs/formats/log.md` in code: packing a frame, finding the good ones among any bytes.  Does
not own: files (`segment`), Arrow (`batches`).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from vedette.stores.store import EVENTS, LOGS, METRICS, NOTE, OUTCOMES, PARTS, TICK, TWINS

SCHEMA = "schema"  # a frame that is no record: the schema that later frames of its segment name
KINDS = (SCHEMA, EVENTS, OUTCOMES, NOTE, TICK, TWINS, METRICS, LOGS, PARTS)
PLAIN, MESSAGE, STREAM = 0, 1, 2  # coding: as it is; one Arrow message under a schema; a stream

VERSION = 1
_START = struct.Struct("<8sIHHQQ")  # magic, crc, version, 0, number, first position
_MAGIC = b"VEDETTEL"
START_SIZE = _START.size

_HEAD = struct.Struct("<4sIIHBBIIQqQ")
_MARK = b"\xf5vdF"  # 0xF5 is in no UTF-8 text
HEAD_SIZE = _HEAD.size


class Head(NamedTuple):
    """A frame's header.

    Units: `after` is the position after the record, `group` the offset in its segment at which the
    append began that it belongs to: whatever lies before it had been made durable.
    """

    length: int
    model_length: int
    kind: str
    coding: int
    rows: int
    schema: int
    after: int
    received: int
    group: int


class Found(NamedTuple):
    """A good frame at an offset."""

    offset: int
    head: Head
    model: str
    body: memoryview

    @property
    def group(self) -> tuple[str, str]:
        """Kind and model."""
        return self.head.kind, self.model

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.offset + HEAD_SIZE + self.head.model_length + self.head.length


def start_of(number: int, first: int) -> bytes:
    """Return the header of a segment."""
    rest = _START.pack(_MAGIC, 0, VERSION, 0, number, first)[12:]
    return _MAGIC + struct.pack("<I", zlib.crc32(rest)) + rest


def read_start(data: bytes | memoryview) -> tuple[int, int, int] | None:
    """Return version, number and first position of a segment, or None when that is damaged."""
    if len(data) < START_SIZE:
        return None
    magic, crc, version, _, number, first = _START.unpack(data[:START_SIZE])
    good = magic == _MAGIC and crc == zlib.crc32(bytes(data[12:START_SIZE]))
    return (version, number, first) if good else None


def pack(head: Head, model: bytes, body: bytes | memoryview) -> bytes:
    """Return the bytes of a frame that stand before its body."""
    length, model_length, kind, *numbers = head
    packed = _HEAD.pack(_MARK, 0, length, model_length, KINDS.index(kind), *numbers)
    rest = packed[8:] + model
    crc = zlib.crc32(body, zlib.crc32(rest))
    return _MARK + struct.pack("<I", crc) + rest


def frame_at(data: memoryview, offset: int) -> Found | None:
    """Return the frame that begins at an offset, or None when there is no good one."""
    body_at = offset + HEAD_SIZE
    if body_at > len(data):
        return None
    mark, crc, length, model_length, kind, *rest = _HEAD.unpack_from(data, offset)
    end = body_at + model_length + length
    if mark != _MARK or end > len(data) or kind >= len(KINDS):
        return None
    if zlib.crc32(data[offset + 8 : end]) != crc:
        return None
    model = bytes(data[body_at : body_at + model_length]).decode(errors="replace")
    head = Head(length, model_length, KINDS[kind], *rest)
    return Found(offset, head, model, data[body_at + model_length : end])


def frames(data: memoryview, offset: int) -> Iterator[Found | tuple[int, int]]:
    """Go through the bytes of a segment from an offset on: good frames, and between them the
    (offset, end) of what is none."""
    whole = data.obj if isinstance(data.obj, bytes) else bytes(data)
    while offset < len(data):
        found = frame_at(data, offset)
        if found is None:
            bad, at = offset, offset
            while found is None and (at := whole.find(_MARK, at + 1)) >= 0:
                found = frame_at(data, at)
            yield bad, len(data) if found is None else found.offset
        if found is None:
            return
        yield found
        offset = found.end
