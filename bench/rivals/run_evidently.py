"""Evidently on two Parquet files: its default drift preset, as its README shows it.

Run as `run_evidently.py REF CUR` in its own environment; prints one JSON line.
"""

import json
import os
import sys

os.environ["DO_NOT_TRACK"] = "1"

import evidently
import pandas as pd
from evidently.presets import DataDriftPreset


def main() -> None:
    reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
    snapshot = evidently.Report([DataDriftPreset()]).run(current, reference)
    flagged = []
    for metric in snapshot.dict()["metrics"]:
        config = metric["config"]
        if "column" not in config:
            continue  # the count over all columns
        small_is_drift = config["method"].endswith("p_value")
        if (metric["value"] < config["threshold"]) == small_is_drift:
            flagged.append(config["column"])
    print(json.dumps({"version": evidently.__version__, "flagged": flagged}))


if __name__ == "__main__":
    main()
