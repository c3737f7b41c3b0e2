"""A small model over twelve days: what tests of the dashboard look at.

Owns: traffic of a known law with planted faults, stepped through the real engine in memory.  Does
not own: what is asserted.

Hourly windows; days count from BEGIN.  Days 0 and 1 are the reference.  In the segment `country=fr`
the column `amount` moves on day 7 for a day; `device` is missing from day 10 on; nothing comes
from 04:00 to 10:00 on day 5; a deploy is marked on day 6; every second event of days 2 to 4 has a
label; some rows of day 3 come three hours late.
"""

from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
import pyarrow as pa
from tests.traffic import BEGIN, HOUR, MINUTE, SECOND, Live

from vedette.core.durations import DAY
from vedette.engine.live import LiveSettings, make_live
from vedette.engine.service import Service
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import EVENTS, NOTE, OUTCOMES, TICK, Record

SHOP = "shop"
DAYS, ROWS = 12, 240  # rows of an hour
REFERENCE = (BEGIN, BEGIN + 2 * DAY)
SHIFT = (BEGIN + 7 * DAY, BEGIN + 8 * DAY)
GONE = BEGIN + 10 * DAY
SILENCE = (BEGIN + 5 * DAY + 4 * HOUR, BEGIN + 5 * DAY + 10 * HOUR)
DEPLOY = BEGIN + 6 * DAY + 30 * MINUTE
LABELLED = (BEGIN + 2 * DAY, BEGIN + 5 * DAY)
LATE = BEGIN + 3 * DAY + 5 * HOUR
LATE_ROWS = 24
END = BEGIN + DAYS * DAY


def settings(**model: object) -> LiveSettings:
    """Windows of a quarter of an hour and an hour, two days to learn from."""
    given = {
        "clocks": {"base": "15min", "fast": "15min", "drift": "1h"},
        "baseline": {"warm_up": 48},
        "segments": ["country"],
        "columns": {"took_s": {"role": "latency", "unit": "s"}},
        **model,
    }
    return make_live({"models": {SHOP: given}})


def hour_of(start: int) -> pa.RecordBatch:
    """The events of one hour."""
    rng = np.random.default_rng(start // SECOND)
    country = rng.choice(["de", "fr", "it"], ROWS, p=[0.5, 0.3, 0.2])
    amount = rng.normal(100, 20, ROWS)
    if SHIFT[0] <= start < SHIFT[1]:
        amount = np.where(country == "fr", amount + 12, amount)
    device = pa.array(rng.choice(["phone", "desk"], ROWS), mask=np.full(ROWS, start >= GONE))
    times = np.sort(rng.integers(start, start + HOUR, ROWS))
    return pa.record_batch(
        {
            "_id": [f"{start // HOUR}-{i}" for i in range(ROWS)],
            "_time": pa.array(times, pa.timestamp("ns", "UTC")),
            "_version": pa.array(["1"] * ROWS),
            "_weight": np.ones(ROWS),
            "amount": amount,
            "amount.eur": rng.exponential(3, ROWS),
            "visits": rng.poisson(4, ROWS),
            "country": country,
            "device": device,
            "took_s": rng.lognormal(-3, 0.5, ROWS),
            "score": rng.random(ROWS),
        }
    )


@dataclass(frozen=True)
class Story:
    """What was sent, and what came of it.  Shapes: `rows` every event, in order of sending."""

    live: Live
    rows: pa.Table
    labelled: frozenset[str]

    @property
    def state(self):  # type: ignore[no-untyped-def]
        return self.live.runner.models[SHOP]

    def times(self) -> np.ndarray:
        """When every event was served."""
        return self.rows["_time"].cast(pa.int64()).to_numpy()

    def between(self, start: int, end: int) -> pa.Table:
        """The events served in a stretch, with the model's own columns alone."""
        times = self.times()
        own = [name for name in self.rows.column_names if not name.startswith("_")]
        return self.rows.filter(pa.array((times >= start) & (times < end))).select(own)


def records() -> tuple[list[Record], pa.Table, frozenset[str]]:
    """Everything in order of arrival; all events; the ids that have a label."""
    found: list[Record] = []
    sent: list[pa.RecordBatch] = []
    held: pa.RecordBatch | None = None
    labelled: list[str] = []
    for start in range(BEGIN, END, HOUR):
        received = start + HOUR + SECOND
        if not SILENCE[0] <= start < SILENCE[1]:
            batch = hour_of(start)
            if start == LATE:
                held, batch = batch.slice(0, LATE_ROWS), batch.slice(LATE_ROWS)
            sent.append(batch)
            found.append(Record(EVENTS, SHOP, received, batch))
            if LABELLED[0] <= start < LABELLED[1]:
                own = batch["_id"].to_pylist()[::2]
                labelled += own
                when = pa.array(batch["_time"].to_pylist()[::2], pa.timestamp("ns", "UTC"))
                labels = {"_id": own, "_time": when, "label": [True] * len(own)}
                found.append(Record(OUTCOMES, SHOP, received, pa.record_batch(labels)))
        if start == LATE + 3 * HOUR and held is not None:
            sent.append(held)
            found.append(Record(EVENTS, SHOP, received, held))
        if start <= DEPLOY < start + HOUR:
            act = {"act": "deploy", "version": "2", "time": DEPLOY, "text": "", "by": "Ann"}
            found.append(Record(NOTE, SHOP, received, note=msgspec.json.encode(act)))
        found.append(Record(TICK, "", received + MINUTE))
    return found, pa.Table.from_batches(sent), frozenset(labelled)


@lru_cache(maxsize=1)
def story() -> Story:
    """The story, stepped through once for all tests, which change nothing in it."""
    arrived, rows, labelled = records()
    live = Live(settings()).feed(arrived)
    live.runner.commit(END, force=True)
    return Story(live, rows, labelled)


def served(told: Story | None = None, end: int = END) -> Service:
    """A running service that took a story up; it works on copies, at the end of the story."""
    told = told or story()
    log, store = MemoryLog(), MemoryState()
    log.append([record for _, record in told.live.log.read()])
    kinds = (
        "baseline", "explanation", "finding", "incident", "look", "model", "note", "objective",
        "pace", "performance", "profile", "rare", "sample", "series",
        "snapshot",
    )  # fmt: skip
    store.commit(
        [entry for kind in kinds for entry in told.live.store.read(kind)],
        position=told.live.store.position,
    )
    service = Service(log, store, told.live.settings, lambda: end + 2 * MINUTE)
    service.start()
    return service
