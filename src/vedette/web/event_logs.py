"""What was logged while an event happened, and what its tracer said that no column holds.

Owns: finding lines by the trace they belong to, their document.  Does not own: the log, what of a
value may be shown (`web.redaction`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from vedette.core import rows
from vedette.core.durations import MINUTE
from vedette.ingest.genai.contents import Content, is_content, texts_of
from vedette.ingest.otlp.records import GENAI, content_of
from vedette.stores.store import LOGS, EventLog
from vedette.web import documents
from vedette.web.events import Bounds
from vedette.web.redaction import Redaction

AROUND = (MINUTE, 10 * MINUTE)  # before an event and after it: where its lines are looked for
LINES = Bounds(500_000, 1.0)
SHOWN = 100
LONGEST = 1 << 20  # bytes of a text that is shown
TEXTS = (rows.INSTRUCTIONS, rows.INPUT, rows.OUTPUT)


def lines_of(
    log: EventLog,
    models: Sequence[str],
    trace: str,
    at: int,
    redaction: Redaction,
    bounds: Bounds = LINES,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[dict[str, Any]], bool]:
    """The lines of a trace, the oldest first, and whether all were looked at.

    Shapes: `models` are those that its lines may have fallen to.  Units: `at` UTC nanoseconds.
    Errors: StoreError.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    until, seen, complete = clock() + bounds.seconds, 0, True
    start, end = max(at - AROUND[0], 0), at + AROUND[1]
    for model in models:
        for batch in log.scan(model, start, end, None, LOGS):
            seen += batch.num_rows
            if rows.TRACE in batch.schema.names:
                own = batch.filter(pc.fill_null(pc.equal(batch[rows.TRACE], trace), False))
                times = own[rows.TIME].cast("int64").to_pylist()
                found += zip(times, own.drop_columns([rows.TIME]).to_pylist(), strict=True)
            if seen > bounds.rows or clock() > until:
                complete = False
                break
    found.sort(key=lambda pair: pair[0])
    cut = len(found) > SHOWN
    return [_line(when, row, redaction) for when, row in found[:SHOWN]], complete and not cut


def texts_in(row: Mapping[str, Any]) -> str:
    """What a line tells of a call, as text: for those whose event has it not."""
    found = texts_of(Content((content_of(row),)), "", LONGEST)
    return "\n\n".join(f"{name}: {found[name]}" for name in TEXTS if name in found)


def _line(when: int, row: dict[str, Any], redaction: Redaction) -> dict[str, Any]:
    event = row.get("event") or ""
    body = row.get("body") or ""
    if is_content(event) and body[:1] in ("", "{"):  # no text yet
        body = texts_in(row) or body
    # What is said to a language model, and by it, is hidden like the texts of its events.
    shown = redaction.said(body) if event.startswith(GENAI) else redaction.text(body)
    return {
        "time": documents.instant(when),
        "severity": row.get("severity"),
        "event": event or None,
        "body": shown,
        "span_id": row.get(rows.SPAN),
        "rest": redaction.rest(row.get(rows.REST) or "{}"),
    }
