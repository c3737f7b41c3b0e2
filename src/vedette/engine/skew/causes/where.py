"""Where something happens: the segment that holds nearly all of it.

Owns: finding a segment for some of the pairs.  Does not own: which columns make segments.
"""

from typing import NamedTuple

import numpy as np

from vedette.engine.skew.causes.pairs import Mask, Pairs, Values

HOLDS = 0.95  # share of the rows in question that lie in the segment
LIFT = 1.3  # how much commoner the segment is among them than among all rows
LEAST = 10  # rows in question
EVERY = 0.9  # share of rows from which all are said to differ


class Place(NamedTuple):
    """A segment, the share of the rows in question that it holds, and the share of its rows that
    are in question."""

    column: str
    value: object
    holds: float
    rate: float


def place(pairs: Pairs, which: Mask) -> Place | None:
    """The segment that holds nearly all of some pairs; of several the one most of whose rows they
    are.

    Bounds: None where the rows that agree are not known, or no segment stands out.
    """
    rate = pairs.rate
    n = int(np.count_nonzero(which))
    if rate is None or n < LEAST or not len(pairs):
        return None
    best: Place | None = None
    for column, values in pairs.segments.items():
        if column == pairs.column:
            continue
        inside = values.take(which)
        found, counts = np.unique(inside.data[~inside.missing], return_counts=True)
        if not len(found) or counts.max() < HOLDS * n:
            continue
        value = found[int(np.argmax(counts))]
        holds = float(counts.max() / n)
        agreeing = pairs.same_segments.get(column)
        share_same = 0.0
        if agreeing is not None and len(agreeing):
            share_same = float(np.mean((agreeing.data == value) & ~agreeing.missing))
        differing = float(np.mean((values.data == value) & ~values.missing))
        whole = rate * differing + (1 - rate) * share_same
        asked = rate * float(counts.max()) / len(pairs)
        if whole <= 0 or holds / whole < LIFT:
            continue
        here = Place(column, value, holds, min(asked / whole, 1.0))
        if best is None or here.rate > best.rate + 0.01:
            best = here
    return best


def thorough(pairs: Pairs) -> float:
    """The share of rows that differ, all over or in the segment that holds nearly all of them."""
    found = place(pairs, np.ones(len(pairs), np.bool_))
    return max(pairs.rate or 0.0, found.rate if found else 0.0)


def agreeing_there(pairs: Pairs, which: Mask) -> Values:
    """The rows that agree, of the segment that holds nearly all of some pairs, if there is one."""
    if pairs.same is None:
        return pairs.offline.take(np.zeros(len(pairs), np.bool_))
    found = place(pairs, which)
    held = pairs.same_segments.get(found.column) if found else None
    if found is None or held is None:
        return pairs.same
    return pairs.same.take((held.data == found.value) & ~held.missing)
