"""Write `profile_v6.vdp`: a profile file whose baseline knows what single rows are like, how
columns go together and where vectors point, and whose profile counts all of it.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v6.py
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from vedette.core.windows import Window
from vedette.engine.counting import counted_rows
from vedette.engine.fitting import fit
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import make_plan
from vedette.engine.profile_file import save
from vedette.ingest.source import open_source

HOUR = 3_600 * 10**9


def table(rows: int, seed: int, hours: int) -> pa.Table:
    """Fare goes with distance; a segment; a few values are missing; some rows are odd."""
    rng = np.random.default_rng(seed)
    distance = rng.lognormal(6, 0.5, rows)
    fare = 50 + 0.1 * distance + rng.normal(0, 8, rows)
    fare[::97] = 900.0
    return pa.table(
        {
            "_id": [f"{seed}-{k}" for k in range(rows)],
            "_time": pa.array(np.arange(rows) * hours * HOUR // rows).cast(
                pa.timestamp("ns", "UTC")
            ),
            "distance": pa.array(distance, mask=rng.random(rows) < 0.02),
            "fare": fare,
            "carrier": rng.choice(["AA", "DL", "UA"], rows),
            "place": pa.array(rng.normal(size=(rows, 3)).tolist(), pa.list_(pa.float64())),
        }
    )


def main() -> None:
    """Fit on hours with times, count other rows under the plan of a live model."""
    settings = ModelSettings(segments=("carrier",))
    baseline, _ = fit(open_source(table(2_000, 1, 80)), settings)
    plan = make_plan(settings, baseline, "golden")
    (rows,) = table(400, 2, 1).combine_chunks().to_batches()
    profile, _ = counted_rows(plan, [rows], Window(0, HOUR))
    save(Path(__file__).with_name("profile_v6.vdp"), baseline, profile)


if __name__ == "__main__":
    main()
