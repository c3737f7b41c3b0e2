"""whylogs on Parquet files: a default profile of each, then its default drift scores.

Run as `run_whylogs.py REF CUR` in its own environment, or with one file to profile only that;
prints one JSON line. `cpu_s` is the CPU time spent profiling: reading the file is not in it.
"""

import json
import os
import sys
import time

os.environ["WHYLOGS_NO_ANALYTICS"] = "1"

import pandas as pd
import whylogs
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores


def main() -> None:
    views, cpu_s = [], 0.0
    for path in sys.argv[1:]:
        frame = pd.read_parquet(path)
        start = time.process_time()
        views.append(whylogs.log(frame).view())
        cpu_s += time.process_time() - start
    flagged = None
    if len(views) == 2:
        scores = calculate_drift_scores(views[1], views[0], with_thresholds=True)
        flagged = [name for name, each in scores.items() if each["drift_category"] == "DRIFT"]
    print(json.dumps({"version": whylogs.__version__, "flagged": flagged, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
