"""Which parts of a table are looked at in a search for weak segments.

Owns: ranges of neighbouring bins, the segments of one and of two columns with their rows.  Does
not own: judging them (`stats.weakest`).

The choice reads codes only, never losses, so it cannot be lucky.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

RANGES = 8  # of a numeric column: pairs of columns then have at most 64 cells
NAMED = 30  # categories of a column that are looked at, the largest
ALIKE = 0.9  # a cell that holds this share of one of its two sides says nothing new

Ends = tuple[int, int, int]  # a column's place in the table, its lowest and highest code


@dataclass(frozen=True, eq=False)
class Column:
    """The places of one column: a row is at one place, or at none (-1).

    Shapes: `place` intp[n]; `spans` the lowest and highest code of each place.  `end` and `ends`
    are the same for its lowest and highest rows, where these are not a place anyway.
    """

    index: int
    place: NDArray[np.intp]
    spans: tuple[tuple[int, int], ...]
    end: NDArray[np.intp]
    ends: tuple[tuple[int, int], ...] = ()

    @property
    def parts(self) -> tuple[NDArray[np.intp], int]:
        """Every row at one part: its end where it is at one, else its place; and their number."""
        size = len(self.spans)
        return np.where(self.end < 0, self.place, size + self.end), size + len(self.ends)


@dataclass(frozen=True, eq=False)
class Cells:
    """Segments that divide rows among themselves, by one or two columns.

    Shapes: `cell` intp[n], the segment of a row or -1; by segment, its `conditions`; `sides`
    intp[K, d], the `Column.parts` of the `columns` that it is, or mainly lies within.
    Bounds: `whole` when the segments are such parts themselves.
    """

    cell: NDArray[np.intp]
    conditions: tuple[tuple[Ends, ...], ...]
    columns: tuple[int, ...]
    sides: NDArray[np.intp]
    whole: bool = False


def places(
    codes: NDArray[np.integer],
    index: int,
    ordered: bool,
    support: int,
    judged: int | None = None,
    width: int | None = None,
) -> Column:
    """Join the bins of a column to at most 8 ranges; categories stay alone.

    Only the first `judged` rows decide, by default all.  The last of `width` codes is "no usable
    value" and joins no range; without a width, no code is.  What has fewer rows than the support is
    no place.
    """
    code = np.asarray(codes[:, index], np.intp)
    counts = np.bincount(code[:judged], minlength=width or int(code.max(initial=0)) + 2)
    if not ordered:
        large = np.argsort(-counts, kind="stable")[:NAMED]
        kept = tuple((k, k) for k in sorted(large.tolist()) if counts[k] >= support)
        return Column(index, _placed(code, kept), kept, np.full(len(code), -1))
    spans = tuple(ranges(counts, support))
    outer = tuple(span for span in tails(counts, support) if span not in spans)
    return Column(index, _placed(code, spans), spans, _placed(code, outer), outer)


def ranges(counts: NDArray[np.integer], support: int) -> list[tuple[int, int]]:
    """Join neighbouring bins, the last one apart, to at most 8 ranges of about equal rows.

    Shapes: rows by code -> lowest and highest code of each range.
    Bounds: a range holds at least `support` rows, or it is left out.

    Example:
        >>> ranges(np.array([0, 50, 50, 50, 50, 0]), 80)
        [(0, 2), (3, 4)]
    """
    inner, last = counts[:-1], len(counts) - 1
    need = max(support, -(-int(inner.sum()) // RANGES))
    spans, low, have = [], 0, 0
    for code, rows in enumerate(inner.tolist()):
        # Whichever is nearer to a full range: to close before this bin or after it.
        if have >= support and have + rows - need > need - have:
            spans.append((low, code - 1))
            low, have = code, 0
        have += rows
        if have >= need:
            spans.append((low, code))
            low, have = code + 1, 0
    if have >= support:
        spans.append((low, last - 1))
    elif spans:
        spans[-1] = (spans[-1][0], last - 1)
    if counts[-1] >= support:
        spans.append((last, last))
    return spans


def tails(counts: NDArray[np.integer], support: int) -> list[tuple[int, int]]:
    """The lowest and the highest bins, the last code apart, that just hold `support` rows.

    Example:
        >>> tails(np.array([0, 5, 5, 90, 9, 3, 7]), 10)
        [(0, 2), (4, 5)]
    """
    inner, top = counts[:-1], len(counts) - 2
    if inner.sum() < 3 * support:
        return []
    low = int(np.cumsum(inner).searchsorted(support))
    high = top - int(np.cumsum(inner[::-1]).searchsorted(support))
    return [(0, low), (high, top)] if low < high else []


def alone(columns: Sequence[Column]) -> Iterator[Cells]:
    """The segments of one column each: its places, and the ends of an ordered one."""
    for at, column in enumerate(columns):
        own = np.arange(len(column.spans))[:, None]
        yield Cells(column.place, _named(column, column.spans), (at,), own, whole=True)
        if column.ends:
            own = len(column.spans) + np.arange(len(column.ends))[:, None]
            yield Cells(column.end, _named(column, column.ends), (at,), own, whole=True)


def paired(columns: Sequence[Column], support: int, judged: int | None = None) -> Iterator[Cells]:
    """The segments of two columns with enough rows that are not one of their sides over again.

    Only the first `judged` rows decide, by default all.
    """
    for (i, one), (j, two) in combinations(enumerate(columns), 2):
        wide = len(two.spans)
        if not one.spans or not two.spans:
            continue
        cell = np.where((one.place < 0) | (two.place < 0), -1, one.place * wide + two.place)
        size = len(one.spans) * wide
        rows = _counted(cell[:judged], size).reshape(-1, wide)
        first = _counted(one.place[:judged], len(one.spans))
        second = _counted(two.place[:judged], wide)
        sides = np.minimum(first[:, None], second[None, :])
        kept = np.flatnonzero((rows >= support) & (rows < ALIKE * sides))
        if len(kept) == 0:
            continue
        table = np.full(size + 1, -1)
        table[kept] = np.arange(len(kept))
        at = np.stack([kept // wide, kept % wide], 1)
        named = tuple(
            ((one.index, *one.spans[a]), (two.index, *two.spans[b])) for a, b in at.tolist()
        )
        yield Cells(table[cell], named, (i, j), at)


def within(codes: NDArray[np.integer], conditions: Sequence[Ends]) -> NDArray[np.bool_]:
    """The rows of a segment.

    Example:
        >>> within(np.array([[0, 3], [1, 3], [1, 4]]), [(0, 1, 2), (1, 3, 3)]).tolist()
        [False, True, False]
    """
    inside = np.ones(len(codes), bool)
    for index, low, high in conditions:
        code = codes[:, index]
        inside &= (code >= low) & (code <= high)
    return inside


def _named(column: Column, spans: Sequence[tuple[int, int]]) -> tuple[tuple[Ends, ...], ...]:
    return tuple(((column.index, *span),) for span in spans)


def _placed(code: NDArray[np.intp], spans: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    table = np.full(int(code.max()) + 1 if len(code) else 1, -1)
    for i, (low, high) in enumerate(spans):
        table[low : high + 1] = i
    return table[code]


def _counted(place: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    return np.bincount(place + 1, minlength=size + 1)[1:]
