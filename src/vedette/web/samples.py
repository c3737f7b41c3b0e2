"""A few events that show what an incident is about.

Owns: which events those are, in bounded time.  Does not own: what is hidden (`web.redaction`), the
table (`templates/samples.html.jinja`).  Everything here may block; it runs in a thread.

Only the start of the change is looked at: its first day, a limited number of rows of it, and the
columns that are shown.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.core import rows
from vedette.core.durations import DAY
from vedette.core.schema import Schema
from vedette.profiles.baseline import Baseline
from vedette.profiles.unusual import Judge
from vedette.stores.columns import united
from vedette.stores.store import EVENTS
from vedette.web import documents
from vedette.web.answers import Problem
from vedette.web.backing import Service
from vedette.web.event_rows import cells_of, rows_of
from vedette.web.events import Bounds, joined
from vedette.web.redaction import Redaction
from vedette.web.sifting import Deriving, Segment, judged_columns, learnt_of, read_segment

LIMIT = 8
LEADING = 4  # causes whose columns are shown
TOGETHER = 1_024  # rows between two looks at the clock
BOUNDS = Bounds(150_000, 0.05)

Scores = NDArray[np.float64]


class _Sought(NamedTuple):
    """What is looked for.  Shapes: `weights` share of the evidence by column."""

    columns: list[str]
    weights: dict[str, float]
    segment: Segment | None
    judge: Judge | None
    schema: Schema | None
    deriving: Deriving


def sample_events(
    service: Service,
    incident: Incident,
    redaction: Redaction,
    *,
    now: int,
    limit: int = LIMIT,
    bounds: Bounds = BOUNDS,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Events of an incident's span and segment: those most unusual in the columns that lead it, or
    some of all when none is.

    Shapes: `{"columns": [name], "events": [{"id", "time", "cells": [Cell], "why": [sentence]}],
    "scanned", "said"}`; `said` is why there is none, or "".  Units: `now` UTC nanoseconds.
    Bounds: what `bounds` says, looked at between batches.  Errors: StoreError.
    """
    baseline = service.baseline_of(incident.model)
    try:
        sought = _sought(service.schema_of(incident.model), baseline, incident)
    except Problem:
        sought = _sought(service.schema_of(incident.model), baseline, incident, whole=True)
    if sought.segment is not None and redaction.hides(sought.segment.column):
        said = f"Events of this segment are not listed: `{sought.segment.column}` is hidden."
        return {"columns": [], "events": [], "scanned": 0, "said": said}
    end = min(now if incident.closed is None else incident.closed, incident.onset + DAY)
    until, scanned = clock() + bounds.seconds, 0
    best: list[tuple[Scores, pa.Table]] = []
    read = list(dict.fromkeys([rows.ID, rows.TIME, *sought.deriving.stored]))
    scan = service.log.scan(incident.model, incident.onset, end, read, EVENTS)
    for batch in joined(scan, TOGETHER):
        batch = batch.slice(0, bounds.rows - scanned)
        scanned += batch.num_rows
        best.append(_best(batch, sought, limit))
        if scanned >= bounds.rows or clock() > until:
            break
    events = _shown(best, sought, redaction, limit)
    said = "" if events else "No event of its first day is in the log."
    return {"columns": sought.columns, "events": events, "scanned": scanned, "said": said}


def _sought(
    schema: Schema | None, baseline: Baseline | None, incident: Incident, *, whole: bool = False
) -> _Sought:
    weights: dict[str, float] = {}
    for cause in incident.causes:
        if cause.column and (len(weights) < LEADING or cause.column in weights):
            weights[cause.column] = weights.get(cause.column, 0.0) + cause.share
    for _, column, _ in () if weights else incident.streams:
        weights[column] = 1.0
    known = {} if schema is None else {field.name for field in schema.fields}
    weights = {n: w for n, w in weights.items() if n and n not in rows.SYSTEM and n in known}
    text = next((cause.segment for cause in incident.causes), "")
    segment = None if whole else read_segment(text, baseline)
    shown = dict.fromkeys(list(weights)[:LEADING])
    shown |= dict.fromkeys([segment.column] if segment else [])
    shown |= dict.fromkeys(name for name in (rows.PREDICTION, rows.SCORE) if name in known)
    names = list(shown)
    judge = None
    if baseline is not None:
        judge = Judge.of(baseline, [n for n in names if n in judged_columns(baseline)])
    deriving = Deriving.of(names, schema, learnt_of(judge))
    return _Sought(names, weights, segment, judge, schema, deriving)


def _best(batch: pa.RecordBatch, sought: _Sought, limit: int) -> tuple[Scores, pa.Table]:
    """The rows of a batch worth showing, with how much they show."""
    if sought.segment is not None:
        batch = batch.filter(pa.array(sought.segment.holds(batch)))
    score = np.zeros(batch.num_rows)
    if sought.judge is not None and batch.num_rows:
        codes = sought.judge.codes(sought.deriving.apply(batch), sought.weights)
        for name, column in codes.items():
            score += (column > 0) * (sought.weights[name] + 1e-6)
    rows_kept = _spread(score, limit)
    return score[rows_kept], pa.Table.from_batches([batch.take(pa.array(rows_kept))])


def _spread(score: Scores, limit: int) -> NDArray[np.intp]:
    """The rows of the highest scores; of equals, some that lie evenly apart.

    Example:
        >>> _spread(np.array([0.0, 1.0, 0.0, 1.0, 2.0]), 3).tolist()
        [1, 3, 4]
        >>> _spread(np.zeros(9), 3).tolist()
        [0, 4, 8]
    """
    taken: list[NDArray[np.intp]] = []
    room = limit
    for value in np.unique(score)[::-1]:
        same = np.flatnonzero(score == value)
        if len(same) > room:
            same = same[np.linspace(0, len(same) - 1, room).astype(np.intp)]
        taken.append(same)
        room -= len(same)
        if room <= 0 or len(taken) >= limit:
            break
    return np.sort(np.concatenate(taken)) if taken else np.zeros(0, np.intp)


def _shown(
    best: Sequence[tuple[Scores, pa.Table]], sought: _Sought, redaction: Redaction, limit: int
) -> list[dict[str, Any]]:
    """The best of all batches, in the order of time."""
    table = united([table for _, table in best])
    if not table.num_rows:
        return []
    score = np.concatenate([score for score, _ in best])
    order = np.argsort(np.asarray(table[rows.TIME].cast(pa.int64())), kind="stable")
    kept = order[_spread(score[order], limit)]
    derived = [name for name in sought.columns if name not in sought.deriving.stored]
    found = rows_of(table.take(pa.array(kept)), sought.judge, sought.schema, redaction, derived)
    return [
        {
            "id": row.id,
            "time": documents.instant(row.time),
            "cells": cells_of(row, sought.columns, redaction),
            "why": list(row.reasons.values()),
        }
        for row in found
    ]
