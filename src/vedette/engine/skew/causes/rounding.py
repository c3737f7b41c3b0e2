"""Online is offline, rounded: to decimals, to whole steps, or to a shorter float.

Owns: rounding to the nearest.  Does not own: cutting off (`truncation`).
"""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from vedette.core.words import plural
from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.numbers import Floats
from vedette.engine.skew.causes.pairs import TIME, Mask, Pairs
from vedette.engine.skew.causes.steps import Step, ladder, on_step

TIE = 1e-6  # of a step: what lies so near the middle may go either way
DIGITS = (2, 3, 4, 5)


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try every step on which online numbers lie, then significant digits and short floats."""
    for step in ladder(pairs.take(fit)):
        yield Candidate(
            "rounding", f"training value rounded to {step.words}", _nearest(step), PLAIN,
            least=0.1, chance=step.usual, varied=2,
        )  # fmt: skip
    if not pairs.numeric:
        return
    for digits in DIGITS:
        yield Candidate(
            "rounding", f"training value rounded to {plural(digits, 'significant digit')}",
            _by(partial(_significant, digits=digits)), PLAIN, least=0.5,
        )  # fmt: skip
    half = _by(lambda x: x.astype(np.float16).astype(np.float64))
    yield Candidate("rounding", "training value in half precision", half, PLAIN, least=0.5)
    brain = _by(_brain)
    yield Candidate("rounding", "training value as bfloat16", brain, PLAIN, least=0.5)


def _nearest(step: Step) -> Callable[[Pairs], Mask]:
    """Whether online is the nearest step; of two that are as near, the even or the outer one."""

    def explains(pairs: Pairs) -> Mask:
        both, size = pairs.both, step.size
        if pairs.offline.kind == TIME:
            gap = np.abs(pairs.online.data - pairs.offline.data)
            return np.asarray(both & on_step(pairs.online.data, size) & (2 * gap <= size))
        offline, online = pairs.offline.floats(), pairs.online.floats()
        with np.errstate(invalid="ignore"):
            steps, target = offline / size, np.rint(online / size)
            gap = np.abs(target - steps)
            clear = gap < 0.5 - TIE
            tie = np.abs(gap - 0.5) <= TIE
            # A tie of whole steps is exact; one of decimals depends on the last bit.
            upward = np.abs(target) > np.abs(steps)
            lawful = upward | (target % 2 == 0) if size >= 0.5 else tie
        return np.asarray(both & on_step(online, size) & (clear | (tie & lawful)))

    return explains


def _by(shorten: Callable[[Floats], Floats]) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        offline, online = pairs.offline.floats(), pairs.online.floats()
        with np.errstate(all="ignore"):
            short = shorten(offline)
            return np.asarray(pairs.both & (np.abs(short - online) <= 1e-9 * np.abs(online)))

    return explains


def _significant(values: Floats, digits: int) -> Floats:
    size = np.floor(np.log10(np.abs(values)))
    unit = np.power(10.0, size - digits + 1)
    return np.asarray(np.where(values == 0, 0.0, np.rint(values / unit) * unit))


def _brain(values: Floats) -> Floats:
    """The nearest number with eight bits of exponent and seven of fraction, ties to even."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.int64)
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return np.asarray(bits.astype(np.uint32).view(np.float32).astype(np.float64))
