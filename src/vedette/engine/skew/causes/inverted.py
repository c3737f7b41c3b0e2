"""Yes for no: a boolean, or a column of two values, is turned round.

Owns: that.  A value of two that differs is always the other one, so this is only said where nearly
every row differs, all over or in one segment.
"""

from collections.abc import Iterable

import numpy as np

from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.pairs import BOOLEAN, NUMBER, Mask, Pairs
from vedette.engine.skew.causes.where import EVERY, thorough


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Say that a boolean is turned round, where both of its values are and hardly one agrees."""
    if not _two(pairs):
        return
    taken = pairs.take(fit & pairs.both)
    if len(np.unique(taken.offline.data)) < 2 or thorough(pairs) < EVERY:
        return
    yield Candidate(
        "inverted", "not the training value",
        lambda given: given.both & (given.offline.data + given.online.data == 1), PLAIN, chance=0.0,
    )  # fmt: skip


def _two(pairs: Pairs) -> bool:
    """Whether both sides hold nothing but 0 and 1."""
    if any(side.kind not in (BOOLEAN, NUMBER) for side in (pairs.offline, pairs.online)):
        return False
    held = np.concatenate([pairs.offline.present.data, pairs.online.present.data])
    if pairs.same is not None and pairs.same.kind in (BOOLEAN, NUMBER):
        held = np.concatenate([held, pairs.same.present.data])
    return bool(len(held)) and bool(np.isin(held, (0.0, 1.0)).all())
