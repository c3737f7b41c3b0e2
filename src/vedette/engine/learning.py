"""How a model comes to its baseline, and to a better one.

Owns: when a baseline is asked for, and going on under a new one.  Does not own: fitting
(`engine.fitting`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from vedette.engine.counting import floor, take
from vedette.engine.model import LEARNING, WATCHING, ModelState, begin_watch
from vedette.engine.outputs import Marked, Output, Wanted
from vedette.engine.plan import LASTING, Plan, make_plan
from vedette.profiles.baseline import Baseline

FIRST_GUESS = 200  # rows from which a first baseline tells missing values from none
REFITS = (72, 168, 336, 672)  # windows after which natural variation is learnt anew


@dataclass(frozen=True, eq=False)
class Fitted:
    """The answer to `Wanted`: a baseline, and the rows logged since `end`, to be counted anew.

    `given` says that it comes from a file or a time range that the operator named; where its rows
    had no times, its natural variation is learnt from live windows.
    """

    what: str
    baseline: Baseline
    baseline_id: str
    end: int
    rows: Iterable[pa.RecordBatch] = ()
    given: bool = False


def fitted(state: ModelState, answer: Fitted, out: list[Output]) -> ModelState:
    """Go on under a new baseline: windows begin anew where its rows end, and the evidence, too."""
    learning = answer.what == "first guess"
    plan = make_plan(state.settings, answer.baseline, answer.baseline_id, learning=learning)
    if answer.what == "variation":
        return _refitted(state, plan)
    width = plan.drift.width
    begin = floor(answer.end, width)
    kept = _lasting(state)
    state = replace(
        state,
        phase=LEARNING if learning else WATCHING,
        plan=plan,
        learnt_from=begin if answer.given else state.learnt_from,
        base={},
        base_closed=begin,
        pending=(),
        pending_rows=0,
        fast=begin_watch(plan.fast, begin, kept),
        drift=begin_watch(plan.drift, begin, {}),
        drift_windows=0,
        wanted=_next_refit(state, answer, begin),
    )
    out.append(
        Marked(
            f"baseline-{answer.baseline_id}",
            begin,
            {"act": "baseline", "id": answer.baseline_id, "text": f"new baseline ({answer.what})"},
        )
    )
    for rows in answer.rows:
        state = take(state, rows, out)
    return state


def _refitted(state: ModelState, plan: Plan) -> ModelState:
    """The same bins with their natural variation learnt anew: windows under way go on."""
    fast = begin_watch(plan.fast, state.fast.closed, _lasting(state))
    drift = begin_watch(plan.drift, state.drift.closed, {})
    done = (state.drift.closed - state.learnt_from) // plan.drift.width
    later = [n for n in REFITS if n > done]
    return replace(
        state,
        phase=WATCHING,
        plan=plan,
        wanted=state.learnt_from + later[0] * plan.drift.width if later else -1,
        fast=replace(fast, open=state.fast.open),
        drift=replace(drift, open=state.drift.open),
    )


def _lasting(state: ModelState) -> dict[str, Any]:
    if state.plan is None:
        return {}
    pairs = zip(state.plan.fast.monitors, state.fast.monitors, strict=True)
    return {name: own for (name, _), own in pairs if name in LASTING}


def ask(state: ModelState, out: list[Output]) -> ModelState:
    """Ask for a baseline, or for its natural variation, when there is enough to learn it from.

    Asked at most once a window of the drift clock: an answer may fail.
    """
    chosen, width = state.settings.baseline, state.settings.clocks.widths[2]
    newest = state.clock.newest
    if chosen.file or newest < 0 or not 0 <= state.wanted <= newest:
        return state
    if state.plan is None and chosen.range_ns is not None:
        start, end = chosen.range_ns
        if newest < end:
            return state
        out.append(Wanted("baseline", start, end))
    elif state.plan is None:
        start, end = floor(state.clock.first, width), floor(newest, width)
        if end <= start or state.tally.rows < FIRST_GUESS:
            return state
        out.append(Wanted("first guess", start, end))
        state = replace(state, learnt_from=start)
    elif state.phase == LEARNING:
        if (state.drift.closed - state.learnt_from) // width < chosen.warm_up:
            return state
        out.append(Wanted("baseline", state.learnt_from, state.drift.closed))
    elif state.drift.closed >= state.wanted:
        out.append(Wanted("variation", state.learnt_from, state.drift.closed))
    else:
        return state
    return replace(state, wanted=floor(newest, width) + width)


def _next_refit(state: ModelState, answer: Fitted, begin: int) -> int:
    """When the natural variation is learnt anew: never (-1) where the reference shows enough."""
    if answer.what == "first guess":
        return 0
    variation = answer.baseline.variation
    if answer.given and variation is not None:
        return -1
    width = state.settings.clocks.widths[2]
    since = begin if answer.given else state.learnt_from
    done = max(begin, state.drift.closed) - since
    later = [n for n in REFITS if n * width > done]
    return since + later[0] * width if later else -1
