"""Labels joined to their events: whenever they come, in whatever order, they count once."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as sized
from hypothesis import strategies as st
from tests.labelled import (
    begun,
    commit,
    kept,
    outcomes,
    reference,
    rows,
    sent,
    settings,
    sums,
    truth,
)
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live

from vedette.core.durations import DAY
from vedette.engine import joiner, joining
from vedette.engine.grade import expected_of, labelled_sums
from vedette.engine.joining import BEFORE, LABEL, Said, join, read_batches
from vedette.engine.kept_performance import CUBES, LOSSES, SCORES, prefix_of
from vedette.profiles.cubes import cubes_of
from vedette.profiles.graded_rows import read_labels
from vedette.profiles.profile import WHOLE
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryLog
from vedette.stores.store import EVENTS, TICK, Record

HOURS, ROWS = 4, 40
END = BEGIN + HOURS * HOUR


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> object:
    path = reference(tmp_path_factory.mktemp("ref") / "reference.parquet", 30, 60)
    return settings(path)


def traffic() -> list[pa.RecordBatch]:
    return [rows(BEGIN + h * HOUR, ROWS) for h in range(HOURS)]


def ending(at: int, windows: int = 1) -> Iterator[Record]:
    """Time goes on, without events, until windows have ended and labels are joined."""
    for h in range(1, windows + 1):
        yield Record(TICK, "", at + h * HOUR + MINUTE)


def at_once(chosen: object, final: dict[str, object]) -> Live:
    """All labels as they are at last, in one batch after all events."""
    made = begun(chosen)  # type: ignore[arg-type]
    for h in range(HOURS):
        made.feed(sent(BEGIN + h * HOUR, ROWS)[1])
    told = {name: label for name, label in final.items() if label is not None}
    if told:
        made.feed([outcomes(list(told), list(told.values()), END + 2 * MINUTE)])
    return commit(made.feed(ending(END + 2 * MINUTE)))


def test_labels_make_the_sums_of_their_rows(chosen: object) -> None:
    batches = traffic()
    final = {n: t for b in batches for n, t in zip(b["_id"].to_pylist(), truth(b), strict=True)}
    made = at_once(chosen, final)
    plan = made.runner.models[MODEL].plan
    assert plan is not None
    whole = kept(made)
    for batch in batches:
        start = batch["_time"].cast(pa.int64())[0].as_py() // HOUR * HOUR
        labelled = batch.append_column(
            LABEL, pa.array([final[n] for n in batch["_id"].to_pylist()])
        )
        own = labelled_sums(plan.baseline, labelled, LABEL)
        ahead = expected_of(plan.baseline, [batch])
        for (kind, segment), one in {**own.graded, **ahead.graded}.items():
            found = whole[prefix_of(segment), start].graded[kind, segment]
            assert found.rows == one.rows
            np.testing.assert_allclose(found.moments, one.moments, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(found.ranked, one.ranked, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(found.confusion, one.confusion, rtol=1e-12, atol=1e-12)
        for key, part in {**own.losses, **ahead.losses}.items():
            found_part = whole[LOSSES, start].losses[key]
            assert found_part.rows.tolist() == part.rows.tolist()
            np.testing.assert_allclose(found_part.loss, part.loss, rtol=1e-12, atol=1e-12)
        grouping = plan.baseline.grouping
        assert grouping is not None
        labels = read_labels(labelled.column(LABEL), grouping.grading)
        straight = cubes_of(labelled, grouping, labels)["country"]
        cube = whole[SCORES, start].cubes["country"]
        assert whole[CUBES, start].cubes["country"] == cube.unbinned()
        assert cube.counts.tolist() == straight.counts.tolist()
        assert cube.counts[:, :, -1].sum() == 0  # all have their label
        assert cube.counts[:, :, :-1].sum() == ROWS
        np.testing.assert_allclose(cube.scores, straight.scores, atol=1e-9)
    assert whole[prefix_of(WHOLE), BEGIN].graded["realised", WHOLE].rows == ROWS


SPELT = {
    "bool": lambda yes: yes,
    "int": lambda yes: int(yes),
    "float": lambda yes: float(yes),
    "text": lambda yes: "true" if yes else "false",
    "word": lambda yes: "True" if yes else "False",
}


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[int, str, list[tuple[int, bool | None]]]]:
    """Batches of labels: after how many hours they come, their type, (event, label); some events
    are told several times, differently, and some of what was said is withdrawn."""
    said = st.tuples(st.integers(0, HOURS * ROWS - 1), st.sampled_from([True, False, None]))
    few = st.integers(0, 11).map(lambda i: i * 13)  # so that corrections are frequent
    again = st.tuples(few, st.sampled_from([True, False, None]))
    batch = st.tuples(
        st.integers(0, HOURS + 3),
        st.sampled_from([*SPELT, "dictionary"]),
        st.lists(st.one_of(said, again), min_size=1, max_size=25),
    )
    return sorted(draw(st.lists(batch, min_size=1, max_size=12)), key=lambda one: one[0])


@sized(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=arrivals(), at_once_limit=st.sampled_from([10, 200_000]), compacts=st.booleans())
def test_any_order_of_arrival_gives_the_same_sums(
    chosen: object,
    plan: list[tuple[int, str, list[tuple[int, bool | None]]]],
    at_once_limit: int,
    compacts: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Labels before their event, with it, later, after the window was closed or compacted, in
    batches of any size and type, corrected, returned and withdrawn, and after a restart."""
    names = [name for batch in traffic() for name in batch["_id"].to_pylist()]
    final: dict[str, object] = {}
    folder = tmp_path_factory.mktemp("log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joiner, "AT_ONCE", at_once_limit)
        log = LocalLog(folder, segment_bytes=20_000, reserve=0) if compacts else MemoryLog()
        made = begun(chosen, log)  # type: ignore[arg-type]
        for h in range(HOURS + 4):
            now = BEGIN + h * HOUR + SECOND
            for _, kind, pairs in (one for one in plan if one[0] == h):
                spelt = SPELT.get(kind, SPELT["text"])
                labels = [None if yes is None else spelt(yes) for _, yes in pairs]
                told = pa.array(labels)
                if kind == "dictionary" and any(label is not None for label in labels):
                    told = told.dictionary_encode()
                made.feed([outcomes([names[i] for i, _ in pairs], told, now)])
                final.update((names[i], yes) for i, yes in pairs)
            made.feed(sent(BEGIN + h * HOUR, ROWS)[1] if h < HOURS else ending(now))
            if compacts:
                log.compact(made.store.position, whole=True)
            if h % 3 == 2:  # a restart
                commit(made)
                made = Live(made.settings, log=made.log, store=made.store)
                made.runner.restore()
                made.runner.catch_up()
        made.feed(ending(END + 4 * HOUR))
    commit(made)
    assert made.runner.guard.faults == {}
    assert sums(made) == sums(at_once(chosen, final))
    if compacts:
        log.close()
    state = made.runner.models[MODEL].outcomes
    assert (state.waiting, state.lost, state.unmatched) == (0, 0, b"")


# --- the join itself ------------------------------------------------------------------------------


@dataclass
class Desk:
    """A log to which events and labels are added, joined when asked."""

    log: MemoryLog = field(default_factory=MemoryLog)
    joined: int = 0
    unmatched: bytes = b""
    come: list[pa.RecordBatch] = field(default_factory=list)
    now: int = BEGIN

    def serve(self, *ids: str, model: str = MODEL) -> "Desk":
        self.now += 8 * DAY  # an id may come anew
        batch = rows(BEGIN, len(ids)).set_column(0, "_id", pa.array(ids))
        self.log.append([Record(EVENTS, model, self.now, batch)])
        return self

    def tell(self, labels: dict[str, object], model: str = MODEL, kind: object = None) -> "Desk":
        self.now += 1
        told = pa.array(list(labels.values()), kind)
        added = self.log.append([outcomes(list(labels), told, self.now, model)])
        self.come += [r.rows for _, r in added.records if r.model == MODEL]
        return self

    def join(self) -> list[tuple[str, object, object]]:
        """(id, label, what it replaces) of every row."""
        span = (self.joined, self.log.position)
        found = join(self.log, MODEL, self.come, self.unmatched, span, ["score", "_weight"])
        self.joined, self.unmatched, self.come = found.position, found.unmatched, []
        self.lost = found.lost
        told = []
        for batch in found.batches:
            assert batch.schema.names.count("score") == 1
            columns = (batch["_id"], batch[LABEL], batch[BEFORE])
            told += list(zip(*(one.to_pylist() for one in columns), strict=True))
        return sorted(told)

    @property
    def waiting(self) -> list[str]:
        return sorted(i for b in read_batches(self.unmatched) for i in b["_id"].to_pylist())


def test_a_label_waits_for_its_event() -> None:
    desk = Desk().serve("a").tell({"a": True, "b": False})
    assert desk.join() == [("a", True, None)]
    assert desk.waiting == ["b"]
    assert desk.join() == []
    assert desk.tell({"b": True}).join() == []  # corrected while it waits
    assert desk.serve("b").join() == [("b", True, None)]
    assert desk.waiting == []
    assert desk.tell({"b": False, "a": None}).join() == [("a", None, True), ("b", False, True)]
    assert desk.tell({"a": 1}).join() == [("a", 1, None)]


def test_what_a_label_replaces_keeps_its_type() -> None:
    """Cast to the newest label's type, 1.5 would be taken out as 1."""
    desk = Desk().serve("a", "b", "c", "d").tell({"a": 1.5, "b": 2.5}).tell({"c": "x"})
    desk.join()
    desk.tell({"a": 2, "c": 3, "d": 4}).tell({"b": [1.0, 0.0]})
    assert desk.join() == [("a", 2, 1.5), ("b", [1.0, 0.0], 2.5), ("c", 3, "x"), ("d", 4, None)]
    desk.tell({"b": [0.0, 1.0]}).tell({"a": True}).tell({"c": None})
    assert desk.join() == [("a", True, 2), ("b", [0.0, 1.0], [1.0, 0.0]), ("c", None, 3)]


def test_labels_of_unknown_ids_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_UNMATCHED", 3)
    desk = Desk().tell({"a": 1, "b": 1}).tell({"c": "x"}).tell({"d": 1.5})
    assert desk.join() == []
    assert (desk.lost, desk.waiting) == (1, ["b", "c", "d"])  # the oldest goes
    assert desk.tell({"b": 0}).join() == []
    assert (desk.lost, desk.waiting) == (0, ["b", "c", "d"])
    desk.tell({"e": 1}).join()
    assert (desk.lost, desk.waiting) == (1, ["b", "d", "e"])  # b was heard of since
    assert desk.serve("a", "b", "c", "d", "e").join() == [
        ("b", 0, None),
        ("d", 1.5, None),
        ("e", 1, None),
    ]


def test_two_models_with_the_same_ids_do_not_meet() -> None:
    desk = Desk().serve("a", model="other").serve("a").tell({"a": 7}, "other").tell({"a": 1})
    assert desk.join() == [("a", 1, None)]
    desk.tell({"a": 8}, "other").tell({"a": 2})
    assert desk.join() == [("a", 2, 1)]


def test_of_events_with_one_id_the_first_is_meant() -> None:
    """Whenever the label comes: else what it replaces would be taken from a row that never had
    it."""
    desk = Desk().serve("a").tell({"a": 1})
    assert desk.join() == [("a", 1, None)]
    assert desk.serve("a").tell({"a": 2}).join() == [("a", 2, 1)]
    late = Desk().serve("a", "b").serve("b", "a").tell({"a": 1})
    assert late.join() == [("a", 1, None)]


def test_a_label_whose_event_was_forgotten_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_UNMATCHED", 0)
    desk = Desk().serve("a")
    desk.log.compact(desk.log.position)
    desk.log.forget(before={MODEL: 2**62})
    assert desk.tell({"a": 1}).join() == []
    assert desk.lost == 1


def test_long_ids_cost_their_own_length() -> None:
    """An id of a megabyte among a thousand of ordinary ones."""
    said = Said()
    ids = [f"{i}" for i in range(1000)] + ["x" * 2**20]
    batch = outcomes(ids, [True] * len(ids), BEGIN).rows
    assert batch is not None
    said.hear(batch)
    assert len(said.written(ids)) < 2**21
    assert sum(b.num_rows for b in read_batches(said.written(ids))) == len(ids)


def test_the_log_is_not_read_for_labels_that_were_just_taken(
    chosen: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand models would each read all that came."""
    made = begun(chosen)  # type: ignore[arg-type]
    made.feed(sent(BEGIN, ROWS)[1])
    read = list[tuple[int, int | None]]()
    plain = made.log.read

    def counted(start: int = 0, stop: int | None = None) -> object:
        read.append((start, stop))
        return plain(start, stop)

    monkeypatch.setattr(made.log, "read", counted)
    for h in range(1, HOURS):
        batch, records = sent(BEGIN + h * HOUR, ROWS)
        made.feed([*records, outcomes(batch["_id"].to_pylist(), truth(batch), BEGIN + h * HOUR)])
    made.feed(ending(END + 2 * MINUTE))
    commit(made)
    realised = kept(made)[prefix_of(WHOLE), END - HOUR].graded["realised", WHOLE]
    assert (realised.rows, read) == (ROWS, [])
