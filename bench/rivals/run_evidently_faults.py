"""Evidently on many pairs of Parquet files: its default drift preset, and with its summary tests.

Run as `run_evidently_faults.py MANIFEST` in its own environment, MANIFEST a file with one JSON list
[training, serving] a line; prints one JSON line each: which columns and which tables' tests failed,
for the drift preset alone ("preset") and for both presets with the tests that Evidently makes of
the reference ("tests").
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["DO_NOT_TRACK"] = "1"

import evidently
import pandas as pd
from evidently.presets import DataDriftPreset, DataSummaryPreset

warnings.simplefilter("ignore")


def drifted(snapshot: dict) -> list[str]:
    """Columns that the drift preset calls drifted, by its own method and threshold."""
    flagged = []
    for metric in snapshot["metrics"]:
        config = metric["config"]
        if not config["type"].endswith("ValueDrift"):
            continue
        small_is_drift = config["method"].endswith("p_value")
        if (metric["value"] < config["threshold"]) == small_is_drift:
            flagged.append(config["column"])
    return flagged


def asked(presets: list, tests: bool, training: pd.DataFrame, serving: pd.DataFrame) -> dict:
    """One report: failed columns, failed tests of the whole table, the error if it broke off."""
    try:
        snapshot = evidently.Report(presets, include_tests=tests).run(serving, training).dict()
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        return {"columns": [], "table": [], "error": f"{type(error).__name__}: {error}"[:300]}
    columns, table = drifted(snapshot), []
    for test in snapshot["tests"] if tests else ():
        if str(test["status"]).endswith("FAIL"):
            params = test["metric_config"]["params"]
            if "column" in params:
                columns.append(params["column"])
            else:
                table.append(params["type"].rpartition(":")[2])
    return {"columns": sorted(set(columns)), "table": sorted(set(table)), "error": ""}


def main() -> None:
    for line in Path(sys.argv[1]).read_text().splitlines():
        training, serving = (pd.read_parquet(path) for path in json.loads(line))
        told = {
            "preset": asked([DataDriftPreset()], False, training, serving),
            "tests": asked([DataDriftPreset(), DataSummaryPreset()], True, training, serving),
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
