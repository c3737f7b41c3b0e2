"""Plain rows where events are asked for.

Owns: putting the columns of a row where an event has its features.  Does not own: reading events
(`ingest.body`).
"""

from typing import Any

import msgspec

from vedette.ingest.sent import JSON, MSGPACK, NDJSON, is_envelope, kind_of


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
    try:
        if kind == JSON:
            return _wrapped(body, msgspec.json.decode(body), msgspec.json.encode)
        if kind == NDJSON:
            rows = msgspec.json.Decoder().decode_lines(body)
            return _wrapped(body, rows, msgspec.json.Encoder().encode_lines)
        if kind == MSGPACK and not is_envelope(body):
            return _wrapped(body, msgspec.msgpack.decode(body), msgspec.msgpack.encode)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return body
    return body


def _wrapped(body: bytes, sent: Any, encode: Any) -> bytes:
    items = sent if isinstance(sent, list) else [sent]
    if all(_is_event(item) for item in items):
        return body
    made = [item if _is_event(item) else {"features": item} for item in items]
    encoded: bytes = encode(made if isinstance(sent, list) else made[0])
    return encoded


def _is_event(item: Any) -> bool:
    return not isinstance(item, dict) or isinstance(item.get("features"), dict)
