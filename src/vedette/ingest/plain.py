"""Plain rows where events are asked for.

Owns: putting the columns of a row where an event has its features.  Does not own: reading events
(`ingest.body`).
"""

import json
from typing import Any

import msgspec

from vedette.core.rows import RESERVED
from vedette.ingest.limits import Refused
from vedette.ingest.sent import JSON, MSGPACK, NDJSON, is_envelope, kind_of, loose


def as_events(body: bytes, content_type: str) -> bytes:
    """A body in which every row is an event: objects without `features` become those of one.

    What is no JSON or MessagePack is left to the reader of events, which says what is wrong; Arrow
    tables are rows already.
    Errors: Refused, 415, for an unknown type.
    Example:
        >>> as_events(b'[{"amount": 1}, {"id": "a", "features": {}}]', "application/json")
        b'[{"features":{"amount":1}},{"id":"a","features":{}}]'
    """
    kind = kind_of(content_type)
    if kind == NDJSON:
        return b"\n".join(_of_json(line) if line.strip() else line for line in body.split(b"\n"))
    if kind == JSON:
        return _of_json(body)
    if kind == MSGPACK and not is_envelope(body):
        try:
            return _wrapped(body, msgspec.msgpack.decode(body), msgspec.msgpack.encode)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
            return body
    return body


def _of_json(body: bytes) -> bytes:
    try:
        return _wrapped(body, msgspec.json.decode(body), msgspec.json.encode)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        pass
    try:  # with what strict JSON lacks: NaN, and numbers beyond float64
        return _wrapped(body, loose(body), lambda sent: json.dumps(sent).encode())
    except (Refused, UnicodeEncodeError, RecursionError, ValueError):
        return body


def _wrapped(body: bytes, sent: Any, encode: Any) -> bytes:
    items = sent if isinstance(sent, list) else [sent]
    if all(_is_event(item) for item in items):
        return body
    made = [item if _is_event(item) else _event(item) for item in items]
    encoded: bytes = encode(made if isinstance(sent, list) else made[0])
    return encoded


def _is_event(item: Any) -> bool:
    return not isinstance(item, dict) or isinstance(item.get("features"), dict)


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """A row as an event; what no feature may be called is no part of what a model is asked."""
    reserved = [name for name in row if name in RESERVED]
    if not reserved:
        return {"features": row}
    return {"features": {name: value for name, value in row.items() if name not in RESERVED}}
