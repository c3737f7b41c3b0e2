"""The rarest single events of every window: kept to be looked at, no reason to wake anybody.

Owns: which events are kept of a window, and how few.  Does not own: the record of one
(`engine.rare_event`), scoring rows (`derive.outliers`), how many are too many
(`monitors.outliers`), keeping them (`engine.keeper`).
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.derive.outliers.counted import UNLIKE, RowCounts, calibrated_rows
from vedette.derive.outliers.score import Scored
from vedette.engine.model import ModelState
from vedette.engine.outputs import Output, Rarest
from vedette.engine.plan import Plan
from vedette.engine.rare_event import MOST, Because, RareEvent, rarest
from vedette.profiles.windowed import instants

FEW = 10  # events a day that chance may let through
REASONS = 3  # columns that are kept of an event

Events = tuple[RareEvent, ...]


def candidates(
    counts: RowCounts,
    batches: Sequence[pa.RecordBatch],
    scores: Sequence[Scored],
    known: Events = (),
) -> Events:
    """The rarest rows of some batches and of those `known` of their window, at most as many as a
    window keeps."""
    for batch, scored in zip(batches, scores, strict=True):
        known = _with_batch(counts, batch, scored, known)
    return known


def with_candidates(state: ModelState, start: int, events: Events) -> ModelState:
    """Remember the rarest events of a drift window that is under way, by its start."""
    return replace(state, rare={**state.rare, start: events}) if events else state


def tell_rare(state: ModelState, window: Window, out: list[Output]) -> None:
    """Hand out the rarest events of the drift window under way, if some lie in a stretch of it."""
    plan = state.plan
    assert plan is not None
    start = window.start - window.start % plan.drift.width
    found = few(state, state.rare.get(start, ()))
    if any(window.start <= event.time < window.end for event in found):
        out.append(Rarest(Window(start, start + plan.drift.width), found))


def end_rare(state: ModelState, window: Window, out: list[Output]) -> ModelState:
    """Hand out the rarest events of a drift window that ended, and let go of them."""
    if window.start in state.rare:
        tell_rare(state, window, out)
        kept = {at: events for at, events in state.rare.items() if at > window.start}
        state = replace(state, rare=kept)
    return state


def few(state: ModelState, events: Events) -> Events:
    """Those of some events that traffic like the last day's shows by chance only a few times a day:
    none but the farthest where there is much."""
    if not events:
        return ()
    assert state.plan is not None
    cut = cut_of(state.plan, state.traffic)
    return tuple(event for event in events if event.p <= cut)


def cut_of(plan: Plan, traffic: Sequence[tuple[int, int]]) -> float:
    """The p up to which an event is kept; the smallest that the calibration can tell always is."""
    assert plan.baseline.outliers is not None
    smallest = 1 / (calibrated_rows(plan.baseline.outliers) + 1)
    rows = sum(n for _, n in traffic)
    a_day = rows * DAY / (len(traffic) * plan.drift.width) if traffic else 0.0
    return max(smallest, min(UNLIKE, FEW / a_day if a_day else UNLIKE))


def _with_batch(counts: RowCounts, batch: pa.RecordBatch, scored: Scored, known: Events) -> Events:
    unlike = np.flatnonzero(scored.p <= UNLIKE)
    p, score = scored.p[unlike], scored.score[unlike]
    if len(known) == MOST:  # nearly all are less rare than those there are
        last, distance = known[-1].p, known[-1].score
    elif len(unlike) > MOST:
        order = np.lexsort((-score, p))[MOST - 1]
        last, distance = float(p[order]), float(score[order])
    else:
        last, distance = UNLIKE, 0.0
    near = unlike[(p < last) | ((p == last) & (score >= distance))]  # ids decide between equals
    if not len(near):
        return known
    ids = batch.column(batch.schema.get_field_index(columns.ID)).take(pa.array(near)).to_pylist()
    times = instants(batch, columns.TIME)
    found = [
        RareEvent(str(name), int(times[row]), float(scored.p[row]), float(scored.score[row]))
        for name, row in zip(ids, near.tolist(), strict=True)
    ]
    place = {event.id: row for event, row in zip(found, near.tolist(), strict=True)}
    kept = rarest((*found, *known))
    old = {event.id: event for event in known}
    fresh = [event for event in kept if event.id not in old]
    whys = counts.scorer.why(batch, [place[event.id] for event in fresh], most=REASONS)
    told = {
        event.id: msgspec.structs.replace(
            event, reasons=tuple(Because(one.column, one.surprise, one.kind) for one in why)
        )
        for event, why in zip(fresh, whys, strict=True)
    }
    return tuple(told.get(event.id, event) for event in kept)
