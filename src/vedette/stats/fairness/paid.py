"""p-values that are paid for by every comparison that was made.

Owns: that price for comparisons on one metric.  Does not own: the price for many metrics
(`stats.fairness.verdict`), levels of intervals (`stats.fairness.intervals`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SURE = 1 - 1e-16  # the logarithm of nothing is none


def paid(p: ArrayLike, comparisons: int) -> NDArray[np.float64]:
    """The chance that the best of so many comparisons looks as good, where there is nothing.

    Shapes: those of `p`.  Bounds: nan gives 1; at least `p`.
    Source: Sidak 1967, Journal of the American Statistical Association 62, 626-633.

    Example:
        >>> paid([0.01, 1.0, float("nan")], 6).round(3).tolist()
        [0.059, 1.0, 1.0]
    """
    each = np.nan_to_num(np.asarray(p, np.float64), nan=1.0)
    found = -np.expm1(max(comparisons, 1) * np.log1p(-np.minimum(each, _SURE)))
    return np.asarray(np.maximum(found, each), np.float64)
