"""Finding rows by id in a folder: what is skipped, lost, foreign, or read beside a writer."""

import threading
from pathlib import Path

import pyarrow as pa
import pytest
from tests.laws.test_stores import DAY, NOON, Hasty, check_found, events, outcomes

from vedette.stores.local import find, parts
from vedette.stores.local.log import LocalLog
from vedette.stores.store import EVENTS, OUTCOMES, Record

IDS = [f"{day}-{i}" for day in range(4) for i in range(50)]


def filled(folder: Path, **settings: object) -> LocalLog:
    """A log of four compacted days, and labels for all of them."""
    log = LocalLog(folder, disk=Hasty(), reserve=0, **settings)
    for day in range(4):
        at = NOON + day * DAY
        mine = [f"{day}-{i}" for i in range(50)]
        log.append([Record(EVENTS, "m", at, events(mine, [at + i for i in range(50)]))])
        log.append([Record(OUTCOMES, "m", at + 1, outcomes(mine, [at + DAY] * 50, [day] * 50))])
        log.compact(log.position, whole=True)
    return log


@pytest.fixture
def opened_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the Parquet files that are opened."""
    names, really = list[str](), parts.opened

    def opened(path: Path) -> object:
        names.append(path.parent.name)
        return really(path)

    monkeypatch.setattr(parts, "opened", opened)
    return names


def test_files_without_the_ids_are_not_opened(tmp_path: Path, opened_files: list[str]) -> None:
    log = filled(tmp_path)
    opened_files.clear()
    for kind in (EVENTS, OUTCOMES):
        found = list(log.find("m", pa.array(["2-7", "2-8"]), ["_id"], kind))
        assert [row["_id"] for _, batch in found for row in batch.to_pylist()] == ["2-7", "2-8"]
        assert len(set(opened_files)) == 1
        opened_files.clear()
    assert list(log.find("m", pa.array(["nobody"]), ["_id"])) == []
    assert opened_files == []
    log.close()


def test_segments_without_the_events_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, read = filled(tmp_path, segment_bytes=1), list[int]()
    for i in range(3):  # a segment each, the last one growing
        log.append([Record(EVENTS, "m", NOON, events([f"new-{i}"], [NOON]))])
    really = find.in_segment

    def noted(segment: object, *rest: object) -> object:
        read.append(segment.number)
        return really(segment, *rest)

    monkeypatch.setattr(find, "in_segment", noted)
    for i in range(3):
        assert len(check_found(log, "m", [f"new-{i}", "1-1"], ["_id"])) == 2
    assert len(read) == len(set(read)) == 3
    assert check_found(log, "m", ["none"], ["_id"]) == []
    assert len(read) == 3
    log.close()


@pytest.mark.parametrize("loss", ["gone", "torn", "key"])
def test_without_a_sieve_the_file_is_searched(tmp_path: Path, loss: str) -> None:
    filled(tmp_path).close()
    for path in tmp_path.glob("**/*.sieve"):
        if loss == "gone":
            path.unlink()
        elif loss == "torn":
            path.write_bytes(path.read_bytes()[:-9])
    if loss == "key":
        (tmp_path / "log" / "key").write_bytes(b"another" * 5)
    log = LocalLog(tmp_path, disk=Hasty(), reserve=0)
    assert len(check_found(log, "m", IDS, None)) == 200
    assert len(check_found(log, "m", IDS[:70], ["label"], OUTCOMES)) == 70
    log.close()


def test_a_reader_finds_what_another_process_wrote(tmp_path: Path) -> None:
    log = filled(tmp_path)
    reader = LocalLog(tmp_path, readonly=True)
    assert len(check_found(reader, "m", IDS[:60], ["x"])) == 60
    log.append([Record(EVENTS, "m", NOON + 4 * DAY, events(["4-0"], [NOON + 4 * DAY]))])
    log.compact(log.position, whole=True)
    log.forget(before={"m": NOON + 2 * DAY})  # files that the reader still counts on
    assert len(check_found(reader, "m", [*IDS, "4-0"], ["x"])) == 101
    log.close()


def test_sieves_go_with_their_files(tmp_path: Path) -> None:
    log = filled(tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.glob("*/m/**/*.*"))
    assert log.size == size
    log.forget(max_bytes=0)
    assert list(tmp_path.glob("*/m/**/*.*")) == []
    log.close()
    (tmp_path / "events" / "m").mkdir(exist_ok=True)
    (tmp_path / "events" / "m" / "00000099.sieve").write_bytes(b"left by a crash")
    LocalLog(tmp_path, disk=Hasty(), reserve=0).close()
    assert list(tmp_path.glob("**/*.sieve")) == []


def test_a_damaged_file_is_told_and_left_out(tmp_path: Path) -> None:
    log = filled(tmp_path)
    path = min(tmp_path.glob("events/m/*/*.parquet"))
    body = bytearray(path.read_bytes())
    body[4 : len(body) // 2] = bytes(len(body) // 2 - 4)
    path.write_bytes(body)
    found = sum(batch.num_rows for _, batch in log.find("m", pa.array(IDS), None))
    assert found == 150
    assert any("damaged" in problem for problem in log.problems())
    log.close()


def test_many_rows_come_in_several_batches_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_MOST", 30)
    monkeypatch.setattr(find, "_LOOKED", 30)
    log = LocalLog(tmp_path, disk=Hasty(), reserve=0)
    for day in range(40):  # late ones among them, so that files lie crosswise
        ids, back = [f"{day}-{i}" for i in range(9)], [(day * 7 + i) % 5 * DAY for i in range(9)]
        times = [NOON + day * DAY // 8 - late for late in back]
        log.append([Record(EVENTS, "m", NOON + day, events(ids, times))])
    log.append([Record(EVENTS, "m", NOON, events([f"z-{i}" for i in range(100)], [NOON] * 100))])
    everything = [f"{day}-{i}" for day in range(40) for i in range(9)]
    everything += [f"z-{i}" for i in range(100)]
    assert len(check_found(log, "m", everything, ["x"])) == 460
    log.compact(log.position, whole=True)
    assert len(check_found(log, "m", everything, ["x"])) == 460
    assert len(check_found(log, "m", everything[::3], None, through=200)) == 66
    sizes = [batch.num_rows for _, batch in log.find("m", pa.array(everything), ["x"])]
    assert max(sizes[:-1]) <= 30
    assert sizes[-1] == 100  # a record is never cut
    log.close()


def test_rows_are_found_while_others_come_and_are_compacted(tmp_path: Path) -> None:
    log, failed, stop = filled(tmp_path), list[object](), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            found = list(log.find("m", pa.array(IDS), ["_id"]))
            if sum(batch.num_rows for _, batch in found) != 200:
                failed.append(found)

    asking = threading.Thread(target=ask)
    asking.start()
    for i in range(60):
        at = NOON + (i % 4) * DAY
        log.append([Record(EVENTS, "m", at, events([f"more-{i}"], [at]))])
        log.compact(log.position, whole=True)
    stop.set()
    asking.join()
    log.close()
    assert failed == []
