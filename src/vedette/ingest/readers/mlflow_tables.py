"""MLflow's tables in SQLite, cut into traces of one span or one assessment each.

Owns: which rows, in which order, from which on.  Does not own: what they say (`mlflow`).

Rows are read in the order in which they were written, spans first, so that reading goes on where it
was left: the place is the last span's number, and 2^40 times that of the last assessment.
The database is opened to be read only; MLflow may go on writing.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from vedette.core.errors import StoreError
from vedette.ingest.readers.record import Given, Record
from vedette.ingest.textfile import opened

START = b"SQLite format 3\0"
BESIDE = 1 << 40  # more spans than this no table has
ROWS = 500
_SPANS = """
select s.rowid, s.content, length(s.content), {name}, {session},
       (select value from trace_request_metadata m
         where m.request_id = s.trace_id and m.key = 'mlflow.trace.user')
from spans s left join trace_info i on i.request_id = s.trace_id
where s.rowid > ? order by s.rowid limit ?
"""
_ASSESSMENTS = """
select a.rowid, a.assessment_id, a.trace_id, a.name, a.assessment_type, a.value,
       a.created_timestamp, a.span_id, a.valid, {name},
       (select s.span_id from spans s
         where s.trace_id = a.trace_id and s.parent_span_id is null limit 1)
from assessments a left join trace_info i on i.request_id = a.trace_id
where a.rowid > ? order by a.rowid limit ?
"""
# What newer tables of traces have as a column, and older ones beside them.
_COLUMNS = {
    "trace_name": "(select value from trace_tags t"
    " where t.request_id = i.request_id and t.key = 'mlflow.traceName')",
    "session_id": "(select value from trace_request_metadata m"
    " where m.request_id = i.request_id and m.key = 'mlflow.trace.session')",
}


def is_database(path: Path) -> bool:
    """Whether a file is a database of SQLite.  Errors: StoreError when it cannot be read."""
    with opened(path) as stream:
        return bool(stream.read(len(START)) == START)


def of_tables(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    """Cut a database into records, from a place on.

    Bounds: 500 rows at once; a span longer than a text may be is told of and not read.
    Errors: StoreError when it holds no such tables or is broken.
    """
    spans, assessments = at % BESIDE, at // BESIDE
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as tables:
            told_by = _columns(tables)
            for told in _rows(tables, _SPANS.format(**told_by), spans):
                spans = told[0]
                yield _span(told, spans + BESIDE * assessments, given.limits.text)
            for told in _rows(tables, _ASSESSMENTS.format(**told_by), assessments):
                assessments = told[0]
                yield _assessment(told, spans + BESIDE * assessments)
    except sqlite3.Error as error:
        raise StoreError(f"file '{path}'", "cannot be read as MLflow's tables",
                         got=str(error)) from error  # fmt: skip


def _columns(tables: sqlite3.Connection) -> Mapping[str, str]:
    """Where the name and the session of a trace stand."""
    there = {row[1] for row in tables.execute("pragma table_info(trace_info)")}
    places = {
        column: f"coalesce(i.{column}, {beside})" if column in there else beside
        for column, beside in _COLUMNS.items()
    }
    return {"name": places["trace_name"], "session": places["session_id"]}


def _rows(tables: sqlite3.Connection, query: str, after: int) -> Iterator[Any]:
    while found := tables.execute(query, (after, ROWS)).fetchall():
        yield from found
        after = found[-1][0]


def _span(told: Any, end: int, most: int) -> Record:
    number, content, length, name, session, user = told
    if length > most:
        return Record(number, end, content[:200], f"the span is longer than {most} characters")
    metadata = {"mlflow.trace.session": session, "mlflow.trace.user": user}
    info = {"trace_metadata": metadata, "tags": {"mlflow.traceName": name}}
    try:
        span = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        return Record(number, end, content, f"the span is no JSON: {error}")
    return Record(number, end, {"info": info, "spans": [span]})


def _assessment(told: Any, end: int) -> Record:
    number, identity, trace, name, kind, value, created, span, valid, traced, root = told
    try:
        held = msgspec.json.decode(value)
    except msgspec.DecodeError:
        held = value
    one: Mapping[str, Any] = {
        "assessment_id": identity, "assessment_name": name, "create_time_ms": created,
        "span_id": span, "valid": bool(valid), kind: {"value": held},
    }  # fmt: skip
    info = {
        "trace_id": trace, "assessments": [one], "root_span_id": root,
        "tags": {"mlflow.traceName": traced},
    }  # fmt: skip
    return Record(number, end, {"info": info})
