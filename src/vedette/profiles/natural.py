"""How far ordinary windows lie from one another: season, wobble, tails, rates.

Owns: the Variation value.  Does not own: fitting it (`variation`), bytes (`codec`), what is
bet against it (`monitors.shift`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.stats.season import Season

Array = NDArray[np.float64]

SPECIALS = ("missing", "invalid", "beyond")  # beyond: outside the range, or in unseen categories
ENOUGH = 72  # windows from which variation is fitted; before it only gross changes can be told


@dataclass(frozen=True, eq=False)
class Variation:
    """The natural variation of every column and segment between ordinary windows of one width.

    Shapes: C streams in the order of `keys`, J scores (`stats.window_scores`), k coefficients of
    the season; used int64[C] windows with rows; beta (C, k, J); t2, phi, misfit, week, nu (C, J):
    variance and persistence of the wobble, error of the season and of its weekly part, degrees of
    freedom of the tails; inverse (C,) mean of 1/n; excess (C,) overdispersion of the shape per row;
    hits, dispersion (C, 3) and rows (C,) of rates; distance (C,) between a sample without times
    (`flat`) and these windows, in standard deviations.
    mixed int64[N] places of the nominal streams, mix (N, k, K) how the shares of their categories
    lie off the reference's on average and move with the season.  total (C, K) rows of all windows
    by place: they may be more than the reference's, or others; (0, 0) where nobody kept them.
    Units: `width` in nanoseconds.
    Bounds: with fewer than ENOUGH windows only rates are fitted, the rest is 0.
    """

    keys: tuple[tuple[str, str], ...]
    width: int
    windows: int
    flat: bool
    harmonics: int
    weekly: bool
    used: NDArray[np.int64]
    beta: Array
    t2: Array
    phi: Array
    misfit: Array
    week: Array
    nu: Array
    inverse: Array
    excess: Array
    hits: Array
    rows: Array
    dispersion: Array
    distance: Array
    mixed: NDArray[np.int64]
    mix: Array
    total: Array

    @property
    def season(self) -> Season:
        """The cycles that were looked for."""
        return Season(self.width, self.harmonics, self.weekly)

    @property
    def enough(self) -> bool:
        """Whether there were windows enough to fit more than rates."""
        return self.windows >= ENOUGH

    def at(self, keys: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
        """Places of streams; -1 where a key was not fitted."""
        place = {key: i for i, key in enumerate(self.keys)}
        return np.array([place.get(key, -1) for key in keys], np.int64)
