"""Two columns changed places, or one is read in the place of another.

Owns: both.
"""

from collections.abc import Callable, Iterable

import numpy as np

from vedette.engine.skew.causes.candidate import KNOWN, PAIRED, Candidate
from vedette.engine.skew.causes.numbers import CLOSE
from vedette.engine.skew.causes.pairs import NUMBER, Mask, Pairs, Values


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Find the other column whose offline values stand online here, and whether ours stand there.

    Bounds: none where a column is the other one's double already offline.
    """
    taken = pairs.take(fit)
    for name, (offline, online) in taken.others.items():
        if offline.kind != taken.online.kind or not len(taken):
            continue
        here = equal(offline, taken.online)
        if here.mean() < 0.05:
            continue
        there = equal(taken.offline, online)
        both_ways = bool(here.any()) and float(there[here].mean()) >= 0.9
        if both_ways:
            yield Candidate(
                "swapped", f"training value of {name!r}, and the other way round", _both(name),
                PAIRED, least=0.1,
            )  # fmt: skip
        else:
            yield Candidate("swapped", f"training value of {name!r}", _from(name), KNOWN, least=0.2)


def equal(one: Values, two: Values) -> Mask:
    """Which rows hold the same value in two columns; missing in both is the same, too."""
    if one.kind != two.kind:
        return np.zeros(len(one), np.bool_)
    absent = one.missing & two.missing
    present = ~(one.missing | two.missing)
    if one.kind == NUMBER:
        with np.errstate(invalid="ignore"):
            gap = np.abs(one.data - two.data)
            same = gap <= CLOSE * np.maximum(np.abs(one.data), np.abs(two.data))
    else:
        same = one.data == two.data
    return np.asarray((same & present) | absent)


def _from(name: str) -> Callable[[Pairs], Mask]:
    return lambda pairs: equal(pairs.others[name][0], pairs.online)


def _both(name: str) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        offline, online = pairs.others[name]
        return equal(offline, pairs.online) & equal(pairs.offline, online)

    return explains
