"""Events, labels, readings and sides of calls as senders write them, in JSON or MessagePack.

Owns: their fields, reading a body into them, telling one bad event from the others.  Does not own:
columns (`ingest.rows`), Arrow bodies (`ingest.arrow_body`).

A body that is all well is decoded in one typed pass.  Only when that fails is it read again event
by event, so that a bad one costs its neighbours nothing but time.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

from vedette.core.errors import nearest
from vedette.core.events import Score, Usage, Value
from vedette.core.rows import ERROR_TYPE, OPERATION
from vedette.core.wire import VERSION
from vedette.ingest.limits import Limits, Refused

JSON, NDJSON, MSGPACK, ARROW = "json", "ndjson", "msgpack", "arrow"
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "": JSON,
        "application/json": JSON,
        "text/json": JSON,
        "application/x-ndjson": NDJSON,
        "application/ndjson": NDJSON,
        "application/jsonl": NDJSON,
        "application/x-jsonlines": NDJSON,
        "application/msgpack": MSGPACK,
        "application/x-msgpack": MSGPACK,
        "application/vnd.msgpack": MSGPACK,
        "application/vnd.vedette.events+msgpack": MSGPACK,
        "application/vnd.apache.arrow.stream": ARROW,
    }
)
Moment = int | float | str | None


class Sent(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One event as sent.  The fields are those of `core.events.Event`; `score` is short for
    `scores` with one of that name; `span_id` and `parent_id` are of the trace, `rest` is what no
    column holds."""

    id: str | int | None = None
    model: str | None = None
    time: Moment = None
    version: str | int | None = None
    features: dict[str, Value] = {}
    prediction: Value = None
    score: Score | dict[str, Score | None] | None = None
    scores: dict[str, Score | None] | None = None
    attributes: dict[str, Value] | None = None
    text: dict[str, str | None] | None = None
    latency_s: float | None = None
    usage: Usage | None = None
    trace_id: str | None = None
    weight: float | None = None
    span_id: str | None = None
    parent_id: str | None = None
    rest: dict[str, Any] | None = None


class SentLabel(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One label as sent: `id` or `event_id` names the event it belongs to."""

    id: str | int | None = None
    event_id: str | int | None = None
    model: str | None = None
    label: Value = None
    time: Moment = None


class SentReading(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One reading of a metric as sent."""

    name: str
    value: float
    time: Moment = None
    id: str | int | None = None
    model: str | None = None


class SentSide(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One side of a call as sent: the `request` or the `response` of the `call` of that id, its
    body as JSON or, in `data`, as bytes (in JSON as base64)."""

    call: str
    side: str
    body: Any = None
    data: bytes | None = None
    time: Moment = None
    content_type: str = ""
    version: str | int | None = None
    trace_id: str | None = None
    weight: float | None = None
    rest: dict[str, Any] | None = None
    id: str | int | None = None
    model: str | None = None


T = TypeVar("T", Sent, SentLabel, SentReading, SentSide)


@dataclass
class Bad:
    """An event that could not be read.  Shapes: `row` its place in the body, `event` what it
    was."""

    row: int
    reason: str
    event: object = None


@dataclass
class Read(Generic[T]):
    """What a body holds: the readable items with their places in it, and the others."""

    items: list[T]
    places: list[int] | None = None  # None: 0, 1, 2, ...
    bad: list[Bad] = field(default_factory=list)


_JSON: Mapping[type, tuple[Any, Any]] = {
    Sent: (msgspec.json.Decoder(Sent), msgspec.json.Decoder(list[Sent])),
    SentLabel: (msgspec.json.Decoder(SentLabel), msgspec.json.Decoder(list[SentLabel])),
    SentReading: (msgspec.json.Decoder(SentReading), msgspec.json.Decoder(list[SentReading])),
    SentSide: (msgspec.json.Decoder(SentSide), msgspec.json.Decoder(list[SentSide])),
}
_PACKED: Mapping[type, tuple[Any, Any]] = {
    Sent: (msgspec.msgpack.Decoder(Sent), msgspec.msgpack.Decoder(list[Sent])),
    SentLabel: (msgspec.msgpack.Decoder(SentLabel), msgspec.msgpack.Decoder(list[SentLabel])),
    SentReading: (
        msgspec.msgpack.Decoder(SentReading), msgspec.msgpack.Decoder(list[SentReading]),
    ),
    SentSide: (msgspec.msgpack.Decoder(SentSide), msgspec.msgpack.Decoder(list[SentSide])),
}  # fmt: skip
_ENVELOPES: Mapping[type, Any] = {
    Sent: msgspec.msgpack.Decoder(tuple[int, list[Sent], list[SentLabel]]),
    SentReading: msgspec.msgpack.Decoder(tuple[int, list[SentReading], list[SentLabel]]),
    SentSide: msgspec.msgpack.Decoder(tuple[int, list[SentSide], list[SentLabel]]),
}
OF_CALLS = (ERROR_TYPE, OPERATION)  # what is no input of a model, and goes among attributes
_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def kind_of(content_type: str) -> str:
    """Which of the four formats a content type names.

    Errors: Refused, 415, for any other.
    Example:
        >>> kind_of("application/json; charset=utf-8")
        'json'
    """
    kind = TYPES.get(content_type.partition(";")[0].strip().lower())
    if kind is None:
        want = "application/json, application/x-ndjson, application/msgpack or "
        raise Refused(
            415,
            "is of an unknown type",
            got=content_type[:80],
            want=want + "application/vnd.apache.arrow.stream",
        )
    return kind


def read_json(body: bytes, into: type[T], limits: Limits) -> Read[T]:
    """Read one object or an array of them.

    Errors: Refused, 400, when it is no JSON, or neither.
    """
    one, many = _JSON[into]
    array = body.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"["
    try:
        return Read(many.decode(body) if array else [one.decode(body)])
    except _WRONG:
        return _sifted(_values(loose(body)), into, limits)


def read_lines(body: bytes, into: type[T], limits: Limits) -> Read[T]:
    """Read one object a line; a line that is no JSON is one bad event."""
    try:
        return Read(msgspec.json.Decoder(into).decode_lines(body))
    except _WRONG:
        return _sifted(_lines(body), into, limits)


def read_packed(body: bytes, into: type[T], limits: Limits) -> Read[T]:
    """Read MessagePack: one map, or an array of them.

    Errors: Refused, 400, when it is neither.
    """
    one, many = _PACKED[into]
    array = body[:1] in (b"\xdc", b"\xdd") or 0x90 <= (body[0] if body else 0) <= 0x9F
    try:
        return Read(many.decode(body) if array else [one.decode(body)])
    except _WRONG:
        return _sifted(_values(_unpacked(body)), into, limits)


def is_envelope(body: bytes) -> bool:
    """Whether MessagePack bytes are a message of `core.wire`: an array of a version and two
    lists."""
    return len(body) > 3 and body[0] == 0x93 and body[1] < 0x80


def read_envelope(body: bytes, into: type[T], limits: Limits) -> tuple[Read[T], Read[SentLabel]]:
    """Read a message of `core.wire`: events or readings, and labels.

    Errors: Refused, 400, when it is cut short or of another version.
    """
    if body[1] != VERSION:
        raise Refused(400, "is of another version", got=body[1], want=str(VERSION))
    try:
        _, first, labels = _ENVELOPES[into].decode(body)
    except _WRONG:
        parts = _unpacked(body)
        if len(parts) != 3 or not all(isinstance(part, list) for part in parts[1:]):
            raise Refused(400, "is no message", want="[version, events, outcomes]") from None
        return (
            _sifted(enumerate(parts[1]), into, limits),
            _sifted(enumerate(parts[2]), SentLabel, limits),
        )
    return Read(first), Read(labels)


def loose(body: bytes) -> Any:
    """JSON with what strict JSON lacks: NaN, numbers beyond float64, half characters."""
    try:
        return json.loads(body.removeprefix(b"\xef\xbb\xbf"), parse_constant=_constant)
    except RecursionError:
        raise Refused(400, "is nested too deeply") from None
    except ValueError as error:
        raise Refused(400, "is not JSON", got=str(error)[:120]) from None


def _constant(name: str) -> float | None:
    return None if name == "NaN" else float(name)  # NaN stands for missing, as in files


def _unpacked(body: bytes) -> Any:
    try:
        return msgspec.msgpack.decode(body)
    except RecursionError:
        raise Refused(400, "is nested too deeply") from None
    except (msgspec.MsgspecError, ValueError) as error:  # also UnicodeDecodeError
        raise Refused(400, "is not MessagePack", got=str(error)[:120]) from None


def _values(document: Any) -> Iterator[tuple[int, Any]]:
    if not isinstance(document, dict | list):
        raise Refused(
            400, "holds no events", got=type(document).__name__, want="an object or an array"
        )
    return enumerate([document] if isinstance(document, dict) else document)


def _lines(body: bytes) -> Iterator[tuple[int, Any]]:
    row = 0
    for line in body.split(b"\n"):
        if line.strip():
            try:
                yield row, loose(line)
            except Refused as refused:
                yield (
                    row,
                    Bad(row, f"the line {refused.problem}", line[:200].decode("utf-8", "replace")),
                )
            row += 1


def _sifted(values: Iterator[tuple[int, Any]], into: type[T], limits: Limits) -> Read[T]:
    out: Read[T] = Read([], [])
    assert out.places is not None
    for row, value in values:
        if row >= limits.rows:
            raise Refused(413, "has too many events", want=f"at most {limits.rows}")
        if isinstance(value, Bad):
            out.bad.append(value)
            continue
        try:
            why = _unfit(value, limits)
            if not why:
                out.items.append(msgspec.convert(value, into))
                out.places.append(row)
                continue
        except msgspec.ValidationError as error:
            why = _explained(str(error), into)
        out.bad.append(Bad(row, why, value))
    return out


def _unfit(value: Any, limits: Limits) -> str:
    """What no field could hold, whatever it is called."""
    if not isinstance(value, dict):
        return f"is {type(value).__name__}, not an object"
    if _deeper(value, limits.depth):
        return f"is nested deeper than {limits.depth}"
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return "holds text that is not valid Unicode"
    except (TypeError, ValueError, msgspec.MsgspecError, OverflowError):
        return ""  # left to the typed reading, which names the field
    return ""


def _deeper(value: Any, left: int) -> bool:
    """Whether a value nests deeper, without recursion: it is as deep as the sender likes."""
    level = [value]
    for _ in range(left):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _explained(message: str, into: Callable[..., Any]) -> str:
    """The reader's message, with the nearest name for a misspelt field."""
    start = message.find("unknown field `")
    if start >= 0:
        name = message[start + 15 :].partition("`")[0]
        hint = nearest(name, into.__struct_fields__)  # type: ignore[attr-defined]
        place = "attributes" if name in OF_CALLS else "features"
        other = f"; put it in '{place}'" if into is Sent else ""
        return f"unknown field {name[:80]!r}" + (f"; {hint}" if hint else other)
    return message.replace("Object contains", "").strip()[:300]
