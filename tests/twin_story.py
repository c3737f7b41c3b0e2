"""A small model whose features are reckoned offline, too: what tests of twins look at.

Owns: traffic of a known law with twins, stepped through the real engine in memory.  Does not own:
what is asserted.

Hourly windows of 240 rows from BEGIN on, a day to learn from.  Twins of an hour come an hour later,
those of every tenth event never.  From BROKEN on serving sends `distance` in kilometres for the
carrier UA, where training has miles; from the first hour on `carrier` is in capitals on both sides.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from tests.story import Story
from tests.traffic import BEGIN, HOUR, MINUTE, SECOND, Live

from vedette.core.durations import DAY
from vedette.engine.live import LiveSettings, make_live
from vedette.stores.store import EVENTS, TICK, TWINS, Record

MODEL = "flights"
ROWS = 240  # of an hour
DELAY = HOUR
BROKEN = BEGIN + 30 * HOUR
END = BEGIN + 2 * DAY
FACTOR = 1.609
CARRIERS = ("UA", "AA", "DL", "WN")


def settings(**model: object) -> LiveSettings:
    """Windows of a quarter of an hour and an hour, a day to learn from."""
    clocks = {"base": "15min", "fast": "15min", "drift": "1h"}
    given = {"clocks": clocks, "baseline": {"warm_up": 24}, "without": ["shift"], **model}
    return make_live({"models": {MODEL: given}})


def offline_of(start: int) -> pa.RecordBatch:
    """What is reckoned offline for the events of an hour."""
    rng = np.random.default_rng([7, start // SECOND])
    return pa.record_batch(
        {
            "_id": [f"{start // HOUR}-{i}" for i in range(ROWS)],
            "_time": pa.array([start + HOUR + DELAY] * ROWS, pa.timestamp("ns", "UTC")),
            "distance": np.round(rng.lognormal(6.5, 0.6, ROWS)),
            "carrier": rng.choice(CARRIERS, ROWS),
            "delay": rng.normal(5, 20, ROWS),
            "score": rng.random(ROWS),
        }
    )


def hour_of(start: int) -> pa.RecordBatch:
    """The events of an hour as they were served."""
    rng, offline = np.random.default_rng([8, start // SECOND]), offline_of(start)
    miles, carrier = offline["distance"].to_numpy(), np.array(offline["carrier"].to_pylist())
    wrong = (carrier == "UA") & (start >= BROKEN)
    times = np.sort(rng.integers(start, start + HOUR, ROWS))
    own = {
        "_id": offline["_id"],
        "_time": pa.array(times, pa.timestamp("ns", "UTC")),
        "_version": pa.array(["1"] * ROWS),
        "_weight": np.ones(ROWS),
        "distance": np.where(wrong, miles * FACTOR, miles),
        "carrier": offline["carrier"],
        "delay": offline["delay"],
        "score": offline["score"],
    }
    return pa.record_batch(own)


def twins_of(start: int) -> pa.RecordBatch:
    """The twins of an hour that come."""
    return offline_of(start).take(pa.array([i for i in range(ROWS) if i % 10]))


def records() -> list[Record]:
    """Everything in order of arrival."""
    found = []
    for start in range(BEGIN, END, HOUR):
        received = start + HOUR + SECOND
        found.append(Record(EVENTS, MODEL, received, hour_of(start)))
        if start - DELAY >= BEGIN:
            found.append(Record(TWINS, MODEL, received + SECOND, twins_of(start - DELAY)))
        found.append(Record(TICK, "", received + MINUTE))
    return found


@lru_cache(maxsize=1)
def twin_story() -> Story:
    """The story, stepped through once for all tests, which change nothing in it."""
    arrived = records()
    live = Live(settings()).feed(arrived)
    live.runner.commit(END, force=True)
    sent = pa.Table.from_batches([one.rows for one in arrived if one.kind == EVENTS])
    return Story(live, sent, frozenset())
