"""Write `profile_v2.vdp`: a profile file whose baseline knows the natural variation of windows.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v2.py
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

import vedette as vd
from vedette.core.windows import Window
from vedette.profiles.variation import fit_variation

HOUR = 3_600 * 10**9


def table(rows: int, seed: int) -> pa.Table:
    """A number with missing values, a category, a segment."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "amount": pa.array(rng.lognormal(0, 1, rows), mask=rng.random(rows) < 0.1),
            "city": [f"city {k}" for k in rng.geometric(0.2, rows)],
            "shop": rng.choice(["north", "south"], rows, p=[0.7, 0.3]),
        }
    )


def main() -> None:
    """Fit on one table, learn from 80 hours, profile another table."""
    baseline = vd.Baseline.fit(table(3_000, 1), segments=["shop"])
    hours = [
        (Window(t * HOUR, (t + 1) * HOUR), vd.profile(table(60, 100 + t), baseline))
        for t in range(80)
    ]
    varied = replace(baseline, variation=fit_variation(baseline, hours, HOUR, flat=True))
    path = Path(__file__).with_name("profile_v2.vdp")
    vd.save(path, varied, vd.profile(table(1_000, 2), varied))


if __name__ == "__main__":
    main()
