"""Serve one report of 200 columns with Evidently's own web interface.

Run as `run_evidently_ui.py FOLDER PORT` in its own environment; prints one JSON line, the paths to
ask for, and serves until it is told to stop.
"""

import json
import os
import sys

os.environ["DO_NOT_TRACK"] = "1"

import numpy as np
import pandas as pd
from evidently import Report
from evidently.cli.main import app
from evidently.presets import DataDriftPreset
from evidently.ui.workspace import Workspace

NUMERIC, NOMINAL, ROWS = 160, 40, 300


def table(seed: int) -> pd.DataFrame:
    """An hour of the wide model."""
    rng = np.random.default_rng(seed)
    words = np.array([f"kind {k}" for k in range(8)])
    numeric = {f"x{j:03d}": rng.normal(size=ROWS) for j in range(NUMERIC)}
    return pd.DataFrame(
        numeric | {f"k{j:03d}": words[rng.integers(0, 8, ROWS)] for j in range(NOMINAL)}
    )


def main() -> None:
    folder, port = sys.argv[1:3]
    workspace = Workspace.create(folder)
    project = workspace.create_project("bench")
    run = Report([DataDriftPreset()]).run(table(1), table(0))
    workspace.add_run(project.id, run)
    (report,) = workspace.list_runs(project.id)
    own = f"/api/projects/{project.id}"
    paths = {"list of reports": f"{own}/reports", "report": f"{own}/{report}/data"}
    print(json.dumps(paths), flush=True)
    app(["ui", "--workspace", folder, "--port", port, "--host", "127.0.0.1"])


if __name__ == "__main__":
    main()
