"""Tables for the tests of training against serving: one law drawn twice."""

from typing import Any

import numpy as np
import pyarrow as pa

ROWS = 3_000
CARRIERS = np.array(["UA", "AA", "B6", "DL", "EV"])
CITIES = np.array(["Newark", "La Guardia", "Kennedy", "Hartford"])


def draw(seed: int, rows: int = ROWS) -> dict[str, Any]:
    """One side: numbers that go together, whole numbers, texts, an hour and an instant."""
    rng = np.random.default_rng(seed)
    distance = np.round(rng.lognormal(6.5, 0.6, rows), 2)
    hour = (rng.normal(13, 4, rows).astype(int)) % 24
    start = np.datetime64("2024-01-01T00:00:00")
    day = rng.integers(0, 200, rows).astype("timedelta64[D]")
    return {
        "distance": distance,
        "air_time": np.round(distance / 7.5 + rng.normal(20, 3, rows), 2),
        "delay": rng.poisson(9, rows),
        "gust": np.where(rng.random(rows) < 0.2, np.nan, np.round(rng.gamma(4, 3, rows), 1)),
        "carrier": CARRIERS[rng.integers(0, 5, rows)],
        "city": CITIES[rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])],
        "at": start + day + hour.astype("timedelta64[h]"),
        "hour_local": (hour - 5) % 24,
    }


def as_table(columns: dict[str, Any]) -> pa.Table:
    """Arrow; NaN is missing."""
    return pa.table({name: pa.array(v, from_pandas=True) for name, v in columns.items()})
