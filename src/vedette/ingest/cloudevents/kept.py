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
from vedette.ingest.cloudevents.modes import events_in
from vedette.ingest.cloudevents.parts import FEEDBACK, Part, about_text, part_of
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.foreign import Asked, Taken
from vedette.ingest.limits import Refused
from vedette.ingest.payloads.body import body_of
from vedette.ingest.payloads.responses import predictions_of
from vedette.ingest.rows import Context, label_rows
from vedette.ingest.sent import Read, SentLabel
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
    """Read a request that holds CloudEvents: parts and labels, by model.

    Errors: Refused, when nothing of it can be kept.
    """
    events, bad = events_in(unpack(body, asked.content_encoding, asked.limits), asked)
    by_model: dict[str, list[Part]] = {}
    for event in events:
        try:
            part = part_of(
                event, asked.query, received=asked.received, ahead_s=asked.limits.ahead_s
            )
        except ValueError as error:
            bad.append(f"event {event.id[:80]!r} {error}")
            continue
        by_model.setdefault(part.model, []).append(part)
    if bad and not by_model:
        raise Refused(400, bad[0].removeprefix("body: "))
    models = {model: _decoded(model, parts, asked) for model, parts in by_model.items()}
    return Taken(models, len(bad), bad[0] if bad else "")


def _decoded(model: str, parts: Sequence[Part], asked: Asked) -> Decoded:
    sides = [part for part in parts if part.side != FEEDBACK]
    labels, rejected = [], []
    for place, part in enumerate(parts):
        if part.side == FEEDBACK:
            label = label_of(part, asked)
            if label is None:
                rejected.append(Rejected(place, "is feedback without a truth", id=part.call))
            else:
                labels.append(label)
    context = Context(b"", model, asked.received, asked.limits)
    outcomes, wrong = label_rows(Read(labels), context) if labels else (None, [])
    made = table(sides, asked.received) if sides else None
    return Decoded(outcomes=outcomes, rejected=(*rejected, *wrong), parts=made)


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
