"""What missing labels leave open of the gap between a group's rate and that of the rest.

Owns: whether labels come unevenly, and from where to where the gap can then lie.  Does not own: the
bounds of one rate (`stats.fairness.bounds`), which windows are added up (`monitors.gap_watch`).

Sums of several windows: k and n of the least that a rate can be, k and n of the most, rows with a
label, rows; of the group and of its rest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.fairness.bounds import UNEVEN
from vedette.stats.intervals import Z95

Array = NDArray[np.float64]

SIDES, SUMS = 2, 6  # group and rest; sums of each, see above


class Open(NamedTuple):
    """Shapes: those of the sums without their last two axes; ends are nan where there are no rows.

    `uneven`: labels are known of a share of rows more than UNEVEN from that of the rest, and not by
    chance; `low` and `high` what a rate can be, (..., 2) of the group and of the rest, `labelled`
    alike.
    """

    uneven: NDArray[np.bool_]
    low: Array
    high: Array
    labelled: Array

    @property
    def gap(self) -> tuple[Array, Array]:
        """The least and the most that the gap can be."""
        return self.low[..., 0] - self.high[..., 1], self.high[..., 0] - self.low[..., 1]


def opened(sums: Array) -> Open:
    """Say what is open.

    Shapes: (..., SIDES, SUMS).

    Example:
        >>> rest = [60, 100, 60, 100, 200, 200]
        >>> found = opened(np.array([[[10, 100, 70, 100, 80, 200], rest], [rest, rest]], float))
        >>> found.uneven.tolist(), [end.round(2).tolist() for end in found.gap]
        ([True, False], [[-0.5, 0.0], [0.1, 0.0]])
    """
    low_k, low_n, high_k, high_n, known, rows = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high, labelled = low_k / low_n, high_k / high_n, known / rows
        both = known.sum(axis=-1) / rows.sum(axis=-1)
        sd = np.sqrt(both * (1 - both) * (1 / rows).sum(axis=-1))
        off = np.abs(labelled[..., 0] - labelled[..., 1])
        step = (0.5 / rows).sum(axis=-1)  # of few rows one label more is no sign (Yates)
        uneven = (off > UNEVEN) & (off - step > Z95 * sd)
    return Open(uneven, low, high, labelled)
