"""What is out of the ordinary for a moment only: a few flights that cannot be.

Owns: putting them in, and what is told of them at the end.  Does not own: faults that stay
(`cli.flights`), asking the server (`cli.demo_server`).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.words import count

FIRST = datetime(2013, 4, 2, 16, tzinfo=UTC)  # the hour of the first such flight
MANY = 5  # of them, one a day
EARLY, FAR = -600.0, 25_000.0  # minutes late, miles: ten hours early, once around the Earth
SHOWN = (datetime(2013, 4, 1, tzinfo=UTC), datetime(2013, 4, 8, tzinfo=UTC))

Ask = Callable[[str], Any]


def is_within(table: pa.Table) -> bool:
    """Whether flights of that time are among some."""
    times = _times(table)
    return bool(times[0] <= _ns(SHOWN[0]) + DAY and _ns(SHOWN[1]) <= times[-1])


def with_impossible(table: pa.Table) -> pa.Table:
    """The same with a few flights that leave ten hours early for once around the Earth, one a
    day."""
    times = _times(table)
    odd = np.zeros(len(times), np.bool_)
    odd[np.searchsorted(times, [_ns(FIRST) + day * DAY for day in range(MANY)])] = True
    for name, value in (("dep_delay", EARLY), ("distance", FAR)):
        column = table.column(name).cast(pa.float64())
        changed = pc.if_else(pa.array(odd), pa.scalar(value), column)
        table = table.set_column(table.schema.get_field_index(name), name, changed)
    return table


def odd_lines(ask: Ask, model: str, url: str) -> Iterator[str]:
    """The rarest events of that time, and where to look at them."""
    span = {"start": SHOWN[0].isoformat(), "end": SHOWN[1].isoformat()}
    found = ask(f"/api/v1/models/{model}/rare?{urlencode(span | {'limit': 500})}")["events"]
    for event in sorted(found, key=lambda one: (one["p"], -one["score"]))[:MANY]:
        why = "; ".join(one["words"].replace("`", "") for one in event["reasons"][:2])
        yield f"{event['time'][:16]}Z  {event['id']}  1 in {count(round(1 / event['p']))}: {why}"
    yield f"look at it: {url}/models/{model}/anomalies?{urlencode(span)}"


def _times(table: pa.Table) -> NDArray[np.int64]:
    column = table.column("time_hour").cast(pa.timestamp("ns", "UTC"))
    found: NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return found


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * 10**9
