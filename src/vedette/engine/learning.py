"""How a model comes to its baseline, and to a better one.

Owns: when a baseline is asked for, and going on under a new one.  Does not own: fitting
(`engine.fitting`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from vedette.engine.counting import floor, take
from vedette.engine.metering import taken
from vedette.engine.model import (
    COLLECTING,
    LEARNING,
    LEAST_LABELS,
    WATCHING,
    ModelState,
    Outcomes,
    Watch,
    begin_watch,
    renewed,
)
from vedette.engine.outputs import (
    APPRAISAL,
    METERING,
    SCHEMA,
    TRAINING,
    Marked,
    Output,
    Wanted,
)
from vedette.engine.owners import handed_on
from vedette.engine.plan import DRIFT, LABELS, LASTING, PAIRS, QUICK, Plan
from vedette.engine.saved import Signed
from vedette.engine.sides import held, in_force
from vedette.engine.terms import belonging, carried, carry, carry_labels, let_go, planned
from vedette.profiles.baseline import Baseline

FIRST_GUESS = 200  # rows from which a first baseline tells missing values from none
EVER = 2**63 - 1
REFITS = (72, 168, 336, 672)  # windows after which natural variation is learnt anew


@dataclass(frozen=True, eq=False)
class Fitted:
    """The answer to `Wanted`: a baseline, and the rows and readings logged since `end`, to be
    counted anew."""

    what: str
    baseline: Baseline
    baseline_id: str
    end: int
    rows: Iterable[pa.RecordBatch] = ()
    readings: Iterable[pa.RecordBatch] = ()


def fitted(state: ModelState, answer: Fitted, out: list[Output]) -> ModelState:
    """Go on under a new baseline: windows begin anew where its rows end, and the evidence, too."""
    phase = _PHASES.get(answer.what, WATCHING)
    if answer.what in (TRAINING, SCHEMA):
        return _beside(state, answer, out)
    state = _all_bound(state)
    plan = planned(state, answer.baseline, answer.baseline_id, phase)
    if answer.what == "variation":
        return _refitted(state, plan)
    if answer.what == APPRAISAL:
        return _appraised(state, plan, out)
    before = belonging(state)
    width = plan.drift.width
    begin = floor(answer.end, width)
    kept = _lasting(state)
    state = replace(
        state,
        phase=phase,
        plan=plan,
        base={},
        base_closed=begin,
        unsent={},
        pending=(),
        pending_rows=0,
        fast=_begun(state, plan, QUICK, begin, kept),
        drift=_begun(state, plan, DRIFT, begin, {}),
        labels=_begun(state, plan, LABELS, begin, {}),
        pairs=_pairs(state, plan, begin),
        outcomes=_regraded(state.outcomes, begin),
        rare={},
        **_learnt(state, answer, begin),
    )
    lost = before - belonging(state)
    state = let_go(state, lost, Signed(at=max(state.clock.received, 0)), out)
    if phase != COLLECTING:
        text = f"new baseline ({answer.what})"
        said = {"act": "baseline", "id": answer.baseline_id, "text": text}
        out.append(Marked(f"baseline-{answer.baseline_id}", begin, said))
    for rows in answer.rows:
        state = take(state, rows, out)
    for rows in answer.readings:
        state = taken(state, rows, out)
    return state


_PHASES = {"first guess": LEARNING, METERING: COLLECTING}  # after answers that are no baseline yet


def _all_bound(state: ModelState) -> ModelState:
    """Every metric known by now has streams under a plan that is made now."""
    m = state.metered
    return replace(state, metered=replace(m, planned=len(m.names)))


def _refitted(state: ModelState, plan: Plan) -> ModelState:
    """The same bins with their natural variation learnt anew: windows under way go on."""
    fast = _begun(state, plan, QUICK, state.fast.closed, _lasting(state))
    drift = _begun(state, plan, DRIFT, state.drift.closed, {})
    if state.plan is not None:
        state = carry_labels(state.plan, plan, state)
    return replace(
        state,
        phase=WATCHING,
        plan=plan,
        refit_at=_next(state.refit_at),
        fast=replace(fast, open=state.fast.open),
        drift=replace(drift, open=state.drift.open),
        pairs=_pairs(state, plan),
    )


def _appraised(state: ModelState, plan: Plan, out: list[Output]) -> ModelState:
    """The same baseline with what its labels say: the first windows that are judged by their labels
    are those to come; the labels of those before are joined, to be shown."""
    assert state.plan is not None
    closed, before = state.drift.closed, state.plan
    outcomes = renewed(state.outcomes, closed)
    if outcomes.position:  # under a baseline before this one: what is shown of that time stays
        outcomes = replace(outcomes, begin=closed, anew=closed)
    watches = {clock: carry(before, plan, clock, state.watch(clock)) for clock in (QUICK, DRIFT)}
    out.append(
        Marked(
            f"baseline-{plan.baseline_id}",
            closed,
            {"act": "baseline", "id": plan.baseline_id, "text": "labels of the reference came"},
        )
    )
    return replace(
        state,
        plan=plan,
        fast=watches[QUICK],
        drift=watches[DRIFT],
        labels=_begun(state, plan, LABELS, closed, {}),
        pairs=_pairs(state, plan),
        outcomes=outcomes,
    )


def _beside(state: ModelState, answer: Fitted, out: list[Output]) -> ModelState:
    """The same baseline held against another training sample or schema, or against none."""
    assert state.plan is not None
    before, own = state.plan.baseline, answer.baseline
    plan = planned(state, own, answer.baseline_id, state.phase)
    said = in_force(before.checks, own.checks) if answer.what == SCHEMA else held(own.training)
    closed = max(state.drift.closed, 0)
    out.append(Marked(f"{answer.what}-{answer.baseline_id}", closed, said))
    return carried(state, plan, Signed(at=max(state.clock.received, 0)), out)


def _begun(
    state: ModelState, plan: Plan, clock: str, closed: int, kept: Mapping[str, Any]
) -> Watch:
    """A clock that begins anew; what belongs to an incident goes on doing so."""
    begun, before = begin_watch(plan.rung(clock), closed, kept), state.plan
    if before is None:
        return begun
    return handed_on(before.rung(clock), state.watch(clock), plan.rung(clock), begun)


def _pairs(state: ModelState, plan: Plan, begin: int = 0) -> Watch:
    """The clock of pairs: what they say rests on no baseline, so it goes on."""
    if state.plan is None:
        return begin_watch(plan.pairs, begin, {})
    return carry(state.plan, plan, PAIRS, state.pairs)


def _regraded(outcomes: Outcomes, begin: int) -> Outcomes:
    """Labels under way, for rows that are counted anew from an instant, and graded in another way:
    those that were joined are joined again."""
    anew = begin if outcomes.position else -1
    return replace(
        renewed(outcomes, EVER), begin=begin, anew=anew, fresh_at=-1, try_at=LEAST_LABELS
    )


def _learnt(state: ModelState, answer: Fitted, begin: int) -> dict[str, Any]:
    """From what natural variation is known under a new baseline, and when it is learnt anew."""
    if answer.what in _PHASES:
        return {"learnt": 0, "refit_at": 0, "wanted": 0}
    variation, seen = answer.baseline.variation, answer.baseline.profile.window
    known = 0 if variation is None else variation.windows
    since = begin if variation is None or seen is None else seen.start
    width = state.settings.clocks.widths[2]
    return {"learnt": known, "refit_at": _next(known), "learnt_from": floor(since, width)}


def _next(known: int) -> int:
    later = [n for n in REFITS if n > known]
    return later[0] if later else 0


def _lasting(state: ModelState) -> dict[str, Any]:
    if state.plan is None:
        return {}
    pairs = zip(state.plan.fast.monitors, state.fast.monitors, strict=True)
    return {name: own for (name, _), own in pairs if name in LASTING}


def ask(state: ModelState, out: list[Output]) -> ModelState:
    """Ask for a baseline, or for its natural variation, when there is enough to learn it from.

    Asked at most once a window of the drift clock: an answer may fail.
    """
    newest, width = state.clock.newest, state.settings.clocks.widths[2]
    if state.plan is None and state.metered.names and newest >= 0:
        first = floor(state.clock.first, width)
        out.append(Wanted(METERING, first, first))  # metrics are watched as soon as they come
        return state
    if newest < state.wanted or newest < 0:
        return state
    request = _first(state) if state.phase == COLLECTING else _better(state)
    if request is None:
        return _appraisal(state, out)
    out.append(request)
    start = request.start if request.what == "first guess" else state.learnt_from
    return replace(state, learnt_from=start, wanted=floor(newest, width) + width)


def _appraisal(state: ModelState, out: list[Output]) -> ModelState:
    """Ask what the labels of the reference say, each time that there are twice as many."""
    o, closed = state.outcomes, state.drift.closed
    if state.phase != WATCHING or state.plan is None or state.plan.baseline.appraisal is not None:
        return state
    if state.tally.labels < o.try_at or closed <= state.learnt_from:
        return state
    out.append(Wanted(APPRAISAL, state.learnt_from, closed))
    width = state.settings.clocks.widths[2]
    return replace(
        state,
        wanted=floor(state.clock.newest, width) + width,
        outcomes=replace(o, try_at=2 * state.tally.labels),
    )


def _first(state: ModelState) -> Wanted | None:
    """What a model without a baseline may ask for."""
    chosen, newest = state.settings.baseline, state.clock.newest
    if chosen.file:
        return None  # it is read before the first event is taken in
    if chosen.range_ns is not None:
        start, end = chosen.range_ns
        return Wanted("baseline", start, end) if newest >= end else None
    width = state.settings.clocks.widths[2]
    start, end = floor(state.clock.first, width), floor(newest, width)
    enough = end > start and state.tally.rows >= FIRST_GUESS
    return Wanted("first guess", start, end) if enough else None


def _better(state: ModelState) -> Wanted | None:
    """What a model under a baseline may ask for."""
    since, until = state.learnt_from, state.drift.closed
    if state.phase == LEARNING:
        seen = state.learnt + 1  # the first guess was made of one at least
        return Wanted("baseline", since, until) if seen >= state.settings.baseline.warm_up else None
    due = 0 < state.refit_at <= state.learnt
    return Wanted("variation", since, until) if due else None
