"""What is remembered for the eye: recent traffic, incidents of a period, a pulse that beats when
there is something new to see."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from tests.story import BEGIN, END, HOUR, SECOND, SHOP, Story, served, settings, story
from tests.traffic import MINUTE, MODEL, Live, hours, live, outcomes, tick
from tests.traffic import rows as some_rows

from vedette.core.durations import DAY
from vedette.core.errors import StoreError
from vedette.engine import snapshot
from vedette.engine.model import ModelState
from vedette.engine.step import MOST_OPENED, RECENT, step
from vedette.engine.views import Count, pulse_of, view_of
from vedette.ingest.decoded import Decoded
from vedette.stores.store import EVENTS, Record


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


# --- remembered -----------------------------------------------------------------------------------


def test_recent_traffic_is_what_was_sent(told: Story):
    state = told.state
    assert len(state.traffic) == RECENT
    times = told.times()
    for start, rows in state.traffic:
        assert rows == ((times >= start) & (times < start + HOUR)).sum()
    assert (
        state.traffic[-1][0] + HOUR == state.drift.closed == max(s for s, _ in state.traffic) + HOUR
    )


def test_a_view_fills_the_gaps_of_its_traffic(told: Story):
    last = told.state.traffic[-1]
    gap = replace(told.state, traffic=((last[0] - 5 * HOUR, 7), last))
    view = view_of(gap, Count(), "")
    assert (view.traffic_start, list(view.traffic)) == (
        last[0] - 5 * HOUR,
        [7, 0, 0, 0, 0, last[1]],
    )
    long = replace(told.state, traffic=((last[0] - 500 * HOUR, 7), last))
    view = view_of(long, Count(), "")
    assert len(view.traffic) == RECENT
    assert view.traffic_start == last[0] - (RECENT - 1) * HOUR
    assert view_of(replace(told.state, traffic=()), Count(), "").traffic == []


def test_incidents_count_against_the_budget_of_their_period(told: Story):
    state = told.state
    opened = sorted(entry.time for entry in told.live.store.read("incident", SHOP))
    assert list(state.opened) == opened
    assert view_of(state, Count(), "").opened == 3
    short = settings(period="3d").of(SHOP)
    assert view_of(replace(state, settings=short), Count(), "").opened == 1


def closing(state: ModelState) -> ModelState:
    """The state after one more hour of silence."""
    now = state.drift.closed + HOUR + MINUTE + state.clock.lag
    return step(state, tick(now), now)[0]


def test_what_is_older_than_the_period_is_forgotten(told: Story):
    short = settings(period="3d").of(SHOP)
    kept = closing(replace(told.state, settings=short, opened=(BEGIN, BEGIN + DAY, END - DAY)))
    assert kept.drift.closed > told.state.drift.closed
    assert END - DAY in kept.opened
    assert BEGIN + DAY not in kept.opened
    assert len(kept.traffic) == RECENT
    assert kept.traffic[-1][1] < 240


def test_what_is_counted_of_a_period_is_bounded(told: Story):
    busy = replace(told.state, opened=tuple(range(END - 2 * MOST_OPENED, END)), incidents=())
    fresh = replace(busy, opened=(BEGIN - 90 * DAY, *busy.opened))  # one to forget
    assert len(closing(fresh).opened) <= MOST_OPENED


# --- snapshots ------------------------------------------------------------------------------------


def test_what_is_remembered_survives(told: Story):
    state = told.state
    again = snapshot.decode(snapshot.encode(state), state.settings, state.plan)
    assert again.traffic == state.traffic
    assert again.opened == state.opened
    assert again.fast.parts == state.fast.parts
    assert again.drift.parts == state.drift.parts
    assert view_of(again, Count(), "") == view_of(state, Count(), "")
    assert pulse_of(again) == pulse_of(state)


@pytest.mark.parametrize("lacks", range(len(snapshot.ADDED) + 1))
def test_a_snapshot_written_before_this_was_remembered_is_read(told: Story, lacks: int):
    state = told.state
    parts = msgspec.msgpack.decode(snapshot.encode(state))
    assert len(parts) == snapshot.FIRST + len(snapshot.ADDED)
    old = parts[: len(parts) - lacks]
    again = snapshot.decode(msgspec.msgpack.encode(old), state.settings, state.plan)
    assert again.traffic == (state.traffic if len(old) > snapshot.FIRST else ())
    assert again.opened == (state.opened if len(old) > snapshot.FIRST + 1 else ())
    assert again.tally == state.tally
    assert again.drift.total == state.drift.total
    assert again.incidents == state.incidents
    after = closing(again)
    assert len(after.traffic) == (RECENT if again.traffic else 1)


def test_a_snapshot_of_clocks_without_parts_is_read(told: Story):
    state = told.state
    parts = msgspec.msgpack.decode(snapshot.encode(state))[: snapshot.FIRST]
    for at in (9, 10):
        parts[at] = parts[at][:-1]
    again = snapshot.decode(msgspec.msgpack.encode(parts), state.settings, state.plan)
    assert (again.fast.parts, again.drift.parts) == ((), ())
    assert again.drift.total == state.drift.total
    assert closing(again).fast.looks > state.fast.looks


@pytest.mark.parametrize("size", [0, 1, snapshot.FIRST - 1, snapshot.FIRST + 40])
def test_what_has_too_few_parts_or_too_many_is_no_snapshot(told: Story, size: int):
    parts = [*msgspec.msgpack.decode(snapshot.encode(told.state)), *[None] * 40][:size]
    with pytest.raises(StoreError, match="of another version"):
        snapshot.decode(msgspec.msgpack.encode(parts), told.state.settings, told.state.plan)


# --- the pulse ------------------------------------------------------------------------------------


def batch(start: int, n: int = 10) -> Record:
    return Record(EVENTS, MODEL, start + SECOND, some_rows(start, n, SECOND))


def test_the_pulse_beats_when_a_window_ends_and_not_before():
    model = Live(live(baseline={"warm_up": 4})).feed(hours(6))
    model.feed([tick(BEGIN + 6 * HOUR + MINUTE)])
    beats = [pulse_of(model.runner.models[MODEL])]
    at = BEGIN + 6 * HOUR + 2 * MINUTE

    def fed(*records: Record) -> bool:
        model.feed(records)
        beats.append(pulse_of(model.runner.models[MODEL]))
        return beats[-1] != beats[-2]

    assert not fed(batch(at))
    assert not fed(batch(at + SECOND))
    assert not fed(tick(at + MINUTE))
    assert not fed(outcomes(["a"], at + MINUTE))
    assert fed(tick(BEGIN + 6 * HOUR + 5 * MINUTE + 10 * SECOND))
    assert not fed(tick(BEGIN + 6 * HOUR + 5 * MINUTE + 20 * SECOND))


def test_the_pulse_beats_when_a_model_is_watched_from_another_baseline():
    model = Live(live(baseline={"warm_up": 2}))
    seen = set()
    for record in hours(4):
        model.feed([record])
        state = model.runner.models[MODEL]
        seen.add((state.phase, "" if state.plan is None else state.plan.baseline_id,
                  pulse_of(state)))  # fmt: skip
    assert len({phase for phase, _, _ in seen}) == 3
    by_pulse = {pulse: (phase, plan) for phase, plan, pulse in seen}
    assert len(by_pulse) == len(seen)


def test_acts_of_people_are_seen():
    service = served()
    try:
        beats = [service.pulse(SHOP)]

        async def act(**what: object) -> None:
            await service.act(SHOP, what)

        [gone] = [i for i in service.runner.models[SHOP].incidents if i.state == "open"]
        for what in (
            {"act": "acknowledge", "incident": gone.id, "by": "Ann", "note": ""},
            {"act": "note", "incident": gone.id, "by": "Ann", "note": "looking"},
            {"act": "deploy", "version": "9", "time": END, "text": "canary"},
            {"act": "baseline", "start": BEGIN + DAY, "end": BEGIN + 2 * DAY},
        ):
            asyncio.run(act(**what))
            beats.append(service.pulse(SHOP))
        assert len(set(beats)) == len(beats)
        assert service.pulse(SHOP) == beats[-1]
        assert service.pulse("other") == 0
        service.offer("other", Decoded(rows=hours(1)[0].rows)).result(10)
        assert service.pulse(SHOP) == beats[-1]
    finally:
        service.stop()
