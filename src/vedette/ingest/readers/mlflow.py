"""Traces of MLflow: its SQLite tables, and traces as its client or server write them in JSON.

Owns: spans and assessments of a trace as events, readings and labels.  Does not own: what
attributes mean (`ingest.genai`), the tables (`mlflow_tables`), its OTLP export (`ingest.otlp`).

A span is an event; one that asked a model is that model's, all others belong to the trace's name.
Feedback in numbers is a reading `evaluation.NAME`, an expectation the label of the trace's root.
Source: MLflow 3.17.2, `mlflow/entities`, and what it wrote and answered.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vedette.core.errors import SchemaError
from vedette.ingest.genai.event import sent_of
from vedette.ingest.genai.normalise import normalised
from vedette.ingest.genai.timing import put_times
from vedette.ingest.moments import moment
from vedette.ingest.readers.mlflow_tables import is_database, of_tables
from vedette.ingest.readers.record import (
    BY_PATH,
    Given,
    Item,
    Kind,
    Reader,
    Record,
    mapping_of,
)
from vedette.ingest.readers.rows import known_by, rows
from vedette.ingest.sent import SentLabel, SentReading

UNNAMED = "mlflow"  # the model of spans of a trace without a name
OTHER = "_OTHER"  # what OpenTelemetry calls an error that nobody named
# Of a trace -> columns of all its spans.
OF_TRACE = {"mlflow.trace.session": "session", "mlflow.trace.user": "user"}


def cut(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    """Cut a database into spans and assessments, other files into traces."""
    records = of_tables if is_database(path) else rows
    yield from records(path, row, at, whole, given)


def reader(path: Path, given: Given) -> Reader:
    """Read traces of one file."""
    return _read


def _read(record: Record) -> Iterable[Item]:
    value = mapping_of(record)
    traces = value.get("traces") or [value.get("trace") or value]
    for trace in traces:
        yield from _items(trace)


def _items(trace: Mapping[str, Any]) -> Iterator[Item]:
    """What one trace says, in any of its forms."""
    info = trace.get("info") or trace.get("trace_info") or {}
    spans = (trace.get("data") or trace).get("spans") or []
    if not spans and not info.get("assessments"):
        raise SchemaError("record", "is no trace of MLflow", want="spans or assessments")
    metadata = info.get("trace_metadata") or {}
    tags = info.get("tags") or {}
    name = str(tags.get("mlflow.traceName") or UNNAMED)
    told = {column: metadata[key] for key, column in OF_TRACE.items() if metadata.get(key)}
    for span in spans:
        yield _event(span, name, told)
    trace_id = str(info.get("trace_id") or "").removeprefix("tr-")
    root = next((_id(one["span_id"]) for one in spans if not one.get("parent_span_id")), "")
    root = str(info.get("root_span_id") or root)
    for one in info.get("assessments") or ():
        yield from _assessed(one, name, trace_id, root)


def _event(span: Mapping[str, Any], name: str, told: Mapping[str, Any]) -> Item:
    start, end = int(span["start_time_unix_nano"]), int(span.get("end_time_unix_nano") or 0)
    events = [(str(one.get("name")), _attributes(one)) for one in span.get("events") or ()]
    normal = normalised(str(span.get("name")), _attributes(span), events)
    if "ERROR" in str((span.get("status") or {}).get("code")):
        normal.fields.setdefault("error_type", OTHER)
    normal.fields.update({column: one for column, one in told.items() if one is not None})
    marks = [
        (str(one.get("name")), (int(one.get("time_unix_nano") or 0) - start) / 1e9)
        for one in span.get("events") or ()
    ]
    latency = (end - start) / 1e9 if end >= start else None
    put_times(normal.fields, latency, marks)
    trace, own = _id(span["trace_id"]), _id(span["span_id"])
    event = sent_of(
        normal, id=trace + own, time=start, latency_s=latency, rest={"name": span.get("name")}
    )
    event.trace_id, event.span_id = trace, own
    event.parent_id = _id(span["parent_span_id"]) if span.get("parent_span_id") else None
    return Item(normal.called[0] or name, event)


def _assessed(one: Mapping[str, Any], name: str, trace: str, root: str) -> Iterator[Item]:
    """A judgement of a trace: feedback in numbers is read, an expectation is the truth."""
    if one.get("valid") is False:
        return
    time = moment(one.get("create_time") or one.get("create_time_ms") or 0)
    what = str(one.get("assessment_name") or one.get("name"))
    feedback = (one.get("feedback") or {}).get("value")
    if isinstance(feedback, bool | int | float):
        own = str(one.get("assessment_id") or f"{trace}.{what}")
        reading = SentReading(f"evaluation.{what}", float(feedback), time=time, id=own)
        yield Item(name, reading)
    expected = (one.get("expectation") or {}).get("value")
    span = _id(one["span_id"]) if one.get("span_id") else root
    if isinstance(expected, str | bool | int | float) and trace and span:
        yield Item(name, SentLabel(id=trace + span, label=expected, time=time))


def _id(told: Any) -> str:
    """An id in hexadecimal; MLflow writes it so, or in base64, or `tr-` before it.

    Errors: SchemaError when it is none of these.
    Example:
        >>> _id("lMc3xrcPOAA="), _id("94c737c6b70f3800")
        ('94c737c6b70f3800', '94c737c6b70f3800')
    """
    text = str(told).removeprefix("tr-").removeprefix("0x")
    if len(text) in (16, 32) and all(sign in "0123456789abcdef" for sign in text):
        return text
    try:
        return b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        raise SchemaError("record", "has an id that cannot be read", got=text[:60]) from None


def _attributes(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Attributes of a span or an event: a mapping, or a list as OTLP has it."""
    told = holder.get("attributes") or {}
    if isinstance(told, Mapping):
        return told
    return {str(one.get("key")): _value(one.get("value")) for one in told}


def _value(told: Any) -> Any:
    """A value of OTLP's JSON, its names parted by underscores.

    Example:
        >>> _value({"kvlist_value": {"values": [{"key": "n", "value": {"int_value": "3"}}]}})
        {'n': 3}
    """
    if not isinstance(told, Mapping) or len(told) != 1:
        return None
    ((kind, value),) = told.items()
    if kind == "kvlist_value":
        return {str(one.get("key")): _value(one.get("value")) for one in value.get("values") or ()}
    if kind == "array_value":
        return [_value(one) for one in value.get("values") or ()]
    return int(value) if kind == "int_value" else value


def _known_by(path: Path) -> str:
    """A database is known by its path: it changes anywhere."""
    return BY_PATH if is_database(path) else known_by(path)


KIND = Kind(
    "Traces of MLflow: its SQLite database, or JSON of traces",
    ("mlflow.db", "*.json", "*.jsonl"),
    cut,
    reader,
    _known_by,
)
