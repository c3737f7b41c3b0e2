"""Write `profile_v7.vdp`: a profile file whose profile says how long answers took, of all rows and
by segment, operation and version.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v7.py
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
    """Answers with a heavy tail; a few took no time at all, some do not say."""
    rng = np.random.default_rng(seed)
    took = rng.lognormal(-2, 0.6, rows)
    took[::101] = 0.0
    return pa.table(
        {
            "_id": [f"{seed}-{k}" for k in range(rows)],
            "_time": pa.array(np.arange(rows) * hours * HOUR // rows).cast(
                pa.timestamp("ns", "UTC")
            ),
            "_version": ["v2" if k % 4 else "v1" for k in range(rows)],
            "carrier": rng.choice(["AA", "DL"], rows),
            "operation": rng.choice(["chat", "embed"], rows, p=[0.8, 0.2]),
            "latency_s": pa.array(took, mask=rng.random(rows) < 0.02),
            "error_type": pa.array(np.where(rng.random(rows) < 0.05, "timeout", None)),
        }
    )


def main() -> None:
    """Fit on hours with times, count other rows under the plan of a live model."""
    settings = ModelSettings(segments=("carrier",))
    baseline, _ = fit(open_source(table(2_000, 1, 80)), settings)
    plan = make_plan(settings, baseline, "golden")
    (rows,) = table(400, 2, 1).combine_chunks().to_batches()
    profile, _ = counted_rows(plan, [rows], Window(0, HOUR))
    save(Path(__file__).with_name("profile_v7.vdp"), baseline, profile)


if __name__ == "__main__":
    main()
