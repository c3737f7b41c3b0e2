"""The bare loop most people write first: pandas, SciPy, p below 0.05 over the number of columns.

Kolmogorov-Smirnov for numbers, chi-square for strings. Run as `run_scipy.py REF CUR` in its own
environment; prints one JSON line.
"""

import json
import sys

import pandas as pd
import scipy
from scipy.stats import chi2_contingency, ks_2samp


def p_value(reference: pd.Series, current: pd.Series) -> float:
    """Return the p-value of the usual test for the column's type."""
    if pd.api.types.is_numeric_dtype(reference):
        return float(ks_2samp(reference, current).pvalue)
    counts = pd.concat([reference.value_counts(), current.value_counts()], axis=1).fillna(0)
    return float(chi2_contingency(counts).pvalue)


def main() -> None:
    reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
    level = 0.05 / len(reference.columns)
    flagged = [c for c in reference.columns if p_value(reference[c], current[c]) < level]
    print(json.dumps({"version": scipy.__version__, "flagged": flagged}))


if __name__ == "__main__":
    main()
