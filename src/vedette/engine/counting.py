"""Rows of a model counted into the windows that are under way.

Owns: which rows wait, when they are counted, rows that come after their window.  Does not own: when
a window ends (`engine.step`), counting itself (`profiles.build`).
"""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.windows import Window
from vedette.engine.class_shares import class_shares
from vedette.engine.failures import failures
from vedette.engine.grade import expected_of
from vedette.engine.grouped import measured, served
from vedette.engine.model import ModelState
from vedette.engine.outcomes import counted
from vedette.engine.outputs import Late, Output, Rarest
from vedette.engine.plan import BASE, DRIFT, QUICK, Plan
from vedette.engine.rare import Events, candidates, few, with_candidates
from vedette.engine.reached import reached
from vedette.engine.sight import noted, seen
from vedette.monitors.series import shares_of
from vedette.profiles.build import build
from vedette.profiles.profile import Profile
from vedette.profiles.sight import LATE
from vedette.profiles.tails import tails
from vedette.profiles.together import counted as counted_together
from vedette.profiles.windowed import by_window, instants, joined

FLUSH_ROWS = 32_768  # rows counted at once: large blocks are cheap, memory stays small


def take(state: ModelState, rows: pa.RecordBatch, out: list[Output]) -> ModelState:
    """Let rows wait to be counted; those of windows that have ended are counted at once."""
    assert state.plan is not None
    parts = by_window(rows, instants(rows, columns.TIME), state.plan.base_width)
    for at, part in parts:
        if at < state.base_closed:
            state = late(state, at, part, out)
    fresh = [(at, part) for at, part in parts if at >= state.base_closed]
    state = replace(
        state,
        unsent=_unsent(state.unsent, fresh),
        pending=(*state.pending, *fresh),
        pending_rows=state.pending_rows + sum(part.num_rows for _, part in fresh),
    )
    return flush(state) if state.pending_rows >= FLUSH_ROWS else state


def _unsent(
    known: Mapping[int, float], parts: list[tuple[int, pa.RecordBatch]]
) -> Mapping[int, float]:
    """How many events sampling left out, by base window; nothing is kept where there was none."""
    more = dict(known)
    for at, part in parts:
        place = part.schema.get_field_index(columns.WEIGHT)
        weight = pc.sum(part.column(place)).as_py() if place >= 0 else None
        if weight is not None and weight > part.num_rows:
            more[at] = more.get(at, 0.0) + weight - part.num_rows
    return more


def flush(state: ModelState) -> ModelState:
    """Count what waits."""
    if not state.pending:
        return state
    assert state.plan is not None
    parts: dict[int, list[pa.RecordBatch]] = {}
    for at, rows in state.pending:
        parts.setdefault(at, []).append(rows)
    base = dict(state.base)
    for at, batches in parts.items():
        window = Window(at, at + state.plan.base_width)
        start = floor(at, state.plan.drift.width)
        profile, rare = counted_rows(state.plan, batches, window, state.rare.get(start, ()))
        base[at] = base[at].merge(profile) if at in base else profile
        state = with_candidates(state, start, rare)
    return replace(state, base=base, pending=(), pending_rows=0)


def late(state: ModelState, at: int, rows: pa.RecordBatch, out: list[Output]) -> ModelState:
    """Fold rows into a window that has ended."""
    plan = state.plan
    assert plan is not None
    window = Window(at, at + plan.base_width)
    at_drift = floor(at, plan.drift.width)
    profile, rare = counted_rows(plan, [rows], window, state.rare.get(at_drift, ()))
    profile = replace(profile, late_rows=rows.num_rows)
    tally = replace(state.tally, late=state.tally.late + rows.num_rows)
    state = noted(folded(replace(state, tally=tally), at, profile, out), {LATE: rows.num_rows})
    if at_drift >= state.drift.closed:
        state = with_candidates(state, at_drift, rare)
    elif rare := few(state, rare):
        out.append(Rarest(Window(at_drift, at_drift + plan.drift.width), rare, adds=True))
    return state


def folded(state: ModelState, at: int, profile: Profile, out: list[Output]) -> ModelState:
    """Add a profile to a window that has ended; its verdict stands, its profile grows."""
    plan = state.plan
    assert plan is not None
    window = Window(at, at + plan.base_width)
    ended, plain = [BASE], profile.counts
    for clock in (QUICK, DRIFT):
        rung, watch = plan.rung(clock), state.watch(clock)
        start = floor(at, rung.width)
        if start >= watch.closed:
            own = profile if clock == DRIFT else plain
            watch = replace(watch, open=grown(watch.open, start, own))
            state = state.with_watch(clock, watch)
        elif clock == DRIFT or rung.width != plan.base_width:
            ended.append(clock)
    at_drift = floor(at, plan.drift.width)
    if profile.is_graded and at_drift < state.drift.closed:
        state = counted(state, at_drift, profile)
    out.append(Late(tuple(ended), window, profile))
    return state


def counted_rows(
    plan: Plan, batches: list[pa.RecordBatch], window: Window, known: Events = ()
) -> tuple[Profile, Events]:
    """Count rows of one window; beside, the rarest of them and of those known of its drift
    window."""
    made = [plan.deriver.apply(batch) for batch in batches]
    whole = joined(made)
    graded, losses = expected_of(plan.baseline, whole)
    built, cubes = build(whole, plan.baseline), served(plan.baseline, whole)
    numbers = measured(plan.baseline, whole)
    checked = {} if plan.checks is None else plan.checks.cells(whole, built)
    scored, scores = ({}, []) if plan.rows is None else plan.rows.cells(whole)
    rare = known if plan.rows is None else candidates(plan.rows, whole, scores, known)
    profile = replace(
        built, window=window, graded=graded, losses=losses, cubes=cubes, measured=numbers,
        cells={**built.cells, **checked, **scored},
        pairwise=counted_together(whole, plan.baseline),
        tails=tails(whole, plan.baseline),
        metrics=failures(whole)
        | class_shares(
            whole, shares_of(plan.baseline, plan.settings.metrics.shares), plan.baseline
        )
        | reached(whole, plan.objectives)
        | seen(batches, plan.baseline),
    )  # fmt: skip
    return profile, rare


def grown(open: Mapping[int, Profile], at: int, profile: Profile) -> dict[int, Profile]:
    """Windows under way with a profile added to one of them."""
    return {**open, at: open[at].merge(profile) if at in open else profile}


def floor(at: int, width: int) -> int:
    """The start of the window that an instant lies in."""
    return at - at % width
