"""The rows of an incident beside those of the reference: asked, answered, shown, replayed."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.labelled import begun, commit, reference, rows, settings
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live, events, tick

from vedette.alerts.incident import Incident
from vedette.alerts.message import Message
from vedette.alerts.routes import Channel, Route, Secret
from vedette.core.durations import DAY
from vedette.engine import separating
from vedette.engine.keeper import Keeper
from vedette.engine.outputs import SEPARATION, Changed, Wanted
from vedette.engine.replay import replay
from vedette.engine.runner import Runner
from vedette.stores.memory import MemoryLog, MemoryState

N, FROM, HOURS = 300, 4, 9


def hour(h, change=True):
    """From FROM on x1 is higher, and x0 no longer follows the score."""
    batch = rows(BEGIN + h * HOUR, N)
    if change and h >= FROM:
        x0 = np.random.default_rng(h).permutation(batch["x0"].to_numpy())
        moved = {"x1": batch["x1"].to_numpy() + 0.8, "x0": x0}
        for name, values in moved.items():
            batch = batch.set_column(batch.schema.get_field_index(name), name, pa.array(values))
    at = BEGIN + (h + 1) * HOUR
    return [events(batch, at - MINUTE), tick(at + 6 * MINUTE)]


def fed(made, hours=HOURS, change=True):
    for h in range(hours):
        made.feed(hour(h, change))
    return commit(made)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    return settings(reference(tmp_path_factory.mktemp("ref") / "reference.parquet", 48, 200))


@pytest.fixture(scope="module")
def lived(chosen):
    return fed(begun(chosen))


def opened(made):
    return [one.incident for one in made.of(Changed) if one.event == "opened"]


def of_now(made, incident):
    kept = made.store.get("incident", MODEL, incident.id)
    return msgspec.json.decode(kept.body, type=Incident)


def test_an_incident_knows_what_gives_its_rows_away(lived):
    assert lived.runner.guard.faults == {}
    (first,) = opened(lived)
    found = of_now(lived, first).separation
    assert {one.column for one in found.columns[:2]} == {"x0", "x1"}  # as much is lost by either
    assert found.columns[1].loss > 0.05
    assert 0.5 < found.low < found.auc < found.high < 1
    assert "`x1`" in found.statement
    assert found.against == "the reference file reference.parquet"
    assert found.reference_rows == 48 * 200
    assert found.start == first.onset
    assert 100 < found.rows <= (HOURS - FROM + 1) * N


def test_rows_of_before_the_onset_are_read_only_where_few_came_since(lived):
    (first,) = opened(lived)
    (state,) = lived.runner.models.values()
    at = BEGIN + (FROM + 1) * HOUR
    found = []
    for onset in (at + HOUR // 2, at + HOUR - MINUTE):
        own = msgspec.structs.replace(first, onset=onset, opened=at + HOUR, closed=at + HOUR)
        rows = separating._of_incident(state, own)
        found.append((rows.start, rows.end - at, rows.rows))
    assert found == [(at, HOUR, N), (at, HOUR, N)]
    late = msgspec.structs.replace(first, onset=at + HOUR // 2, opened=at + 2 * HOUR)
    rows = separating._of_incident(state, msgspec.structs.replace(late, closed=at + 2 * HOUR))
    assert (rows.start, rows.rows) == (at + HOUR // 2, N + N // 2)


def test_two_columns_that_no_longer_go_together_are_told(lived):
    found = of_now(lived, opened(lived)[0]).separation
    assert found.together is not None
    assert set(found.together.columns) == {"x0", "score"}
    assert found.together.before > 0.6
    assert abs(found.together.after) < 0.3


def test_nobody_asks_where_nothing_happened(chosen):
    calm = fed(begun(chosen), 6, change=False)
    assert not [one for one in calm.of(Wanted) if one.what == SEPARATION]


def test_a_replay_says_the_same_to_the_last_bit(chosen, lived):
    replayed = replay(
        lived.log, lived.store, MemoryState(), chosen, MODEL, BEGIN, BEGIN + HOURS * HOUR
    )
    assert replayed.ok
    again = {one.id: one for one in replayed.incidents}
    for incident in opened(lived):
        assert msgspec.json.encode(again[incident.id].separation) == msgspec.json.encode(
            of_now(lived, incident).separation
        )


def test_rows_that_the_log_already_holds_beyond_the_step_are_not_read(chosen, lived):
    """The server appends before it steps: how far it is ahead must not change what is said."""
    log, store = MemoryLog(), begun(chosen).store
    records = [record for h in range(HOURS) for record in hour(h)]
    late = events(rows(BEGIN + FROM * HOUR, 500, seed=9, name="late"), BEGIN + 20 * HOUR)
    log.append([*records, late])
    runner = Runner(log, Keeper(store, chosen), chosen)
    stop = len(records)
    for position, record in log.read(0):
        if stop:
            runner.take(position, record)
            runner.commit(record.received)
        stop = max(stop - 1, 0)
    runner.commit(0, force=True)
    made = {i.id: i.separation for i in runner.models[MODEL].incidents}
    for incident in opened(lived):
        assert made[incident.id] == of_now(lived, incident).separation


def test_it_is_in_the_message_that_tells_of_the_incident(tmp_path):
    path = reference(tmp_path / "reference.parquet", 48, 200)
    chosen = msgspec.structs.replace(
        settings(path),
        channels={"hook": Channel(webhook=Secret("https://x.example/"))},
        routes=(Route(to=("hook",)),),
    )
    made = fed(begun(chosen))
    found = [msgspec.json.decode(e.body, type=Message) for e in made.store.read("message", MODEL)]
    first = next(one for one in found if one.event == "opened")
    told = first.document["vedette"]["separation"]
    assert told["columns"][0]["column"] == "x1"
    assert "can be told from the reference by `x1`" in told["statement"]


def test_the_reference_may_be_rows_of_the_log():
    chosen = settings(None, baseline={"warm_up": 24})
    made = Live(chosen)
    for h in range(24):
        made.feed([events(rows(BEGIN - DAY + h * HOUR, N), BEGIN - DAY + (h + 1) * HOUR - MINUTE),
                   tick(BEGIN - DAY + (h + 1) * HOUR + 6 * MINUTE)])  # fmt: skip
    fed(made)
    (first, *_) = opened(made)
    found = of_now(made, first).separation
    assert found.auc is not None, found.statement
    assert found.against.startswith("what was served from ")
    assert found.columns[0].column == "x1"


def test_why_there_is_no_answer_is_said(chosen, lived, tmp_path, monkeypatch):
    state = lived.runner.models[MODEL]
    incident = msgspec.structs.replace(opened(lived)[0], separation=None)
    monkeypatch.setattr(separating, "is_profile_file", lambda path: True)
    found = separating.separate(lived.log, state, incident, lived.log.position)
    assert found.auc is None
    assert "is a profile, which holds no rows" in found.statement
    nothing = separating.separate(MemoryLog(), state, incident, 0)
    assert "only 0 rows of the incident are in the log" in nothing.statement


def test_much_traffic_is_read_in_slices(chosen, lived, monkeypatch):
    monkeypatch.setattr(separating, "CELLS", 150 * 6)
    state = lived.runner.models[MODEL]
    incident = msgspec.structs.replace(opened(lived)[0], separation=None)
    found = separating.separate(lived.log, state, incident, lived.log.position)
    assert 100 <= found.rows < 300
    assert found.columns[0].column in ("x0", "x1")


def test_it_is_asked_again_only_when_twice_the_rows_have_come(lived):
    state = lived.runner.models[MODEL]
    incident = of_now(lived, opened(lived)[0])
    many = msgspec.structs.replace(incident.separation, rows=10**6)
    again = msgspec.structs.replace(incident, separation=many)
    assert separating.separate(lived.log, state, again, lived.log.position) is None
