"""How columns of the reference go together.

Owns: the fitted value: which columns are counted in pairs, in which places, and what the reference
and ordinary windows show.  Does not own: counting (`together`), fitting (`dependence_fit`,
`dependence_variation`), evidence (`monitors.dependence`).

C columns, P = C (C - 1) / 2 pairs in the order of `numpy.triu_indices(C, 1)`, k = 4 places, R
directions, B places on each.  `parts` are:

| name | type | meaning |
|---|---|---|
| `ordered` | int64[C] | 1: numbers in four parts of the reference; 0: the categories of `places` |
| `cuts` | float64[C, 3] | a number's place is how many of these it exceeds; infinite where fewer |
| `places` | int64[C, N] | the place of every name of the column's binning, of all others next |
| `centre`, `scale` | float64[C] | of numbers: z = clip((x - centre) / scale, -4, 4), counted as |
| | | round(16 z); categories and missing values count as 0 |
| `directions` | int64[R, C] | -1 and 1, drawn from the columns' names; 0 for categories |
| `steps` | float64[R, B - 1] | a row's place on a direction is how many its sum of 16 z exceeds |
| `tables`, `known`, `firsts`, `seconds`, `projected` | int64 | the reference's `Pairwise` |
| `unit` | float64[P + R] | variance of one row's part in a transformed correlation, and in the |
| | | sums of those along each direction |

Once ordinary windows were seen, of the P + R series (the transformed correlation of every pair less
the reference's, their sums along the directions):

| name | type | meaning |
|---|---|---|
| `season` | int64[5] | width in nanoseconds, windows, whether the reference is a sample without |
| | | times, harmonics of the day, whether there are steps of the week |
| `used` | int64[P + R] | windows that showed it |
| `beta` | float64[P + R, K] | constant and cycles, K coefficients of `stats.season` |
| `t2`, `phi`, `misfit`, `week`, `nu`, `inverse` | float64[P + R] | as of `natural.Variation` |
| `excess` | float64[P + R] | overdispersion per row of a pair's table, of a direction's places |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.sketches.pairwise import Pairwise
from vedette.stats.season import Season

PLACES = 4  # of a column
STEPS = 16  # counted in one standard deviation
CLIP = 4  # standard deviations beyond which values are not told apart
DIRECTIONS, ALONG = 8, 8  # random directions, places on each


@dataclass(frozen=True, eq=False)
class Dependence:
    """The plan of pairwise counts, the reference's own, and how ordinary windows vary.

    Shapes: `columns` in the order of every array in `parts`, by name.
    """

    columns: tuple[str, ...]
    parts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    rows: int = 0

    @cached_property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Places of the two columns of every pair."""
        first, second = np.triu_indices(len(self.columns), 1)
        return first, second

    @property
    def counts(self) -> Pairwise:
        """What the reference shows."""
        names = ("tables", "known", "firsts", "seconds", "projected")
        return Pairwise(*(self.parts[name] for name in names))

    @property
    def season(self) -> Season | None:
        """The cycles that were looked for; None before windows were seen."""
        if "season" not in self.parts:
            return None
        width, _, _, harmonics, weekly = self.parts["season"].tolist()
        return Season(width, harmonics, bool(weekly))

    def fits(self, counts: Pairwise) -> bool:
        """Whether counts were made under this plan."""
        own = self.counts
        return own.tables.shape == counts.tables.shape and own.known.shape == counts.known.shape
