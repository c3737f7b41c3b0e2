"""OTLP in protobuf.

Owns: cutting a body at the level of its spans, metrics or records without decoding them, decoding
one.  Does not own: what they say.
"""

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from vedette.ingest.limits import Limits
from vedette.ingest.otlp.form import (
    LOG_RECORDS,
    METRICS,
    PIECE,
    PROTOBUF_TYPE,
    SPANS,
    Batch,
    broken,
    counted,
)

DEPTH = 16  # of lists and maps in one value
_MESSAGES: dict[str, Callable[[bytes], Any]] = {
    SPANS: Span.FromString, METRICS: Metric.FromString, LOG_RECORDS: LogRecord.FromString,
}  # fmt: skip
# In requests of all three signals: 1 is a resource and its scopes; in these 1 is the resource, 2
# what is of one scope; in that 1 is the scope, 2 one piece.
_FIRST, _SECOND = 0x0A, 0x12


class Protobuf:
    """The encoding of `application/x-protobuf`."""

    content_type = PROTOBUF_TYPE

    def batches(self, body: bytes, signal: str, limits: Limits) -> Iterator[Batch]:
        """Cut a body.  Errors: Refused."""
        try:
            found = list(_cut(body))
        except (IndexError, ValueError, DecodeError) as error:
            raise broken(str(error) or "it ends too soon") from None
        counted(sum(len(batch.pieces) for batch in found), limits)
        return iter(found)

    def piece(self, raw: bytes, signal: str) -> Any:
        """Decode one piece.  Errors: ValueError."""
        if len(raw) > PIECE:
            raise ValueError(f"it is larger than {PIECE} bytes")
        try:
            return _MESSAGES[signal](raw)
        except DecodeError:
            raise ValueError("it is no protobuf of OTLP") from None

    def attributes(self, pairs: Any) -> dict[str, Any]:
        """Attributes as plain values."""
        found: dict[str, Any] = {}
        for pair in pairs:
            value = pair.value
            found[pair.key] = value.string_value or _plain(value, 0)
        return found

    def value(self, value: Any) -> Any:
        """One value as a plain one."""
        return _plain(value, 0)

    def number(self, point: Any) -> float | None:
        """What a point of a gauge or a sum says; None for nothing."""
        which = point.WhichOneof("value")
        return None if which is None else getattr(point, which)

    def identity(self, given: bytes) -> str:
        """An id in hexadecimal."""
        return given.hex()


def _plain(value: Any, depth: int) -> Any:
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        _deep(depth)
        return [_plain(one, depth + 1) for one in value.array_value.values]
    if which == "kvlist_value":
        _deep(depth)
        return {pair.key: _plain(pair.value, depth + 1) for pair in value.kvlist_value.values}
    return getattr(value, which)


def _deep(depth: int) -> None:
    if depth >= DEPTH:
        raise ValueError(f"a value is nested more than {DEPTH} deep")


def _cut(body: bytes) -> Iterator[Batch]:
    for start, end in _fields(body, 0, len(body))[0]:
        resources, scopes = _fields(body, start, end)
        resource = Resource()
        for low, high in resources:
            resource.MergeFromString(_small(body, low, high))
        for low, high in scopes:
            about, pieces = _fields(body, low, high)
            scope = InstrumentationScope()
            for first, last in about:
                scope.MergeFromString(_small(body, first, last))
            yield Batch(resource, scope, [body[first:last] for first, last in pieces])


def _small(body: bytes, start: int, end: int) -> bytes:
    if end - start > PIECE:
        raise ValueError(f"a resource is larger than {PIECE} bytes")
    return body[start:end]


Places = list[tuple[int, int]]


def _fields(body: bytes, at: int, end: int) -> tuple[Places, Places]:
    """Where the messages of fields 1 and 2 lie between two places; other fields are passed over.

    Errors: ValueError and IndexError when it is no protobuf.
    """
    first: Places = []
    second: Places = []
    while at < end:
        tag = body[at]
        at += 1
        if tag in (_FIRST, _SECOND):
            size = body[at]
            at += 1
            if size > 127:
                size, at = _varint(body, at - 1)
            following = at + size
            (first if tag == _FIRST else second).append((at, following))
            at = following
            continue
        if tag > 127:
            tag, at = _varint(body, at - 1)
        at = _passed_over(body, at, tag & 7)
    if at != end:
        raise ValueError("a message is longer than what holds it")
    return first, second


def _passed_over(body: bytes, at: int, kind: int) -> int:
    if kind == 0:
        return _varint(body, at)[1]
    if kind == 1:
        return at + 8
    if kind == 2:
        size, at = _varint(body, at)
        return at + size
    if kind == 5:
        return at + 4
    raise ValueError(f"there is no wire type {kind}")


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """A number and the place after it."""
    value = shift = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
