"""One column, step by step: every named component against the reference, with its interval.

Owns: which windows are added up and compared.  Does not own: the statistics (`monitors.pair`),
drawing (`report.figures.course`).

Intervals are those of counting alone: season and wobble, which the monitors allow for, are not
taken off.
"""

from collections.abc import Mapping
from typing import NamedTuple

from vedette.monitors.family import cannot_tell
from vedette.monitors.pair import Pair
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.web.history.past import Past
from vedette.web.history.span import Span

# What is drawn over time, most telling first; a component of categories is told by its own name.
DRAWN = (
    "level", "spread", "skew", "shape", "missing", "not_finite", "broken", "range", "unseen",
    "category",
)  # fmt: skip


class Point(NamedTuple):
    """A component in one step.  Units: `effect`, `low`, `high` as the component has them; UTC
    nanoseconds."""

    start: int
    rows: int
    effect: float
    low: float
    high: float
    observed: float
    expected: float


def cells_of(past: Past, span: Span, column: str, segment: str) -> dict[int, Cell]:
    """The counts of a column in every step that has any, by step.

    A page and nearly all of its charts rest on them, so they are read once for all.
    """
    if past.baseline is None:
        return {}
    key = ("cells", past.model, past.now, past.baseline.id, *span, column, segment)
    return past.memo.get(key, lambda: _read(past, span, column, segment))


def _read(past: Past, span: Span, column: str, segment: str) -> dict[int, Cell]:
    found: dict[int, Cell] = {}
    assert past.baseline is not None
    clock = past.clock_for(span.width)
    for window, profile in past.profiles(clock, span.start, span.end, (column,), segment):
        cell = profile.cells.get((column, segment))
        if cell is None or profile.binning_id != past.baseline.id:
            continue
        step = int(span.at([window.start])[0])
        if 0 <= step < span.steps:
            found[step] = found[step].merge(cell) if step in found else cell
    return found


def course(past: Past, span: Span, column: str, segment: str = "") -> Mapping[str, list[Point]]:
    """Every component of a column over time, by name; of categories, the one that moved most over
    the whole stretch, in every step."""
    found: dict[tuple[str, int | None], list[Point]] = {}
    for step, cell in sorted(cells_of(past, span, column, segment).items()):
        pair = pair_of(past.baseline, cell, column, segment)
        for c in [] if pair is None else pair.components():
            point = Point(
                span.starts[step], cell.rows, c.effect, c.low, c.high, c.observed, c.expected
            )
            found.setdefault((c.name, c.category), []).append(point)
    moved = {key: sum(abs(p.effect) * p.rows for p in points) for key, points in found.items()}
    chosen: dict[str, list[Point]] = {}
    for key in sorted(found, key=lambda key: -moved[key]):
        chosen.setdefault(key[0], found[key])
    return {name: chosen[name] for name in DRAWN if name in chosen}


def drawn_as(component: str) -> str:
    """The component under which a finding's is drawn: one end of the range is part of it.

    Example:
        >>> drawn_as("above"), drawn_as("level")
        ('range', 'level')
    """
    return "range" if component in ("above", "below") else component


class Part(NamedTuple):
    """A column in one segment over a stretch: its leading component, or why there is none."""

    segment: str
    rows: int
    component: str
    effect: float | None
    low: float | None
    high: float | None
    reason: str
    expected: float = 0.0


def parts(past: Past, span: Span, column: str, component: str | None = None) -> list[Part]:
    """A column in all rows and in every segment, over a whole stretch.

    The component is the one that moved most in all rows, the same for all segments, so that they
    can be compared.
    """
    if past.baseline is None:
        return []
    segments = ["", *(f"{c}={n}" for c, names in past.baseline.segments.items() for n in names)]
    segments = [one for one in segments if not one.startswith(f"{column}=")]
    added: dict[str, Cell] = {}
    for _, profile in past.profiles(past.clock_for(span.width), span.start, span.end, (column,)):
        if profile.binning_id != past.baseline.id:
            continue
        for (_, segment), cell in profile.cells.items():
            added[segment] = added[segment].merge(cell) if segment in added else cell
    pairs = {
        one: pair_of(past.baseline, added[one], column, one) for one in segments if one in added
    }
    wanted = component or _leading(pairs.get(""))
    found = []
    for segment in segments:
        pair = pairs.get(segment)
        if pair is None:
            continue
        own = [c for c in pair.components() if c.name == wanted]
        if not own:
            reason = cannot_tell(pair, []) or "this component is not known here"
            found.append(Part(segment, pair.current.rows, wanted, None, None, None, reason))
            continue
        lead = max(own, key=lambda c: abs(c.effect))
        size = lead.effect, lead.low, lead.high
        found.append(Part(segment, pair.current.rows, wanted, *size, "", lead.expected))
    return found


def pair_of(baseline: Baseline | None, cell: Cell, column: str, segment: str) -> Pair | None:
    """A column's reference beside some counts of it; None where the baseline has none."""
    if baseline is None or column not in baseline.binnings or column not in baseline.schema:
        return None
    reference = baseline.profile.cells.get((column, segment))
    if reference is None:
        return None
    return Pair(
        baseline.schema[column],
        segment,
        baseline.binnings[column],
        reference,
        cell,
        fitted=True,
        split=baseline.splits.get((column, segment)),
        rare=baseline.rare.get(column, (0, 0)),
    )


def _leading(pair: Pair | None) -> str:
    """The component that moved most beyond its own error."""
    found = pair.components() if pair is not None else []
    able = [c for c in found if c.se > 0]
    if not able:
        return found[0].name if found else "level"
    return max(able, key=lambda c: abs(c.effect) / c.se).name
