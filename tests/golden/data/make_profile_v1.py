"""Write `profile_v1.vdp`: a profile file with every part of the format in it.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v1.py
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

import vedette as vd

SHOPS = ("north", "south", "east")


def table(rows: int, seed: int) -> pa.Table:
    """Heavy values, missing, NaN, infinity, many categories, segments, score and label, time."""
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    amount = rng.lognormal(0, 1, rows)
    amount[rng.random(rows) < 0.2] = 0.0
    amount[:2] = np.nan, np.inf
    return pa.table(
        {
            "amount": pa.array(amount, mask=rng.random(rows) < 0.1),
            "count": rng.poisson(3, rows),
            "city": [f"city {k}" for k in rng.geometric(0.05, rows)],
            "shop": rng.choice(SHOPS, rows, p=[0.5, 0.3, 0.2]),
            "ok": rng.random(rows) < 0.4,
            "score": score,
            "label": rng.random(rows) < score,
            "at": pa.array(rng.integers(0, 10**18, rows), pa.timestamp("ns")),
            "row_id": [f"r{seed}-{i}" for i in range(rows)],
        }
    )


def main() -> None:
    """Fit on one table, profile another, which shows unseen cities, too."""
    chosen = {"segments": ["shop", "ok"], "score": "score", "label": "label", "time": "at"}
    baseline = vd.Baseline.fit(table(3_000, 1), **chosen)
    profile = vd.profile(table(1_000, 2), baseline)
    vd.save(Path(__file__).with_name("profile_v1.vdp"), baseline, profile)


if __name__ == "__main__":
    main()
