"""A crash at any instant: nothing acknowledged is lost, nothing counts twice."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.bench_crash import power_loss, shows, syncs
from bench.crash_script import Life, live
from bench.killed import kill_again_and_again

STATES = 1_000
MEMORY = Path("/dev/shm")  # thousands of small folders: kept off the disk where that is possible


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder to lay states in."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """One recorded life of a log, with compactions, a restart and retention."""
    return live(tmp_path_factory.mktemp("life") / "data")


def test_power_loss_breaks_no_promise(life: Life, folder: Path) -> None:
    count, broken = power_loss(life, folder, STATES, random.Random(7))
    assert broken == []
    assert count >= STATES


def test_a_missing_sync_would_be_found(life: Life, folder: Path) -> None:
    """The enumeration can fail: leave out a sync, and it does.  `bench_crash` tries every one."""
    tried = syncs(life.acts)[1::10]
    assert [n for n in tried if not shows(life, n, folder, random.Random(n))] == []


def test_kill_9_under_load(tmp_path: Path) -> None:
    tally = kill_again_and_again(tmp_path, 10, random.Random(11))
    assert (tally.kills, tally.lost, tally.twice) == (10, 0, 0)
    assert tally.acked > 0
    assert tally.compacted > 0
    assert tally.slowest_s < 5
