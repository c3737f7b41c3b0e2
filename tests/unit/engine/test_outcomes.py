"""Windows judged by their labels: in order, when those have come, as if they had come in time."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pyarrow as pa
import pytest
from tests.labelled import begun, commit, kept, outcomes, reference, sent, settings, truth
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live, note

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY
from vedette.engine import outcomes as judging
from vedette.engine.live import LiveSettings
from vedette.engine.model import ModelState
from vedette.engine.outputs import Changed, Labelled, Looked
from vedette.engine.plan import LABELS
from vedette.engine.remembered import packed, unpacked
from vedette.profiles.grading import EXPECTED, REALISED
from vedette.profiles.profile import WHOLE
from vedette.stores.store import EVENTS, TICK, Record

ROWS = 60


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> LiveSettings:
    path = reference(tmp_path_factory.mktemp("ref") / "reference.parquet", 48, 60)
    return settings(path)


def after(h: float) -> int:
    return BEGIN + round(h * HOUR) + 2 * MINUTE


def lived(
    chosen: LiveSettings,
    hours: int,
    delay: int,
    *,
    turned: tuple[int, float] = (10**6, 0.0),
    wrong: Mapping[int, object] = {},
    lasts: int = 6,
    made: Live | None = None,
) -> Live:
    """A stretch of hours, each hour's labels `delay` hours after it; `wrong` ones at first, put
    right when all others have come; and then some quiet hours."""
    made = made or begun(chosen)
    told: dict[int, tuple[list[str], list[bool]]] = {}
    for h in range(hours):
        batch, records = sent(BEGIN + h * HOUR, ROWS)
        told[h] = (batch["_id"].to_pylist(), truth(batch, turned=turned[1] * (h >= turned[0])))
        made.feed(records)
        if h - delay in told:
            _tell(made, *told[h - delay], wrong.get(h - delay), after(h + 1))
    for h in range(hours, hours + delay):
        made.feed([Record(TICK, "", after(h + 1))])
        if h - delay in told:
            _tell(made, *told[h - delay], wrong.get(h - delay), after(h + 1))
    end = hours + delay
    for h in wrong:
        ids, labels = told[h]
        made.feed([outcomes(ids, labels, after(end))])
    made.feed(Record(TICK, "", after(end + h + 1)) for h in range(lasts))
    return commit(made)


def _tell(made: Live, ids: list[str], labels: list[bool], first: object, at: int) -> None:
    if first == "turned":
        few = [label ^ (i % 20 == 0) for i, label in enumerate(labels)]
        made.feed([outcomes(ids, few, at)])
    elif first == "half":
        made.feed([outcomes(ids[::2], labels[::2], at)])
    elif first is None:
        made.feed([outcomes(ids, labels, at)])


def state_of(made: Live) -> ModelState:
    assert made.runner.guard.faults == {}
    return made.runner.models[MODEL]


def same(one: object, two: object, rtol: float = 0.0) -> None:
    """Two states of monitors hold the same numbers."""
    if is_dataclass(one) and not isinstance(one, type):
        for part in fields(one):
            same(getattr(one, part.name), getattr(two, part.name), rtol)
    elif isinstance(one, tuple | list):
        assert len(one) == len(two)  # type: ignore[arg-type]
        for first, second in zip(one, two, strict=True):  # type: ignore[call-overload]
            same(first, second, rtol)
    elif isinstance(one, np.ndarray | float):
        np.testing.assert_allclose(np.asarray(one), np.asarray(two), rtol=rtol, atol=rtol)  # type: ignore[arg-type]
    else:
        assert one == two


def incidents(made: Live, monitors: tuple[str, ...] = ("concept", "estimate")) -> list[Incident]:
    return [
        one.incident
        for one in made.of(Changed)
        if one.event == "opened" and {s[0] for s in one.incident.streams} & set(monitors)
    ]


def test_every_window_is_judged_once_its_labels_have_come(chosen: LiveSettings) -> None:
    made = lived(chosen, 12, delay=3)
    looks = [one for one in made.of(Looked) if one.clock == LABELS]
    assert [one.window.start for one in looks] == [BEGIN + h * HOUR for h in range(12)]
    assert {one.rows for one in looks} == {ROWS}
    state = state_of(made)
    assert state.labels.closed == BEGIN + 12 * HOUR
    assert state.outcomes.delays.labels == 12 * ROWS
    assert incidents(made) == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({5: "turned"}, id="corrected"),
        pytest.param({2: "half", 7: "half"}, id="the rest comes later"),
        pytest.param({3: "none"}, id="all of a window come after it was passed over"),
        pytest.param({0: "turned", 11: "turned"}, id="the first and the last"),
    ],
)
def test_evidence_is_what_it_would_have_been_in_time(
    chosen: LiveSettings, wrong: dict[int, object]
) -> None:
    """Windows that were judged already are stepped again from the state before them."""
    intime = state_of(lived(chosen, 12, delay=2))
    mended = state_of(lived(chosen, 12, delay=2, wrong=wrong, lasts=40))
    assert intime.labels.closed == mended.labels.closed
    for (name, _), one, two in zip(
        intime.plan.labels.monitors,
        intime.labels.monitors,
        mended.labels.monitors,
        strict=True,  # type: ignore[union-attr]
    ):
        # Counts of wrong predictions are exact; sums of estimates are added in another order.
        same(one, two, 0.0 if name == "concept" else 1e-9)
    assert mended.labels.total == pytest.approx(intime.labels.total, rel=1e-9)


def test_withdrawing_every_label_takes_all_evidence_back(chosen: LiveSettings) -> None:
    made = lived(chosen, 6, delay=1, lasts=1)
    assert state_of(made).labels.looks == 6
    for h in range(6):
        ids = [f"{(BEGIN + h * HOUR) // HOUR}-{i}" for i in range(ROWS)]
        made.feed([outcomes(ids, pa.nulls(ROWS, pa.bool_()), after(10))])
    made.feed([Record(TICK, "", after(12))])
    state = state_of(made)
    begun_states = tuple(one.start() for _, one in state.plan.labels.monitors)  # type: ignore[union-attr]
    same(state.labels.monitors, begun_states)
    assert state.labels.total == 0.0
    whole = kept(commit(made))["drift/all/", BEGIN].graded
    assert whole[REALISED, WHOLE].rows == 0
    assert not whole[REALISED, WHOLE].confusion.any()


def test_a_turned_truth_is_an_alarm_and_late_labels_do_not_bring_it_back(
    chosen: LiveSettings,
) -> None:
    made = lived(chosen, 30, delay=2, turned=(12, 0.8), lasts=1)
    opened = incidents(made)
    assert len(opened) == 1
    state = state_of(made)
    alarm = next(
        one for one in made.of(Looked) if one.clock == LABELS and one.total >= one.threshold
    )
    first = alarm.window.end
    assert BEGIN + 12 * HOUR < first < BEGIN + 20 * HOUR
    assert min(state.outcomes.windows) >= first  # what led to it is settled
    # The labels that led to it are turned back; nothing is resurrected, nothing opened again.
    known = state.labels.monitors, len(made.of(Looked))
    for h in range(12, (first - BEGIN) // HOUR):
        batch, _ = sent(BEGIN + h * HOUR, ROWS)
        made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), after(40))])
    made.feed([Record(TICK, "", after(42))])
    after_all = state_of(made)
    same(after_all.labels.monitors, known[0])
    assert len(incidents(made)) == 1


def test_a_change_of_settings_lets_nothing_come_back(chosen: LiveSettings) -> None:
    made = lived(chosen, 10, delay=1, turned=(3, 0.35), lasts=1)
    before = state_of(made)
    assert before.labels.total > 1
    body = b'{"act": "settings", "changes": {"budget": 0.5}, "by": "Ann"}'
    made.feed([note(body, after(12))])
    fresh = state_of(made)
    assert fresh.labels.total == 0.0
    start, anchor = fresh.outcomes.windows, fresh.outcomes.anchor
    assert start == {}
    same(anchor, fresh.labels.monitors)
    batch, _ = sent(BEGIN + 5 * HOUR, ROWS)  # a judged window's labels are corrected
    made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), after(13))])
    made.feed([Record(TICK, "", after(15))])
    same(state_of(made).labels.monitors, fresh.labels.monitors)
    realised = kept(commit(made))["drift/all/", BEGIN + 5 * HOUR].graded[REALISED, WHOLE]
    assert realised.rows == ROWS  # and yet it shows


def test_a_new_version_begins_anew_with_its_own_windows(chosen: LiveSettings) -> None:
    """Labels of the old version are judged after the new one has begun."""
    made = begun(chosen)
    told = []
    for h in range(14):
        batch, records = sent(BEGIN + h * HOUR, ROWS)
        version = pa.array(["1" if h < 8 else "2"] * ROWS)
        batch = batch.set_column(2, "_version", version)
        told.append((batch["_id"].to_pylist(), truth(batch, turned=0.15 * (h < 8))))
        made.feed([records[0]._replace(rows=batch), records[1]])
        if h >= 4:
            made.feed([outcomes(*told[h - 4], after(h + 1))])
    for h in range(10, 14):
        made.feed([Record(TICK, "", after(h + 5)), outcomes(*told[h], after(h + 5))])
    made.feed([Record(TICK, "", after(20))])
    state = state_of(made)
    assert state.labels.closed == BEGIN + 14 * HOUR
    assert min(state.outcomes.windows) == BEGIN + 8 * HOUR
    totals = [one.total for one in made.of(Looked) if one.clock == LABELS]
    assert totals[8] < totals[7] / 2
    assert state.outcomes.fresh_at == -1


def test_without_labels_nothing_waits_for_ever(
    chosen: LiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "MOST_WAITING", 5)
    made = begun(chosen)
    for h in range(12):
        made.feed(sent(BEGIN + h * HOUR, ROWS)[1])
    state = state_of(made)
    assert len([at for at in state.outcomes.windows if at >= state.labels.closed]) <= 6
    assert state.labels.looks == 0
    assert (state.outcomes.unmatched, state.outcomes.waiting) == (b"", 0)
    # The first label of all may still be joined, and shown.
    batch, _ = sent(BEGIN, ROWS)
    made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), after(13))])
    made.feed([Record(TICK, "", after(14))])
    assert kept(commit(made))["drift/all/", BEGIN].graded[REALISED, WHOLE].rows == ROWS


def test_windows_remembered_are_bounded_and_their_evidence_is_not_lost(
    chosen: LiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = state_of(lived(chosen, 16, delay=1, turned=(6, 0.1)))
    monkeypatch.setattr(judging, "REMEMBERED", 4)
    short = lived(chosen, 16, delay=1, turned=(6, 0.1))
    state = state_of(short)
    assert len(state.outcomes.windows) == 4
    same(state.labels.monitors, whole.labels.monitors)
    batch, _ = sent(BEGIN + 14 * HOUR, ROWS)  # one that is remembered is corrected, and back again
    ids, labels = batch["_id"].to_pylist(), truth(batch, turned=0.1)
    few = [label ^ (i % 20 == 0) for i, label in enumerate(labels)]
    short.feed([outcomes(ids, few, after(30))])
    short.feed([Record(TICK, "", after(32))])
    assert state_of(short).labels.total != pytest.approx(whole.labels.total, rel=1e-6)
    short.feed([outcomes(ids, labels, after(33)), Record(TICK, "", after(35))])
    for (name, _), one, two in zip(
        state.plan.labels.monitors,
        state_of(short).labels.monitors,
        whole.labels.monitors,
        strict=True,  # type: ignore[union-attr]
    ):
        same(one, two, 0.0 if name == "concept" else 1e-9)


def test_a_silence_of_days_is_no_reason_to_wait(chosen: LiveSettings) -> None:
    made = begun(chosen)
    for start in (BEGIN, BEGIN + HOUR, BEGIN + 9 * DAY, BEGIN + 9 * DAY + HOUR):
        batch, records = sent(start, ROWS)
        made.feed(records)
        made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), start + HOUR + 5 * MINUTE)])
    made.feed([Record(TICK, "", BEGIN + 9 * DAY + h * HOUR + MINUTE) for h in range(2, 6)])
    state = state_of(made)
    assert state.labels.looks == 4
    assert state.labels.closed == BEGIN + 9 * DAY + 2 * HOUR


def test_rows_stand_for_themselves_whatever_they_weigh(chosen: LiveSettings) -> None:
    """A sampled event says how many it stands for; a label is one label."""
    made = begun(chosen)
    batch, records = sent(BEGIN, ROWS)
    heavy = batch.set_column(3, "_weight", pa.array([10.0] * ROWS))
    made.feed([Record(EVENTS, MODEL, records[0].received, heavy), records[1]])
    made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), after(1.1))])
    made.feed([Record(TICK, "", after(3))])
    graded = kept(commit(made))["drift/all/", BEGIN].graded
    assert graded[REALISED, WHOLE].rows == graded[EXPECTED, WHOLE].rows == ROWS


def test_labels_that_cannot_be_taken_in_do_not_stop_the_model(
    chosen: LiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A join that fails is tried again; sums that fail are passed over; the watch goes on."""
    from vedette.engine import joiner, labelling

    made = begun(chosen)

    def hour(h: int, *, told: bool) -> None:
        batch, records = sent(BEGIN + h * HOUR, ROWS)
        made.feed([*records, Record(TICK, "", after(h + 1.1))])
        if told:
            made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), after(h + 1.2))])

    hour(0, told=True)
    with monkeypatch.context() as patch:
        patch.setattr(joiner, "join", _broken)
        hour(1, told=False)
    assert made.runner.guard.faults == {"labels": 1}
    state = made.runner.models[MODEL]
    assert state.drift.closed == BEGIN + 2 * HOUR
    assert state.outcomes.waiting == ROWS
    hour(2, told=False)
    assert kept(commit(made))["drift/all/", BEGIN].graded[REALISED, WHOLE].rows == ROWS
    with monkeypatch.context() as patch:
        patch.setattr(labelling, "realised_of", _broken)
        hour(3, told=True)
        hour(4, told=False)
    assert made.runner.guard.faults == {"labels": 2}
    assert made.runner.models[MODEL].outcomes.lost == ROWS
    hour(5, told=False)
    assert made.runner.models[MODEL].drift.closed == BEGIN + 6 * HOUR


def _broken(*_: object) -> None:
    raise ZeroDivisionError("planted")


def test_what_is_remembered_of_windows_survives_as_bytes(chosen: LiveSettings) -> None:
    windows = state_of(lived(chosen, 8, delay=1, wrong={3: "half"}, lasts=1)).outcomes.windows
    again = unpacked(packed(windows))
    assert len(windows) == 8
    assert again.keys() == windows.keys()
    for start, profile in windows.items():
        found = again[start]
        assert (found.binning_id, found.graded) == (profile.binning_id, profile.graded)
        assert found.losses == profile.losses
    assert len(packed(windows)) < 8 * 2000
    assert unpacked(packed({})) == {}
    with pytest.raises(ValueError, match="header"):
        unpacked(b"no bytes of windows")


def test_labels_of_an_open_window_are_joined_before_it_ends(
    chosen: LiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vedette.engine import labelling

    monkeypatch.setattr(labelling, "AT_ONCE", 10)
    made = begun(chosen)
    batch, records = sent(BEGIN, ROWS)
    made.feed([records[0]._replace(received=BEGIN + HOUR // 2)])
    made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), BEGIN + HOUR // 2)])
    assert [one.profile.graded[REALISED, WHOLE].rows for one in made.of(Labelled)] == [ROWS]
    made.feed([Record(TICK, "", after(1)), Record(TICK, "", after(2))])
    assert state_of(made).labels.looks == 1
