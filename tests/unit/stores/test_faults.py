"""Disks that are full, failing, flipped or locked."""

import errno
from pathlib import Path

import pytest
from tests.laws.test_stores import Hasty, events, rows_of, told

from vedette.core.errors import StoreError
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.store import EVENTS, NOTE, Entry, Record

NOON = 1_700_000_000 * 10**9


class Failing(Hasty):
    """A disk on which chosen calls fail, once or for ever."""

    def __init__(self) -> None:
        self.fail: dict[str, int] = {}  # error number by call
        self.room = 1 << 40

    def _maybe(self, call: str) -> None:
        if call in self.fail:
            raise OSError(self.fail[call], "injected")

    def write(self, file: int, chunks: list[bytes], offset: int) -> None:
        if "write" in self.fail:  # half of it gets there, as on a full disk
            whole = b"".join(bytes(chunk) for chunk in chunks)
            super().write(file, [whole[: len(whole) // 2]], offset)
        self._maybe("write")
        super().write(file, chunks, offset)

    def sync(self, file: int) -> None:
        self._maybe("sync")

    def cut(self, file: int, size: int) -> None:
        self._maybe("cut")
        super().cut(file, size)

    def make(self, path: Path) -> int:
        self._maybe("make")
        return super().make(path)

    def free(self, path: Path) -> int:
        return self.room


def record(*ids: str) -> Record:
    """Some events."""
    return Record(EVENTS, "m", NOON, events(list(ids), [NOON] * len(ids)))


def ids_of(log: LocalLog) -> list[str]:
    """All ids in order."""
    return [name for _, r in log.read() if r.rows is not None for name in r.rows["_id"].to_pylist()]


@pytest.mark.parametrize(
    "fail",
    [
        {"write": errno.ENOSPC},
        {"write": errno.ENOSPC, "cut": errno.EIO},
        {"sync": errno.EIO},
        {"sync": errno.EIO, "cut": errno.EIO},
    ],
)
def test_what_fails_is_not_acknowledged_and_may_be_sent_again(
    tmp_path: Path, fail: dict[str, int]
) -> None:
    disk = Failing()
    log = LocalLog(tmp_path, disk=disk)
    log.append([record("a")])
    disk.fail = fail
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be written"):
            log.append([record("b"), Record(NOTE, "m", NOON, note=b"n")])
    assert ids_of(log) == ["a"]
    disk.fail = {}
    added = log.append([record("a", "b", "c")])
    assert added.duplicates == {"m": 1}
    everything = told(log.read())
    assert ids_of(log) == ["a", "b", "c"]
    log.close()
    again = LocalLog(tmp_path, disk=Hasty())
    assert told(again.read()) == everything
    assert again.append([record("a", "b", "c")]).records == ()
    again.close()


def test_a_failed_sync_is_never_tried_again(tmp_path: Path) -> None:
    """After EIO the kernel may have dropped the pages and say yes to a second call."""
    disk = Failing()
    log = LocalLog(tmp_path, disk=disk)
    log.append([record("a")])
    disk.fail = {"sync": errno.EIO}
    with pytest.raises(StoreError, match="disk fails"):
        log.append([record("b")])
    disk.fail = {}
    log.append([record("c")])
    names = sorted(path.name for path in (tmp_path / "log").glob("*.log"))
    assert names == ["00000000.log", "00000001.log"]
    log.close()


def test_little_room_refuses_events_and_recovers_unrestarted(tmp_path: Path) -> None:
    disk = Failing()
    log = LocalLog(tmp_path, disk=disk)
    log.append([record("a")])
    disk.room = 10 << 20
    with pytest.raises(StoreError, match="too little free space"):
        log.append([record("b")])
    assert ids_of(log) == ["a"]
    disk.room = 1 << 40
    assert len(log.append([record("b")]).records) == 1
    log.close()


def test_a_failed_compaction_changes_nothing(tmp_path: Path) -> None:
    disk = Failing()
    log = LocalLog(tmp_path, disk=disk)
    log.append([record("a"), Record(NOTE, "m", NOON, note=b"n")])
    before = told(log.read())
    for fail in ({"write": errno.ENOSPC}, {"make": errno.ENOSPC}, {"sync": errno.EIO}):
        disk.fail = fail
        with pytest.raises(StoreError):
            log.compact(log.position, whole=True)
        disk.fail = {}
        assert told(log.read()) == before
    assert log.compact(log.position, whole=True) == 1
    assert told(log.read()) == before
    log.close()


def test_every_flipped_byte_of_the_last_frames_is_noticed(tmp_path: Path) -> None:
    log = LocalLog(tmp_path / "a", disk=Hasty())
    log.append([record("a")])
    log.append([record("b")])
    keep = log.size
    log.append([Record(NOTE, "m", NOON, note=b"note")])
    log.close()
    (path,) = (tmp_path / "a" / "log").glob("*.log")
    data = path.read_bytes()
    for place in range(keep, len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        again = LocalLog(tmp_path / "a", disk=Hasty())
        assert ids_of(again) == ["a", "b"]
        assert [r.kind for _, r in again.read()] == [EVENTS, EVENTS]
        again.close()


def test_damage_inside_is_named_and_skipped(tmp_path: Path) -> None:
    log = LocalLog(tmp_path, disk=Hasty())
    for name in "abc":
        log.append([record(name * 9)])
    log.close()
    (path,) = (tmp_path / "log").glob("*.log")
    data = path.read_bytes()
    place = data.index(b"bbbbbbbbb")
    path.write_bytes(data[:place] + b"?" + data[place + 1 :])
    again = LocalLog(tmp_path, disk=Hasty())
    assert ids_of(again) == ["a" * 9, "c" * 9]
    assert "00000000.log" in again.problems()[0]
    again.compact(again.position)
    assert ids_of(again) == ["a" * 9, "c" * 9]
    assert (tmp_path / "log" / "00000000.damaged").exists()
    again.close()


def test_a_damaged_parquet_file_is_named_and_skipped(tmp_path: Path) -> None:
    log = LocalLog(tmp_path, disk=Hasty())
    for name in "ab":
        log.append([record(*(f"{name}{n}" for n in range(500)))])
        log.compact(log.position, whole=True)
    path = min(tmp_path.glob("events/m/*/*.parquet"))
    data = bytearray(path.read_bytes())
    for place in range(200, 2000):
        data[place] ^= 0xFF
    path.write_bytes(data)
    assert ids_of(log) == [f"b{n}" for n in range(500)]
    assert len(rows_of(log.scan("m", 0, 2**62, ["_id"]))) == 500
    assert path.name in log.problems()[0]
    log.close()


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    log = LocalLog(tmp_path, disk=Hasty())
    with pytest.raises(StoreError, match="in use by another vedette server"):
        LocalLog(tmp_path, disk=Hasty())
    log.append([record("a")])
    reader = LocalLog(tmp_path, readonly=True)
    assert ids_of(reader) == ["a"]
    log.compact(log.position, whole=True)
    assert ids_of(reader) == ["a"]  # although its segment is gone
    with pytest.raises(StoreError, match="not open for writing"):
        reader.append([record("b")])
    log.close()
    LocalLog(tmp_path, disk=Hasty()).close()


def test_a_reader_keeps_its_files(tmp_path: Path) -> None:
    log = LocalLog(tmp_path, disk=Hasty(), segment_bytes=2000)
    for number in range(20):
        log.append([record(f"{number}")])
    reading = log.read()
    found = [next(reading)]
    log.compact(log.position, whole=True)
    log.forget(before={"m": 2**62, "": 2**62})
    found += list(reading)
    assert len(found) == 20
    assert ids_of(log) == []
    assert not list(tmp_path.glob("events/**/*.parquet"))
    log.close()


def test_state_refuses_a_newer_file_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        LocalState(tmp_path / "nowhere" / "state.sqlite")
    state = LocalState(tmp_path / "state.sqlite")
    state.commit([Entry("key", "m", "k", 1, b"x")], position=3)
    state._writer.execute("PRAGMA user_version = 99")
    state.close()
    with pytest.raises(StoreError, match="newer release"):
        LocalState(tmp_path / "state.sqlite")


def test_state_is_readable_beside_its_writer(tmp_path: Path) -> None:
    state = LocalState(tmp_path / "state.sqlite")
    state.commit([Entry("key", "m", "k", 1, b"x")], position=3)
    reader = LocalState(tmp_path / "state.sqlite", readonly=True)
    assert (reader.position, len(reader.read("key"))) == (3, 1)
    with pytest.raises(StoreError, match="cannot be written"):
        reader.commit(position=4)
    reader.close()
    state.close()


def test_a_full_disk_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    state = LocalState(tmp_path / "state.sqlite")
    state.commit([Entry("key", "m", "k", 1, b"x")], position=3)
    pages = state._writer.execute("PRAGMA page_count").fetchone()[0]
    state._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="free some space"):
        state.commit([Entry("key", "m", "big", 1, b"x" * 10_000_000)], position=4)
    assert state.position == 3
    state._writer.execute("PRAGMA max_page_count = 1000000")
    state.commit([Entry("key", "m", "big", 1, b"y")], position=4)
    assert state.position == 4
    state.close()
