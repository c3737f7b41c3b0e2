"""A small model with moments out of the ordinary: what tests of its page look at.

Owns: traffic of a known law with planted oddities, stepped through the real engine in memory.  Does
not own: what is asserted.

Hourly windows from BEGIN on, half a day to learn from.  At ODD one event has a value that the
reference never shows; from BURST on, for two hours, every sixth row of the country `fr` is far off
in all numbers.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from tests.story import Story
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, events, live, rows, tick

from vedette.engine.live import LiveSettings
from vedette.stores.store import Record

ROWS, WARM = 960, 12  # rows of an hour, hours to learn from
ODD = BEGIN + 15 * HOUR
BURST = BEGIN + 18 * HOUR
JUMP = BEGIN + 22 * HOUR
END = BEGIN + 23 * HOUR
FAR = 40.0  # the value of one event, in standard deviations


def settings(**model: object) -> LiveSettings:
    """Windows of five minutes and an hour."""
    return live(baseline={"warm_up": WARM}, segments=["country"], **model)


def hour_of(start: int) -> pa.RecordBatch:
    """The events of an hour."""
    batch = rows(start, ROWS)
    odd = np.zeros(ROWS, np.bool_)
    if BURST <= start < BURST + 2 * HOUR:
        french = np.flatnonzero(np.array(batch["country"].to_pylist()) == "fr")
        odd[french[::6]] = True
    for j in range(6):
        values = batch[f"x{j}"].to_numpy(zero_copy_only=False).copy()
        values[odd] = 4.0 * (-1) ** j
        if start == ODD and j == 3:
            values[100] = FAR
        at = batch.schema.get_field_index(f"x{j}")
        batch = batch.set_column(at, f"x{j}", pa.array(values))
    said = np.random.default_rng([9, start // SECOND]).random(ROWS) < (0.6 if start < JUMP else 1)
    return batch.append_column("prediction", pa.array(np.where(said, "yes", "no")))


def odd_id() -> str:
    """The id of the one event."""
    return f"0-{ODD}-100"


def whole_records(until: int) -> list[Record]:
    """Everything in order of arrival."""
    found = []
    for start in range(BEGIN, until, HOUR):
        found += [events(hour_of(start), start + HOUR + SECOND), tick(start + HOUR + MINUTE)]
    return found


@lru_cache(maxsize=2)
def anomaly_story(until: int = END) -> Story:
    """The story up to an instant, stepped through once for all tests, which change nothing in
    it."""
    arrived = whole_records(until)
    made = Live(settings()).feed(arrived)
    made.runner.commit(until, force=True)
    sent = pa.Table.from_batches([one.rows for one in arrived if one.rows is not None])
    return Story(made, sent, frozenset())


__all__ = [
    "BURST", "END", "FAR", "JUMP", "MODEL", "ODD", "ROWS", "anomaly_story", "odd_id", "settings",
    "whole_records",
]  # fmt: skip
