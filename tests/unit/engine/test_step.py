"""The step: windows, lateness, versions, baselines, incidents; and that it is pure.

Owns: what one record does to a model.  Does not own: restarts (`test_runner`), threads.
"""

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.traffic import (
    BEGIN,
    HOUR,
    MINUTE,
    MODEL,
    SECOND,
    Live,
    events,
    hour,
    hours,
    live,
    note,
    rows,
    tick,
)  # fmt: skip

from vedette.core.errors import UsageError
from vedette.engine.model import ModelState
from vedette.engine.outputs import Changed, Closed, Late, Marked, Told, Wanted
from vedette.engine.step import GAP, SKEW, event_now, step
from vedette.profiles.codec import unpack

WARM = {"baseline": {"warm_up": 4}}  # windows until a model is watched, so that tests stay short


def watched(records: int = 6, **law: object) -> Live:
    """A model past its warm-up."""
    return Live(live(**WARM)).feed(hours(records, **law))


def stored_rows(model: Live, clock: str) -> int:
    entries = model.store.read("profile", MODEL, prefix=f"{clock}/")
    return sum(unpack(entry.body).rows for entry in entries)


def open_rows(state: ModelState) -> int:
    waiting = sum(part.num_rows for _, part in state.pending)
    return waiting + sum(profile.rows for profile in state.base.values())


def test_a_model_collects_guesses_learns_and_is_then_watched():
    model = Live(live(**WARM))
    phases = []
    for record in hours(6):
        model.feed([record])
        phases.append(model.runner.models[MODEL].phase)
    assert phases[0] == "collecting"
    assert phases[-1] == "watching"
    assert list(dict.fromkeys(phases)) == ["collecting", "warming up", "watching"]
    assert [w.what for w in model.of(Wanted)] == ["first guess", "baseline"]


def test_every_row_is_in_a_window_exactly_once_whatever_the_baselines():
    model = watched(8)
    model.runner.commit(0, force=True)
    state = model.runner.models[MODEL]
    first = min(entry.time for entry in model.store.read("profile", MODEL, prefix="base/"))
    skipped = (first - BEGIN) // HOUR * 1000  # the first guess is made of the first hour
    assert stored_rows(model, "base") + open_rows(state) + skipped == 8000


def test_the_step_is_pure():
    model = watched()
    state = model.runner.models[MODEL]
    record = events(rows(BEGIN + 6 * HOUR, 500, shift=2.0), BEGIN + 7 * HOUR + 10 * SECOND)
    before = {start: profile.rows for start, profile in state.base.items()}
    once, twice = step(state, record, record.received), step(state, record, record.received)
    assert {start: profile.rows for start, profile in state.base.items()} == before
    assert [type(o) for o in once[1]] == [type(o) for o in twice[1]]
    for one, two in zip(once[0].drift.monitors, twice[0].drift.monitors, strict=True):
        for name in one.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    told = [[o.finding for o in out if isinstance(o, Told)] for _, out in (once, twice)]
    assert told[0] == told[1]


def test_a_shift_is_found_in_its_first_hour_and_named():
    model = watched(20)
    at = BEGIN + 20 * HOUR
    model.feed(hour(at, shift=1.0))
    opened = [change.incident for change in model.of(Changed) if change.event == "opened"]
    assert len(opened) == 1
    assert opened[0].causes[0].column == "x2"
    assert "`x2` rose by" in opened[0].title
    assert opened[0].opened == at + HOUR
    assert opened[0].onset >= at - 2 * HOUR


def test_missing_values_are_found_within_one_fast_window():
    model = watched(20)
    at = BEGIN + 20 * HOUR
    for part in range(2):
        start = at + part * 5 * MINUTE
        batch = rows(start, 100, 5 * MINUTE, missing=1.0)
        model.feed([events(batch, start + 5 * MINUTE + SECOND)])
    model.feed([tick(at + 10 * MINUTE + 10 * SECOND)])
    opened = [change.incident for change in model.of(Changed)]
    assert opened
    assert opened[0].causes[0].column == "x4"
    assert opened[0].severity == "critical"
    assert opened[0].opened - at <= 5 * MINUTE


def test_unchanged_traffic_raises_nothing():
    model = watched(60)
    assert model.of(Changed) == []


def test_late_rows_go_into_their_own_window_and_count_as_late():
    model = watched()
    at = BEGIN + 5 * HOUR + 10 * MINUTE
    before = unpack(model.store.get("profile", MODEL, f"base/{at}").body)
    model.feed([events(rows(at, 40, MINUTE, seed=7), BEGIN + 6 * HOUR + 30 * SECOND)])
    after = unpack(model.store.get("profile", MODEL, f"base/{at}").body)
    assert after.rows == before.rows + 40
    assert after.late_rows == 40
    assert model.of(Late)
    assert model.runner.models[MODEL].tally.late == 40
    hour = unpack(model.store.get("profile", MODEL, f"drift/{BEGIN + 5 * HOUR}").body)
    assert hour.rows == 1000 + 40 or model.runner.models[MODEL].drift.open


def test_shuffled_arrival_gives_the_same_counts_as_order():
    ordered, shuffled = hours(12), hours(12)
    rng = np.random.default_rng(3)
    tail = shuffled[24:]
    received = [record.received for record in tail]
    mixed = [tail[i] for i in rng.permutation(len(tail))]
    shuffled[24:] = [r._replace(received=t) for r, t in zip(mixed, received, strict=True)]
    end = tick(BEGIN + 13 * HOUR)
    one = Live(live(**WARM)).feed([*ordered, end])
    two = Live(live(**WARM)).feed([*shuffled, end])
    for clock in ("base", "drift"):
        a = {e.key: unpack(e.body) for e in one.store.read("profile", MODEL, prefix=clock)}
        b = {e.key: unpack(e.body) for e in two.store.read("profile", MODEL, prefix=clock)}
        assert a.keys() == b.keys()
        assert all(profile.same_counts(b[key]) for key, profile in a.items())
    assert two.runner.models[MODEL].tally.late > 0


def test_an_event_from_the_future_does_not_end_windows():
    model = watched()
    state = model.runner.models[MODEL]
    now = BEGIN + 6 * HOUR + 10 * SECOND
    future = events(rows(now + 20 * HOUR, 1, MINUTE, seed=9), now)
    after, _ = step(state, future, now)
    assert event_now(after, now) <= now + SKEW
    assert after.base_closed <= now + SKEW
    assert after.base or after.pending  # it waits for its own window


def test_old_traffic_is_watched_by_its_own_time():
    years = 8 * 365 * 24 * HOUR
    late = [record._replace(received=record.received + years) for record in hours(6)]
    model = Live(live(**WARM)).feed(late)
    assert model.runner.models[MODEL].phase == "watching"
    assert model.of(Changed) == []
    now = late[-1].received + 2 * MINUTE
    state = model.runner.models[MODEL]
    assert abs(event_now(state, now) - (now - years)) < 10 * MINUTE


def test_a_long_gap_is_jumped_and_watching_goes_on():
    model = watched()
    at = BEGIN + 6 * HOUR + 40 * GAP
    model.feed(hour(at))
    state = model.runner.models[MODEL]
    assert state.base_closed == at + HOUR
    assert state.fast.looks < 3 * GAP // (5 * MINUTE)


def test_time_passes_without_events():
    model = watched()
    closed = model.runner.models[MODEL].base_closed
    model.feed([tick(BEGIN + 6 * HOUR + 11 * MINUTE)])
    assert closed < model.runner.models[MODEL].base_closed == BEGIN + 6 * HOUR + 10 * MINUTE


def test_a_version_never_seen_resets_the_evidence_and_is_marked():
    model = watched(12)
    at = BEGIN + 12 * HOUR
    model.feed(hour(at, version="2"))
    state = model.runner.models[MODEL]
    assert state.version == "2"
    marks = [mark.body for mark in model.of(Marked) if mark.body["act"] == "deploy"]
    assert [mark["version"] for mark in marks] == ["2"]
    back = at + HOUR
    model.feed(hour(back, version="1"))
    assert model.runner.models[MODEL].version == "1"


def test_acts_move_an_incident_and_an_illegal_one_is_refused():
    model = watched(20)
    at = BEGIN + 20 * HOUR
    model.feed(hour(at, shift=1.0))
    incident = model.of(Changed)[0].incident
    now = at + HOUR + 20 * SECOND
    act = {"act": "acknowledge", "incident": incident.id, "by": "ann", "note": "on it"}
    model.feed([note(msgspec.json.encode(act), now)])
    held = model.runner.models[MODEL].incidents[0]
    assert held.state == "acknowledged"
    assert held.history[-1].by == "ann"
    for wrong in ({**act, "act": "settle it"}, {**act, "incident": "nobody"}):
        with pytest.raises(UsageError):
            model.feed([note(msgspec.json.encode(wrong), now)])
    assert model.runner.models[MODEL].incidents[0] == held


def test_a_muted_incident_wakes_when_its_time_is_over():
    model = watched(20)
    at = BEGIN + 20 * HOUR
    model.feed(hour(at, shift=1.0))
    incident, now = model.of(Changed)[0].incident, at + HOUR + 20 * SECOND
    act = {"act": "mute", "incident": incident.id, "until": now + 10 * MINUTE}
    model.feed([note(msgspec.json.encode(act), now)])
    assert model.runner.models[MODEL].incidents[0].state == "muted"
    model.feed([tick(now + 11 * MINUTE)])
    assert model.runner.models[MODEL].incidents[0].state != "muted"


def test_an_incident_ends_when_its_change_is_over():
    model = watched(20)
    at = BEGIN + 20 * HOUR
    model.feed(hour(at, shift=1.0))
    for start in range(at + HOUR, at + 12 * HOUR, HOUR):
        model.feed(hour(start))
    events_seen = [change.event for change in model.of(Changed)]
    assert events_seen == ["opened", "", "resolved"], "its rows were told apart in between"
    assert model.of(Changed)[-1].incident.closed is not None
    assert not any(model.runner.models[MODEL].drift.owners)


def troubled(begin, end, until, warm_up):
    """What happened to incidents where half of a column is missing for some hours."""
    model = Live(live(baseline={"warm_up": warm_up}))
    for at in range(BEGIN, BEGIN + until * HOUR, HOUR // 4):
        missing = 0.6 if begin <= (at - BEGIN) / HOUR < end else 0.0
        batch = rows(at, 250, HOUR // 4, missing=missing)
        model.feed([events(batch, at + HOUR // 4 + SECOND)])
    return model, [(o.event, (o.incident.history[-1].at - BEGIN) / HOUR) for o in model.of(Changed)]


@pytest.mark.parametrize("end", [11.75, 12.0, 13.5])
def test_an_incident_that_is_open_when_the_baseline_takes_over_ends_with_its_trouble(end):
    model, seen = troubled(11.25, end, 16, warm_up=12)
    assert model.of(Marked)[-1].time == BEGIN + 12 * HOUR
    (opened, first), (ended, last) = seen
    assert (opened, ended) == ("opened", "resolved")
    assert first < 12
    assert max(end, 12) < last <= max(end, 12) + 1
    incident = model.of(Changed)[-1].incident
    assert incident.history[-1].note.startswith("quiet under a baseline that took over while")
    assert not any(model.runner.models[MODEL].fast.owners)


def test_a_given_baseline_is_watched_from_the_first_event(tmp_path):
    reference = rows(BEGIN - 90 * HOUR, 20_000, 80 * HOUR, seed=5)
    renamed = reference.drop_columns(["_id", "_version", "_weight"]).rename_columns(
        ["ts", "x0", "x1", "x2", "x3", "x4", "x5", "country", "p"]
    )
    pq.write_table(pa.Table.from_batches([renamed]), tmp_path / "reference.parquet")
    settings = live(baseline={"file": str(tmp_path / "reference.parquet")}, time="ts", score="p")
    model = Live(settings).feed(hours(3))
    assert model.runner.problems == {}
    state = model.runner.models[MODEL]
    assert state.phase == "watching"
    assert state.plan.baseline.variation is not None
    assert "score" in state.plan.baseline.columns
    assert stored_rows(model, "drift") == (state.drift.closed - BEGIN) // HOUR * 1000
    assert stored_rows(model, "learnt") == 20_000  # natural variation is learnt anew from more
    assert (state.learnt, state.refit_at) == (82, 168)


def test_natural_variation_is_learnt_anew_from_live_windows_when_the_reference_had_no_times(
    tmp_path,
):
    reference = rows(BEGIN - 90 * HOUR, 5_000, 80 * HOUR, seed=5)
    table = pa.Table.from_batches([reference]).drop_columns(["_id", "_version", "_weight", "_time"])
    pq.write_table(table, tmp_path / "reference.parquet")
    model = Live(live(baseline={"file": str(tmp_path / "reference.parquet")}))
    model.feed(hours(71, 200))
    state = model.runner.models[MODEL]
    assert state.plan.baseline.variation is None
    assert state.refit_at == 72
    model.feed([r for h in range(71, 74) for r in hour(BEGIN + h * HOUR, 200)])
    state = model.runner.models[MODEL]
    assert [wanted.what for wanted in model.of(Wanted)] == ["variation"]
    assert state.plan.baseline.variation.windows == 72
    assert state.plan.baseline.variation.flat
    assert state.refit_at == 168
    assert model.of(Changed) == []


def test_a_file_that_is_not_there_is_said_and_nothing_is_lost(tmp_path):
    model = Live(live(baseline={"file": str(tmp_path / "none.parquet")})).feed(hours(2))
    assert "none.parquet" in model.runner.problems[MODEL]
    assert model.runner.models[MODEL].tally.rows == 2000


def test_a_promoted_period_becomes_the_baseline():
    model = watched(10)
    act = {"act": "baseline", "start": BEGIN + 4 * HOUR, "end": BEGIN + 9 * HOUR}
    before = model.runner.models[MODEL].plan.baseline_id
    model.feed([note(msgspec.json.encode(act), BEGIN + 10 * HOUR + 10 * SECOND)])
    state = model.runner.models[MODEL]
    assert state.plan.baseline_id != before
    assert state.plan.baseline.profile.rows == 5000
    model.feed(hour(BEGIN + 10 * HOUR))
    assert model.of(Closed)[-1].profile.binning_id == state.plan.baseline.id


def test_sampling_does_not_look_like_less_traffic():
    """A tenth of the events, each standing for ten, is the same traffic."""
    model = Live(live(**WARM))
    for record in [r for h in range(72) for r in hour(BEGIN + h * HOUR, 1200)]:
        model.feed([record])
    for h in range(72, 78):
        for record in hour(BEGIN + h * HOUR, 120):
            if record.rows is not None:
                at = record.rows.schema.get_field_index("_weight")
                tenfold = pa.array([10.0] * record.rows.num_rows)
                record = record._replace(rows=record.rows.set_column(at, "_weight", tenfold))
            model.feed([record])
    told = {one[0] for change in model.of(Changed) for one in change.incident.streams}
    assert told <= {"blindness", "shift"}  # that sampling changed is said
    assert model.runner.models[MODEL].tally.weight == 78 * 1200


def test_a_mute_without_an_end_lasts():
    model = watched(20)
    at = BEGIN + 20 * HOUR
    model.feed(hour(at, shift=1.0))
    incident = model.of(Changed)[0].incident
    act = {"act": "mute", "incident": incident.id}
    model.feed([note(msgspec.json.encode(act), at + HOUR + 2 * MINUTE)])
    model.feed([tick(at + HOUR + 50 * MINUTE)])
    assert model.runner.models[MODEL].incidents[0].state == "muted"


def test_what_a_person_resolves_is_closed_in_event_time():
    years = 8 * 365 * 24 * HOUR
    old = [r._replace(received=r.received + years) for r in hours(20)]
    old += [r._replace(received=r.received + years) for r in hour(BEGIN + 20 * HOUR, shift=1.0)]
    model = Live(live(**WARM)).feed(old)
    incident = model.of(Changed)[0].incident
    act = {"act": "resolve", "incident": incident.id}
    model.feed([note(msgspec.json.encode(act), old[-1].received + SECOND)])
    assert model.of(Changed)[-1].incident.closed <= BEGIN + 22 * HOUR


def test_equal_clocks_keep_the_profiles_of_drift_and_late_rows_join_them():
    clocks = {"base": "1h", "fast": "1h", "drift": "1h"}
    model = Live(live(clocks=clocks, **WARM)).feed(hours(8))
    at = BEGIN + 6 * HOUR
    before = unpack(model.store.get("profile", MODEL, f"drift/{at}").body)
    assert before.rows == 1000
    model.feed([events(rows(at, 7, MINUTE, seed=3), BEGIN + 8 * HOUR + SECOND)])
    for clock in ("base", "drift"):
        after = unpack(model.store.get("profile", MODEL, f"{clock}/{at}").body)
        assert (after.rows, after.late_rows) == (1007, 7)


def test_late_rows_join_the_fast_window_that_is_still_under_way():
    clocks = {"base": "1min", "fast": "15min", "drift": "1h"}
    model = Live(live(clocks=clocks, **WARM)).feed(hours(6))
    at = BEGIN + 6 * HOUR
    model.feed([events(rows(at + 5 * MINUTE, 30, MINUTE), at + 6 * MINUTE + SECOND)])
    model.feed([events(rows(at, 20, MINUTE, seed=8), at + 7 * MINUTE)])
    state = model.runner.models[MODEL]
    assert sum(profile.late_rows for profile in state.fast.open.values()) == 20
    assert sum(profile.late_rows for profile in state.drift.open.values()) == 20


def test_a_new_baseline_does_not_count_sampled_events_twice():
    model = watched(10)
    weighted = []
    for record in hour(BEGIN + 10 * HOUR, 400)[:2]:
        place = record.rows.schema.get_field_index("_weight")
        tenfold = pa.array([10.0] * record.rows.num_rows)
        weighted.append(record._replace(rows=record.rows.set_column(place, "_weight", tenfold)))
    model.feed(weighted)
    act = {"act": "baseline", "start": BEGIN + 4 * HOUR, "end": BEGIN + 9 * HOUR}
    model.feed([note(msgspec.json.encode(act), weighted[-1].received)])
    assert 0 < sum(model.runner.models[MODEL].unsent.values()) <= 200 * 9


def test_one_event_from_long_ago_does_not_end_the_warm_up():
    model = Live(live(baseline={"warm_up": 24}))
    model.feed([events(rows(1, 1, SECOND), BEGIN)])
    model.feed(hours(10))
    assert model.runner.models[MODEL].phase == "warming up"


def test_a_few_broken_values_do_not_change_what_a_column_is():
    model = Live(live(**WARM)).feed(hours(6))
    bad = rows(BEGIN + 3 * HOUR, 3, MINUTE, seed=4)
    at = bad.schema.get_field_index("x1")
    bad = bad.set_column(at, "x1", pa.array(["<b>", "none", "0.5"]))
    model.feed([events(bad, BEGIN + 6 * HOUR)])
    act = {"act": "baseline", "start": BEGIN, "end": BEGIN + 6 * HOUR}
    model.feed([note(msgspec.json.encode(act), BEGIN + 6 * HOUR + SECOND)])
    baseline = model.runner.models[MODEL].plan.baseline
    assert baseline.schema["x1"].kind == "numeric"
    assert baseline.profile.cells["x1", ""].broken == 2


def test_what_fast_monitors_would_have_shown_is_told_as_often_as_drift():
    model = watched(12)
    told = [o.finding for o in model.of(Told) if o.finding.monitor in ("rates", "volume")]
    assert {finding.monitor for finding in told} == {"rates", "volume"}
    assert any(f.detectable is not None for f in told if f.monitor == "rates")
