"""Request bodies of events, labels, twins and readings, in any of four formats.

Owns: `decode`, `decode_labels`, `decode_twins`, `decode_metrics`: from bytes to rows that may be
stored, and refused events with reasons.  Does not own: HTTP (`web`), storing (`engine.service`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

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


def decode(
    body: bytes,
    *,
    model: str,
    content_type: str,
    content_encoding: str = "",
    received: int,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    schema: Schema | None = None,
    names: Mapping[str, str] = NO_NAMES,
) -> Decoded:
    """Read a body of events.

    Shapes: JSON (an event or an array of them), NDJSON, MessagePack (likewise, or a message of
    `core.wire`), an Arrow stream (a table; `names` maps `id`, `time`, `prediction`, ... to its
    columns).
    Units: `received` in UTC nanoseconds.
    Errors: Refused when nothing of it can be kept.  A bad event is among the rejected, with the
    reason; the others are kept.
    Example:
        >>> body = b'[{"id": 1, "features": {"amount": 9.5}}, {"features": {"id_": 2}, "scor": 1}]'
        >>> got = decode(body, model="m", content_type="application/json", received=10**18)
        >>> got.rows.column("amount").to_pylist(), got.rejected[0].row, got.rejected[0].reason
        ([9.5], 1, "unknown field 'scor'; did you mean 'score'?")
    """
    kind = sent.kind_of(content_type)
    data = unpack(body, content_encoding, limits)
    context = Context(data, model, received, limits, schema)
    if kind == sent.ARROW:
        return _decoded(read_event_table(context, names))
    if kind == sent.MSGPACK and sent.is_envelope(data):
        return _enveloped(context)
    return _decoded(event_rows(_READERS[kind](data, Sent, limits), context))


def decode_rows(
    body: bytes, *, content_type: str, content_encoding: str = "",
    limits: Limits = Limits(), **given: Any,  # noqa: B008 - frozen
) -> Decoded:  # fmt: skip
    """Read a body of events, or of plain rows: objects that are all features.

    Errors: Refused, as `decode`.
    Example:
        >>> got = decode_rows(
        ...     b'{"amount": 9.5}', model="m", content_type="application/json", received=10**18
        ... )
        >>> got.rows.column("amount").to_pylist()
        [9.5]
    """
    data = as_events(unpack(body, content_encoding, limits), content_type)
    # What was sent has been measured.
    wide = msgspec.structs.replace(limits, body=max(limits.body, len(data)))
    return decode(data, content_type=content_type, limits=wide, **given)


def decode_labels(
    body: bytes,
    *,
    model: str,
    content_type: str,
    content_encoding: str = "",
    received: int,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    names: Mapping[str, str] = NO_NAMES,
) -> Decoded:
    """Read a body of labels: `{"id", "label", "time"?}`, one or many, in the formats of events.

    Errors: Refused, as `decode`.
    Example:
        >>> body = b'{"id": "a", "label": true}'
        >>> got = decode_labels(body, model="m", content_type="application/json", received=10**18)
        >>> got.outcomes.column("label").to_pylist()
        [True]
    """
    kind = sent.kind_of(content_type)
    data = unpack(body, content_encoding, limits)
    context = Context(data, model, received, limits)
    if kind == sent.ARROW:
        outcomes, rejected = read_label_table(context, names)
    elif kind == sent.MSGPACK and sent.is_envelope(data):
        return _enveloped(context)
    else:
        outcomes, rejected = label_rows(_READERS[kind](data, SentLabel, limits), context)
    return Decoded(outcomes=outcomes, rejected=tuple(rejected))


def decode_twins(
    body: bytes,
    *,
    model: str,
    content_type: str,
    content_encoding: str = "",
    received: int,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    names: Mapping[str, str] = NO_NAMES,
) -> Decoded:
    """Read a body of twins: what was reckoned offline for events, in the formats of these.

    What only serving knows (version, weight, latency, tokens) is left out.
    Errors: Refused, as `decode`.  A twin without the id of its event is among the rejected.
    Example:
        >>> body = b'{"id": "a", "features": {"amount": 9.5}, "prediction": true}'
        >>> got = decode_twins(body, model="m", content_type="application/json", received=10**18)
        >>> got.twins.column_names
        ['_id', '_time', 'amount', 'prediction']
    """
    kind = sent.kind_of(content_type)
    data = unpack(body, content_encoding, limits)
    envelope = kind == sent.MSGPACK and sent.is_envelope(data)
    context = Context(data, model, received, limits, None, envelope, names_events=True)
    if kind == sent.ARROW:
        rows, rejected = read_event_table(context, names)
    elif envelope:
        rows, rejected = event_rows(sent.read_envelope(data, Sent, limits)[0], context)
    else:
        rows, rejected = event_rows(_READERS[kind](data, Sent, limits), context)
    if rows is not None:
        rows = rows.select([name for name in rows.schema.names if name not in SERVED])
    return Decoded(twins=rows, rejected=tuple(rejected))


def decode_metrics(
    body: bytes,
    *,
    model: str,
    content_type: str,
    content_encoding: str = "",
    received: int,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    names: Mapping[str, str] = NO_NAMES,
) -> Decoded:
    """Read a body of readings: `{"name", "value", "time"?, "id"?}`, one or many, in the formats of
    events but Arrow.

    Errors: Refused, as `decode`.
    Example:
        >>> body = b'[{"name": "queue", "value": 3}, {"name": "queue", "value": "many"}]'
        >>> got = decode_metrics(body, model="m", content_type="application/json", received=10**18)
        >>> got.metrics.column("value").to_pylist(), got.rejected[0].reason
        ([3.0], 'Expected `float`, got `str` - at `$.value`')
    """
    rows, rejected = reading_rows(
        *_beside(SentReading, body, model, content_type, content_encoding, received, limits)
    )
    return Decoded(metrics=rows, rejected=tuple(rejected))


def decode_sides(
    body: bytes,
    *,
    model: str,
    content_type: str,
    content_encoding: str = "",
    received: int,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    names: Mapping[str, str] = NO_NAMES,
) -> Decoded:
    """Read a body of sides of calls: `{"call", "side", "body"}`, one or many, in the formats of
    events but Arrow.

    Errors: Refused, as `decode`.
    Example:
        >>> body = b'{"call": "a", "side": "request", "body": {"instances": [[1]]}}'
        >>> got = decode_sides(body, model="m", content_type="application/json", received=10**18)
        >>> got.parts.column("_id").to_pylist(), got.parts.column("data").to_pylist()
        (['a/request'], [b'{"instances":[[1]]}'])
    """
    rows, rejected = side_rows(
        *_beside(SentSide, body, model, content_type, content_encoding, received, limits)
    )
    return Decoded(parts=rows, rejected=tuple(rejected))


def _beside(
    into: type[T], body: bytes, model: str, content_type: str, content_encoding: str,
    received: int, limits: Limits,
) -> tuple[Read[T], Context]:  # fmt: skip
    """A body of what is no event and has no table."""
    kind = sent.kind_of(content_type)
    if kind == sent.ARROW:
        raise Refused(415, "is a table", want="JSON, NDJSON or MessagePack")
    data = unpack(body, content_encoding, limits)
    envelope = kind == sent.MSGPACK and sent.is_envelope(data)
    context = Context(data, model, received, limits, None, envelope)
    if envelope:
        return sent.read_envelope(data, into, limits)[0], context
    return _READERS[kind](data, into, limits), context


_READERS = MappingProxyType(
    {sent.JSON: sent.read_json, sent.NDJSON: sent.read_lines, sent.MSGPACK: sent.read_packed}
)


def _decoded(made: tuple[pa.RecordBatch | None, list[Rejected]]) -> Decoded:
    rows, rejected = made
    return Decoded(rows, None, tuple(rejected))


def _enveloped(context: Context) -> Decoded:
    exact = Context(
        context.body, context.model, context.received, context.limits, context.schema, True
    )
    events, labels = sent.read_envelope(context.body, Sent, context.limits)
    rows, rejected = event_rows(events, exact)
    outcomes, refused = label_rows(labels, exact)
    return Decoded(rows, outcomes, (*rejected, *refused))
