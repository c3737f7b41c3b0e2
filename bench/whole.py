"""Ordinary months of rows through the whole engine: the log, both clocks, all monitors, incidents.

Owns: the rows, and counting what the runner raises. Does not judge.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import REOPENED
from vedette.core.durations import HOUR, MINUTE, SECOND
from vedette.engine.keeper import Keeper
from vedette.engine.live import make_live
from vedette.engine.outputs import Changed
from vedette.engine.runner import Runner
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import EVENTS, Record

WIDTH = 15 * MINUTE  # of base and fast windows: a month of minutes would take hours
DAYS, LEARNT_DAYS = 30, 28
ROWS = 250  # a window, on average
NUMERIC, NOMINAL = 8, 2
BEGIN = 1_699_920_000 * SECOND  # a midnight


@dataclass
class Traffic:
    """Rows of a model in which nothing changes: AR wobble of 0.05 sd, a day of up to 0.3 sd in
    the values, a day and weekends of a tenth in their number, 1 % missing."""

    rng: np.random.Generator
    offsets: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.offsets = self.rng.normal(size=NUMERIC)
        self.swing = self.rng.uniform(0, 0.3, NUMERIC)
        self.phase = self.rng.uniform(0, 2 * np.pi, NUMERIC)
        self.shares = [self.rng.dirichlet(np.full(k, 3.0)) for k in (5, 12)]

    def windows(self, start: int, days: int) -> Iterator[tuple[int, dict[str, pa.Array]]]:
        """Draw windows one after the other: where each begins, and its columns."""
        for at in range(start, start + days * 24 * HOUR, WIDTH):
            hour = at / HOUR
            if at % HOUR == 0:
                self.offsets = 0.8 * self.offsets + 0.6 * self.rng.normal(size=NUMERIC)
            busy = 1 + 0.8 * np.sin(2 * np.pi * hour / 24)
            weekend = int(hour // 24) % 7 in (2, 3)  # 1970 began on a Thursday
            yield at, self._columns(int(self.rng.poisson(ROWS * busy * (0.1 if weekend else 1))),
                                    at, hour)  # fmt: skip

    def _columns(self, n: int, at: int, hour: float) -> dict[str, pa.Array]:
        rng = self.rng
        times = np.sort(rng.integers(at, at + WIDTH, n))
        off = 0.05 * self.offsets + self.swing * np.sin(2 * np.pi * hour / 24 + self.phase)
        made = {"_time": pa.array(times, pa.timestamp("ns", "UTC"))}
        for j in range(NUMERIC):
            made[f"x{j}"] = pa.array(rng.normal(off[j], 1, n), mask=rng.random(n) < 0.01)
        for j, p in enumerate(self.shares):
            made[f"k{j}"] = pa.array([f"v{k}" for k in rng.choice(len(p), n, p=p)], pa.string())
        return made


def whole_alarms(seed: int, days: int = DAYS) -> int:
    """How often a model alarms: incidents that open or reopen, of any monitor."""
    traffic = Traffic(np.random.default_rng(seed))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reference.parquet"
        drawn = [columns for _, columns in traffic.windows(BEGIN, LEARNT_DAYS)]
        tables = [pa.table(columns).rename_columns(["ts", *list(columns)[1:]]) for columns in drawn]
        pq.write_table(pa.concat_tables(tables), file)
        model = {
            "clocks": {"base": "15min", "fast": "15min", "drift": "1h"},
            "baseline": {"file": str(file)},
            "time": "ts",
        }
        settings = make_live({"models": {"m": model}})
        log, raised = MemoryLog(), 0
        runner = Runner(log, Keeper(MemoryState(), settings), settings)
        seen: dict[str, int] = {}
        for at, columns in traffic.windows(BEGIN + LEARNT_DAYS * 24 * HOUR, days):
            n, now = len(columns["_time"]), at + WIDTH + SECOND
            if not n:
                continue
            own = {
                "_id": pa.array([f"{at}-{i}" for i in range(n)]),
                "_version": pa.array(["1"] * n),
                "_weight": np.ones(n),
            }
            record = Record(EVENTS, "m", now, pa.record_batch({**own, **columns}))
            for position, stored in log.append([record]).records:
                for _, output in runner.take(position, stored):
                    if isinstance(output, Changed):
                        raised += _raised(output.incident, seen)
            runner.commit(now)
        if runner.problems or "m" not in runner.models or runner.models["m"].plan is None:
            raise RuntimeError(f"the model is not watched: {runner.problems}")
    return raised


def _raised(incident: Incident, seen: dict[str, int]) -> int:
    """How many more times an incident has opened or reopened than was seen before."""
    moves = [move for move in incident.history if move.action == "open" or move.state == REOPENED]
    before, seen[incident.id] = seen.get(incident.id, 0), len(moves)
    return max(len(moves) - before, 0)
