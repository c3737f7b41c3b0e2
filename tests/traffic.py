"""Made-up traffic of a model, for tests of the engine.

Owns: records of a known law, stepping them through a runner in memory.  Does not own: what is
asserted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from vedette.core.durations import HOUR, MINUTE, SECOND
from vedette.engine.keeper import Keeper
from vedette.engine.live import LiveSettings, make_live
from vedette.engine.outputs import Output
from vedette.engine.runner import Runner
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import EVENTS, NOTE, OUTCOMES, TICK, Record

BEGIN = 1_699_920_000 * SECOND  # a midnight
MODEL = "fraud"


def live(**model: object) -> LiveSettings:
    """Settings of one model, windows of five minutes and an hour."""
    clocks = {"base": "5min", "fast": "5min", "drift": "1h"}
    return make_live({"models": {MODEL: {"clocks": clocks, **model}}})


def rows(
    start: int,
    n: int,
    width: int = HOUR,
    *,
    seed: int = 0,
    shift: float = 0.0,
    missing: float = 0.0,
    version: str = "1",
) -> pa.RecordBatch:
    """n events spread over a stretch of time; `shift` moves x2, `missing` empties part of x4."""
    rng = np.random.default_rng([seed, start // SECOND])
    times = np.sort(rng.integers(start, start + width, n))
    columns: dict[str, object] = {
        "_id": [f"{seed}-{start}-{i}" for i in range(n)],
        "_time": pa.array(times, pa.timestamp("ns", "UTC")),
        "_version": pa.array([version] * n),
        "_weight": np.ones(n),
    }
    for j in range(6):
        values = rng.normal(size=n) + (shift if j == 2 else 0.0)
        gone = rng.random(n) < (missing if j == 4 else 0.0)
        columns[f"x{j}"] = pa.array(values, mask=gone)
    columns["country"] = pa.array(rng.choice(["de", "fr", "it"], n, p=[0.5, 0.3, 0.2]))
    columns["score"] = pa.array(rng.random(n))
    return pa.record_batch(columns)


def events(batch: pa.RecordBatch, received: int) -> Record:
    return Record(EVENTS, MODEL, received, batch)


def tick(received: int) -> Record:
    return Record(TICK, "", received)


def note(text: bytes, received: int) -> Record:
    return Record(NOTE, MODEL, received, note=text)


def outcomes(ids: Sequence[str], received: int) -> Record:
    n = len(ids)
    times = pa.array([received] * n, pa.timestamp("ns", "UTC"))
    batch = pa.record_batch({"_id": list(ids), "_time": times, "label": [True] * n})
    return Record(OUTCOMES, MODEL, received, batch)


def hours(count: int, n: int = 1000, parts: int = 4, **law: object) -> list[Record]:
    """Records of `count` hours from the beginning, `parts` to an hour, each a second late."""
    width = HOUR // parts
    return [
        events(
            rows(start, n // parts, width, **law),  # type: ignore[arg-type]
            start + width + SECOND,
        )
        for start in range(BEGIN, BEGIN + count * HOUR, width)
    ]


def hour(start: int, n: int = 1000, **law: object) -> list[Record]:
    """One hour in four records, and the minute after it."""
    width = HOUR // 4
    parts = [
        events(rows(at, n // 4, width, **law), at + width + SECOND)  # type: ignore[arg-type]
        for at in range(start, start + HOUR, width)
    ]
    return [*parts, tick(start + HOUR + MINUTE)]


@dataclass
class Live:
    """A runner in memory, and everything that came of it."""

    settings: LiveSettings = field(default_factory=live)
    log: MemoryLog = field(default_factory=MemoryLog)
    store: MemoryState = field(default_factory=MemoryState)
    made: list[Output] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = Runner(self.log, Keeper(self.store, self.settings), self.settings)

    def feed(self, records: Iterable[Record], *, commit: bool = True) -> "Live":
        for record in records:
            for position, stored in self.log.append([record]).records:
                self.made += [output for _, output in self.runner.take(position, stored)]
            if commit:
                self.runner.commit(record.received)
        return self

    def of(self, kind: type[Output]) -> list[Output]:
        return [output for output in self.made if isinstance(output, kind)]


__all__ = ["BEGIN", "HOUR", "MINUTE", "MODEL", "SECOND", "Live"]
