"""A body of traces.

Owns: from bytes to rows by model, with the spans that cannot be kept.  Does not own: one span
(`spans`), encodings, HTTP.
"""

from collections.abc import Container
from typing import Any

import msgspec

from vedette.core import rows as names
from vedette.ingest.cloudevents.kept import table as parts_table
from vedette.ingest.cloudevents.parts import SPAN, Part
from vedette.ingest.decoded import Decoded
from vedette.ingest.foreign import Asked, Taken
from vedette.ingest.genai.doubles import Calls
from vedette.ingest.otlp.form import SPANS, Form
from vedette.ingest.otlp.forms import form_of
from vedette.ingest.otlp.origin import Origin
from vedette.ingest.otlp.spans import Spans
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.readings import reading_rows
from vedette.ingest.rejections import Rejections
from vedette.ingest.rows import Context, batch_of
from vedette.ingest.sent import Read
from vedette.ingest.shapes import Row
from vedette.ingest.unpack import unpack


def read_traces(body: bytes, asked: Asked, telemetry: Telemetry | None = None) -> Taken:
    """Read an ExportTraceServiceRequest.

    Shapes: `telemetry` is what came in other bodies.
    Errors: Refused when nothing of it can be kept.
    """
    form = form_of(asked.content_type)
    data = unpack(body, asked.content_encoding, asked.limits)
    telemetry = telemetry or Telemetry()
    spans = Spans(form, asked.received, asked.limits, telemetry.contents)
    kept: list[tuple[str, str, int, Row]] = []
    rejected: dict[str, Rejections] = {}
    place = -1
    for batch in form.batches(data, SPANS, asked.limits):
        origin = Origin(batch, form, asked.limits)
        for raw in batch.pieces:
            place += 1
            span = None
            try:
                span = form.piece(raw, SPANS)
                model, row = spans.row(span, origin, len(raw))
            except ValueError as error:
                bad = rejected.setdefault(origin.model or origin.service, Rejections())
                bad.add(place, str(error), *_shown(span, form))
                continue
            kept.append((model, origin.model or origin.service, place, row))
    rows, places = _by_model(kept, telemetry.calls)
    context = Context(data, "", asked.received, asked.limits, exact_times=True)
    models = {}
    for model in dict.fromkeys((*rows, *rejected)):
        bad = rejected.get(model) or Rejections()
        ready, at, parts = _parted(rows.get(model, []), places.get(model, []), spans.waiting, model)
        table = batch_of(ready, at, context, bad)
        metrics = None
        if readings := spans.readings.get(model):
            metrics, wrong = reading_rows(Read(readings), context)
            for one in wrong:
                bad.add(one.row, one.reason, None, one.id)
        sides = parts_table(parts, asked.received) if parts else None
        models[model] = Decoded(table, rejected=tuple(bad.all), metrics=metrics, parts=sides)
    return Taken(models)


def _by_model(
    kept: list[tuple[str, str, int, Row]], calls: Calls
) -> tuple[dict[str, list[Row]], dict[str, list[int]]]:
    """Rows and their places by model; a call that another span tells of is its service's."""
    twice = calls.doubled(row for *_, row in kept)
    rows: dict[str, list[Row]] = {}
    places: dict[str, list[int]] = {}
    for asked, service, place, row in kept:
        model = service if twice and row[names.ID] in twice else asked
        rows.setdefault(model, []).append(row)
        places.setdefault(model, []).append(place)
    return rows, places


def _parted(
    rows: list[Row], places: list[int], waiting: Container[str], model: str
) -> tuple[list[Row], list[int], list[Part]]:
    """Rows that are events, with their places, and calls that wait for their texts."""
    if not waiting:
        return rows, places, []
    ready = [at for at, row in enumerate(rows) if row[names.ID] not in waiting]
    parts = [
        Part(model, SPAN, row[names.ID], row[names.TIME], msgspec.msgpack.encode(row))
        for row in rows
        if row[names.ID] in waiting
    ]
    return [rows[at] for at in ready], [places[at] for at in ready], parts


def _shown(span: Any, form: Form) -> tuple[Any, str]:
    """What is kept of a span that is refused, and its id."""
    if span is None:
        return None, ""
    identity = form.identity(span.trace_id) + form.identity(span.span_id)
    try:
        return {"name": span.name, "attributes": form.attributes(span.attributes)}, identity
    except ValueError:  # nested too deeply
        return {"name": span.name}, identity
