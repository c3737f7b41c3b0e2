"""The spool: what is written is read, torn ends are cut, the oldest goes, the dead inherit."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.sdk.batch import FRAMES, MESSAGES, Batch
from vedette.sdk.segment import HEADER, Segment, record
from vedette.sdk.spool import NUMBERS, Spool


def batch(sequence: int, size: int = 100, rows: int = 10, process: str = "p1") -> Batch:
    body = random.Random(sequence).randbytes(size)
    return Batch(process, sequence, rows, rows, MESSAGES, body)


def spool(tmp_path, process: str = "p1", limit: int = 1 << 30) -> Spool:
    return Spool(tmp_path / "spool", process, limit)


def drained(one: Spool) -> list[int]:
    found = []
    while (head := one.head()) is not None:
        found.append(head.sequence)
        one.pop()
    return found


def test_messages_come_back_in_order_while_others_are_written(tmp_path):
    one = spool(tmp_path)
    for n in range(5):
        one.append(batch(n))
    assert one.rows == 50
    assert one.head() == batch(0)
    one.append(batch(5))
    assert one.rows == 60
    assert drained(one) == [0, 1, 2, 3, 4, 5]
    assert one.rows == 0
    assert one.is_empty
    one.append(batch(6))
    assert drained(one) == [6]
    one.close()
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_can_be_made_smaller_is(tmp_path):
    one = spool(tmp_path)
    plain = Batch("p1", 1, 10, 10, FRAMES, b"abc" * 10_000)
    written, _ = one.append(plain)
    assert written < 1000
    head = one.head()
    assert head.is_gzip
    assert (head.kind, head.name, head.rows) == (FRAMES, plain.name, 10)


def test_a_torn_end_loses_the_last_message_only(tmp_path):
    raw = b"".join(record(batch(n)) for n in range(3))
    length = len(raw) // 3
    for cut in (*range(0, len(raw), 5), length, 2 * length):
        path = tmp_path / "00000000000000000001-p1.seg"
        path.write_bytes(raw[:cut])
        segment = Segment(path)
        assert [one.sequence for one in segment.batches()] == list(range(cut // length))
        assert segment.rows == 10 * (cut // length)


@given(st.integers(0, 3 * (HEADER.size + 100) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_never_taken_for_a_message(at, flip):
    good = [batch(n) for n in range(3)]
    raw = bytearray(b"".join(record(one) for one in good))
    raw[at] ^= flip
    with TemporaryDirectory() as folder:
        path = Path(folder) / "00000000000000000001-p1.seg"
        path.write_bytes(raw)
        found = list(Segment(path).batches())
    assert found == good[: at // (HEADER.size + 100)]


def test_the_oldest_is_dropped_and_counted(tmp_path):
    one = spool(tmp_path, limit=100_000)
    dropped = 0
    for n in range(300):
        dropped += one.append(batch(n, 1000))[1]
    used = sum(path.stat().st_size for path in (tmp_path / "spool").rglob("*.seg"))
    assert used <= 100_000 + one.step
    left = drained(one)
    assert left == list(range(300 - len(left), 300))
    assert dropped == 10 * (300 - len(left))
    assert len(left) > 60


def test_the_bound_holds_for_all_processes_together(tmp_path):
    first, second = spool(tmp_path, "p1", 100_000), spool(tmp_path, "p2", 100_000)
    for n in range(150):
        first.append(batch(n, 1000))
        second.append(batch(n, 1000, process="p2"))
    used = sum(path.stat().st_size for path in (tmp_path / "spool").rglob("*.seg"))
    assert used <= 100_000 + 2 * first.step


def dead(one: Spool) -> None:
    """Let go of the lock as the end of a process does, and of nothing else."""
    one.abandon()


def test_what_a_dead_process_left_is_taken_over_once(tmp_path):
    first = spool(tmp_path, "p1")
    first.append(batch(1))
    first.append(batch(2))
    first.numbers[0], first.numbers[1] = 27, 20
    second = spool(tmp_path, "p2")
    assert second.adopt() == 0  # it lives
    assert second.is_empty
    dead(first)
    second.append(batch(1, process="p2"))
    third = spool(tmp_path, "p3")
    assert second.adopt() == 7
    assert third.adopt() == 0
    assert second.rows == 30
    heads = []
    while (head := second.head()) is not None:
        heads.append(head.name)
        second.pop()
    assert heads == [("p1", 1), ("p1", 2), ("p2", 1)]
    second.close()
    third.close()
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_process_that_ends_with_messages_leaves_them_to_others(tmp_path):
    first = spool(tmp_path, "p1")
    first.append(batch(1))
    first.numbers[0] = first.numbers[1] = 10
    first.close()
    second = spool(tmp_path, "p2")
    assert second.adopt() == 0
    assert drained(second) == [1]


def test_strange_files_in_the_folder_are_left_alone(tmp_path):
    folder = tmp_path / "spool"
    (folder / "p0").mkdir(parents=True)
    (folder / "notes.txt").write_text("hello")
    one = spool(tmp_path)
    assert one.adopt() == 0
    assert (folder / "notes.txt").exists()
    assert NUMBERS.size == 16


def test_a_place_that_cannot_be_written_is_told(no_folder):
    with pytest.raises(OSError, match="Not a directory"):
        Spool(no_folder, "p", 1000)
