"""Twins joined to their events: whenever they come, in whatever order, they count once."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vedette.engine import pairing
from vedette.engine.heard import Heard
from vedette.engine.pairing import Paired, pair
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryLog
from vedette.stores.store import EVENTS, TWINS, EventLog, Record

NOW = 1_700_000_000 * 10**9
TIME = pa.timestamp("ns", "UTC")
Made = Callable[[], EventLog]
Values = dict[str, tuple[object, object]]  # by id: offline, online


@pytest.fixture(params=["memory", "local"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    count = iter(range(10_000))

    def make() -> EventLog:
        if request.param == "memory":
            return MemoryLog()
        return LocalLog(tmp_path / str(next(count)), segment_bytes=2_000)

    return make


def rows(ids: Iterable[str], **columns: list[object]) -> pa.RecordBatch:
    names = list(ids)
    times = pa.array([NOW] * len(names), TIME)
    return pa.record_batch({"_id": pa.array(names, pa.string()), "_time": times, **columns})


def numbered(ids: Iterable[str], add: float = 0.0) -> pa.RecordBatch:
    names = list(ids)
    return rows(names, x=pa.array([float(name) + add for name in names], pa.float64()))


def told(found: Paired) -> Values:
    """Every pair by its id, with both values of x."""
    seen = {}
    for one in found.batches:
        assert one.offline["_id"].to_pylist() == one.online["_id"].to_pylist()
        for name, a, b in zip(
            one.offline["_id"].to_pylist(), one.offline["x"].to_pylist(),
            one.online["x"].to_pylist(), strict=True,
        ):  # fmt: skip
            assert name not in seen
            seen[name] = (a, b)
    return seen


def joined(log: EventLog, records: Iterable[Record]) -> tuple[Values, Paired]:
    """Append records and join twins after each; all pairs, and what is left."""
    every: Values = {}
    last, since = Paired(0), 0
    for record in records:
        for position, stored in log.append([record]).records:
            fresh = [stored.rows] if stored.kind == TWINS and stored.rows is not None else []
            last = pair(log, "m", fresh, last.unmatched, (since, position))
            since = position
            found = told(last)
            assert not found.keys() & every.keys()
            every |= found
    return every, last


acts = st.lists(
    st.tuples(st.sampled_from([EVENTS, TWINS]), st.lists(st.integers(0, 9), max_size=5)),
    max_size=10,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts)
def test_any_order_gives_every_pair_once(made: Made, acts: list[tuple[str, list[int]]]) -> None:
    records = [
        Record(kind, "m", NOW + at, numbered(map(str, ids), at / 100))
        for at, (kind, ids) in enumerate(acts)
        if ids
    ]
    found, last = joined(made(), records)
    firsts: dict[str, dict[str, float]] = {EVENTS: {}, TWINS: {}}
    for at, (kind, ids) in enumerate(acts):
        for name in map(str, ids):
            firsts[kind].setdefault(name, float(name) + at / 100)
    both = firsts[EVENTS].keys() & firsts[TWINS].keys()
    assert found == {name: (firsts[TWINS][name], firsts[EVENTS][name]) for name in both}
    assert set(last.unmatched) == firsts[TWINS].keys() - firsts[EVENTS].keys()
    assert last.lost == 0


def test_a_column_that_events_lack_is_missing_there(made: Made) -> None:
    log = made()
    log.append([Record(EVENTS, "m", NOW, rows(["1"], y=[2.0]))])
    twins = rows(["1"], x=[1.0])
    position = log.append([Record(TWINS, "m", NOW, twins)]).records[-1][0]
    (one,) = pair(log, "m", [twins], (), (0, position)).batches
    assert one.online["x"].to_pylist() == [None]
    assert one.online.schema.names == ["_id", "x"]


def test_a_twin_sent_again_after_the_horizon_is_no_second_pair(made: Made) -> None:
    week = 8 * 24 * 3600 * 10**9
    found, _ = joined(
        made(),
        [
            Record(EVENTS, "m", NOW, numbered(["1"])),
            Record(TWINS, "m", NOW + 1, numbered(["1"])),
            Record(TWINS, "m", NOW + week, numbered(["1"], 0.5)),
        ],
    )
    assert found == {"1": (1.0, 1.0)}


def test_those_that_wait_too_long_are_counted_as_lost(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "MOST_UNMATCHED", 3)
    log = made()
    _, last = joined(log, [Record(TWINS, "m", NOW, numbered(map(str, range(8))))])
    assert last.unmatched == ("5", "6", "7")
    assert last.lost == 5


def test_what_was_heard_is_not_read_from_the_log_again() -> None:
    class Deaf(MemoryLog):
        def read(self, start: int = 0, stop: int | None = None):  # type: ignore[no-untyped-def]
            raise AssertionError("the log was read")

    log = Deaf()
    log.append([Record(EVENTS, "m", NOW, numbered(["1"]))])
    before = log.position
    heard = Heard(log, TWINS, 100)
    ((position, record),) = log.append([Record(TWINS, "m", NOW, numbered(["1", "2"]))]).records
    heard.hear("m", before, position, record)
    since = heard.since("m", 0, 2)
    assert since == before
    come, until = heard.take("m", since, position)
    assert [batch.num_rows for _, batch in come] == [2]
    assert until == position
    assert heard.since("m", 0, 5) == 0  # three more wait than were heard: the log has them
