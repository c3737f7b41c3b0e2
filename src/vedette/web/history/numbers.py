"""Numbers of a row by group over a whole stretch, from the sums kept by group.

Owns: which windows are added up, how large groups are by them.  Does not own: the sums
(`profiles.measured_sums`), keeping them (`engine.kept_performance`), figures
(`web.fairness_numbers`).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.engine.kept_performance import KIND, NUMBERS
from vedette.profiles.codec_sums import measured_parts
from vedette.profiles.groups import Grouping
from vedette.profiles.measured_sums import whole_measured
from vedette.sketches.measured import Measured
from vedette.web.history.past import MOST, Past
from vedette.web.history.span import Span

Sizes = Mapping[str, NDArray[np.int64]]


class Numbers(NamedTuple):
    """The numbers by group of a stretch, by key of the set; `covered` is the part of it that has
    any."""

    sums: Mapping[str, Measured]
    covered: Window | None


def numbers_by_group(past: Past, span: Span, grouping: Grouping) -> Numbers:
    """Every number of every set; only of rows counted under the baseline in force."""
    identity = "" if past.baseline is None else past.baseline.id
    key = ("numbers by group", past.model, past.now, identity, *span)
    return past.memo.get(key, lambda: _numbers(past, span, grouping, identity))


def sizes_of(sums: Mapping[str, Measured]) -> Sizes:
    """Rows of every group that have the number that most rows have.

    It is the same number in every set, so that sizes of sets add up to one another.  Shapes:
    int64[G] by key.
    Example:
        >>> few, many = np.array([[1], [2]]), np.array([[3, 1], [5, 0]])
        >>> {key: n.tolist() for key, n in sizes_of(
        ...     {"sex": Measured((few, many), np.zeros((2, 2, 2)))}).items()}
        {'sex': [4, 5]}
    """
    rows = [[int(one.sum()) for one in own.counts] for own in sums.values()]
    if not rows or not rows[0]:
        return {}
    most = int(np.argmax(rows[0]))
    return {key: own.counts[most].sum(axis=1) for key, own in sums.items()}


def _numbers(past: Past, span: Span, grouping: Grouping, identity: str) -> Numbers:
    entries = past.store.read(KIND, past.model, span.start, span.end, prefix=NUMBERS, limit=MOST)
    windows = {one.time: measured_parts(one.body, identity) for one in entries}
    starts = [start for start, own in windows.items() if own]
    parts = [part for own in windows.values() for part in own]
    bins = [len(one.edges) + 1 for one in grouping.numbers]
    sums = {
        one.key: whole_measured([part for part in parts if part.key == one.key], len(one), bins)
        for one in grouping.sets
    }
    width = past.width("drift")
    return Numbers(sums, Window(min(starts), max(starts) + width) if starts else None)
