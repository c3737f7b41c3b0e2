"""What several windows say together about one score.

Owns: the running precision-weighted mean of a wobbling score, and its variance.  Does not own: when
a run of windows begins (`monitors.shift_state`), the error of the level they are compared with.

Assumes r_t = shift + x_t + noise_t with an AR(1) x of variance t2 and persistence phi, whose
covariances are carried along exactly: counting noise falls with the number of windows, wobble with
the number of windows over how long it lasts.  With one window the variance is that of the window.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PLACES = 5  # of a pool, its last axis
WEIGHT, EFFECT, SCORE, VARIANCE, CARRY = range(PLACES)


def pooled(
    pool: Array,
    fresh: NDArray[np.bool_],
    r: Array,
    score: Array,
    noise: Array,
    t2: Array,
    phi: Array,
    gap: Array,
) -> Array:
    """Take one window in; where ``fresh``, it is the first.

    ``r`` is the score less what was expected of it, ``gap`` the windows since the last one with
    rows, 1 for the very next.  A pool holds the sum of weights, the weighted means of r and of
    score, the variance of the weighted sum, and its covariance with the last window's wobble.

    Shapes: pool (..., PLACES), all others broadcast to its first axes.

    Example:
        >>> pool, one = np.zeros(PLACES), np.ones(())
        >>> for t in range(100):
        ...     pool = pooled(pool, t == 0, one, one, 0.01 * one, 0.01 * one, 0.8 * one, one)
        >>> effect, sd = mean_and_sd(pool)
        >>> bool(effect.round(6) == 1), bool(abs(sd**2 - (0.01 + 9 * 0.01) / 100) < 1e-4)
        (True, True)
    """
    kept = np.where(np.asarray(fresh)[..., None], 0.0, pool)
    w = 1 / (t2 + noise)
    weight = kept[..., WEIGHT] + w
    share = w / weight
    carry = kept[..., CARRY] * phi**gap
    new = np.empty_like(kept)
    new[..., WEIGHT] = weight
    new[..., EFFECT] = kept[..., EFFECT] + share * (r - kept[..., EFFECT])
    new[..., SCORE] = kept[..., SCORE] + share * (score - kept[..., SCORE])
    new[..., VARIANCE] = kept[..., VARIANCE] + w + 2 * w * carry
    new[..., CARRY] = carry + w * t2
    return new


def mean_and_sd(pool: Array) -> tuple[Array, Array]:
    """The pooled r and its standard deviation.

    Bounds: of a pool without windows 0 and infinity.
    """
    weight = pool[..., WEIGHT]
    some = weight > 0
    sd = np.sqrt(pool[..., VARIANCE]) / np.where(some, weight, 1.0)
    return pool[..., EFFECT], np.where(some, sd, np.inf)
