"""How groups were treated, step by step and over a whole stretch, from the rows kept by group.

Owns: which windows are added up, and which of them wait for labels.  Does not own: the sums
(`profiles.cube_sums`), keeping them (`engine.kept_performance`), figures (`web.fairness`).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.engine.delays import Labelling, matured
from vedette.engine.kept_performance import CUBES, KIND
from vedette.profiles.codec_sums import PackedCube, cube_parts
from vedette.profiles.cube_sums import GroupSums, Part, group_sums, labels_come
from vedette.web.history.past import MOST, Past
from vedette.web.history.span import Span, span_of

STEPS = 31  # at most: a step must have rows of every group, and a month is told by days


class Groupwise(NamedTuple):
    """The rows by group of a stretch.

    Shapes: `sets` by key of the set; `seen` bool[S]: steps with any row; `waiting` int64[S]: their
    windows whose labels are under way.  `covered` is the part of the stretch that has rows.
    """

    span: Span
    sets: Mapping[str, GroupSums]
    seen: NDArray[np.bool_]
    waiting: NDArray[np.int64]
    covered: Window | None

    @property
    def has_mature(self) -> bool:
        """Whether the labels of any step have come."""
        return any(one.counts[:, 1].any() for one in self.sets.values())


def by_group(past: Past, span: Span, how: Labelling) -> Groupwise:
    """The rows by group of every step; only of those counted under the baseline in force."""
    baseline = past.baseline
    identity = "" if baseline is None else baseline.id
    key = ("by group", past.model, past.now, identity, *span, how)
    return past.memo.get(key, lambda: _by_group(past, span, how))


def span_for(start: int, end: int, window: int) -> Span:
    """Cut a stretch into few steps of whole windows.

    Units: nanoseconds.
    Example:
        >>> from vedette.core.durations import DAY, HOUR
        >>> span_for(0, 30 * DAY, HOUR).step, span_for(0, DAY, HOUR).step
        ('1 d', '1 h')
    """
    span = span_of(start, end, window)
    while span.steps > STEPS:
        span = span_of(span.start, span.end, 2 * span.width)
    return span


def _by_group(past: Past, span: Span, how: Labelling) -> Groupwise:
    windows = _windows(past, span)
    come = labels_come([parts[0] for parts in windows.values()])
    # Rows from before the baseline were not counted by group, only the labels that came for them.
    counted = (come[:, 1] <= come[:, 0]).tolist()
    windows = {at: own for (at, own), fits in zip(windows.items(), counted, strict=True) if fits}
    come = come[counted]
    starts = np.array(list(windows), np.int64)
    steps = span.at(starts)
    width, usual = past.width("drift"), 1.0 if how.usual is None else how.usual
    mature = np.array(
        [
            labels > 0 and matured(how, past.now - start - width, rows, labels, usual, width)
            for start, (rows, labels) in zip(starts.tolist(), come.tolist(), strict=True)
        ],
        np.bool_,
    )
    seen, waiting = np.zeros(span.steps, np.bool_), np.zeros(span.steps, np.int64)
    seen[steps] = True
    np.add.at(waiting, steps[~mature], 1)
    sets: Mapping[str, GroupSums] = {}
    if past.baseline is not None and past.baseline.grouping is not None:
        each = zip(windows.values(), steps.tolist(), mature.tolist(), strict=True)
        flat: list[Part] = [(step, is_old, one) for parts, step, is_old in each for one in parts]
        sets = group_sums(flat, past.baseline.grouping, span.steps)
    covered = Window(int(starts.min()), int(starts.max()) + width) if len(starts) else None
    return Groupwise(span, sets, seen, waiting, covered)


def _windows(past: Past, span: Span) -> dict[int, list[PackedCube]]:
    """The rows by group of every window, as they are packed, by its start."""
    if past.baseline is None or past.baseline.grouping is None:
        return {}
    entries = past.store.read(KIND, past.model, span.start, span.end, prefix=CUBES, limit=MOST)
    found = {entry.time: cube_parts(entry.body, past.baseline.id) for entry in entries}
    return {start: parts for start, parts in found.items() if parts}
