"""One event with everything derived from it.

Owns: the document of a single event: its columns and where their values lie, its labels, windows,
incidents, findings.  Does not own: finding it (`web.events`), what is hidden (`web.redaction`).
Everything here may block; it runs in a thread.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from vedette.alerts.incident import Incident
from vedette.core import rows
from vedette.core.durations import DAY
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.core.words import percent
from vedette.engine import strips
from vedette.engine.answers import LEARNT
from vedette.engine.batch import parents_of
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import BASE, DRIFT, QUICK
from vedette.engine.scoring import Scoring
from vedette.monitors.finding import Finding
from vedette.profiles.columns import one_batch
from vedette.profiles.unusual import Judge, Place
from vedette.stores.store import OUTCOMES, EventLog, StateStore
from vedette.web import documents
from vedette.web.anomaly import anomaly_document
from vedette.web.event_rows import Row, rows_of
from vedette.web.events import FURTHEST, Bounds
from vedette.web.redaction import Redaction
from vedette.web.sifting import Deriving, learnt_of
from vedette.web.veil import Veil

LABELS = Bounds(2_000_000, 1.0)  # of the outcomes that are looked through for one event's label
FINDINGS = 20
INCIDENTS = 1_000  # that are looked at, the newest first


def event_document(
    scoring: Scoring | None,
    log: EventLog,
    store: StateStore,
    settings: ModelSettings,
    model: str,
    table: pa.Table,
    judge: Judge | None,
    schema: Schema | None,
    redaction: Redaction,
    veil: Veil,
) -> dict[str, Any]:
    """Everything about the event that a table of one row holds.  Errors: StoreError."""
    derived = tuple(parents_of(schema)) if schema is not None else ()
    row = rows_of(table, judge, schema, redaction, derived)[0]
    columns = columns_of(row, table, judge, schema, redaction)
    names = {column["column"] for column in columns}
    windows = windows_at(settings, row.time)
    counted, late = counted_into(store, model, windows)
    labels, complete = labels_of(log, model, row.id, row.time, redaction)
    document: dict[str, Any] = documents.finite(
        {
            "id": row.id,
            "time": documents.instant(row.time),
            "version": row.values.get(rows.VERSION),
            "trace_id": row.values.get(rows.TRACE),
            "latency_s": row.values.get(rows.LATENCY),
            "weight": row.values.get(rows.WEIGHT),
            "columns": columns,
            "unusual": list(row.reasons.values()),
            "anomaly": anomaly_of(scoring, table, veil.hidden(model), redaction),
            "labels": labels,
            "labels_complete": complete,
            "windows": counted,
            "late": late,
            "incidents": list(_incidents_at(store, model, row.time, veil)),
            "findings": _findings_of(store, model, list(windows.values()), names, veil),
            "redacted": redaction.masked,
        }
    )
    return document


def anomaly_of(
    scoring: Scoring | None, table: pa.Table, hidden: Collection[str], redaction: Redaction
) -> dict[str, Any] | None:
    """How unlike the reference an event is as a whole, and by which columns; None where rows are
    not scored."""
    if scoring is None:
        return None
    (scored,) = scoring.of_rows(one_batch(table))
    return anomaly_document(*scored, hidden, redaction)


def columns_of(
    row: Row, table: pa.Table, judge: Judge | None, schema: Schema | None, redaction: Redaction
) -> list[dict[str, Any]]:
    """Every column of an event, derived ones behind those that they come from."""
    parents = parents_of(schema) if schema is not None else {}
    fields = {} if schema is None else {field.name: field for field in schema.fields}
    judged = () if judge is None else tuple(judge.columns)
    there = [name for name in row.values if name not in rows.SYSTEM]
    names = [name for name in fields if name in there or name in judged]
    names += [name for name in there if name not in fields]
    deriving = Deriving.of([*judged, *parents], schema, learnt_of(judge))
    batch = deriving.apply(table.combine_chunks().to_batches()[0])
    found = []
    for name in names:
        field, hidden = fields.get(name), redaction.hides(name)
        place = None
        if judge is not None and not hidden and name in batch.schema.names:
            place = judge.place(name, batch[name])
        found.append(
            {
                "column": name,
                "kind": field.kind if field else None,
                "role": field.role if field else None,
                "unit": field.unit if field else None,
                "derived_from": parents.get(name),
                "value": row.values.get(name),
                "hidden": hidden,
                "place": None if place is None else place_document(place),
                "unusual": row.reasons.get(name),
            }
        )
    return found


def place_document(place: Place) -> dict[str, Any]:
    """Where a value lies in the reference, in numbers and in words."""
    return {
        "at_or_below": None if place.low is None else [place.low, place.high],
        "share": place.share,
        "missing": place.missing,
        "words": place_words(place),
    }


def place_words(place: Place) -> str:
    """Where a value lies, in words.

    Example:
        >>> place_words(Place(0.0, 0.5, 0.55)), place_words(Place(0.01, share=0.2))
        ('50 % to 55 % of the reference lie at or below', '20 % of the reference have it')
    """
    if place.low is not None and place.high is not None:
        ends = [percent(place.low), percent(place.high)]
        said = ends[0] if ends[0] == ends[1] else " to ".join(ends)
        return f"{said} of the reference lie at or below"
    if place.share is not None and place.together:
        return f"one of the rarer categories, {percent(place.share)} of the reference together"
    if place.share is not None:
        return f"{percent(place.share)} of the reference have it"
    return f"{percent(place.missing)} of the reference lack it"


def windows_at(settings: ModelSettings, at: int) -> dict[str, Window]:
    """The window of each clock that an instant falls into."""
    found = {}
    for clock, width in zip((BASE, QUICK, DRIFT), settings.clocks.widths, strict=True):
        start = at // width * width
        found[clock] = Window(start, start + width)
    return found


def counted_into(
    store: StateStore, model: str, windows: Mapping[str, Window]
) -> tuple[list[dict[str, Any]], bool | None]:
    """The windows of the two clocks that monitors run on, and whether the event came after its
    window had ended; None where that is not known of this very event."""
    found, late = [], None
    for clock, window in windows.items():
        keys = [f"{kept}/{window.start}" for kept in (clock, *((LEARNT,) * (clock == DRIFT)))]
        entry = next((e for key in keys if (e := store.get("profile", model, key))), None)
        profile = None if entry is None else strips.some(store, entry, ())
        if clock == BASE:
            if profile is not None and profile.late_rows in (0, profile.rows):
                late = profile.late_rows > 0
            continue
        found.append(
            {
                "clock": clock,
                "start": documents.instant(window.start),
                "end": documents.instant(window.end),
                "ended": profile is not None,
                "rows": None if profile is None else profile.rows,
                "late_rows": None if profile is None else profile.late_rows,
            }
        )
    return found, late


def labels_of(
    log: EventLog,
    model: str,
    identity: str,
    at: int,
    redaction: Redaction,
    bounds: Bounds = LABELS,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[dict[str, Any]], bool]:
    """What became known of an event, the oldest first, and whether all outcomes were looked at."""
    found: list[tuple[int, Any]] = []
    until, seen, complete = clock() + bounds.seconds, 0, True
    columns = [rows.ID, rows.TIME, rows.LABEL]
    for batch in log.scan(model, max(at - DAY, 0), FURTHEST, columns, OUTCOMES):
        own = batch.filter(pc.equal(batch[rows.ID], identity))
        times = own[rows.TIME].cast(pa.int64()).to_pylist()
        found += zip(times, own[rows.LABEL].to_pylist(), strict=True)
        seen += batch.num_rows
        if seen > bounds.rows or clock() > until:
            complete = False
            break
    return [
        {"label": redaction.value(rows.LABEL, label), "time": documents.instant(when)}
        for when, label in sorted(found, key=lambda pair: pair[0])
    ], complete


def _incidents_at(store: StateStore, model: str, at: int, veil: Veil) -> Iterator[dict[str, Any]]:
    for entry in store.read("incident", model, newest_first=True, limit=INCIDENTS):
        incident = veil.incident(msgspec.json.decode(entry.body, type=Incident))
        if incident.onset <= at and (incident.closed is None or at < incident.closed):
            yield {
                "id": incident.id,
                "title": incident.title,
                "state": incident.state,
                "severity": incident.severity,
                "onset": documents.instant(incident.onset),
                "closed": documents.instant(incident.closed),
            }


def _findings_of(
    store: StateStore, model: str, windows: Sequence[Window], columns: set[str], veil: Veil
) -> list[dict[str, Any]]:
    """What was said of the event's windows and columns, the worst first."""
    found: dict[str, Finding] = {}
    for start in {window.start for window in windows}:
        for entry in store.read("finding", model, start, start + 1):
            finding = veil.finding(msgspec.json.decode(entry.body, type=Finding), model)
            if finding.window in windows and finding.column in columns:
                found[entry.key] = finding
    said = sorted(found.values(), key=lambda finding: finding.rank)
    told = [finding for finding in said if finding.verdict != "calm"]
    return [documents.finding_document(finding) for finding in told[:FINDINGS]]
