"""What a body is, told by its bytes: servers log what they were sent under any content type.

Owns: JSON with a binary part behind it, server-sent events, delimited text.  Does not own: what it
means (`requests`, `responses`).
"""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from vedette.ingest.limits import Limits, Refused
from vedette.ingest.sent import loose

STARTS = b" \t\r\n\xef\xbb\xbf"  # blanks, and the mark that some editors put first
SIGNS = b'{["-0123456789tfnN'  # what a JSON value begins with


@dataclass(frozen=True)
class Body:
    """A body that was told apart.

    Shapes: one of `document` (JSON; `is_json` says so, as a document may be null), `lines` (text
    that is none) and `streamed` (the documents of server-sent events); `binary` is what follows a
    JSON document: tensors.
    """

    document: Any = None
    is_json: bool = False
    lines: str = ""
    streamed: tuple[Any, ...] = ()
    binary: bytes = b""


def body_of(body: bytes, limits: Limits) -> Body:
    """Tell what a body is.

    Errors: Refused, 400, when it is empty or no text.
    Example:
        >>> body_of(b'{"inputs": []}', Limits()).document
        {'inputs': []}
        >>> body_of(b'data: {"x": 1}\\n\\ndata: [DONE]\\n\\n', Limits()).streamed
        ({'x': 1},)
        >>> body_of(b"1,2\\n3,4", Limits()).lines
        '1,2\\n3,4'
        >>> body_of(b'{"outputs": []}\\x00\\x01', Limits()).binary
        b'\\x00\\x01'
        >>> body_of(b'[1, 2]\\n[3, 4]', Limits()).document
        [[1, 2], [3, 4]]
    """
    start = body.lstrip(STARTS)
    if not start:
        raise Refused(400, "is empty")
    if start[:5] in (b"data:", b"event") or start[:3] == b"id:" or start[:1] == b":":
        return Body(streamed=_streamed(start))
    if start[:1] in SIGNS:
        found = _json(start)
        if found is not None:
            return found
    if start[:1] == b"{":
        _loose(start)  # raises, with what is wrong
    try:
        text = start.decode()
    except UnicodeDecodeError:
        raise Refused(400, "is neither JSON nor text", got=repr(start[:16])) from None
    if "\x00" in text:
        raise Refused(400, "is neither JSON nor text", got=repr(start[:16]))
    return Body(lines=text)


def _json(start: bytes) -> Body | None:
    try:
        return Body(msgspec.json.decode(start), is_json=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:  # a byte is a sign: where the document ends is told whatever comes after it
        _, end = json.JSONDecoder().raw_decode(start.decode("latin-1"))
    except (ValueError, RecursionError):
        return None
    rest = start[end:]
    if not rest.strip():
        return Body(_loose(start[:end]), is_json=True)
    if start[:1] not in b"{[":
        return None  # cells
    lines = _json_lines(start)
    if lines is not None:
        return Body(lines, is_json=True)
    return Body(_loose(start[:end]), is_json=True, binary=rest) if start[:1] == b"{" else None


def _json_lines(body: bytes) -> list[Any] | None:
    try:
        return [msgspec.json.decode(line) for line in body.splitlines() if line.strip()]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _loose(text: bytes) -> Any:
    """JSON with what strict JSON lacks, but for half characters: no column holds them."""
    document = loose(text)
    try:
        msgspec.json.encode(document)
    except UnicodeEncodeError:
        raise Refused(400, "holds text that is not valid Unicode") from None
    except (msgspec.MsgspecError, OverflowError, RecursionError, ValueError):
        pass  # numbers beyond float64: read as infinities later on
    return document


def _streamed(text: bytes) -> tuple[Any, ...]:
    """The documents of a stream; what is none is passed over, as readers of such streams do."""
    found = []
    for line in text.splitlines():
        name, _, value = line.partition(b":")
        value = value.strip()
        if name != b"data" or not value or value == b"[DONE]":
            continue
        try:
            found.append(msgspec.json.decode(value))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return tuple(found)
