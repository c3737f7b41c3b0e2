"""What the charts of one column draw: where values lie, and where rows moved.

Owns: laying measured bins out for the eye (display bins, clipped tails, ticks).  Does not own: the
drawing (`charts`), nor any figure of a verdict: those rest on the measured bins alone.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import Any, NamedTuple

from vedette.core.words import number
from vedette.report.words import SPECIALS

DISPLAY_BINS = 36  # about 10 px each in a 400 px chart: finer shows interpolation, not data
TAIL_SHARE = 0.01  # at most this share of either table may be drawn as "beyond" a clipped axis
TAIL_WIDTH = 0.12  # a tail is clipped when one measured bin of it takes this share of the axis
LOG_RATIO = (
    30.0  # an axis of positive values whose ends differ by more is considered for logarithms
)
LOG_CROWDED = 0.2  # ... and is drawn so when half of the reference sits in this share of it
CATEGORIES_DRAWN = 20
SPIKE = 2.5  # a bar so many times higher than the next is cut off, with its shares written on it
LABEL_ROOM = 0.09  # no round tick so close to the label of a tail
GATHERED = ("(other)", "(unseen)", "(missing)")
SIDES = ("reference", "current")
HUGE = 1e300  # edges beyond this, or closer than 1/this, cannot be laid out: floats overflow
BEYOND = 0.04  # width of the bar that gathers a clipped tail, as a share of the axis


class Bar(NamedTuple):
    """One bar of a chart.  Units: x in axis positions, the sides in shares of rows."""

    x0: float
    x1: float
    reference: float
    current: float
    name: str


class Picture(NamedTuple):
    """Bars with the ticks of their axis.  ``parts`` counts the bars of each run without a gap."""

    bars: list[Bar]
    ticks: list[float]
    labels: list[str]
    parts: list[int]


class _Scale(NamedTuple):
    forth: Callable[[float], float]
    back: Callable[[float], float]
    logarithmic: bool


def shape(distribution: Mapping[str, Any], *, whole: bool = False) -> Picture:
    """Lay a numeric distribution out over display bins of equal width, as shares of its values.

    Rows of a measured bin are spread evenly over it; a point bin keeps its place.  Long thin tails
    are gathered in one bar at the end of the axis, and crowded positive axes become logarithmic.

    Units: ``whole`` says that values are whole numbers, so bars stand on them.
    """
    edges = _finite(distribution["edges"])
    sides = (distribution["reference"], distribution["current"])
    if len(edges) < 2 or not any(map(sum, sides)) or _beyond_floats(edges):
        return Picture([], [], [], [])
    if whole:  # (4, 5] holds only the 5: draw it from 4.5 to 5.5
        edges = [floor(edge) + 0.5 for edge in edges]
    first, last = _extent(edges, sides)
    scale = _scale(edges, sides[0], first, last)
    positions = [scale.forth(edge) for edge in edges[first : last + 1]]
    grid = _grid(positions[0], positions[-1], whole and not scale.logarithmic)
    shares = [_rebin(positions, side[first:last], grid, sum(side)) for side in sides]
    span = grid[-1] - grid[0]
    bars = [
        Bar(
            _round((a - grid[0]) / span),
            _round((b - grid[0]) / span),
            reference,
            current,
            _range_name(scale.back(a), scale.back(b), whole),
        )
        for a, b, reference, current in zip(grid, grid[1:], *shares, strict=False)
    ]
    ticks, labels = _ticks(scale, grid[0], grid[-1])
    return _with_tails(Picture(bars, ticks, labels, [len(bars)]), edges, sides, first, last)


def shift(column: Mapping[str, Any]) -> Picture:
    """Lay the measured bins out side by side, in shares of all rows, special values beside them.

    Every bar is as wide as the others whatever the width of its bin, so tails can be seen.
    """
    distribution = column["distribution"]
    edges = [_plain(edge) for edge in distribution["edges"]]
    rows = [max(column[side]["rows"], 1) for side in SIDES]
    bars = [
        Bar(i, i + 1, r / rows[0], c / rows[1], _bin_name(a, b))
        for i, (a, b, r, c) in enumerate(
            zip(edges, edges[1:], distribution["reference"], distribution["current"], strict=False)
        )
    ]
    k = len(bars)
    specials = [
        (name, *(column[side].get(name, 0) / n for side, n in zip(SIDES, rows, strict=True)))
        for name in SPECIALS
    ]
    seen = [special for special in specials if max(special[1:]) > 0]
    left = [special for special in seen if special[0] == "below"]
    right = [special for special in seen if special[0] != "below"]
    step = max(k // 6, 1)
    marks = [i for i in range(0, k + 1, step) if (not left or i > 1) and (not right or i <= k - 2)]
    ticks, labels = [float(i) for i in marks], [number(edges[i], 3) for i in marks]
    for at, (name, reference, current) in [
        *((-2.5, special) for special in left),
        *((k + 1.5 + 5 * i, special) for i, special in enumerate(right)),
    ]:
        bars.append(Bar(at, at + 1, reference, current, name.replace("_", " ")))
        ticks.append(at + 0.5)
        labels.append(name.replace("_", " "))
    return Picture(bars, ticks, labels, [k])


def nominal(column: Mapping[str, Any]) -> tuple[list[Bar], int]:
    """Lay categories out, as shares of all rows, largest first, and say how many were left out.

    Bounds: at most CATEGORIES_DRAWN named categories, those most frequent on either side; the ones
    in brackets, "(missing)" among them, are kept when they hold any row.
    """
    distribution = column["distribution"]
    rows = [max(column[side]["rows"], 1) for side in SIDES]
    bars = [
        Bar(0, 0, r / rows[0], c / rows[1], name)
        for name, r, c in zip(
            distribution["categories"],
            distribution["reference"],
            distribution["current"],
            strict=False,
        )
    ]
    special = [bar for bar in bars if bar.name in GATHERED]
    missing = [column[side].get("missing", 0) / n for side, n in zip(SIDES, rows, strict=True)]
    special.append(Bar(0, 0, missing[0], missing[1], "(missing)"))
    named = sorted(
        (bar for bar in bars if bar.name not in GATHERED),
        key=lambda bar: -max(bar.reference, bar.current),
    )
    drawn = named[:CATEGORIES_DRAWN]
    return drawn + [bar for bar in special if bar.reference or bar.current], len(named) - len(drawn)


def ceiling(bars: Sequence[Bar]) -> float:
    """The share at which to cut bars off, so that one spike does not flatten everything else.

    Example:
        >>> ceiling([Bar(0, 1, 0.7, 0.6, "0"), Bar(1, 2, 0.1, 0.2, "1"), Bar(2, 3, 0.0, 0.0, "2")])
        0.3
        >>> ceiling([Bar(0, 1, 0.5, 0.6, "0"), Bar(1, 2, 0.4, 0.2, "1")])
        0.6
    """
    highest = sorted((max(bar.reference, bar.current) for bar in bars), reverse=True)
    if len(highest) > 1 and highest[0] > SPIKE * highest[1] > 0:
        return _round(1.5 * highest[1])
    return highest[0] if highest else 0.0


def nominal_ceiling(bars: Sequence[Bar]) -> float:
    """The share at which to cut the bars that gather rows off; named categories are drawn in full.

    Example:
        >>> nominal_ceiling([Bar(0, 0, 0.1, 0.1, "a"), Bar(0, 0, 0.8, 0.7, "(other)")])
        0.15
    """
    highest = max((max(bar.reference, bar.current) for bar in bars), default=0.0)
    named = [max(bar.reference, bar.current) for bar in bars if bar.name not in GATHERED]
    return _round(1.5 * max(named)) if named and highest > SPIKE * max(named) > 0 else highest


def _finite(edges: Sequence[float | None]) -> list[float]:
    """The edges with open ends closed at their neighbours."""
    known = [edge for edge in edges if edge is not None and isfinite(edge)]
    if not known:
        return []
    start = [] if edges[0] is not None and isfinite(edges[0]) else [known[0]]
    end = [] if edges[-1] is not None and isfinite(edges[-1]) else [known[-1]]
    return start + known + end


def _extent(edges: Sequence[float], sides: Sequence[Sequence[int]]) -> tuple[int, int]:
    """The edges between which to draw: long bins that hold next to nothing are cut off."""
    first, last = 0, len(edges) - 1
    shares = [[n / max(sum(side), 1) for n in side] for side in sides]
    while last - first > 2:
        wide = TAIL_WIDTH * (edges[last] - edges[first])
        widths = [b - a for a, b in zip(edges[first:last], edges[first + 1 :], strict=False)]
        inside = [side[first:last] for side in shares]
        low = _tail(widths, inside, wide)
        high = _tail(widths[::-1], [side[::-1] for side in inside], wide)
        if not low and not high:
            break
        first, last = first + low, last - high
    return first, last


def _tail(widths: Sequence[float], shares: Sequence[Sequence[float]], wide: float) -> int:
    """How many bins from the start to cut: up to the last wide one while the tail is thin."""
    cut, seen = 0, [0.0] * len(shares)
    for i, width in enumerate(widths[:-2]):
        seen = [so_far + side[i] for so_far, side in zip(seen, shares, strict=True)]
        if max(seen) > TAIL_SHARE:
            break
        if width > wide:
            cut = i + 1
    return cut


def _scale(edges: Sequence[float], counts: Sequence[int], first: int, last: int) -> _Scale:
    """Straight, or logarithmic where positive values crowd at the low end of the axis."""
    low, high = edges[first], edges[last]
    if low > 0 and high / low > LOG_RATIO:
        total, seen, middle = sum(counts), 0, high
        for edge, n in zip(edges[1:], counts, strict=False):
            seen += n
            if 2 * seen >= total:
                middle = edge
                break
        if middle - low < LOG_CROWDED * (high - low):
            return _Scale(log10, lambda x: float(10**x), True)
    return _Scale(lambda x: x, lambda x: x, False)


def _beyond_floats(edges: Sequence[float]) -> bool:
    return max(map(abs, edges)) > HUGE or 0 < edges[-1] - edges[0] < 1 / HUGE


def _grid(low: float, high: float, whole: bool) -> list[float]:
    """Equal display bins with round edges that cover low to high."""
    if high <= low:
        margin = abs(low) * 0.05 or 1.0
        low, high = low - margin, high + margin
    if whole:
        step = max(ceil((high - low) / DISPLAY_BINS), 1)
        return [low + i * step for i in range(ceil((high - low) / step) + 1)]
    width = _nice((high - low) / DISPLAY_BINS)
    start = floor(low / width + 1e-9)
    return [i * width for i in range(start, ceil(high / width - 1e-9) + 1)]


def _nice(width: float) -> float:
    """The smallest 1, 2, 2.5 or 5 times a power of ten that is at least this width."""
    power = 10.0 ** floor(log10(width))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= width * (1 - 1e-9))


def _rebin(
    edges: Sequence[float], counts: Sequence[int], grid: Sequence[float], total: int
) -> list[float]:
    """Shares per display bin (a, b], each measured bin spread evenly between its edges."""
    sums = [0]
    for n in counts:
        sums.append(sums[-1] + n)

    def up_to(x: float) -> float:
        i = bisect_right(edges, x) - 1
        if i < 0:
            return 0.0
        if i >= len(edges) - 1:
            return float(sums[-1])
        return sums[i] + counts[i] * (x - edges[i]) / (edges[i + 1] - edges[i])

    # The outermost bars are closed: they hold whatever rounding left just beyond them.
    seen = [0.0, *(up_to(x) for x in grid[1:-1]), float(sums[-1])]
    return [_round((b - a) / max(total, 1)) for a, b in pairwise(seen)]


def _with_tails(
    picture: Picture,
    edges: Sequence[float],
    sides: Sequence[Sequence[int]],
    first: int,
    last: int,
) -> Picture:
    """Add one bar for each end that was cut off."""
    low, body, high = [], picture.bars, []
    marks = list(zip(picture.ticks, picture.labels, strict=True))
    totals = [max(sum(side), 1) for side in sides]
    if first > 0:
        shares = [_round(sum(s[:first]) / n) for s, n in zip(sides, totals, strict=True)]
        name = f"{number(edges[0])} to {number(edges[first])}, drawn as one bar"
        low.append(Bar(-2 * BEYOND, -BEYOND, shares[0], shares[1], name))
        marks = [mark for mark in marks if mark[0] > LABEL_ROOM]
        marks.append((-1.5 * BEYOND, f"< {number(edges[first], 3)}"))
    if last < len(edges) - 1:
        shares = [_round(sum(s[last:]) / n) for s, n in zip(sides, totals, strict=True)]
        name = f"{number(edges[last])} to {number(edges[-1])}, drawn as one bar"
        high.append(Bar(1 + BEYOND, 1 + 2 * BEYOND, shares[0], shares[1], name))
        marks = [mark for mark in marks if mark[0] < 1 - LABEL_ROOM]
        marks.append((1 + 1.5 * BEYOND, f"> {number(edges[last], 3)}"))
    parts = [len(part) for part in (low, body, high) if part]
    ticks, labels = [tick for tick, _ in marks], [label for _, label in marks]
    return Picture(low + body + high, ticks, labels, parts)


def _ticks(scale: _Scale, low: float, high: float) -> tuple[list[float], list[str]]:
    """Round values along the axis with their positions in 0 to 1."""
    span = high - low
    if scale.logarithmic:
        factors = (1,) if span > 3 else (1, 3) if span > 1.5 else (1, 2, 5)
        values = [m * 10.0**p for p in range(floor(low), ceil(high) + 1) for m in factors]
    else:
        step = _nice(span / 5.5)
        values = [i * step for i in range(ceil(low / step), floor(high / step) + 1)]
    places = [(_round((scale.forth(value) - low) / span), number(value)) for value in values]
    inside = [place for place in places if -1e-6 <= place[0] <= 1 + 1e-6]
    return [place for place, _ in inside], [label for _, label in inside]


def _range_name(low: float, high: float, whole: bool) -> str:
    if not whole:
        return f"{number(low)} to {number(high)}"
    first, last = ceil(low), ceil(high) - 1
    return number(first) if first == last else f"{number(first)} to {number(last)}"


def _bin_name(low: float | None, high: float | None) -> str:
    """Name a measured bin (low, high]; a point bin by its value, open ends in words."""
    if low is None:
        return f"up to {number(high)}"
    if high is None:
        return f"above {number(low)}"
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        return number(high)
    return f"{number(low)} to {number(high)}"


def _plain(edge: float | None) -> float | None:
    """An edge just below zero is there so that zero lies above it: show zero."""
    return 0.0 if edge is not None and abs(edge) < 1e-300 else edge


def _round(x: float) -> float:
    return round(x, 5)
