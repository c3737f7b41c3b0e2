"""Flights as live traffic: each departure a prediction, each arrival a label, in the order of time.

Owns: the pace, and what is sent when.  Does not own: the flights, the model, the SDK that sends.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.cli.demo_model import FEATURES, truth
from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.sdk import Client

REPORTED = 3 * HOUR  # an airline reports an arrival so much later
WAITING = 20_000  # events in the client's queue at which the demo slows down; a service would not


class Traffic(NamedTuple):
    """Everything that will happen.

    Shapes: `table` sorted by `served`; `order` of the labels by `known`.  Units: UTC nanoseconds.
    """

    table: pa.Table
    scores: NDArray[np.float64]
    served: NDArray[np.int64]
    labels: pa.Array
    known: NDArray[np.int64]
    order: NDArray[np.int64]


def traffic_of(table: pa.Table, sent: pa.Table, scores: NDArray[np.float64]) -> Traffic:
    """Lay flights out in time: predicted in the hour of departure, known after landing.

    Shapes: n flights as they were, as they are sent, and what the model says of those.
    """
    times = table.column("time_hour").cast(pa.timestamp("ns", "UTC")).cast(pa.int64()).to_numpy()
    minutes = sum(
        np.nan_to_num(table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False))
        for name in ("dep_delay", "air_time")
    )
    labels = truth(table)
    known = times + np.maximum(minutes, 0).astype(np.int64) * MINUTE + REPORTED
    order = np.argsort(known, kind="stable")
    order = order[labels.is_valid().to_numpy(zero_copy_only=False)[order]]
    return Traffic(sent, scores, times, labels, known, order)


def replay(
    client: Client,
    traffic: Traffic,
    speed: float,
    meanwhile: Callable[[int], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send everything through a client, hour by hour of event time.

    Units: `speed` in days of event time per second.  `meanwhile` is called after each hour with the
    event time reached.
    """
    start = int(traffic.served[0]) // HOUR * HOUR
    began, sent, told = clock(), 0, 0
    known = traffic.known[traffic.order]
    last = max(int(traffic.served[-1]), int(known[-1]) if len(known) else 0)
    for hour in range(start, last + HOUR, HOUR):
        until = int(np.searchsorted(traffic.served, hour + HOUR))
        for event in _events(traffic, sent, until):
            client.log(**event)
        sent = until
        labelled = int(np.searchsorted(known, hour + HOUR))
        for at in traffic.order[told:labelled].tolist():
            when = int(traffic.known[at])
            client.log_label(_id(at), traffic.labels[at].as_py(), when)
        told = labelled
        meanwhile(hour + HOUR)
        due = began + (hour + HOUR - start) / DAY / speed
        while clock() < due or _waiting(client) > WAITING:
            time.sleep(min(max(due - clock(), 0.01), 0.1))
            meanwhile(hour + HOUR)


def _waiting(client: Client) -> int:
    counts = client.counters
    return counts.waiting + counts.spooled


def _events(traffic: Traffic, start: int, stop: int) -> Iterator[dict[str, Any]]:
    part = traffic.table.slice(start, stop - start).select(FEATURES)
    for at, features in enumerate(part.to_pylist(), start):
        score = float(traffic.scores[at])
        yield {
            "features": features,
            "prediction": score > 0.5,
            "score": score,
            "id": _id(at),
            "time": int(traffic.served[at]),
        }


def _id(at: int) -> str:
    return f"flight-{at:06d}"
