"""What a labelled reference says of how good the predictions are.

Owns: the parts, as one value of the baseline.  Does not own: fitting any of them.
"""

from dataclasses import dataclass

from vedette.profiles.auditor import Auditor
from vedette.profiles.grading import Grading


@dataclass(frozen=True, eq=False)
class Appraisal:
    """How rows are graded, and what is expected of those that have no label yet."""

    grading: Grading
    auditor: Auditor
