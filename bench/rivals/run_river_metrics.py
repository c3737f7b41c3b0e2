"""River's anomaly and drift detectors on metric series, as its documentation uses them.

Run as `run_river_metrics.py SERIES.npz OUT.npz` in its own environment.  The file holds one array
`v0`, `v1`, ... for every series, with the hour of the day of every value in `h0`, ....  Writes, for
every series k, scores `gaussian{k}` and `trees{k}` and, for every setting s of the two drift
detectors, cries `adwin{s}_{k}` and `hinkley{s}_{k}`; missing values get 0.  The forest sees the
value, its step from the last one, and the hour.
"""

import math
import sys

import numpy as np
from river import anomaly, compose, drift, preprocessing

DELTAS = (1e-2, 1e-4, 1e-6, 1e-9, 1e-14, 1e-20)
LIMITS = (10.0, 30.0, 100.0, 300.0, 1000.0)


def scores(values: np.ndarray, hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of the Gaussian scorer and of half-space trees."""
    gaussian = anomaly.GaussianScorer(window_size=None, grace_period=100)
    trees = compose.Pipeline(
        preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(n_trees=15, height=6, seed=1)
    )
    found, last = np.zeros((2, len(values))), None
    for t, value in enumerate(values.tolist()):
        if math.isnan(value):
            continue
        angle = 2 * math.pi * hours[t] / 24
        row = {
            "value": value, "step": 0.0 if last is None else value - last,
            "sin": math.sin(angle), "cos": math.cos(angle),
        }  # fmt: skip
        found[0, t] = gaussian.score_one(None, value)
        found[1, t] = trees.score_one(row)
        gaussian.learn_one(None, value)
        trees.learn_one(row)
        last = value
    return found[0], found[1]


def cries(detector: object, values: np.ndarray) -> np.ndarray:
    """Return where a drift detector cries, fed with standardised values."""
    scale = preprocessing.StandardScaler()
    found = np.zeros(len(values), np.bool_)
    for t, value in enumerate(values.tolist()):
        if math.isnan(value):
            continue
        scale.learn_one({"x": value})
        detector.update(scale.transform_one({"x": value})["x"])
        found[t] = detector.drift_detected
    return found


def main() -> None:
    data = np.load(sys.argv[1])
    out = {}
    for k in range(sum(name.startswith("v") for name in data.files)):
        values, hours = data[f"v{k}"], data[f"h{k}"]
        out[f"gaussian{k}"], out[f"trees{k}"] = scores(values, hours)
        for s, delta in enumerate(DELTAS):
            out[f"adwin{s}_{k}"] = cries(drift.ADWIN(delta=delta), values)
        for s, limit in enumerate(LIMITS):
            out[f"hinkley{s}_{k}"] = cries(drift.PageHinkley(threshold=limit), values)
    np.savez_compressed(sys.argv[2], **out)


if __name__ == "__main__":
    main()
