"""What a labelled reference says of how good the predictions are.

Owns: the parts, as one value of the baseline.  Does not own: fitting any of them.
"""

from dataclasses import dataclass

from vedette.profiles.auditor import Auditor
from vedette.profiles.grading import Grading
from vedette.profiles.loss_variation import LossVariation
from vedette.profiles.sample import Sample


@dataclass(frozen=True, eq=False)
class Appraisal:
    """How rows are graded, what is expected of those that have no label yet, and how far losses of
    ordinary windows lie from one another (None where no windows were seen), and some rows of the
    reference by their bins."""

    grading: Grading
    auditor: Auditor
    variation: LossVariation | None = None
    sample: Sample | None = None
