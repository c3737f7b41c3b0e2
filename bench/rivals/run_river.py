"""River's drift detectors for streams of errors, row by row, as its documentation uses them.

Run as `run_river.py LOSSES.npz` in its own environment. The file holds uint8 arrays [models, rows]:
`reference`, then `calm`, then one array per change; every detector reads the reference first, and
what it says there is not counted. Prints one JSON line: per detector and array, for every model,
the places of the rows at which it cried.
"""

import json
import sys

import numpy as np
import river
from river.drift import ADWIN
from river.drift.binary import DDM

DETECTORS = {"river DDM": DDM, "river ADWIN": ADWIN}


def cries(kind: type, reference: np.ndarray, losses: np.ndarray) -> list[int]:
    """Return the places of the rows at which a detector that knows the reference cries."""
    detector, found = kind(), []
    for loss in reference.tolist():
        detector.update(loss)
    for at, loss in enumerate(losses.tolist()):
        detector.update(loss)
        if detector.drift_detected:
            found.append(at)
    return found


def main() -> None:
    data = np.load(sys.argv[1])
    known = data["reference"]
    said = {
        name: {
            key: [cries(kind, *pair) for pair in zip(known, data[key], strict=True)]
            for key in data.files
            if key != "reference"
        }
        for name, kind in DETECTORS.items()
    }
    print(json.dumps({"version": river.__version__, "cries": said}))


if __name__ == "__main__":
    main()
