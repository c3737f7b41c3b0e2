"""Promise: a crash at any instant loses nothing acknowledged and counts nothing twice.

Three parts. Power loss: a short life of the log is recorded, act by act, and the legal states that
a disk may be in after each act are opened and judged. The control: every single sync is taken out
of the record in turn, and the judge must find what that breaks. kill -9: a writer that appends and
compacts as fast as it can is killed at random, again and again, and its folder checked.

    python -m bench.bench_crash [--quick]
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.crash_script import Life, judge, live
from bench.crashes import Act, Model, lay
from bench.killed import Tally, kill_again_and_again
from bench.table import Promise, promises, verdict_code

STATES, KILLS = 10_000, 50
SHORT = 30  # acts after a missing sync that are all looked at


def power_loss(life: Life, folder: Path, most: int, luck: random.Random) -> tuple[int, list[str]]:
    """Judge about so many states, spread over all instants; return how many, and what is broken."""
    each = max(most // len(life.acts), 4)
    broken: list[str] = []
    count = 0
    model = Model()
    for number, act in enumerate(life.acts, 1):
        model.do(act)
        for state in model.states(luck, each):
            root = folder / f"{number}-{count}"
            lay(state, root)
            verdict = judge(root, life, number)
            count += 1
            if verdict:
                broken.append(f"after act {number} ({act.verb} {act.path}): {verdict}")
            _clear(root)
    return count, broken


def shows(life: Life, missing: int, folder: Path, luck: random.Random) -> bool:
    """Say whether the judge notices that one sync was left out."""
    model = Model()
    for number, act in enumerate(life.acts, 1):
        if number - 1 != missing:
            model.do(act)
        late = number - missing - SHORT  # most show at once, some only after a later compaction
        if number - 1 < missing or (late > 0 and late % 10):
            continue
        for state in model.states(luck, 5):
            root = folder / f"{missing}-{number}"
            lay(state, root)
            verdict = judge(root, life, number)
            _clear(root)
            if verdict:
                return True
    return False


def syncs(acts: Sequence[Act]) -> list[int]:
    """Where the syncs are."""
    return [number for number, act in enumerate(acts) if act.verb.startswith("sync")]


def _clear(root: Path) -> None:
    for path in sorted(root.glob("**/*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    root.rmdir()


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as name:
        folder = Path(name)
        life = live(folder / "life")
        start = time.perf_counter()
        count, broken = power_loss(
            life, folder, STATES // 5 if quick else STATES * 2, random.Random(1)
        )
        spent = time.perf_counter() - start
        all_syncs = syncs(life.acts)
        tried = all_syncs[::5] if quick else all_syncs
        unseen = [life.acts[n] for n in tried if not shows(life, n, folder, random.Random(n))]
    for line in broken[:10]:
        print(line)
    for act in unseen:
        print("not noticed when missing:", act.verb, act.path, act.file)
    with tempfile.TemporaryDirectory() as name:
        tally: Tally = kill_again_and_again(Path(name), 5 if quick else KILLS, random.Random(2))
    table = [
        Promise(
            f"power loss, {len(life.acts)} acts: no legal state breaks a promise",
            f"{count:,} states, {len(broken)} broken ({spent:.0f} s)",
            not broken,
        ),
        Promise(
            "control: each sync that is left out is noticed",
            f"{len(tried) - len(unseen)} of {len(tried)}",
            not unseen,
        ),
        Promise(
            "kill -9 under load: nothing acknowledged lost, nothing twice",
            f"{tally.kills} kills, {tally.acked:,} rows acknowledged, {tally.lost} lost, "
            f"{tally.twice} twice, slowest restart {tally.slowest_s:.2f} s",
            tally.lost == tally.twice == 0,
        ),
    ]
    print(promises(table))
    return verdict_code(table)


if __name__ == "__main__":
    raise SystemExit(main())
