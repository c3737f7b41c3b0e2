"""What rounding and cutting share: the step on which online numbers lie.

Owns: the steps that are tried, and how often numbers lie on one anyway.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from vedette.core.durations import DAY, HOUR, MINUTE, SECOND, spell
from vedette.core.words import number
from vedette.engine.skew.causes.numbers import Floats
from vedette.engine.skew.causes.pairs import NUMBER, TIME, Pairs

STEPS = (
    1e6, 1e5, 1e4, 1000.0, 500.0, 250.0, 100.0, 60.0, 50.0, 30.0, 25.0, 20.0, 15.0, 12.0, 10.0, 5.0,
    2.0, 1.0, 0.5, 0.25, 0.2, 0.1, 0.05, 0.01, 0.001, 1e-4, 1e-5, 1e-6,
)  # fmt: skip
SINGLE, EXACT = 1e-7, 1e-12  # relative: what single and double precision leave
TIMES = tuple(
    span // 1000
    for span in (
        DAY, HOUR, 30 * MINUTE, 15 * MINUTE, 10 * MINUTE, 5 * MINUTE, MINUTE, SECOND,
        SECOND // 1000,
    )
)  # fmt: skip


class Step(NamedTuple):
    """A step of the ladder, and the share of numbers that lie on it without any rounding."""

    size: float
    usual: float
    words: str


def ladder(pairs: Pairs) -> Iterable[Step]:
    """The steps on which most online numbers that differ lie, coarsest first.

    Bounds: none where numbers lie on it anyway: nothing is to be learnt there.
    """
    kind = pairs.online.kind
    if pairs.offline.kind != kind or kind not in (NUMBER, TIME):
        return
    both = pairs.both
    online, offline = pairs.online.data[both], pairs.offline.data[both]
    if not len(online):
        return
    natural = offline if pairs.same is None else np.append(offline, pairs.same.present.data)
    for size in TIMES if kind == TIME else STEPS:
        on = on_step(online, size)
        # What single precision leaves beside a step is no longer on it, once it is cut.
        share, usual = float(on.mean()), _usual(natural, size, kind)
        # All of one coarse step is a constant, not a rounding.
        varied = (kind == NUMBER and size <= 1) or len(np.unique(online[on])) >= 3
        if share >= 0.05 and usual <= 0.75 and varied:
            yield Step(size, usual, _words(size, kind))


def _usual(natural: Floats, size: float, kind: str) -> float:
    """How many numbers lie on a step anyway; nought lies on all, and is left out of decimals."""
    if kind == NUMBER and size <= 1 and np.any(natural != 0):
        natural = natural[natural != 0]
    return float(on_step(natural, size, EXACT).mean())


def on_step(values: Floats, size: float, room: float = SINGLE) -> np.ndarray:
    """Which numbers are multiples of a step, to within a part of themselves."""
    if np.issubdtype(values.dtype, np.integer):
        return np.asarray(values % int(size) == 0)
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(values - np.rint(values / size) * size)
        return np.asarray(off <= np.minimum(room * np.abs(values), 1e-3 * size))


def _words(size: float, kind: str) -> str:
    if kind == TIME:
        return f"whole {spell(int(size) * 1000)}"
    if size == 1:
        return "whole numbers"
    power = round(-np.log10(size))
    if size < 1 and abs(size * 10.0**power - 1) < 1e-9:
        return f"{power} decimal{'s' if power > 1 else ''}"
    return f"multiples of {number(size)}"
