"""What every store must obey: the same acts give the same answers as the reference in memory."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from vedette.stores.local.disk import Disk
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import (
    EVENTS,
    KINDS_OF_ROWS,
    NOTE,
    OUTCOMES,
    PARTS,
    TICK,
    TWINS,
    Entry,
    EventLog,
    Record,
    StateStore,
)

DAY = 24 * 3600 * 10**9
NOON = 1_700_000_000 * 10**9
MODELS = ("fraud", "a/../b", "häuser")


def events(ids: list[str], times: list[int], values: list[object] | None = None) -> pa.RecordBatch:
    """Rows of events with one feature, of whatever type the values have."""
    return pa.record_batch(
        {
            "_id": pa.array(ids, pa.string()),
            "_time": pa.array(times, pa.timestamp("ns", "UTC")),
            "_version": pa.array(["v1"] * len(ids)),
            "_weight": pa.array([1.0] * len(ids)),
            "x": pa.array(values if values is not None else list(range(len(ids)))),
        }
    )


def outcomes(ids: list[str], times: list[int], labels: list[object]) -> pa.RecordBatch:
    """Rows of outcomes."""
    return pa.record_batch(
        {
            "_id": pa.array(ids, pa.string()),
            "_time": pa.array(times, pa.timestamp("ns", "UTC")),
            "label": pa.array(labels),
        }
    )


def twins(ids: list[str], times: list[int], values: list[object] | None = None) -> pa.RecordBatch:
    """What was reckoned offline for events: one feature."""
    batch = events(ids, times, values or [float(at) for at in range(len(ids))])
    return batch.select(["_id", "_time", "x"])


def told(pairs: object) -> list[object]:
    """Records as plain values, to compare."""
    return [
        (
            after,
            record.kind,
            record.model,
            record.received,
            record.note,
            None if record.rows is None else (record.rows.schema.names, record.rows.to_pylist()),
        )
        for after, record in pairs
    ]


def rows_of(batches: object) -> list[str]:
    """Scanned rows without those values that are missing, as sorted text."""
    return sorted(
        str(sorted((k, str(v)) for k, v in row.items() if v is not None))
        for batch in batches
        for row in batch.to_pylist()
    )


def check_found(
    log: EventLog,
    model: str,
    ids: list[str],
    columns: list[str] | None,
    kind: str = EVENTS,
    through: int | None = None,
) -> list[dict[str, object]]:
    """Rows found by id, which must be those that reading the whole log finds, in its order, with
    every position after exactly what came before it."""
    wanted = [
        (after, {name: row.get(name) for name in columns} if columns is not None else row)
        for after, record in log.read()
        if (record.kind, record.model) == (kind, model) and record.rows is not None
        for row in record.rows.to_pylist()
        if row["_id"] in ids and (through is None or after <= through)
    ]
    found: list[dict[str, object]] = []
    for position, batch in log.find(model, pa.array(ids, pa.string()), columns, kind, through):
        assert batch.num_rows
        assert columns is None or batch.schema.names == columns
        found += batch.to_pylist()
        assert sum(after <= position for after, _ in wanted) == len(found)
    assert repr(found) == repr([row for _, row in wanted])  # 1, 1.0 and True are not the same
    return found


class Hasty(Disk):
    """A disk that does not wait."""

    def sync(self, file: int) -> None:
        """Nothing."""

    def sync_folder(self, path: Path) -> None:
        """Nothing."""


def memory_log(folder: Path) -> EventLog:
    """The reference."""
    return MemoryLog()


def memory_state(folder: Path) -> StateStore:
    """The reference."""
    return MemoryState()


def local_log(folder: Path) -> EventLog:
    """The log in a folder, with small segments so that everything happens often."""
    return LocalLog(folder, segment_bytes=4096, disk=Hasty(), reserve=0)


def local_state(folder: Path) -> StateStore:
    """The state in a file."""
    return LocalState(folder / "state.sqlite")


LOGS: dict[str, Callable[[Path], EventLog]] = {"memory": memory_log, "local": local_log}
STATES: dict[str, Callable[[Path], StateStore]] = {"memory": memory_state, "local": local_state}


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    """Every log in turn."""
    made = LOGS[request.param](tmp_path)
    yield made
    getattr(made, "close", lambda: None)()


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateStore]:
    """Every state in turn."""
    made = STATES[request.param](tmp_path)
    yield made
    getattr(made, "close", lambda: None)()


def test_what_went_in_comes_out_in_order(log: EventLog) -> None:
    given_records = [
        Record(EVENTS, "fraud", 1, events(["a", "b"], [NOON, NOON + 1])),
        Record(NOTE, "fraud", 2, note=b'{"act":"deploy"}'),
        Record(TICK, "", 3),
        Record(OUTCOMES, "fraud", 4, outcomes(["a"], [NOON + 2], ["yes"])),
        Record(TWINS, "fraud", 5, twins(["a"], [NOON + 3])),
    ]
    added = log.append(given_records)
    assert told(added.records) == told(log.read())
    assert [record for _, record in log.read()] == given_records
    ends = [after for after, _ in added.records]
    assert ends == sorted(set(ends))
    assert log.position == ends[-1]
    assert told(log.read(ends[1])) == told(added.records[2:])
    assert told(log.read(ends[0], ends[2])) == told(added.records[1:3])


def test_an_id_counts_once(log: EventLog) -> None:
    first = log.append([Record(EVENTS, "fraud", 1, events(["a", "b", "a"], [NOON] * 3))])
    assert first.duplicates == {"fraud": 1}
    again = log.append(
        [
            Record(EVENTS, "fraud", 2, events(["a", "b"], [NOON] * 2)),
            Record(EVENTS, "fraud", 2, events(["b", "c"], [NOON] * 2)),
            Record(EVENTS, "other", 2, events(["c"], [NOON])),
            Record(EVENTS, "other", 2, events(["c"], [NOON])),
        ]
    )
    assert again.duplicates == {"fraud": 3, "other": 1}
    assert [record.rows["_id"].to_pylist() for _, record in again.records] == [["c"], ["c"]]


def test_a_twin_counts_once_and_is_no_event(log: EventLog) -> None:
    log.append([Record(EVENTS, "m", 1, events(["a"], [NOON]))])
    first = log.append([Record(TWINS, "m", 2, twins(["a", "b", "a"], [NOON] * 3))])
    assert first.duplicates == {"m": 1}
    again = log.append([Record(TWINS, "m", 3, twins(["a", "c"], [NOON] * 2, [9.0, 9.0]))])
    assert [record.rows["_id"].to_pylist() for _, record in again.records] == [["c"]]
    log.compact(log.position, whole=True)
    assert rows_found(log, "m", ["a"], TWINS) == [0.0]
    assert rows_found(log, "m", ["a", "b", "c"], TWINS) == [0.0, 1.0, 9.0]
    assert rows_found(log, "m", ["b", "c"], EVENTS) == []


def rows_found(log: EventLog, model: str, ids: list[str], kind: str) -> list[object]:
    """The values of x of some ids, in order."""
    found = log.find(model, pa.array(ids), ["x"], kind)
    return [value for _, batch in found for value in batch["x"].to_pylist()]


def test_a_repeated_outcome_is_dropped_and_a_changed_one_kept(log: EventLog) -> None:
    for labels, fresh in ((["yes"], 1), (["yes"], 0), (["no"], 1), ([1.0], 1), ([True], 1)):
        added = log.append([Record(OUTCOMES, "m", 1, outcomes(["a"], [NOON], labels))])
        assert len(added.records) == fresh
    log.append([Record(EVENTS, "m", 1, events(["a"], [NOON]))])  # an event is no outcome
    assert rows_of(log.scan("m", 0, 2**62))


def test_a_label_that_comes_back_is_kept(log: EventLog) -> None:
    """The last label of an event counts: A, then B, then A again ends at A, in one batch, in one
    append or over many, before and after it was compacted."""

    def send(*batches: list[object], model: str = "m") -> list[object]:
        sent = [
            Record(OUTCOMES, model, 1, outcomes(["a"] * len(labels), [NOON] * len(labels), labels))
            for labels in batches
        ]
        added = log.append(sent)
        kept = [label for _, r in added.records for label in r.rows["label"].to_pylist()]
        assert sum(map(len, batches)) - len(kept) == sum(added.duplicates.values())
        return kept

    assert send(["yes", "no", "yes", "yes"]) == ["yes", "no", "yes"]
    assert send(["yes"]) == []
    assert send(["no"], ["yes"], ["yes"], ["no", "no"]) == ["no", "yes", "no"]
    assert send(["yes"], model="n") == ["yes"]
    assert send(["no"]) == []
    log.compact(log.position, whole=True)
    assert send(["no"]) == []
    assert send([None, "no"], ["no"], ["yes"]) == [None, "no", "yes"]
    assert send([True, False, True, True]) == [True, False, True]
    assert send([True]) == []
    assert send([[1.0, 0.0], None, [1.0, 0.0]]) == [[1.0, 0.0], None, [1.0, 0.0]]  # of a ranking
    log.compact(log.position, whole=True)
    assert send([[1.0, 0.0]]) == []
    assert send([[1.0, 0.5]]) == [[1.0, 0.5]]
    assert send(["yes"]) == ["yes"]
    last = [row["label"] for row in check_found(log, "m", ["a"], ["label"], OUTCOMES)][-1]
    assert last == "yes"


def test_ids_are_forgotten_after_the_horizon(log: EventLog) -> None:
    def send(received: int) -> int:
        return len(log.append([Record(EVENTS, "m", received, events(["a"], [NOON]))]).records)

    assert [send(0), send(7 * DAY), send(30 * DAY), send(31 * DAY)] == [1, 0, 1, 0]


def test_scan_finds_by_model_kind_and_time(log: EventLog) -> None:
    log.append(
        [
            Record(EVENTS, "m", 1, events(["a", "b", "c"], [NOON, NOON + 5, NOON + 9])),
            Record(EVENTS, "n", 1, events(["a"], [NOON + 5])),
            Record(OUTCOMES, "m", 1, outcomes(["a"], [NOON + 5], [1])),
        ]
    )
    found = list(log.scan("m", NOON + 5, NOON + 9, ["_id", "nothing", "x"]))
    assert [row for batch in found for row in batch.to_pylist()] == [
        {"_id": "b", "nothing": None, "x": 1}
    ]
    assert [batch.num_rows for batch in log.scan("m", 0, 2**62, kind=OUTCOMES)] == [1]
    assert list(log.scan("nobody", 0, 2**62)) == []


def test_rows_are_found_by_id(log: EventLog) -> None:
    log.append(
        [
            Record(EVENTS, "m", 1, events(["a", "b", "c"], [NOON + 9, NOON - 9 * DAY, NOON])),
            Record(EVENTS, "n", 1, events(["a"], [NOON + 5])),
            Record(OUTCOMES, "m", 1, outcomes(["a", "b", "a"], [NOON, NOON + 5, NOON], [1, 1, 0])),
            Record(NOTE, "m", 1, note=b"a"),
        ]
    )
    middle = log.position
    log.append(
        [
            Record(OUTCOMES, "m", 2, outcomes(["b", "a"], [NOON - 3 * DAY, NOON], ["x", None])),
            Record(EVENTS, "m", 10 * DAY, events(["c", "d"], [NOON - 9 * DAY, NOON], ["t", "u"])),
        ]
    )
    for step in ("growing", "compacted", "more", "merged"):
        if step == "compacted" or step == "merged":
            log.compact(log.position, whole=True)
        if step == "more":
            log.append([Record(OUTCOMES, "m", 3, outcomes(["a"], [NOON], [True]))])
        labels = check_found(log, "m", ["a", "a", "b"], ["label", "nothing", "_id"], OUTCOMES)
        assert [row["label"] for row in labels][:5] == [1, 1, 0, "x", None]
        assert [row["label"] for row in labels][5:] == [True] * (step in ("more", "merged"))
        assert [row["x"] for row in check_found(log, "m", ["c"], ["x"])] == [2, "t"]
        assert [row["x"] for row in check_found(log, "m", ["d", "c"], None, through=middle)] == [2]
        assert len(check_found(log, "m", ["a", "b"], ["label"], OUTCOMES, middle)) == 3
        assert check_found(log, "m", list("abcd"), None, through=0) == []
        assert len(check_found(log, "m", list("abcd"), ["nothing"])) == 5
        assert check_found(log, "m", ["e", ""], None) == check_found(log, "m", [], ["x"]) == []
        assert check_found(log, "nobody", ["a"], None) == check_found(log, "m", ["a"], None, NOTE)
    assert list(log.find("m", pa.array([None], pa.string()), None)) == []


def test_what_was_forgotten_is_not_found(log: EventLog) -> None:
    for day in range(6):
        at = NOON + day * DAY
        log.append([Record(EVENTS, "m", at, events([f"{day}", f"{day}+"], [at, at + 1]))])
        log.append([Record(OUTCOMES, "m", at, outcomes([f"{day}"], [at], [day]))])
        log.compact(log.position, whole=True)
    log.forget(before={"m": NOON + 3 * DAY})
    ids = [f"{day}{more}" for day in range(6) for more in ("", "+")]
    assert 6 <= len(check_found(log, "m", ids, ["x"])) < 12
    assert 3 <= len(check_found(log, "m", ids, None, OUTCOMES)) < 6
    log.forget(max_bytes=0)
    assert check_found(log, "m", ids, None) == check_found(log, "m", ids, ["x"]) == []


def test_a_dry_run_tells_what_forgetting_does(log: EventLog) -> None:
    for day in range(4):
        at = NOON + day * DAY
        log.append([Record(EVENTS, "m", at, events([f"{day}"], [at]))])
        log.append([Record(EVENTS, "m", at, events([f"{day}+"], [at + 1])), Record(TICK, "", at)])
        log.compact(log.position, whole=True)
    everything = told(log.read())
    assert log.forget(before={"another": 2**62}) == []
    planned = log.forget(before={"m": NOON + 2 * DAY, "": NOON + 2 * DAY}, dry_run=True)
    assert told(log.read()) == everything
    assert log.forget(before={"m": NOON + 2 * DAY, "": NOON + 2 * DAY}) == planned
    assert sum(part.rows for part in planned if part.model == "m") <= 4
    kept = rows_of(log.scan("m", NOON + 2 * DAY, 2**62, ["_id"]))
    assert len(kept) == 4
    assert all(part.end <= NOON + 2 * DAY for part in planned)
    assert log.position == everything[-1][0]
    before = log.size
    log.forget(max_bytes=0)
    assert before > log.size >= 0
    assert rows_of(log.scan("m", 0, 2**62)) == []
    assert log.append([Record(EVENTS, "m", NOON, events(["0"], [NOON]))]).records == ()


def test_rows_of_a_kind_are_forgotten_whatever_their_model(log: EventLog) -> None:
    for model in ("m", "n"):
        for kind in (EVENTS, PARTS):
            log.append([Record(kind, model, 1, events([f"{kind}"], [NOON]))])
    log.append([Record(PARTS, "m", 1, events(["later"], [NOON + 2 * DAY]))])
    log.compact(log.position, whole=True)
    gone = log.forget(kinds={PARTS: NOON + DAY})
    assert sorted(part.model for part in gone) == ["m", "n"]
    for model in ("m", "n"):
        assert len(rows_of(log.scan(model, 0, 2**62, ["_id"]))) == 1
    left = [rows_of(log.scan(model, 0, 2**62, ["_id"], PARTS)) for model in ("m", "n")]
    assert list(map(len, left)) == [1, 0]


def test_what_the_state_has_not_taken_in_is_kept(log: EventLog) -> None:
    log.append([Record(EVENTS, "m", 1, events(["a"], [NOON]))])
    log.compact(0, whole=True)
    assert log.forget(before={"m": 2**62, "": 2**62}) == []
    assert log.forget(max_bytes=0) == []
    assert len(list(log.read())) == 1


def test_state_is_written_together_and_read_in_order(state: StateStore) -> None:
    assert (state.position, state.get("look", "m", "1")) == (0, None)
    entries = [Entry("look", "m", f"day/{i:02}", i, bytes([i])) for i in range(20)]
    state.commit([*entries, Entry("look", "n", "day/05", 5, b"n"), Entry("key", "m", "k", 1, b"")])
    state.commit([Entry("look", "m", "day/03", 3, b"new")], [("look", "m", "day/04")], 17)
    assert state.position == 17
    assert state.get("look", "m", "day/03") == Entry("look", "m", "day/03", 3, b"new")
    assert state.get("look", "m", "day/04") is None
    assert [e.time for e in state.read("look", "m", 2, 7)] == [2, 3, 5, 6]
    assert [e.model for e in state.read("look", None, 5, 6)] == ["m", "n"]
    assert [e.time for e in state.read("look", "m", newest_first=True, limit=2)] == [19, 18]
    assert [e.time for e in state.read("look", "m", prefix="day/1")] == list(range(10, 20))
    assert state.read("look", prefix="day_1") == state.read("look", prefix="day/1%") == []
    assert len(state.read("key")) == 1


VALUES = st.one_of(
    st.lists(st.integers(-(2**62), 2**62), min_size=4, max_size=4),
    st.lists(st.floats(allow_nan=False), min_size=4, max_size=4),
    st.lists(st.text(max_size=3), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.lists(st.lists(st.floats(allow_nan=False), max_size=2), min_size=4, max_size=4),
    st.just([None] * 4),
)


class LogMachine(RuleBasedStateMachine):
    """Random acts on a log and on the reference."""

    make: Callable[[Path], EventLog] = staticmethod(memory_log)
    reopen: Callable[[EventLog, Path], EventLog] | None = None

    @initialize()
    def start(self) -> None:
        """Open both."""
        self.folder = tempfile.TemporaryDirectory()
        self.log = type(self).make(Path(self.folder.name))
        self.oracle = MemoryLog()
        self.now = NOON

    def teardown(self) -> None:
        """Close what can be closed."""
        if hasattr(self, "log"):
            getattr(self.log, "close", lambda: None)()
            self.folder.cleanup()

    def both(self, records: list[Record]) -> None:
        """Append to both, and compare what they say."""
        mine, theirs = self.log.append(records), self.oracle.append(records)
        assert told(mine.records) == told(theirs.records)
        assert mine.duplicates == theirs.duplicates

    @rule(
        model=st.sampled_from(MODELS),
        ids=st.lists(st.integers(0, 40), min_size=4, max_size=4),
        hours=st.lists(st.integers(-60, 5), min_size=4, max_size=4),
        values=VALUES,
    )
    def some_events(self, model: str, ids: list[int], hours: list[int], values: list) -> None:
        """Events, some of them late, some known."""
        self.now += 10**9
        times = [self.now + hour * 3600 * 10**9 for hour in hours]
        batch = events([str(i) for i in ids], times, values)
        self.both([Record(EVENTS, model, self.now, batch), Record(TICK, "", self.now)])

    @rule(
        model=st.sampled_from(MODELS[:2]),
        ids=st.lists(st.integers(0, 9), min_size=2, max_size=2),
        days=st.lists(st.integers(-3, 0), min_size=2, max_size=2),
        labels=st.one_of(
            *(
                st.lists(one, min_size=2, max_size=2)
                for one in (
                    st.integers(0, 2),
                    st.booleans(),
                    st.sampled_from(["0", "no", None]),
                    st.sampled_from([[0.0], [0.0, 1.0], None]),
                )
            )
        ),
    )
    def some_outcomes(
        self, model: str, ids: list[int], days: list[int], labels: list[object]
    ) -> None:
        """Outcomes, some repeated, some changed and changed back, some of several days."""
        times = [self.now + day * DAY for day in days]
        batch = outcomes([str(i) for i in ids], times, labels)
        self.both([Record(OUTCOMES, model, self.now, batch)])

    @rule(
        model=st.sampled_from(MODELS[:2]),
        ids=st.lists(st.integers(0, 9), min_size=2, max_size=2),
        days=st.lists(st.integers(-3, 0), min_size=2, max_size=2),
    )
    def some_twins(self, model: str, ids: list[int], days: list[int]) -> None:
        """Twins, some of them known, under ids of events."""
        times = [self.now + day * DAY for day in days]
        self.both([Record(TWINS, model, self.now, twins([str(i) for i in ids], times))])

    @rule(note=st.binary(max_size=5))
    def a_note(self, note: bytes) -> None:
        """A note."""
        self.both([Record(NOTE, "fraud", self.now, note=note)])

    @rule(part=st.floats(0, 1), whole=st.booleans())
    def compact(self, part: float, whole: bool) -> None:
        """Compact up to somewhere."""
        self.log.compact(self.log.position if whole else int(self.log.position * part), whole=whole)

    @rule()
    def open_again(self) -> None:
        """Close and open."""
        if type(self).reopen is not None:
            self.log = type(self).reopen(self.log, Path(self.folder.name))

    @rule(
        part=st.floats(0, 1),
        model=st.sampled_from(MODELS),
        kind=st.sampled_from(KINDS_OF_ROWS),
        ids=st.lists(st.integers(-2, 42), max_size=20),
        columns=st.sampled_from([None, ["_id"], ["label", "x"]]),
    )
    def look_up(
        self, part: float, model: str, kind: str, ids: list[int], columns: list[str] | None
    ) -> None:
        """Rows are found by id as the reference finds them."""
        through = int(self.oracle.position * part * 2)
        question = (model, [str(i) for i in ids], columns, kind, through)
        assert repr(check_found(self.log, *question)) == repr(check_found(self.oracle, *question))

    @rule(part=st.floats(0, 1))
    def compare(self, part: float) -> None:
        """Everything reads the same."""
        start = int(self.oracle.position * part)
        assert self.log.position == self.oracle.position
        assert told(self.log.read(start)) == told(self.oracle.read(start))
        for model in MODELS:
            low, high = self.now - 30 * 3600 * 10**9, self.now
            assert rows_of(self.log.scan(model, low, high, ["_id", "_time"])) == rows_of(
                self.oracle.scan(model, low, high, ["_id", "_time"])
            )


def reopened(log: LocalLog, folder: Path) -> LocalLog:
    """Close a log and open it again."""
    log.close()
    again = local_log(folder)
    assert again.problems() == []
    return again


class LocalMachine(LogMachine):
    """The log in a folder."""

    make = staticmethod(local_log)
    reopen = staticmethod(reopened)


TestLocalMachine = LocalMachine.TestCase
TestLocalMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("mn"), st.sampled_from("xyz"),
                  st.integers(0, 5), st.booleans()),
        max_size=20,
    )
)  # fmt: skip
def test_states_agree(acts: list[tuple[str, str, str, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        oracle = MemoryState()
        states = [make(Path(folder)) for make in STATES.values()]
        for number, (kind, model, key, time, gone) in enumerate(acts):
            entry = Entry(kind, model, key, time, f"{number}".encode())
            for one in (oracle, *states):
                one.commit([] if gone else [entry], [entry[:3]] if gone else [], number)
        for one in states:
            assert one.position == oracle.position
            for kind in "ab":
                assert one.read(kind) == oracle.read(kind)
                assert one.read(kind, "m", 1, 4, newest_first=True) == oracle.read(
                    kind, "m", 1, 4, newest_first=True
                )
            getattr(one, "close", lambda: None)()
