"""What labels do to a model.

Owns: when labels are asked to be joined, and what the joined ones change.  Does not own: joining
(`engine.joining`), grading (`engine.grade`), judging windows (`engine.outcomes`).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.windows import Window
from vedette.engine.delays import observed
from vedette.engine.grade import realised_of
from vedette.engine.grouped import changed
from vedette.engine.joining import BEFORE, KNOWN, LABEL, Joined
from vedette.engine.model import ModelState
from vedette.engine.outcomes import counted, judge_matured
from vedette.engine.outputs import JOIN, Labelled, Output, Wanted
from vedette.engine.plan import Plan
from vedette.profiles.profile import Profile
from vedette.profiles.windowed import instants

AT_ONCE = 20_000  # labels that wait, at which they are joined before a window ends


def announced(state: ModelState, labels: int) -> ModelState:
    """Labels came: they wait until they are joined."""
    tally = replace(state.tally, labels=state.tally.labels + labels)
    outcomes = replace(state.outcomes, waiting=state.outcomes.waiting + labels)
    return replace(state, tally=tally, outcomes=outcomes)


def wants_labels(state: ModelState, ended: bool) -> bool:
    """Whether labels are to be joined now; `ended` says that a window of the drift clock did."""
    if state.plan is None or state.plan.baseline.appraisal is None:
        return False
    return ended or state.outcomes.waiting >= AT_ONCE


def labelled(
    state: ModelState, joined: Joined, now: int, event_now: int, out: list[Output]
) -> ModelState:
    """Take joined labels in, and judge what has its labels by now."""
    plan = state.plan
    if plan is None or plan.baseline.appraisal is None:
        return state
    outcomes = state.outcomes
    for start, profile in sorted(_by_window(plan, joined.batches).items()):
        window = Window(start, start + plan.labels.width)
        older = start < outcomes.begin
        out.append(Labelled(window, replace(profile, window=window), older))
        state = counted(state, start, profile)
    delays = outcomes.delays
    for batch in joined.batches:
        delays = observed(delays, _delays(batch))
    state = replace(
        state,
        outcomes=replace(
            state.outcomes,
            position=joined.position,
            waiting=outcomes.waiting if joined.more else 0,
            unmatched=joined.unmatched,
            lost=outcomes.lost + joined.lost,
            delays=delays,
            anew=-1,
        ),
    )
    if joined.more:
        out.append(Wanted(JOIN, 0, 0))
        return state  # windows are judged with all that came
    return judge_matured(state, now, event_now, out)


def _by_window(plan: Plan, batches: tuple[pa.RecordBatch, ...]) -> Mapping[int, Profile]:
    """What labels change of every window, by its start."""
    made: dict[int, Profile] = {}
    zero = Profile.zero(plan.baseline.schema.fingerprint, plan.baseline.id)
    for batch in batches:
        width, rows = plan.labels.width, plan.deriver.apply(batch)
        starts = instants(batch, columns.TIME) // width * width
        parts = [
            (start, replace(zero, graded=sums.graded, losses=sums.losses))
            for start, sums in realised_of(plan, rows, starts).items()
        ]
        if plan.baseline.grouping is not None:
            moved = changed(plan.baseline.grouping, rows, starts)
            parts += [(start, replace(zero, cubes=cubes)) for start, cubes in moved.items()]
        for start, profile in parts:
            made[start] = made[start].merge(profile) if start in made else profile
    return made


def _delays(batch: pa.RecordBatch) -> np.ndarray:
    """How long the labels took that tell something for the first time.  Units: nanoseconds."""
    first = batch.filter(pc.and_(batch.column(LABEL).is_valid(), batch.column(BEFORE).is_null()))
    if not first.num_rows:
        return np.zeros(0, np.int64)
    return instants(first, KNOWN) - instants(first, columns.TIME)
