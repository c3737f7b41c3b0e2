"""What a model was trained on, counted in the bins of the baseline that it is watched under.

Owns: the Training value.  Does not own: reading a training sample (`engine.trained`), its quantiles
(`training_fit`), holding windows against it (`monitors.skew`), bytes (`codec`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.profile import WHOLE, Profile

Quantiles = Mapping[tuple[str, str], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Training:
    """The training sample of a model.

    Shapes: `profile` has cells of the columns that the sample brings; `quantiles` by column and
    segment, ascending, at even steps from the smallest value to the largest, of `sampled` rows;
    `windows` of the drift clock with rows, 0 where it has no times; `lacking` are compared columns
    that it lacks, `unserved` columns of it that events never brought.
    `key` says what it was read from and how: another one is another sample.
    """

    key: str
    name: str
    profile: Profile
    quantiles: Quantiles
    sampled: int
    windows: int = 0
    lacking: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()

    def is_sample_of(self, profile: Profile) -> bool:
        """Whether a profile is that of this very sample: every shared column has its counts."""
        own, cells = self.profile.cells, profile.cells
        shared = [key for key in own if key in cells and key[1] == WHOLE]
        return bool(shared) and all(own[key].integers() == cells[key].integers() for key in shared)
