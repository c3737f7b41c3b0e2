"""Sides of calls as the log keeps them until they are put together.

Owns: their table, both ways, and labels that come as feedback.  Does not own: what an event is
(`parts`), the log.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vedette.core import rows as names
from vedette.ingest.cloudevents.event import CloudEvent
from vedette.ingest.cloudevents.modes import events_in
from vedette.ingest.cloudevents.parts import FEEDBACK, Part, about_text, model_of, part_of
from vedette.ingest.decoded import Decoded
from vedette.ingest.foreign import Asked, Taken
from vedette.ingest.limits import Refused
from vedette.ingest.payloads.body import body_of
from vedette.ingest.payloads.responses import predictions_of
from vedette.ingest.rejections import EVENT_BYTES, Rejections
from vedette.ingest.rows import Context, label_rows
from vedette.ingest.sent import Bad, Read, SentLabel
from vedette.ingest.shapes import TIME
from vedette.ingest.unpack import unpack

SCHEMA = pa.schema(
    [
        (names.ID, pa.string()), (names.TIME, TIME), ("call", pa.string()), ("side", pa.string()),
        ("at", pa.int64()), ("data", pa.binary()), ("content_type", pa.string()),
        (names.VERSION, pa.string()), (names.TRACE, pa.string()),
        (names.WEIGHT, pa.float64()), (names.REST, pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A part out of the log: its id there, and when it was received.  Units: UTC nanoseconds."""

    id: str
    received: int
    part: Part


def taken(body: bytes, asked: Asked) -> Taken:
    """Read a request that holds CloudEvents: parts and labels, by model, and what is wrong with the
    others.

    Errors: Refused, for a body that holds no events at all.
    """
    parts: dict[str, list[tuple[int, Part]]] = {}
    refused: dict[str, Rejections] = {}
    events = events_in(unpack(body, asked.content_encoding, asked.limits), asked)
    for place, event in enumerate(events):
        if isinstance(event, Bad):
            bad = refused.setdefault(_whose(event.event, asked.query), Rejections())
            bad.add(place, event.reason, event.event, _name(event.event))
            continue
        try:
            part = part_of(
                event, asked.query, received=asked.received, ahead_s=asked.limits.ahead_s
            )
        except ValueError as error:
            shown = _shown(event)
            bad = refused.setdefault(_whose(shown, asked.query), Rejections())
            bad.add(place, str(error), shown, event.id)
            continue
        parts.setdefault(part.model, []).append((place, part))
    models = dict.fromkeys((*parts, *refused))
    return Taken(
        {
            model: _decoded(model, parts.get(model, []), refused.get(model) or Rejections(), asked)
            for model in models
        }
    )


def _whose(sent: Any, query: str) -> str:
    """The model that an event is of which cannot be kept; "" where nothing says so."""
    given = sent.items() if _plain(sent) else ()
    told = {name.replace("_", "").lower(): one for name, one in given if isinstance(one, str)}
    told.setdefault("inferenceservicename", told.get("inferenceservice", ""))  # as KServe stores it
    try:
        return model_of(told.get("source", ""), told, query)
    except ValueError:  # the query says too much
        return ""


def _name(sent: Any) -> str:
    name = sent.get("id") if _plain(sent) else ""
    return name if isinstance(name, str) else ""


def _plain(sent: Any) -> bool:
    return isinstance(sent, dict) and all(isinstance(name, str) for name in sent)


def _shown(event: CloudEvent) -> dict[str, str]:
    """What is kept of an event that is no side of a call."""
    data = event.data[:EVENT_BYTES].decode("utf-8", "replace")
    about = {"id": event.id, "type": event.type, "source": event.source, "time": event.time}
    return {**about, **event.extensions, "data": data}


def _decoded(
    model: str, parts: Sequence[tuple[int, Part]], refused: Rejections, asked: Asked
) -> Decoded:
    sides = [part for _, part in parts if part.side != FEEDBACK]
    labels: list[SentLabel] = []
    places: list[int] = []
    for place, part in parts:
        if part.side == FEEDBACK:
            label = label_of(part, asked)
            if label is None:
                refused.add(place, "is feedback without a truth", None, part.call)
            else:
                labels.append(label)
                places.append(place)
    context = Context(b"", model, asked.received, asked.limits)
    outcomes, wrong = label_rows(Read(labels, places), context) if labels else (None, [])
    made = table(sides, asked.received) if sides else None
    return Decoded(outcomes=outcomes, rejected=(*refused.all, *wrong), parts=made)


def label_of(part: Part, asked: Asked) -> SentLabel | None:
    """The label in a feedback of Seldon: the truth of the call that its response names."""
    try:
        document = body_of(part.data, asked.limits).document
        if not isinstance(document, dict) or not isinstance(document.get("truth"), dict):
            return None
        said = predictions_of(json.dumps(document["truth"]).encode(), limits=asked.limits)
    except Refused:
        return None
    value: Any = said[0].prediction if len(said) == 1 else None
    if value is None:
        return None
    response = document.get("response")
    meta = response.get("meta") if isinstance(response, dict) else None
    call = meta.get("puid") if isinstance(meta, dict) else None
    return SentLabel(id=call if isinstance(call, str) else part.call, label=value, time=part.at)


def table(parts: Sequence[Part], received: int) -> pa.RecordBatch:
    """Parts as the log keeps them.

    Example:
        >>> part = Part("m", "request", "a", None, b"{}")
        >>> [again] = parts_in("m", table([part], 10**18))
        >>> again.id, again.received, again.part == part
        ('a/request', 1000000000000000000, True)
    """
    columns = [
        [f"{part.call}/{part.side}" for part in parts],
        [received] * len(parts),
        [part.call for part in parts],
        [part.side for part in parts],
        [part.at for part in parts],
        [part.data for part in parts],
        [part.content_type for part in parts],
        [part.version for part in parts],
        [part.trace for part in parts],
        [part.weight for part in parts],
        [about_text(part.about) for part in parts],
    ]
    arrays = [pa.array(one, field.type) for one, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def parts_in(model: str, batch: pa.RecordBatch) -> Iterator[Kept]:
    """Parts out of the log."""
    batch = batch.select(SCHEMA.names)
    times = batch.column(names.TIME).cast(pa.int64()).to_pylist()
    columns = [batch.column(field.name).to_pylist() for field in SCHEMA if field.name != names.TIME]
    for received, *one in zip(times, *columns, strict=True):
        identity, call, side, at, data, content_type, version, trace, weight, about = one
        about = json.loads(about)
        part = Part(model, side, call, at, data, content_type, version, trace, weight, about)
        yield Kept(identity, received, part)
