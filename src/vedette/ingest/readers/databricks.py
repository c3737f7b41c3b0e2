"""Inference tables of Databricks, of any of their three generations.

Owns: what their columns are called, what a row says.  Does not own: files (`rows`), bodies
(`calls`).

A row is a call, often of many instances.  The id that the caller gave is the event's, as it is what
labels name.  A body that was too large is missing, and the column `logging_error` says why.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vedette.core.errors import SchemaError
from vedette.ingest.moments import moment
from vedette.ingest.readers.calls import Side, events_of
from vedette.ingest.readers.record import Given, Item, Kind, Reader, Record, mapping_of
from vedette.ingest.readers.rows import document, known_by, rows, text_moment

# What is told, and the columns that tell it: the first that is not missing.  Legacy tables, those
# of the AI Gateway, those of the Unity AI Gateway.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("client_request_id", "databricks_request_id", "invocation_id"),
        "time": ("timestamp_ms", "request_time", "event_time"),
        "day": ("date", "request_date"),
        "latency_ms": ("execution_time_ms", "execution_duration_ms", "latency_ms"),
        "status": ("status_code",),
        "fraction": ("sampling_fraction",),
        "request": ("request",),
        "response": ("response",),
        "errors": ("logging_error_codes",),
        "about": ("request_metadata",),
        "version": ("served_entity_id", "served_entity_name"),
    }
)
DAY = "day"  # the quality of a time of which only the day is known
KEPT = ("requester", "served_entity_id", "databricks_request_id")  # in `rest`


def reader(path: Path, given: Given) -> Reader:
    """Read rows of one file."""

    def read(record: Record) -> Iterable[Item]:
        row = mapping_of(record)
        if not any(name in row for name in (*COLUMNS["id"], *COLUMNS["request"])):
            raise SchemaError("record", "is no row of an inference table", got=str(list(row)[:5]))
        about = _pairs(_told(row, "about"))
        identity, fraction = _told(row, "id"), _told(row, "fraction")
        took, status = _told(row, "latency_ms"), _told(row, "status")
        time, quality = _time(row, given)
        version = about.get("model_version") or _told(row, "version")
        events = events_of(
            _side(_told(row, "request")), _side(_told(row, "response")), given,
            id=None if identity is None else str(identity), time=time,
            latency_s=None if took is None else float(took) / 1e3,
            version=None if version is None else str(version),
            weight=None if fraction is None else 1 / float(fraction),
            status=None if status is None else int(status),
        )  # fmt: skip
        codes = _told(row, "errors")
        model = str(about.get("model_name") or about.get("endpoint_name") or "")
        for event in events:
            if codes:
                told = ",".join(map(str, codes)) if isinstance(codes, list) else str(codes)
                event.attributes = {"logging_error": told, **(event.attributes or {})}
            rest: dict[str, Any] = {name: row[name] for name in KEPT if row.get(name) is not None}
            rest |= {"time_quality": quality} if quality else {}
            event.rest = {**rest, **(event.rest or {})} or None
            yield Item(model, event)

    return read


def _told(row: Mapping[str, Any], what: str) -> Any:
    for name in COLUMNS[what]:
        if (told := row.get(name)) is not None:
            return told
    return None


def _time(row: Mapping[str, Any], given: Given) -> tuple[int | None, str]:
    """When the call was, and how well that is known."""
    told, quality = _told(row, "time"), ""
    if told is None:
        told, quality = _told(row, "day"), DAY
    if told is None:
        return None, ""
    return (text_moment(told, given.zone) if isinstance(told, str) else moment(told)), quality


def _pairs(given: Any) -> Mapping[str, Any]:
    """A map, however the file spells it: as an object, as pairs, as JSON."""
    if isinstance(given, str):
        given = document(given)
    if isinstance(given, Sequence) and not isinstance(given, str):
        given = {str(pair[0]): pair[1] for pair in given if len(pair) == 2}
    return given if isinstance(given, Mapping) else {}


def _side(body: Any) -> Side | None:
    if body is None or body == "":
        return None
    text = body if isinstance(body, str) else json.dumps(body)
    return Side(text.encode())


KIND = Kind(
    about="inference tables of Databricks",
    files=("*.parquet", "*.json", "*.jsonl", "*.json.gz", "*.jsonl.gz"),
    cut=rows,
    reader=reader,
    known_by=known_by,
    takes_tables=True,
)
