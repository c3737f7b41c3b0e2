"""The product: `step(state, batch, now) -> (state, outputs)`.

Owns: what one record of the log does to a model, and when windows end.  Does not own: clocks,
disks, threads, network, chance: there are none here, so live service, replay, backtest and tests
are the same thing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core import rows as columns
from vedette.core.durations import DAY, MINUTE
from vedette.core.windows import Window
from vedette.engine.acts import note, unmute
from vedette.engine.causes import (
    Explained,
    Guessed,
    Separated,
    ask_causes,
    ask_guesses,
    ask_separation,
    explained,
    guessed,
    separated,
)
from vedette.engine.counting import floor, flush, grown, take
from vedette.engine.deploys import deployed
from vedette.engine.joining import Joined
from vedette.engine.labelling import announced, labelled, wants_labels
from vedette.engine.learning import Fitted, ask, fitted
from vedette.engine.look import look
from vedette.engine.metering import bound, metered
from vedette.engine.model import Clock, ModelState, Tally
from vedette.engine.outcomes import counted
from vedette.engine.outputs import JOIN, METERING, PAIR, Changed, Closed, Marked, Output, Wanted
from vedette.engine.paired import announced as twins_came
from vedette.engine.paired import paired, wants_pairs
from vedette.engine.pairing import Paired
from vedette.engine.plan import BASE, DRIFT, LABELS, PAIRS, QUICK
from vedette.engine.rare import end_rare, tell_rare
from vedette.engine.sight import noted, others, told
from vedette.profiles.profile import Profile
from vedette.profiles.sight import AHEAD
from vedette.profiles.windowed import instants
from vedette.stores.store import EVENTS, METRICS, NOTE, OUTCOMES, TWINS, Record

Answer = Fitted | Joined | Paired | Explained | Guessed | Separated  # to what was wanted

SKEW = 5 * MINUTE  # an event from further in the future does not move the time
FORGIVE = 0.1  # how fast a lag that is seen no more is forgotten, per time that passes
RECENT = 48  # drift windows whose traffic is remembered
MOST_OPENED = 1000  # incidents of one period that are counted
GAP = 2 * DAY  # a longer silence is not walked through window by window


def step(
    state: ModelState, batch: Record | Answer, now: int
) -> tuple[ModelState, tuple[Output, ...]]:
    """Take one record in.

    Units: `now` in UTC nanoseconds, when the server received it.
    Errors: none for anything a producer may send; UsageError for an act that the lifecycle does not
    allow, with the state as it was.
    """
    out: list[Output] = []
    known = state.labels.closed
    if isinstance(batch, Fitted):
        state = fitted(state, batch, out)
    elif isinstance(batch, Explained):
        return explained(state, batch, out), tuple(out)
    elif isinstance(batch, Guessed):
        return guessed(state, batch, out), tuple(out)
    elif isinstance(batch, Separated):
        return separated(state, batch, out), tuple(out)
    elif isinstance(batch, Joined):
        state = labelled(state, batch, now, event_now(state, now), out)
        closed = state.labels.closed
        state = _remembered(state, LABELS, Window(closed, closed), 0, out)
    elif isinstance(batch, Paired):
        state = paired(state, batch, now, out)
        closed = state.pairs.closed
        state = _remembered(state, PAIRS, Window(closed, closed), 0, out)
    elif batch.kind == EVENTS and batch.rows is not None:
        state = _events(state, batch.rows, now, out)
    elif batch.kind == OUTCOMES and batch.rows is not None:
        state = announced(state, batch.rows.num_rows)
    elif batch.kind == TWINS and batch.rows is not None:
        state = twins_came(state, batch.rows.num_rows)
    elif batch.kind == METRICS and batch.rows is not None:
        state = _metrics(state, batch.rows, now, out)
    elif batch.kind == NOTE:
        state = note(state, msgspec.json.decode(batch.note), now, event_now(state, now), out)
    state = unmute(state, now, out)
    closed, judged = state.drift.closed, state.labels.closed > known
    state = _advance(state, now, out)
    state = ask(state, out)
    if wants_labels(state, state.drift.closed > closed):
        out.append(Wanted(JOIN, 0, 0))
    if wants_pairs(state, state.drift.closed > closed):
        out.append(Wanted(PAIR, 0, 0))
    elif state.drift.closed > closed:
        state = replace(state, pairs=replace(state.pairs, closed=state.drift.closed))
    state = ask_causes(state, out, judged=judged)
    ask_guesses(out)
    ask_separation(state, out)
    return (flush(state) if out else state), tuple(out)  # what is kept can be kept with the state


def event_now(state: ModelState, now: int) -> int:
    """What time it is for the model's events, at a moment of the server.  Units: nanoseconds."""
    clock = state.clock
    if clock.newest < 0:
        return -1
    return max(now - clock.lag, min(clock.newest, now + SKEW))


def _events(state: ModelState, rows: pa.RecordBatch, now: int, out: list[Output]) -> ModelState:
    times = instants(rows, columns.TIME)
    if len(times) == 0:
        return state
    # Until the first event the time was that of metrics, which may be logged long after what is
    # served is: history that is sent once the server runs.
    is_first, clock = not state.tally.rows, state.clock if state.tally.rows else Clock()
    state = replace(state, clock=_tick(clock, times, now), tally=_count(state.tally, rows))
    if state.plan is None:
        return state
    first = int(times.min())
    if is_first and state.baseline is None and first < state.base_closed:
        out.append(Wanted(METERING, first, first))
        return state
    state = noted(state, {AHEAD: int((times > now + SKEW).sum())})
    return take(replace(state, versions=_versions(state.versions, rows)), rows, out)


def _metrics(state: ModelState, rows: pa.RecordBatch, now: int, out: list[Output]) -> ModelState:
    """Take readings in; what time it is they say only where there are no events."""
    state, rows = told(state, rows), others(rows)
    if not rows.num_rows:
        return state
    times = instants(rows, columns.TIME)
    if len(times) and not state.tally.rows:
        state = replace(state, clock=_tick(state.clock, times, now))
    return metered(state, rows, out)


def _tick(clock: Clock, times: NDArray[np.int64], now: int) -> Clock:
    first, newest = int(times.min()), int(times.max())
    if newest > now + SKEW:  # of a sender whose clock is wrong: no reason to close windows
        near = times[times <= now + SKEW]
        newest = int(near.max()) if len(near) else -1
    if newest < 0 <= clock.newest:
        return replace(clock, first=min(clock.first, first), received=now)
    newest = newest if newest >= 0 else now
    lag = max(now - newest, 0)
    if clock.received >= 0:
        lag = min(lag, clock.lag + round(FORGIVE * max(now - clock.received, 0)))
    earliest = first if clock.first < 0 else min(clock.first, first)
    return Clock(earliest, max(clock.newest, newest), now, lag)


def _count(tally: Tally, rows: pa.RecordBatch) -> Tally:
    at = rows.schema.get_field_index(columns.WEIGHT)
    weight = pc.sum(rows.column(at)).as_py() if at >= 0 else None
    return replace(
        tally,
        rows=tally.rows + rows.num_rows,
        weight=tally.weight + (rows.num_rows if weight is None else weight),
    )


def _versions(seen: Mapping[str, int], rows: pa.RecordBatch) -> dict[str, int]:
    at = rows.schema.get_field_index(columns.VERSION)
    total = Counter(seen)
    if at >= 0:
        for entry in pc.value_counts(rows.column(at)).to_pylist():
            if entry["values"]:
                total[entry["values"]] += entry["counts"]
    return dict(total)


def _advance(state: ModelState, now: int, out: list[Output]) -> ModelState:
    """End every window whose time has come."""
    plan = state.plan
    if plan is None or state.clock.newest < 0:
        return state
    width = plan.base_width
    horizon = event_now(state, now) - plan.settings.lateness_ns
    if state.base_closed + width > horizon:
        return state
    state = _new_version(flush(state), horizon, out)
    while state.base_closed + width <= horizon:
        quiet_until = min([horizon, *state.base])
        if quiet_until - state.base_closed > GAP and state.base_closed % plan.drift.width == 0:
            state = _jump(state, floor(quiet_until - GAP // 2, plan.drift.width))
        else:
            state = _close_base(state, now, out)
    return replace(state, versions={})


def _jump(state: ModelState, to: int) -> ModelState:
    """Pass over windows without a row; none is under way before the next event."""
    return replace(
        state,
        base_closed=to,
        fast=replace(state.fast, closed=to),
        drift=replace(state.drift, closed=to),
    )


def _close_base(state: ModelState, now: int, out: list[Output]) -> ModelState:
    plan = state.plan
    assert plan is not None
    start, end = state.base_closed, state.base_closed + plan.base_width
    base = dict(state.base)
    profile = base.pop(start, None)
    state = replace(state, base=base, base_closed=end)
    if profile is not None:
        plain = profile.counts
        out.append(Closed(BASE, Window(start, end), plain))
        fast = grown(state.fast.open, floor(start, plan.fast.width), plain)
        drift = grown(state.drift.open, floor(start, plan.drift.width), profile)
        state = replace(
            state, fast=replace(state.fast, open=fast), drift=replace(state.drift, open=drift)
        )
    if end % plan.fast.width == 0:
        state, _ = _close(bound(state, end), QUICK, end, now, out)
        plan = state.plan
        assert plan is not None
        tell_rare(state, Window(end - plan.fast.width, end), out)
    if end % plan.drift.width == 0:
        start = end - plan.drift.width
        state = end_rare(state, Window(start, end), out)
        profile = state.drift.open.get(start)
        if profile is not None and profile.is_graded:
            state = counted(state, start, profile)
        state, rows = _close(state, DRIFT, end, now, out)
        ordinary = rows > 0 and not any(state.drift.owners)
        state = replace(state, learnt=state.learnt + ordinary)
    return state


def _close(
    state: ModelState, clock: str, end: int, now: int, out: list[Output]
) -> tuple[ModelState, int]:
    """End a window of a clock and look at it."""
    plan = state.plan
    assert plan is not None
    rung, watch = plan.rung(clock), state.watch(clock)
    window = Window(end - rung.width, end)
    open = dict(watch.open)
    profile = open.pop(window.start, None)
    if profile is None:
        zero = Profile.zero(plan.baseline.schema.fingerprint, plan.baseline.id)
        profile = replace(zero, window=window)
    else:
        profile = replace(profile, window=window, model=state.name, version=state.version)
        if clock == DRIFT or rung.width != plan.base_width:
            out.append(Closed(clock, window, profile))
    watch = replace(watch, open=open, closed=end)
    incidents, said = state.incidents, len(out)
    if rung.monitors:
        watch, incidents = look(state, rung, watch, profile, window, now, out)
    state = _remembered(state, rung.name, window, profile.rows, out[said:])
    if clock == QUICK and state.unsent:
        state = replace(state, unsent={at: n for at, n in state.unsent.items() if at >= end})
    return replace(state, incidents=incidents).with_watch(clock, watch), profile.rows


def _remembered(
    state: ModelState, clock: str, window: Window, rows: int, said: list[Output]
) -> ModelState:
    """Keep what people want to see at a glance: recent traffic, and how much of the budget went."""
    if clock == DRIFT:
        state = replace(state, traffic=(*state.traffic, (window.start, rows))[-RECENT:])
    since = max(window.end, state.drift.closed) - state.settings.period_ns
    fresh = [window.end for one in said if isinstance(one, Changed) and one.event == "opened"]
    if fresh or (state.opened and state.opened[0] <= since):
        kept = (*(at for at in state.opened if at > since), *fresh)
        state = replace(state, opened=kept[-MOST_OPENED:])
    return state


def _new_version(state: ModelState, horizon: int, out: list[Output]) -> ModelState:
    """Reset the evidence when a version that was never seen serves most of the rows."""
    total = sum(state.versions.values())
    if not total:
        return state
    leading, rows = max(state.versions.items(), key=lambda item: (item[1], item[0]))
    if leading == state.version or 2 * rows <= total:
        return state
    before, at = state.version, min(state.clock.newest, horizon)
    state = replace(state, version=leading)
    if before:
        out.append(
            Marked(
                f"deploy-{leading}-{at}",
                at,
                {"act": "deploy", "version": leading, "text": f"version {leading} took over"},
            )
        )
        state = deployed(_reset(state, at), at, leading)
    return state


def _reset(state: ModelState, at: int) -> ModelState:
    """Forget the evidence of every stream: what watched is no longer what is watched.  Labels come
    later: theirs begins anew with the windows from then on."""
    plan = state.plan
    if plan is None:
        return state
    state = replace(state, outcomes=replace(state.outcomes, fresh_at=at))
    for clock in (QUICK, DRIFT):
        rung, watch = plan.rung(clock), state.watch(clock)
        monitors = tuple(
            monitor.reset(own, np.ones(len(monitor.streams), np.bool_))
            for (_, monitor), own in zip(rung.monitors, watch.monitors, strict=True)
        )
        state = state.with_watch(clock, replace(watch, monitors=monitors))
    return state
