"""Request bodies of events, labels, twins and readings, in any of four formats.

Owns: `decode`, `decode_labels`, `decode_twins`, `decode_metrics`: from bytes to rows that may be
stored, and refused events with reasons.  Does not own: HTTP (`web`), storing (`engine.service`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Required, TypedDict, Unpack

import msgspec
import pyarrow as pa

from vedette.core.rows import SERVED
from vedette.core.schema import Schema
from vedette.ingest import sent
from vedette.ingest.arrow_body import read_event_table, read_label_table
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.plain import as_events
from vedette.ingest.readings import reading_rows
from vedette.ingest.rows import Context, event_rows, label_rows
from vedette.ingest.sent import Read, Sent, SentLabel, SentReading, SentSide, T
from vedette.ingest.sides import side_rows
from vedette.ingest.unpack import unpack

NO_NAMES: Mapping[str, str] = MappingProxyType({})
USUAL = Limits()


class Given(TypedDict, total=False):
    """What is known of a body.

    Shapes: `names` maps `id`, `time`, `prediction`, ... to the columns of a table.  Units:
    `received` in UTC nanoseconds.
    """

    model: Required[str]
    content_type: Required[str]
    received: Required[int]
    content_encoding: str
    limits: Limits
    schema: Schema | None
    names: Mapping[str, str]


def decode(body: bytes, **given: Unpack[Given]) -> Decoded:
    """Read a body of events.

    Shapes: JSON (an event or an array of them), NDJSON, MessagePack (likewise, or a message of
    `core.wire`), an Arrow stream (a table).
    Errors: Refused when nothing of it can be kept.  A bad event is among the rejected, with the
    reason; the others are kept.
    Example:
        >>> body = b'[{"id": 1, "features": {"amount": 9.5}}, {"features": {"id_": 2}, "scor": 1}]'
        >>> got = decode(body, model="m", content_type="application/json", received=10**18)
        >>> got.rows.column("amount").to_pylist(), got.rejected[0].row, got.rejected[0].reason
        ([9.5], 1, "unknown field 'scor'; did you mean 'score'?")
    """
    one = _opened(body, given)
    if one.kind == sent.ARROW:
        return _decoded(read_event_table(one.context, one.names))
    if one.envelope:
        return _enveloped(one)
    return _decoded(event_rows(one.items(Sent), one.context))


def decode_rows(body: bytes, **given: Unpack[Given]) -> Decoded:
    """Read a body of events, or of plain rows: objects that are all features.

    Errors: Refused, as `decode`.
    Example:
        >>> got = decode_rows(
        ...     b'{"amount": 9.5}', model="m", content_type="application/json", received=10**18
        ... )
        >>> got.rows.column("amount").to_pylist()
        [9.5]
    """
    limits = given.get("limits", USUAL)
    data = as_events(
        unpack(body, given.pop("content_encoding", ""), limits), given["content_type"]
    )  # fmt: skip
    # What was sent has been measured.
    given["limits"] = msgspec.structs.replace(limits, body=max(limits.body, len(data)))
    return decode(data, **given)


def decode_labels(body: bytes, **given: Unpack[Given]) -> Decoded:
    """Read a body of labels: `{"id", "label", "time"?}`, one or many, in the formats of events.

    Errors: Refused, as `decode`.
    Example:
        >>> body = b'{"id": "a", "label": true}'
        >>> got = decode_labels(body, model="m", content_type="application/json", received=10**18)
        >>> got.outcomes.column("label").to_pylist()
        [True]
    """
    one = _opened(body, given)
    if one.envelope:
        return _enveloped(one)
    if one.kind == sent.ARROW:
        outcomes, rejected = read_label_table(one.context, one.names)
    else:
        outcomes, rejected = label_rows(one.items(SentLabel), one.context)
    return Decoded(outcomes=outcomes, rejected=tuple(rejected))


def decode_twins(body: bytes, **given: Unpack[Given]) -> Decoded:
    """Read a body of twins: what was reckoned offline for events, in the formats of these.

    What only serving knows (version, weight, latency, tokens) is left out.
    Errors: Refused, as `decode`.  A twin without the id of its event is among the rejected.
    Example:
        >>> body = b'{"id": "a", "features": {"amount": 9.5}, "prediction": true}'
        >>> got = decode_twins(body, model="m", content_type="application/json", received=10**18)
        >>> got.twins.column_names
        ['_id', '_time', 'amount', 'prediction']
    """
    one = _opened(body, given, names_events=True)
    if one.kind == sent.ARROW:
        rows, rejected = read_event_table(one.context, one.names)
    else:
        rows, rejected = event_rows(one.items(Sent), one.context)
    if rows is not None:
        rows = rows.select([name for name in rows.schema.names if name not in SERVED])
    return Decoded(twins=rows, rejected=tuple(rejected))


def decode_metrics(body: bytes, **given: Unpack[Given]) -> Decoded:
    """Read a body of readings: `{"name", "value", "time"?, "id"?}`, one or many, in the formats of
    events but Arrow.

    Errors: Refused, as `decode`.
    Example:
        >>> body = b'[{"name": "queue", "value": 3}, {"name": "queue", "value": "many"}]'
        >>> got = decode_metrics(body, model="m", content_type="application/json", received=10**18)
        >>> got.metrics.column("value").to_pylist(), got.rejected[0].reason
        ([3.0], 'Expected `float`, got `str` - at `$.value`')
    """
    one = _opened(body, given)
    rows, rejected = reading_rows(one.items(SentReading), one.context)
    return Decoded(metrics=rows, rejected=tuple(rejected))


def decode_sides(body: bytes, **given: Unpack[Given]) -> Decoded:
    """Read a body of sides of calls: `{"call", "side", "body"}`, one or many, in the formats of
    events but Arrow.

    Errors: Refused, as `decode`.
    Example:
        >>> body = b'{"call": "a", "side": "request", "body": {"instances": [[1]]}}'
        >>> got = decode_sides(body, model="m", content_type="application/json", received=10**18)
        >>> got.parts.column("_id").to_pylist(), got.parts.column("data").to_pylist()
        (['a/request'], [b'{"instances":[[1]]}'])
    """
    one = _opened(body, given)
    rows, rejected = side_rows(one.items(SentSide), one.context)
    return Decoded(parts=rows, rejected=tuple(rejected))


class _Opened(NamedTuple):
    """A body unpacked.  `envelope`: it is a message of `core.wire`, whose times are exact."""

    kind: str
    envelope: bool
    names: Mapping[str, str]
    context: Context

    def items(self, into: type[T]) -> Read[T]:
        """What is in it.  Errors: Refused for a table, which is read by columns."""
        data, limits = self.context.body, self.context.limits
        if self.envelope:
            return sent.read_envelope(data, into, limits)[0]
        if self.kind == sent.ARROW:
            raise Refused(415, "is a table", want="JSON, NDJSON or MessagePack")
        return _READERS[self.kind](data, into, limits)


def _opened(body: bytes, given: Given, *, names_events: bool = False) -> _Opened:
    limits, kind = given.get("limits", USUAL), sent.kind_of(given["content_type"])
    data = unpack(body, given.get("content_encoding", ""), limits)
    envelope = kind == sent.MSGPACK and sent.is_envelope(data)
    context = Context(
        data, given["model"], given["received"], limits, given.get("schema"), envelope, names_events
    )
    return _Opened(kind, envelope, given.get("names", NO_NAMES), context)


_READERS = MappingProxyType(
    {sent.JSON: sent.read_json, sent.NDJSON: sent.read_lines, sent.MSGPACK: sent.read_packed}
)


def _decoded(made: tuple[pa.RecordBatch | None, list[Rejected]]) -> Decoded:
    rows, rejected = made
    return Decoded(rows, None, tuple(rejected))


def _enveloped(one: _Opened) -> Decoded:
    events, labels = sent.read_envelope(one.context.body, Sent, one.context.limits)
    rows, rejected = event_rows(events, one.context)
    outcomes, refused = label_rows(labels, one.context)
    return Decoded(rows, outcomes, (*rejected, *refused))
