"""How well a score ranks one group above another.

Owns: the area under the ROC curve with its standard error.  Does not own: classifiers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Auc(NamedTuple):
    """Area under the curve and its standard error.  Bounds: nan for an empty group; se 0 where
    ranks leave no doubt."""

    auc: float
    se: float


def auc(score: ArrayLike, positive: ArrayLike) -> Auc:
    """Estimate the chance that a positive scores above a negative, ties counting half.

    Shapes: n scores, n flags.
    Source: DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44; Sun & Xu 2014 for the ranks.
    Agrees with scikit-learn's roc_auc_score.
    Example:
        >>> auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).auc
        0.75
    """
    s, flag = np.asarray(score, float), np.asarray(positive, bool)
    up, down = s[flag], s[~flag]
    m, n = len(up), len(down)
    if m == 0 or n == 0:
        return Auc(float("nan"), float("nan"))
    ranks = _ranks(np.concatenate([up, down]))
    above = (ranks[:m] - _ranks(up)) / n
    below = 1 - (ranks[m:] - _ranks(down)) / m
    variance = (above.var(ddof=1) / m if m > 1 else 0.0) + (below.var(ddof=1) / n if n > 1 else 0.0)
    return Auc(float(above.mean()), float(np.sqrt(variance)))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties sharing their mean rank."""
    _, place, size = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(size)
    middle: NDArray[np.float64] = (last - (size - 1) / 2)[place]
    return middle
