"""How far rows lie from the reference, told from their counts.

Owns: which columns are asked, and which codes of one lie beyond the reference.  Does not own: the
distance (`stats.trust`), codes (`profiles.codes`).
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NumericBinning
from vedette.profiles.codes import code_count
from vedette.stats.trust import Distance, distance

Counts = Mapping[str, NDArray[np.integer]]  # rows by code, by column


def asked(baseline: Baseline) -> dict[str, Binning]:
    """The columns that say how far rows lie from the reference: those that the auditor reads; where
    it reads the score alone, every feature, for it takes the score to mean the same everywhere.

    Columns are in the order of the baseline; none where nothing is expected.
    """
    appraisal = baseline.appraisal
    if appraisal is None:
        return {}
    read = {*appraisal.auditor.columns, *appraisal.grading.columns}
    if read == {*appraisal.grading.columns}:
        read |= {field.name for field in baseline.schema.with_role("feature")}
    return {name: one for name, one in baseline.binnings.items() if name in read}


def apart(
    was: Counts, now: Counts, binnings: Mapping[str, Binning], needed: Collection[str] = ()
) -> Distance:
    """Measure how far rows lie from the reference.

    Shapes: `was` the reference's rows by code, `now` these, by column, as `sketches.losses.Losses`
    counts them; columns that only one side has are left out.  Without a value in one of the columns
    `needed` (the score, the prediction) nothing is known of a row.
    """
    both = [name for name in binnings if name in was and name in now]
    return distance(
        (was[name], now[name], beyond(binnings[name], needed=name in needed)) for name in both
    )


def beyond(binning: Binning, *, needed: bool = False) -> NDArray[np.bool_]:
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
    codes[-1] = needed
    return codes
