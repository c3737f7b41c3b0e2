"""The sign is turned, or lost.

Owns: both.  Does not own: other factors (`unit`).
"""

from collections.abc import Iterable

import numpy as np

from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.numbers import near
from vedette.engine.skew.causes.pairs import Mask, Pairs


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Say that signs are turned; that they are lost where only negative numbers differ and
    positive ones agree."""
    if not pairs.numeric:
        return
    offline = pairs.take(fit & pairs.both).offline.floats()
    if not len(offline):
        return
    lost = bool(np.all(offline < 0)) and _positive_agree(pairs)
    if lost:
        yield Candidate(
            "sign", "training value without its sign",
            lambda given: near(np.abs(given.offline.floats()), given), PLAIN, varied=2,
        )  # fmt: skip
    else:
        yield Candidate(
            "sign", "training value × -1",
            lambda given: near(-given.offline.floats(), given), PLAIN, varied=2,
        )  # fmt: skip


def _positive_agree(pairs: Pairs) -> bool:
    return pairs.same is not None and bool(np.any(pairs.same.present.floats() > 0))
