"""Files of lines, cut into records, from any place on.

Owns: where a line ends, lines that are too long, a last line that may still be written to.  Does
not own: what a line says.

A file of lines may grow while it is read.  Where reading goes on is a place in the text as it is
unpacked, so that a file which is packed after it was left goes on at the same place.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from vedette.ingest.limits import Refused
from vedette.ingest.readers.record import Given, Record
from vedette.ingest.sent import loose
from vedette.ingest.textfile import opened

PIECE = 1 << 18
TOO_LONG = "is longer than {} bytes"


def lines(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    """Cut a file into its lines, from the place `at` on, which is where line `row` begins.

    Empty lines are counted and left out.  A last line that does not end is a line where the file
    is `whole`; else it may still be written to, and is left for another time.
    Bounds: holds one line, at most as long as a body may be; of a longer one only its start.
    Errors: StoreError when the file or its compression is broken.
    """
    most = given.limits.body
    held, dropped, end = bytearray(), 0, at
    for line in _cut(_pieces(path, at)):
        room = most + 1 - len(held)
        held += line[:room]
        dropped += max(len(line) - room, 0)
        if line.endswith(b"\n"):
            end += len(held) + dropped
            if record := _record(row, end, held, most):
                yield record
            held, dropped, row = bytearray(), 0, row + 1
    if held and whole and (record := _record(row, end + len(held) + dropped, held, most)):
        yield record


def objects(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    """Cut a file into lines that are JSON objects; those that are none say why.

    Errors: as `lines`.
    """
    decode = msgspec.json.Decoder().decode
    for record in lines(path, row, at, whole, given):
        if record.why:
            yield record
            continue
        try:
            value = decode(record.value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            try:
                value = loose(record.value)
            except Refused as refused:
                yield record._replace(why=f"the line {refused.problem}")
                continue
        is_object = isinstance(value, dict)
        yield record._replace(value=value, why="" if is_object else "the line is no object")


def shown(value: Any, limit: int) -> str:
    """A record as text, to be looked at.  Units: `limit` in characters."""
    if isinstance(value, bytes | bytearray):
        return bytes(value[:limit]).decode("utf-8", "replace")
    return str(value)[:limit]


def _record(row: int, end: int, held: bytearray, most: int) -> Record | None:
    text = bytes(held).rstrip(b"\r\n")
    if not text.strip():
        return None
    return Record(row, end, text, TOO_LONG.format(most) if len(held) > most else "")


def _pieces(path: Path, at: int) -> Iterator[bytes]:
    with opened(path) as stream:
        if stream.seekable():
            stream.seek(at)
        else:
            while at and (passed := stream.read(min(at, PIECE))):
                at -= len(passed)
        while piece := stream.read(PIECE):
            yield piece


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces cut behind every line feed; what follows the last one of a piece is a part of a line.

    Not `splitlines`: a carriage return within a line does not end it.
    """
    for piece in pieces:
        start = 0
        while (found := piece.find(b"\n", start)) >= 0:
            yield piece[start : found + 1]
            start = found + 1
        if start < len(piece):
            yield piece[start:]
