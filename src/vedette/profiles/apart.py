"""How far rows lie from the reference, told from their counts.

Owns: which codes of a column lie beyond the reference.  Does not own: the distance
(`stats.trust`), codes (`profiles.codes`).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.binning import Binning, NumericBinning
from vedette.profiles.codes import code_count
from vedette.stats.trust import Distance, distance

Counts = Mapping[str, NDArray[np.integer]]  # rows by code, by column


def apart(was: Counts, now: Counts, binnings: Mapping[str, Binning]) -> Distance:
    """Measure how far rows lie from the reference.

    Shapes: `was` the reference's rows by code, `now` these, by column, as `sketches.losses.Losses`
    counts them; columns that only one side has are left out.
    """
    both = [name for name in binnings if name in was and name in now]
    return distance((was[name], now[name], beyond(binnings[name])) for name in both)


def beyond(binning: Binning) -> NDArray[np.bool_]:
    """Which codes the reference does not vouch for: below and above its range, and categories that
    have no name of their own.

    Example:
        >>> beyond(NumericBinning(np.array([0.0, 1.0, 2.0]))).tolist()
        [True, False, False, True, False]
    """
    codes = np.zeros(code_count(binning), np.bool_)
    if isinstance(binning, NumericBinning):
        codes[[0, -2]] = True
    else:
        codes[len(binning.names) : -1] = True
    return codes
