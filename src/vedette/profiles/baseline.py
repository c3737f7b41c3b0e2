"""What was fitted on the reference: bins, names, segments, the reference's own profile.

Owns: the Baseline value.  Does not own: fitting (`profiles.fit`), bytes (`profiles.codec`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vedette.core.schema import Schema
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.binning import Binning
from vedette.profiles.dependence import Dependence
from vedette.profiles.groups import Grouping
from vedette.profiles.metering import Metering
from vedette.profiles.natural import Variation
from vedette.profiles.outliers import Outliers
from vedette.profiles.profile import Profile
from vedette.profiles.training import Training


@dataclass(frozen=True, eq=False)
class Split:
    """Counts of a nominal column in two random parts of the reference: its categories are named on
    one, a quarter of the rows, and judged on the other.

    The largest of many counts are lucky: named and judged on the same rows, unchanged columns
    alarm too often; a quarter names as well as a half and leaves more to judge
    (measured: docs/decisions/0002).  Shapes: int64[names + 1] each, the last for all other
    categories.
    """

    named: NDArray[np.int64]
    judged: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Bins, names and segments under which profiles are made, and the reference's profile under
    them.

    Shapes: `rare` holds per nominal column the categories seen exactly once and exactly twice;
    `excluded` says of each column that is not
    compared why not; `variation` is how far ordinary windows lie from one another, None where no
    windows were seen; `appraisal` is how good the predictions on it were, None without labels;
    `grouping` is which groups are told apart, None where there are none; `training` is what the
    model was trained on, None where nobody named it; `checks` what was declared of served rows,
    beside `schema`, which says how they are read; `outliers` what single rows are like,
    `dependence` how columns go together, None where that is not watched; `directions` what derived
    columns of vectors and texts are made with, float64[2, 1 + k, d + 1] for each of them: for both
    halves of the reference its mean direction and the functions of its k neighbourhoods.
    `metering` is what is asked of metrics: it follows from settings and from what came, and is not
    stored with the rest.
    """

    schema: Schema
    binnings: Mapping[str, Binning]
    segments: Mapping[str, tuple[str, ...]]
    profile: Profile
    splits: Mapping[tuple[str, str], Split] = field(default_factory=dict)
    rare: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    variation: Variation | None = None
    appraisal: Appraisal | None = None
    grouping: Grouping | None = None
    training: Training | None = None
    checks: Schema | None = None
    outliers: Outliers | None = None
    dependence: Dependence | None = None
    directions: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    metering: Metering = field(default_factory=Metering)

    @property
    def id(self) -> str:
        """Identity of the binning: profiles add up only when it is the same."""
        return self.profile.binning_id

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the compared columns, derived ones included."""
        return tuple(self.binnings)
