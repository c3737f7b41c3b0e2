"""What ordinary windows show of rows that are unlike the reference.

Owns: their rate in every segment and how far it scatters from window to window: learnt from counted
windows, read back from the fitted value.  Does not own: counting (`counted`), what is tolerated
(`monitors.outliers`).

By its calibration one row in a hundred is as far off as one in a hundred of those held out.  Later
rows are not those: traffic has days and weeks, and the rows of a small segment may be unlike most
of the reference all the time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vedette.derive.outliers.counted import COLUMN, WATCHED, calibrated_rows, within
from vedette.profiles.outliers import Outliers
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.tolerance import dispersion

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ordinary:
    """Rows within each watched level of p in windows of the reference.

    Shapes: S segments, all rows first, L levels: of `rows` rows; the `rate` to be expected, which
    rests on the chances of `held` ones; `dispersion` between windows of about `window_rows` rows;
    rate and dispersion [S, L], the others [S].
    """

    rows: Array
    held: Array
    rate: Array
    dispersion: Array
    window_rows: Array

    @classmethod
    def of(cls, outliers: Outliers, segments: Sequence[str], every: Sequence[str]) -> Self:
        """Read what was learnt of some segments, of `every` one that the baseline names.

        A rate is never below the level itself: rows that the fit rests on are nearer to it than
        those to come.  Where that shows over all rows, those of segments are raised alike.
        """
        known, names = outliers.windows, [WHOLE, *every]
        levels, shape = np.array(WATCHED), (len(names), len(WATCHED))
        if not known or known["hits"].shape != shape:
            known = dict(_nothing(shape))
        at = [names.index(segment) for segment in segments]
        hits, rows = known["hits"], known["rows"]
        seen = hits / np.maximum(rows, 1)[:, None]
        raised = np.where(hits[0] > 0, np.maximum(levels / np.maximum(seen[0], 1e-12), 1), 1)
        rate = np.clip(seen * raised, levels, 1.0)
        held = np.minimum(rows, calibrated_rows(outliers))
        held[0] = held[0] or calibrated_rows(outliers)
        window_rows = np.maximum(rows / np.maximum(known["windows"], 1), 1.0)
        return cls(rows[at], held[at], rate[at], known["dispersion"][at], window_rows[at])


def _nothing(shape: tuple[int, int]) -> dict[str, NDArray[Any]]:
    """What is known where no window was counted."""
    return {
        "hits": np.zeros(shape),
        "rows": np.zeros(shape[0]),
        "windows": np.zeros(shape[0], np.int64),
        "dispersion": np.ones(shape),
    }


def with_ordinary(outliers: Outliers, every: Sequence[str], windows: Iterable[Profile]) -> Outliers:
    """The fitted value with what windows show of rows so scored, of all rows and of `every`
    segment; as it was where none was scored."""
    found = [
        [within(profile.cells.get((COLUMN, segment))) for segment in (WHOLE, *every)]
        for profile in windows
    ]
    hits = np.array([[own for own, _ in one] for one in found], np.float64)
    rows = np.array([[n for _, n in one] for one in found], np.float64)
    if not rows.size or not rows[:, 0].any():
        return outliers
    learnt = {
        "hits": hits.sum(0),
        "rows": rows.sum(0),
        "windows": (rows > 0).sum(0).astype(np.int64),
        "dispersion": dispersion(hits, rows),
    }
    return replace(outliers, windows=learnt)
