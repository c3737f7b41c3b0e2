"""Write `profile_v4.vdp`: a profile file whose baseline tells groups apart.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v4.py
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

import vedette as vd
from vedette.engine.appraise import appraised
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.fairness_settings import FairnessSettings
from vedette.engine.group_fit import grouped, judged
from vedette.engine.grouped import changed, measured, served, together
from vedette.engine.joining import BEFORE, LABEL
from vedette.engine.model_settings import ModelSettings

HOUR = 3_600 * 10**9
SETTINGS = ModelSettings(
    clocks=ClockSettings(base="1h", fast="1h", drift="1h"),
    fairness=FairnessSettings(groups=("sex", "age"), measures=("amount",)),
    label="late",
)


def table(rows: int, seed: int) -> pa.Table:
    """Two sensitive columns, one of them numbers, a score, a prediction, a time, and a label."""
    rng = np.random.default_rng(seed)
    amount = rng.normal(0, 1, rows)
    chance = 1 / (1 + np.exp(-amount))
    return pa.table(
        {
            "amount": pa.array(amount, mask=rng.random(rows) < 0.05),
            "sex": pa.array(rng.choice(["f", "m"], rows), mask=rng.random(rows) < 0.02),
            "age": rng.integers(18, 80, rows),
            "score": chance.round(3),
            "prediction": chance > 0.5,
            "_time": pa.array(np.arange(rows) * HOUR // 40).cast(pa.timestamp("ns", "UTC")),
            LABEL: rng.random(rows) < chance,
        }
    )


def main() -> None:
    """Fit on one table and its labels; profile another, with half of its labels."""
    reference, now = table(2_400, 1), table(400, 2)
    plain = reference.drop_columns([LABEL])
    baseline = vd.Baseline.fit(plain, score="score", prediction="prediction", time="_time")
    baseline = grouped(baseline, plain, SETTINGS, reference)
    baseline = judged(appraised(baseline, reference, SETTINGS), reference, SETTINGS)
    (rows,) = now.combine_chunks().to_batches()
    profile = vd.profile(now.drop_columns([LABEL]), baseline)
    half = rows.slice(0, 200).append_column(BEFORE, pa.nulls(200, pa.bool_()))
    assert baseline.grouping is not None
    moved = changed(baseline.grouping, half, np.zeros(200, np.int64))[0]
    cubes = together(served(baseline, [rows]), moved)
    profile = replace(profile, cubes=cubes, measured=measured(baseline, [rows]))
    vd.save(Path(__file__).with_name("profile_v4.vdp"), baseline, profile)


if __name__ == "__main__":
    main()
