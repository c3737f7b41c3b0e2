"""A value does not arrive: online is missing where offline is not.

Owns: that.  Does not own: values put in the place of missing ones (`fill`).
"""

from collections.abc import Iterable

import numpy as np

from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.pairs import Mask, Pairs


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Say that the value is missing online; which is plain to see and needs no proof."""
    lost = pairs.online.missing & ~pairs.offline.missing
    if not np.any(lost & fit):
        return
    yield Candidate(
        "missing", "missing",
        lambda given: given.online.missing & ~given.offline.missing, PLAIN, chance=0.0,
        verb="is",
    )  # fmt: skip
