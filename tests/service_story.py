"""A small model whose service slows down: what tests of its page look at.

Owns: traffic of a known law, stepped through the real engine in memory.  Does not own: what is
asserted.

Hourly windows from BEGIN on, half a day to learn from.  From SLOW on, when version 2 comes, answers
take twice as long and a fifth of them fail instead of a twentieth.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from tests.story import Story
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, events, live, rows, tick

from vedette.core.rows import VERSION
from vedette.stores.store import METRICS, Record

ROWS, WARM = 600, 12  # rows of an hour, hours to learn from
SLOW = BEGIN + 18 * HOUR
END = BEGIN + 24 * HOUR
FAILS = "TimeoutError"
CPU, MEMORY = "resource.cpu.utilization", "process.memory.bytes"


def hour_of(start: int) -> pa.RecordBatch:
    """The events of an hour."""
    rng, slow = np.random.default_rng([7, start // SECOND]), start >= SLOW
    batch = rows(start, ROWS)
    took = rng.lognormal(-4, 0.3, ROWS) * (2 if slow else 1)
    failed = rng.random(ROWS) < (0.2 if slow else 0.05)
    at = batch.schema.get_field_index(VERSION)
    batch = batch.set_column(at, VERSION, pa.array(["2" if slow else "1"] * ROWS))
    batch = batch.append_column("latency_s", pa.array(took))
    batch = batch.append_column("error_type", pa.array([FAILS if f else None for f in failed]))
    return batch.append_column("endpoint", pa.array(["/predict"] * ROWS))


def readings_of(start: int) -> pa.RecordBatch:
    """What the machine was read to use in an hour, once a quarter of it."""
    slow, times = start >= SLOW, [start + k * HOUR // 4 for k in range(4)]
    values = {CPU: [0.5 if slow else 0.25] * 4, MEMORY: [float(2**30)] * 4}
    named = [
        (at, name, value) for name in values for at, value in zip(times, values[name], strict=True)
    ]
    ids = [f"{name}-{at}" for at, name, _ in named]
    whole = pa.array([at for at, _, _ in named], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(ids),
            whole,
            pa.array([n for _, n, _ in named]),
            pa.array([v for *_, v in named]),
        ],
        ["_id", "_time", "metric", "value"],
    )


@lru_cache(maxsize=1)
def service_story() -> Story:
    """The story, stepped through once for all tests, which change nothing in it."""
    made = Live(
        live(
            baseline={"warm_up": WARM}, segments=["country"],
            metrics={"shares": {"error_type": [FAILS]}},
        )
    )  # fmt: skip
    sent = []
    for start in range(BEGIN, END, HOUR):
        sent.append(hour_of(start))
        made.feed(
            [
                Record(METRICS, MODEL, start + HOUR, readings_of(start)),
                events(sent[-1], start + HOUR + SECOND),
                tick(start + HOUR + MINUTE),
            ]
        )
    made.runner.commit(END, force=True)
    return Story(made, pa.Table.from_batches(sent), frozenset())


__all__ = ["BEGIN", "CPU", "END", "FAILS", "MEMORY", "MODEL", "ROWS", "SLOW", "service_story"]
