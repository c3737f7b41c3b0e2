"""Estimates of many streams drawn towards what they have in common.

Owns: empirical Bayes over streams.  Does not own: what is estimated.
"""

import numpy as np
from numpy.typing import NDArray

FEWEST = 8  # with fewer streams the spread between them cannot be told from their errors (measured)

Array = NDArray[np.float64]


def shrink(x: Array, err: Array, live: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Draw estimates towards their weighted mean, the more the less certain they are.

    Shapes: (C, J) estimates, their error variances, which of them count -> posterior mean and
    variance.
    Bounds: a column of fewer than FEWEST live streams comes back as it is.
    Source: Morris 1983, Journal of the American Statistical Association 78, 47-55.

    Example:
        >>> x = np.arange(9.0)[:, None]
        >>> mean, _ = shrink(x, np.full((9, 1), 1e9), np.full((9, 1), True))
        >>> float(np.ptp(mean).round(6))
        0.0
    """
    w = np.where(live, 1 / np.maximum(err, 1e-18), 0.0)
    few = live.sum(0) < FEWEST
    weight = np.maximum(w.sum(0), 1e-300)
    mu = (w * x).sum(0) / weight
    off = np.where(live, (x - mu) ** 2 - err, 0.0)
    between = np.maximum(0.0, off.sum(0) / np.maximum(live.sum(0), 1))
    b = between / np.maximum(between + err, 1e-300)
    return (
        np.where(few | ~live, x, mu + b * (x - mu)),
        np.where(few | ~live, err, b * err + 1 / weight),
    )
