"""Stop a pipeline when new data does not look like the old.

Shows a gate for continuous integration: compare two files, leave a JUnit report for the build
page, and end with exit code 1 if anything alarming was found, 0 if not.

    python gate_in_ci.py reference.csv current.csv

Without arguments it compares two files that it makes up, which do not differ.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import vedette as vd


def make_up(path: str, seed: int) -> str:
    """Write a small table."""
    rng = np.random.default_rng(seed)
    amount, country = rng.gamma(2.0, 30.0, 3000), rng.choice(["DE", "FR", "IT"], 3000)
    pd.DataFrame({"amount": amount, "country": country}).to_csv(path, index=False)
    return path


def main(arguments: list[str]) -> int:
    """Compare, report, and return the exit code."""
    files = arguments or [make_up("reference.csv", 1), make_up("current.csv", 2)]
    reference, current = files
    result = vd.compare(reference, current, min_effect=0.1)
    result.to_junit("gate.xml")
    print(result)
    print(f"wrote {Path('gate.xml').resolve()}")
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
