"""Flights as live traffic: each departure a prediction, each arrival a label, in the order of time.

Owns: the pace, and what is asked of the service when.  Does not own: the flights, the service that
answers (`cli.demo_service`).
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.cli.demo_lookups import DEPLOY
from vedette.cli.demo_model import FEATURES, truth
from vedette.cli.demo_server import Child
from vedette.core.durations import DAY, HOUR, MINUTE

REPORTED = 3 * HOUR  # an airline reports an arrival so much later
WAITING = 20_000  # events in the service's queue at which the demo slows down; others would not


class Traffic(NamedTuple):
    """Everything that will happen.

    Shapes: `table` sorted by `served`; `order` of the labels by `known`.  Units: UTC nanoseconds.
    """

    table: pa.Table
    served: NDArray[np.int64]
    labels: pa.Array
    known: NDArray[np.int64]
    order: NDArray[np.int64]


def traffic_of(table: pa.Table, sent: pa.Table) -> Traffic:
    """Lay flights out in time: predicted in the hour of departure, known after landing.

    Shapes: n flights as they were, and as they are sent.
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
    return Traffic(sent, times, labels, known, order)


def replay(
    service: Child,
    traffic: Traffic,
    speed: float,
    meanwhile: Callable[[int], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Ask a service about everything, hour by hour of event time.

    Units: `speed` in days of event time per second.  `meanwhile` is called after each hour with the
    event time reached.
    """
    start = int(traffic.served[0]) // HOUR * HOUR
    began, sent, told = clock(), 0, 0
    known = traffic.known[traffic.order]
    last = max(int(traffic.served[-1]), int(known[-1]) if len(known) else 0)
    for hour in range(start, last + HOUR, HOUR):
        until = int(np.searchsorted(traffic.served, hour + HOUR))
        waiting = 0
        if until > sent:
            waiting = service.post("/predict", _flights(traffic, sent, until))["waiting"]
        sent = until
        labelled = int(np.searchsorted(known, hour + HOUR))
        if labelled > told:
            landed = _landed(traffic, traffic.order[told:labelled])
            waiting = service.post("/landed", landed)["waiting"]
        told = labelled
        meanwhile(hour + HOUR)
        due = began + (hour + HOUR - start) / DAY / speed
        while clock() < due or waiting > WAITING:
            time.sleep(min(max(due - clock(), 0.01), 0.1))
            meanwhile(hour + HOUR)
            if waiting > WAITING:
                waiting = service.get("/readyz")["waiting"]


def _flights(traffic: Traffic, start: int, stop: int) -> dict[str, Any]:
    """What the service is asked: of some flights, whether they will be late."""
    times = traffic.served[start:stop].tolist()
    return {
        "version": "2" if times[0] >= int(DEPLOY.timestamp()) * 10**9 else "1",
        "numbers": list(range(start, stop)),
        "times": times,
        "flights": traffic.table.slice(start, stop - start).select(FEATURES).to_pylist(),
    }


def _landed(traffic: Traffic, flights: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "numbers": flights.tolist(),
        "late": traffic.labels.take(pa.array(flights)).to_pylist(),
        "known": traffic.known[flights].tolist(),
    }
