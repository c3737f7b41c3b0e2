"""A small model whose labels come late, over five days: what tests of performance look at.

Owns: traffic of a known law with labels, stepped through the real engine in memory.  Does not own:
what is asserted.

Hourly windows of 240 rows; days count from BEGIN.  Day 0 and its labels are the reference.  A score
is the chance of its label, until in the segment `country=fr` it is the chance of the contrary, from
day 3 on.  Labels come five hours after their events.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from tests.story import Story, hour_of
from tests.traffic import BEGIN, HOUR, MINUTE, SECOND, Live

from vedette.core.durations import DAY
from vedette.engine.live import LiveSettings, make_live
from vedette.stores.store import EVENTS, OUTCOMES, TICK, Record

SHOP = "shop"
DAYS, WARM = 5, 24
DELAY = 5 * HOUR
BROKEN = BEGIN + 3 * DAY
END = BEGIN + DAYS * DAY
COSTS = {"true": {"false": 2.0}, "false": {"true": 10.0}}


def settings(**model: object) -> LiveSettings:
    """Windows of a quarter of an hour and an hour, a day to learn from."""
    given = {
        "clocks": {"base": "15min", "fast": "15min", "drift": "1h"},
        "baseline": {"warm_up": WARM},
        "segments": ["country"],
        "columns": {"took_s": {"role": "latency", "unit": "s"}},
        "performance": {"costs": COSTS},
        **model,
    }
    return make_live({"models": {SHOP: given}})


def labels_of(batch: pa.RecordBatch, start: int) -> np.ndarray:
    """What became of the events of an hour."""
    score = batch["score"].to_numpy()
    if start >= BROKEN:
        french = np.array(batch["country"].to_pylist()) == "fr"
        score = np.where(french, 1 - score, score)
    drawn: np.ndarray = np.random.default_rng([1, start // SECOND]).random(len(score)) < score
    return drawn


def records() -> list[Record]:
    """Everything in order of arrival."""
    found = []
    for start in range(BEGIN, END, HOUR):
        received = start + HOUR + SECOND
        found.append(Record(EVENTS, SHOP, received, hour_of(start)))
        before = start - DELAY
        if before >= BEGIN:
            batch = hour_of(before)
            known = pa.array([before + DELAY] * batch.num_rows, pa.timestamp("ns", "UTC"))
            told = {"_id": batch["_id"], "_time": known, "label": labels_of(batch, before)}
            found.append(Record(OUTCOMES, SHOP, received + SECOND, pa.record_batch(told)))
        found.append(Record(TICK, "", received + MINUTE))
    return found


@lru_cache(maxsize=1)
def labelled_story() -> Story:
    """The story, stepped through once for all tests, which change nothing in it."""
    arrived = records()
    live = Live(settings()).feed(arrived)
    live.runner.commit(END, force=True)
    sent = pa.Table.from_batches([one.rows for one in arrived if one.kind == EVENTS])
    ids = {i for one in arrived if one.kind == OUTCOMES for i in one.rows["_id"].to_pylist()}
    return Story(live, sent, frozenset(ids))
