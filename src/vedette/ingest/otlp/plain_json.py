"""OTLP in JSON.

Owns: cutting a body, decoding one span, metric or record; the rules of OTLP in which it differs
from JSON of other protobuf: ids in hexadecimal, 64-bit numbers as text, numbers for enumerations.
Does not own: their fields (`json_messages`), what they say.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from vedette.ingest.limits import Limits, too_large
from vedette.ingest.otlp.form import (
    JSON_TYPE,
    LOG_RECORDS,
    METRICS,
    PIECE,
    SPANS,
    Batch,
    broken,
    counted,
)
from vedette.ingest.otlp.json_messages import (
    AnyValue,
    KeyValue,
    LogRecord,
    Metric,
    NumberPoint,
    Resource,
    Scope,
    Span,
)

OBJECTS = 1 << 20  # braces of one body: each costs some 100 bytes once it is decoded
DEPTH = 16  # of lists and maps in one value


Pieces = list[msgspec.Raw] | None


class _Scoped(msgspec.Struct, rename="camel"):
    scope: Scope | None = None
    spans: Pieces = None
    metrics: Pieces = None
    log_records: Pieces = None


class _Resourced(msgspec.Struct, rename="camel"):
    resource: Resource | None = None
    scope_spans: list[_Scoped] | None = None
    scope_metrics: list[_Scoped] | None = None
    scope_logs: list[_Scoped] | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_Resourced] | None = None
    resource_metrics: list[_Resourced] | None = None
    resource_logs: list[_Resourced] | None = None


# By signal: where its pieces lie, and what one is.
_WHERE = {
    SPANS: ("resource_spans", "scope_spans"),
    METRICS: ("resource_metrics", "scope_metrics"),
    LOG_RECORDS: ("resource_logs", "scope_logs"),
}
_REQUEST = msgspec.json.Decoder(_Request, strict=False)
_PIECES: dict[str, Any] = {
    SPANS: msgspec.json.Decoder(Span, strict=False),
    METRICS: msgspec.json.Decoder(Metric, strict=False),
    LOG_RECORDS: msgspec.json.Decoder(LogRecord, strict=False),
}
_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Json:
    """The encoding of `application/json`."""

    content_type = JSON_TYPE

    def batches(self, body: bytes, signal: str, limits: Limits) -> Iterator[Batch]:
        """Cut a body.  Errors: Refused."""
        objects = body.count(b"{")
        if objects > OBJECTS:
            raise too_large("objects", objects, OBJECTS)
        try:
            request = _REQUEST.decode(body)
        except _WRONG as error:
            raise broken(str(error)) from None
        by_resource, by_scope = _WHERE[signal]
        found = [
            Batch(one.resource or Resource(), scoped.scope or Scope(), getattr(scoped, signal))
            for one in getattr(request, by_resource) or ()
            for scoped in getattr(one, by_scope) or ()
            if getattr(scoped, signal)
        ]
        counted(sum(len(batch.pieces) for batch in found), limits)
        return iter(found)

    def piece(self, raw: Any, signal: str) -> Any:
        """Decode one piece.  Errors: ValueError."""
        if len(memoryview(raw)) > PIECE:
            raise ValueError(f"it is larger than {PIECE} bytes")
        try:
            return _PIECES[signal].decode(raw)
        except _WRONG as error:
            raise ValueError(str(error)) from None

    def attributes(self, pairs: list[KeyValue]) -> dict[str, Any]:
        """Attributes as plain values."""
        return {pair.key: _plain(pair.value, 0) for pair in pairs}

    def value(self, value: AnyValue | None) -> Any:
        """One value as a plain one."""
        return _plain(value, 0)

    def number(self, point: NumberPoint) -> float | None:
        """What a point of a gauge or a sum says; None for nothing."""
        return point.as_double if point.as_int is None else point.as_int

    def identity(self, given: str) -> str:
        """An id in hexadecimal."""
        return given.lower()


def _plain(value: AnyValue | None, depth: int) -> Any:
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.array_value is not None or value.kvlist_value is not None:
        if depth >= DEPTH:
            raise ValueError(f"a value is nested more than {DEPTH} deep")
        if value.array_value is not None:
            return [_plain(one, depth + 1) for one in value.array_value.values]
        assert value.kvlist_value is not None
        pairs = value.kvlist_value.values
        return {pair.key: _plain(pair.value, depth + 1) for pair in pairs}
    given = (value.int_value, value.double_value, value.bool_value, value.bytes_value)
    return next((one for one in given if one is not None), None)
