"""Write `profile_v5.vdp`: a profile file whose baseline knows what the model was trained on, and
what is declared of served rows.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v5.py
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import vedette as vd
from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.engine.baseline_settings import TrainingSettings
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.model_settings import ModelSettings
from vedette.engine.trained import trained
from vedette.profiles.variation import fit_variation

HOUR = 3_600 * 10**9


def table(rows: int, seed: int, factor: float = 1.0) -> pa.Table:
    """Two columns and a segment; the distance is in other units where there is a factor."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "distance": pa.array(
                factor * rng.lognormal(6, 0.5, rows), mask=rng.random(rows) < 0.05
            ),
            "carrier": rng.choice(["AA", "DL", "UA"], rows),
            "at": pa.array(np.arange(rows) * HOUR // 60).cast(pa.timestamp("ns", "UTC")),
        }
    )


def main() -> None:
    """Fit on a table without times, learn from other windows, hold them against training."""
    baseline = vd.Baseline.fit(table(3_000, 1, 1.609), segments=["carrier"], time="at")
    hours = [
        (Window(t * HOUR, (t + 1) * HOUR), vd.profile(table(60, 10 + t, 1.609), baseline))
        for t in range(80)
    ]
    baseline = replace(baseline, variation=fit_variation(baseline, hours, HOUR, flat=True))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "train.parquet"
        training = table(2_000, 2).append_column("fare", pa.array(np.ones(2_000)))
        pq.write_table(training, path)
        settings = ModelSettings(
            clocks=ClockSettings(base="1h", fast="1h", drift="1h"),
            training=TrainingSettings(str(path)),
        )
        baseline = trained(baseline, settings, "0123456789abcdef")
    limits = Constraints(min=0.0, required=True)
    checks = Schema(
        (Field("distance", "numeric", constraints=limits),), (Rule("far", "distance < 9e9"),)
    )
    baseline = replace(baseline, checks=checks)
    profile = vd.profile(table(400, 3, 1.609), baseline)
    vd.save(Path(__file__).with_name("profile_v5.vdp"), baseline, profile)


if __name__ == "__main__":
    main()
