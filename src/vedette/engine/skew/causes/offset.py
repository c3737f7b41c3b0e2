"""A constant was added.

Owns: offsets of numbers, and of times where no clock explains them (`zone` does).
"""

from collections.abc import Iterable
from types import MappingProxyType

import numpy as np

from vedette.core.durations import spell
from vedette.core.words import number
from vedette.engine.skew.causes.candidate import FREE, PLAIN, Candidate
from vedette.engine.skew.causes.numbers import CLOSE, modes, near, several
from vedette.engine.skew.causes.pairs import TIME, Mask, Pairs

OFFSETS = MappingProxyType({273.15: "Celsius to Kelvin", -273.15: "Kelvin to Celsius"})


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Find the difference on which most pairs agree."""
    if not (pairs.numeric or pairs.offline.kind == pairs.online.kind == TIME):
        return
    taken = pairs.take(fit & pairs.both)
    offline, online = taken.offline.floats(), taken.online.floats()
    if len(offline) < 2 or not several(offline):
        return
    size = float(np.median(np.abs(np.concatenate([offline, online]))))
    gaps = online - offline
    width = 0.0 if pairs.offline.kind == TIME else 2 * CLOSE * size
    found = modes(gaps, lambda gap: np.maximum(width, 2 * CLOSE * np.abs(gap)) * 0.5)
    if not found:
        return
    shares = [float(np.mean(np.abs(gaps - one) <= max(width, CLOSE * abs(one)))) for one in found]
    for one in found[:1]:
        if abs(one) <= width:
            continue
        yield _candidate(pairs, one, shares[1] if len(shares) > 1 else 0.0)


def _candidate(pairs: Pairs, gap: float, apart: float) -> Candidate:
    if pairs.offline.kind == TIME:
        gap = round(gap)
        told = spell(abs(int(gap)) * 1000)
        return Candidate(
            "offset",
            f"training value {'+' if gap > 0 else '-'} {told}",
            lambda given: (given.online.data - given.offline.data == int(gap)) & given.both,
            FREE,
            apart=apart,
        )
    for known, called in OFFSETS.items():
        if abs(gap - known) < 0.2:
            return Candidate(
                "offset", f"training value {_signed(gap)} ({called})",
                lambda given: near(given.offline.floats() + gap, given), PLAIN, apart=apart,
            )  # fmt: skip
    return Candidate(
        "offset", f"training value {_signed(gap)}",
        lambda given: near(given.offline.floats() + gap, given), FREE, apart=apart,
    )  # fmt: skip


def _signed(gap: float) -> str:
    return f"{'+' if gap > 0 else '-'} {number(abs(gap), 7)}"
