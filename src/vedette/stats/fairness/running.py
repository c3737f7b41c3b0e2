"""Whose labels are known of groups, as windows come of which each may be too small to show it.

Owns: the running judgement.  Does not own: what it means for metrics (`stats.fairness.bounds`).

A window of 18 rows of each decision does not show that one of them has no labels; two such windows
do.  Rows are therefore added up until they tell, and what was told last holds until then.  Only how
many rows have a label is looked at, never which: what is left out for it is left out blindly.
"""

import numpy as np
from numpy.typing import NDArray

from vedette.stats.fairness.bounds import UNTOLD, kind_of

Counts = NDArray[np.int64]

SELECTED, KNOWN, OTHERS, KNOWN_REST = range(4)  # rows of a decision, and those with a label
ENOUGH = 20  # rows of each decision from which on a group may be taken to have labels of both again


def first_kinds(counts: Counts) -> Counts:
    """Whose labels are known at once; a group too small to show it is as all together are.

    Shapes: counts [G + 1, 4], of all groups together last -> [G + 1].
    """
    found = kind_of(*counts.T)
    everyone = 0 if found[-1] == UNTOLD else found[-1]
    return np.where(found == UNTOLD, everyone, found)


def next_kinds(kind: Counts, since: Counts, window: Counts) -> tuple[Counts, Counts]:
    """Whose labels are known after one more window, and rows since that was last told.

    A group that is too small to show it yet is as all together are, where these have labels of one
    decision alone; else as it was.

    Shapes: kind [G + 1], all groups together last; since and window [G + 1, 4].
    Example:
        >>> kind, since = np.zeros(2, int), np.zeros((2, 4), int)
        >>> window = np.array([[18, 18, 18, 0], [500, 500, 500, 490]])
        >>> kind, since = next_kinds(kind, since, window)
        >>> kind.tolist(), since[0].tolist()
        ([0, 0], [18, 18, 18, 0])
        >>> next_kinds(kind, since, window)[0].tolist()
        [1, 0]
    """
    since = since + window
    alone, found = kind_of(*window.T), kind_of(*since.T)
    few = np.minimum(since[:, SELECTED], since[:, OTHERS]) < ENOUGH
    found = np.where((found == 0) & (kind != 0) & few, UNTOLD, found)
    found = np.where((alone != 0) & (alone != UNTOLD), alone, found)
    told = found != UNTOLD
    everyone = found[-1] if told[-1] else kind[-1]
    new = np.where(told, found, np.where(everyone != 0, everyone, kind))
    return new, np.where(told[:, None], 0, since)
