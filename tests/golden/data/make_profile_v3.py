"""Write `profile_v3.vdp`: a profile file whose baseline knows how its predictions did.

Owns: how the file was made.  The file is kept for ever, whatever this prints later: it is made
again only as long as no version of the format was released.

    python tests/golden/data/make_profile_v3.py
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

import vedette as vd
from vedette.engine.appraise import appraised
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.grade import expected_of, labelled_sums
from vedette.engine.joining import LABEL
from vedette.engine.model_settings import ModelSettings
from vedette.profiles.profile import Profile

HOUR = 3_600 * 10**9
SETTINGS = ModelSettings(clocks=ClockSettings(base="1h", fast="1h", drift="1h"), label="late")


def table(rows: int, seed: int) -> pa.Table:
    """A number, a segment, a score, a prediction, a time, and what became of it."""
    rng = np.random.default_rng(seed)
    amount = rng.normal(0, 1, rows)
    chance = 1 / (1 + np.exp(-amount))
    return pa.table(
        {
            "amount": pa.array(amount, mask=rng.random(rows) < 0.05),
            "shop": rng.choice(["north", "south"], rows, p=[0.7, 0.3]),
            "score": chance.round(3),
            "prediction": chance > 0.5,
            "_time": pa.array(np.arange(rows) * HOUR // 40).cast(pa.timestamp("ns", "UTC")),
            LABEL: rng.random(rows) < chance,
        }
    )


def main() -> None:
    """Fit on one table and its labels; profile another, with half of its labels."""
    reference, now = table(2_400, 1), table(400, 2)
    baseline = vd.Baseline.fit(
        reference.drop_columns([LABEL]),
        segments=["shop"], score="score", prediction="prediction", time="_time",
    )  # fmt: skip
    baseline = appraised(baseline, reference, SETTINGS)
    profile: Profile = vd.profile(now.drop_columns([LABEL]), baseline)
    (rows,) = now.combine_chunks().to_batches()
    for graded, losses in (
        expected_of(baseline, [rows]),
        labelled_sums(baseline, rows.slice(0, 200), LABEL),
    ):
        empty = Profile.zero(profile.schema_fingerprint, profile.binning_id)
        profile = profile.merge(
            Profile(**{**vars(empty), "graded": dict(graded), "losses": dict(losses)})
        )
    vd.save(Path(__file__).with_name("profile_v3.vdp"), baseline, profile)


if __name__ == "__main__":
    main()
