"""A body of logs.

Owns: from bytes to log lines by model, evaluations among them as readings.  Does not own:
encodings, HTTP, looking lines up (`web.event`).
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from vedette.core import rows as names
from vedette.core.model_names import as_model_name
from vedette.ingest.decoded import Decoded
from vedette.ingest.foreign import Asked, Taken
from vedette.ingest.genai.contents import Contents, is_content
from vedette.ingest.moments import unbelievable
from vedette.ingest.otlp.evaluations import EVALUATION, evaluation
from vedette.ingest.otlp.form import LOG_RECORDS, Form
from vedette.ingest.otlp.forms import form_of
from vedette.ingest.otlp.origin import MODEL, VERSION, Origin
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.readings import reading_rows
from vedette.ingest.rejections import Rejections
from vedette.ingest.rows import Context, batch_of, short
from vedette.ingest.sent import Read, SentReading
from vedette.ingest.shapes import Row
from vedette.ingest.unpack import unpack

GENAI, ASKED = "gen_ai.", "gen_ai.request.model"
SEVERITIES = ("", "trace", "debug", "info", "warn", "error", "fatal")
TEXTS = frozenset(("body", names.REST))


def read_logs(body: bytes, asked: Asked, telemetry: Telemetry | None = None) -> Taken:
    """Read an ExportLogsServiceRequest.

    Shapes: `telemetry` gets what spans of calls that come later should know.
    Errors: Refused when nothing of it can be kept.
    """
    form = form_of(asked.content_type)
    data = unpack(body, asked.content_encoding, asked.limits)
    contents = (telemetry or Telemetry()).contents
    found: dict[str, _Found] = {}
    place = -1
    for batch in form.batches(data, LOG_RECORDS, asked.limits):
        origin = Origin(batch, form, asked.limits)
        for raw in batch.pieces:
            place += 1
            try:
                record = form.piece(raw, LOG_RECORDS)
                model, row, told = _row(record, origin, form, asked, len(raw), contents)
            except ValueError as error:
                model = origin.model or origin.service
                found.setdefault(model, _Found()).bad.add(place, str(error))
                continue
            one = found.setdefault(model, _Found())
            one.rows.append(row)
            one.places.append(place)
            if told is not None:
                one.readings.append(told)
    return Taken({model: one.decoded(model, data, asked) for model, one in found.items()})


class _Found:
    """What is of one model."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.places: list[int] = []
        self.readings: list[SentReading] = []
        self.bad = Rejections()

    def decoded(self, model: str, data: bytes, asked: Asked) -> Decoded:
        context = Context(data, model, asked.received, asked.limits, exact_times=True)
        logs = batch_of(self.rows, self.places, context, self.bad)
        metrics, wrong = reading_rows(Read(self.readings), context) if self.readings else (None, [])
        for one in wrong:
            self.bad.add(one.row, one.reason, None, one.id)
        return Decoded(logs=logs, metrics=metrics, rejected=tuple(self.bad.all))


def _row(
    record: Any, origin: Origin, form: Form, asked: Asked, size: int, contents: Contents
) -> tuple[str, Row, SentReading | None]:
    """The model that a record is of, its columns, and the reading that it holds.

    Errors: ValueError.
    """
    time = record.time_unix_nano or record.observed_time_unix_nano or asked.received
    if why := unbelievable(time, asked.received, asked.limits.ahead_s):
        raise ValueError(why)
    attributes = form.attributes(record.attributes)
    if len(attributes) > asked.limits.columns:
        raise ValueError(f"has more than {asked.limits.columns} attributes")
    event = record.event_name or str(attributes.pop("event.name", ""))
    text = _text(form.value(record.body))
    trace, span = form.identity(record.trace_id), form.identity(record.span_id)
    rest = origin.rest({"attributes": attributes} if attributes else {})
    digest = blake2b(digest_size=16)
    for part in (trace, span, str(time), event, text, rest):
        digest.update(part.encode("utf-8", "replace") + b"\0")
    identity = digest.hexdigest()
    row: Row = {names.ID: identity, names.TIME: time}
    if is_content(event) and trace and span:
        told_apart = attributes | _members(text)
        contents.put(trace + span, identity, time, event, told_apart, size)
        contents.heard(origin.service, asked.received)
    model = _model(attributes, origin, event)
    for name, value in (
        (names.TRACE, trace), (names.SPAN, span), ("severity", _severity(record)),
        ("event", event[: asked.limits.name]), ("body", text), (names.REST, rest),
    ):  # fmt: skip
        if value:
            row[name] = value
    if size > asked.limits.string:
        short(row, TEXTS, asked.limits)
    told = evaluation(attributes, time, identity) if event == EVALUATION else None
    return model, row, told


def _model(attributes: dict[str, Any], origin: Origin, event: str) -> str:
    attributes.pop(VERSION, None)
    model = as_model_name(str(attributes.pop(MODEL, ""))) or origin.model
    if not model and event.startswith(GENAI):
        model = as_model_name(str(attributes.get(ASKED, "")))
    return model or origin.service


def content_of(line: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The event of a call that a line of the log is, as it was held when it came.

    Example:
        >>> content_of({"event": "gen_ai.user.message", "body": '{"content":"Hi"}'})
        ('gen_ai.user.message', {'content': 'Hi'})
    """
    kept = _members(line.get(names.REST) or "").get("attributes")
    told = kept if isinstance(kept, dict) else {}
    return line["event"], told | _members(line.get("body") or "")


def _members(text: str) -> dict[str, Any]:
    """The members of an object in JSON; of other text only its content."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    return {"content": text} if text else {}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _severity(record: Any) -> str:
    number: int = record.severity_number
    if 1 <= number <= 24:
        return SEVERITIES[(number + 3) // 4]
    text: str = record.severity_text
    return text[:32].lower()
