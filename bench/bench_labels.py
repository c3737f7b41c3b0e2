"""Promise: labels cost little, whenever they come.

Batches of 1,000 labels, whose events lie evenly spread over the last three days of a log of 5
million events of 25 columns, are joined, graded in all rows and 20 segments, and added to what is
kept of their hours: one batch at a time, as where labels trickle in, and all that came in an hour
at once, as the server does.  Beside it, what an appraisal adds to the cost of an event at ingest,
in batches of 1,000 rows, and what is kept: bytes of an hour of 1,000 rows, and of a model's state
that remembers 400 hours.  CPU time of one thread, after a warm-up.

    python -m bench.bench_labels [--quick]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench.bench_log import START
from bench.bench_log import rows as many
from bench.table import Promise, aligned, promises, verdict_code

from vedette.core.windows import Window
from vedette.engine import fitting, snapshot
from vedette.engine.grade import added, expected_of, labelled_sums
from vedette.engine.joiner import Joiner
from vedette.engine.joining import LABEL
from vedette.engine.keeper import Keeper
from vedette.engine.learning import Fitted
from vedette.engine.live import LiveSettings, make_live
from vedette.engine.model import ModelState, begin
from vedette.engine.outcomes import counted
from vedette.engine.outputs import Closed
from vedette.engine.plan import DRIFT
from vedette.engine.step import step
from vedette.profiles.build import build
from vedette.profiles.profile import Profile
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryState
from vedette.stores.store import EVENTS, OUTCOMES, Record

HOUR, DAY = 3600 * 10**9, 24 * 3600 * 10**9
DAYS, RECENT, BATCH, AT_ONCE, SEGMENTS = 30, 3, 1_000, 20, 20
LEAST_TRICKLING, LEAST_AT_ONCE = 1_000, 8_000  # labels a CPU-second
MOST_EVENT_US, MOST_SEGMENTED_US = 2.5, 5.0
MOST_WINDOW, MOST_STATE = 96 << 10, 2 << 20  # bytes
MODEL = "m"


def pattern(n: int, seed: int) -> pa.RecordBatch:
    """Rows of 25 columns, a score and a segment."""
    rng = np.random.default_rng(seed)
    batch = many(n, START, rng)
    names = [f"s{place:02}" for place in rng.integers(0, SEGMENTS, n)]
    own = {"score": pa.array(rng.beta(0.8, 1.2, n)), "place": pa.array(names)}
    for name, values in own.items():
        batch = batch.append_column(name, values)
    return batch


def placed(batch: pa.RecordBatch, first: int, times: np.ndarray) -> pa.RecordBatch:
    """Rows with ids from a number on, and times."""
    ids = pa.array(
        [f"{(first + i) * 2654435761 % 2**32:08x}-{first + i}" for i in range(len(times))]
    )
    batch = batch.slice(0, len(times)).set_column(0, "_id", ids)
    return batch.set_column(1, "_time", pa.array(times, pa.timestamp("ns", "UTC")))


def filled(folder: Path, count: int) -> tuple[LocalLog, list[pa.Array]]:
    """A log of so many events, and the ids of each of its last days."""
    log, per_day, ids = LocalLog(folder), count // DAYS, list[pa.Array]()
    some = pattern(20_000, 1)
    for day in range(DAYS):
        mine = []
        for at in range(0, per_day, len(some)):
            size = min(len(some), per_day - at)
            times = START + day * DAY + (at + np.arange(size)) * (DAY // per_day)
            batch = placed(some, day * per_day + at, times)
            mine.append(batch["_id"])
            parts = [batch.slice(first, BATCH) for first in range(0, size, BATCH)]
            log.append([Record(EVENTS, MODEL, int(times[-1]), part) for part in parts])
        log.compact(log.position, whole=day < DAYS - 1)  # the newest still lie in the journal
        ids.append(pa.concat_arrays(mine))
    return log, ids[-RECENT:]


def settings(path: Path, *, segmented: bool) -> LiveSettings:
    """A model under a labelled reference."""
    named = {"time": "_time", "id": "_id", "score": "score", "label": "label"}
    own = {"baseline": {"file": str(path)}, "segments": ["place"] if segmented else [], **named}
    return make_live({"models": {MODEL: {"clocks": {"drift": "1h"}, **own}}})


def reference(path: Path, n: int) -> Path:
    """Rows of three days before the log, with labels that follow the score."""
    times = START - 3 * DAY + np.arange(n) * (3 * DAY // n)
    batch = placed(pattern(n, 2), 2**40, times)
    yes = np.random.default_rng(3).random(n) < batch["score"].to_numpy()
    batch = batch.append_column("label", pa.array(yes)).drop_columns(["_version", "_weight"])
    pq.write_table(pa.Table.from_batches([batch]), path)
    return path


def spent(work: Callable[[], object], turns: int = 1) -> float:
    """CPU seconds of some work, the least of several turns."""
    found = []
    for _ in range(turns):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def joined(
    log: LocalLog, state: ModelState, keeper: Keeper, ids: list[pa.Array], together: int
) -> float:
    """CPU seconds per label of batches that are joined `together` at a time."""
    rng, joiner, total = np.random.default_rng(together), Joiner(log), 0.0
    every = pa.concat_arrays(ids)
    count = max(AT_ONCE // together, 1)
    for turn in range(count + 1):
        now = START + DAYS * DAY + turn
        for _ in range(together):
            chosen = every.take(pa.array(rng.choice(len(every), BATCH, replace=False)))
            told = {
                "_id": chosen,
                "_time": pa.array([now] * BATCH, pa.timestamp("ns", "UTC")),
                "label": pa.array(rng.random(BATCH) < 0.5),
            }
            for position, record in log.append(
                [Record(OUTCOMES, MODEL, now, pa.record_batch(told))]
            ).records:
                before = position - record.rows.num_rows
                joiner.hear(MODEL, before, position, record)
        start = time.process_time()
        answer = joiner.join(state, 0, log.position)
        state, outputs = step(state, answer, now)
        keeper.keep(MODEL, outputs, now)
        keeper.write(log.position)
        total += (time.process_time() - start) * (turn > 0)  # the first warms up
    return total / (count * together * BATCH)


def begun(chosen: LiveSettings) -> ModelState:
    """A model that watches from the beginning of the log on."""
    own = chosen.of(MODEL)
    baseline, _ = fitting.from_file(own)
    state, _ = step(begin(MODEL, own, {}), Fitted("file", baseline, "b", START), START)
    return state


def at_ingest(state: ModelState) -> tuple[float, float]:
    """Microseconds an event: to count it, and what grading adds."""
    assert state.plan is not None
    baseline, batch = state.plan.baseline, placed(pattern(BATCH, 4), 0, START + np.arange(BATCH))
    plain = spent(lambda: build([batch], baseline), 12)
    graded = spent(lambda: expected_of(baseline, [batch]), 12)
    return plain / BATCH * 1e6, graded / BATCH * 1e6


def kept(chosen: LiveSettings, state: ModelState) -> tuple[float, float]:
    """Bytes of an hour of 1,000 rows, and of a state that remembers 400 of them."""
    assert state.plan is not None
    baseline, store = state.plan.baseline, MemoryState()
    keeper = Keeper(store, chosen, tell=False)
    batch = placed(pattern(BATCH, 5), 0, START + np.arange(BATCH))
    yes = np.random.default_rng(6).random(BATCH) < batch["score"].to_numpy()
    sums = added(
        expected_of(baseline, [batch]),
        labelled_sums(baseline, batch.append_column(LABEL, pa.array(yes)), LABEL),
    )
    zero = Profile.zero(baseline.schema.fingerprint, baseline.id)
    whole = replace(zero, graded=sums.graded, losses=sums.losses)
    for hour in range(400):
        window = Window(START + hour * HOUR, START + (hour + 1) * HOUR)
        closed = [Closed(DRIFT, window, replace(whole, window=window))]
        keeper.keep(MODEL, closed if hour < 3 else [], START)
        state = counted(state, window.start, whole)
    keeper.write(0)
    hours = sum(len(entry.body) for entry in store.read("performance")) / 3
    return hours, float(len(snapshot.encode(state)))


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    count = 300_000 if parser.parse_args().quick else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = reference(folder / "reference.parquet", 20_000)
        plain = begun(settings(path, segmented=False))
        chosen = settings(path, segmented=True)
        state = begun(chosen)
        build_us, event_us = at_ingest(plain)
        many_us, segmented_us = at_ingest(state)
        hours, remembered = kept(chosen, state)
        log, ids = filled(folder / "log", count)
        keeper = Keeper(MemoryState(), chosen, tell=False)
        slow = 1 / joined(log, state, keeper, ids, 1)
        quick = 1 / joined(log, state, keeper, ids, AT_ONCE)
        log.close()
    print(f"{count:,} events of 25 columns in {DAYS} days, labels of the last {RECENT}")
    table = [
        ("without segments", build_us, event_us),
        (f"{SEGMENTS} segments", many_us, segmented_us),
    ]
    print(aligned(("an event at ingest", "counted, us", "graded, us"), table))
    print()
    rest = [
        Promise(
            f"{LEAST_TRICKLING:,} labels a CPU-s, {BATCH:,} at a time",
            f"{slow:,.0f}", slow >= LEAST_TRICKLING,
        ),
        Promise(
            f"{LEAST_AT_ONCE:,} labels a CPU-s, {AT_ONCE * BATCH:,} at a time",
            f"{quick:,.0f}", quick >= LEAST_AT_ONCE,
        ),
        Promise(
            f"grading adds {MOST_EVENT_US} us an event", f"{event_us:.2f} us",
            event_us <= MOST_EVENT_US,
        ),
        Promise(
            f"with {SEGMENTS} segments {MOST_SEGMENTED_US} us", f"{segmented_us:.2f} us",
            segmented_us <= MOST_SEGMENTED_US,
        ),
        Promise(
            f"an hour of {BATCH:,} rows, {SEGMENTS} segments: {MOST_WINDOW >> 10} KiB",
            f"{hours / 2**10:.0f} KiB", hours <= MOST_WINDOW,
        ),
        Promise(
            f"a state that remembers 400 hours: {MOST_STATE >> 20} MiB",
            f"{remembered / 2**20:.2f} MiB", remembered <= MOST_STATE,
        ),
    ]  # fmt: skip
    print(promises(rest))
    return verdict_code(rest)


if __name__ == "__main__":
    sys.exit(main())
