"""Which column changed when, and by how much: columns by steps of time.

Owns: what stands for a column in a step.  Does not own: drawing (`report.figures.heat`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.grouping import OF_GROUPS
from vedette.engine.looks import Looks
from vedette.engine.plan import DRIFT, QUICK
from vedette.monitors.finding import NOTABLE
from vedette.web.history.past import Past, ends_at
from vedette.web.history.span import Span


class Cell(NamedTuple):
    """A column in a step.  Units: `effect` that of its strongest stream; UTC nanoseconds."""

    column: str
    segment: str
    start: int
    effect: float
    verdict: str


class Heat(NamedTuple):
    """Shapes: `columns` the worst first, of `of` in all; cells of those alone."""

    columns: list[str]
    of: int
    cells: list[Cell]


def heat(past: Past, span: Span, most: int, segment: str | None = None) -> Heat:
    """The strongest change of every column in every step.

    In a step, the stream speaks that has most evidence; of its windows, the one with most.
    `segment` takes the streams of one segment alone ("": all rows).
    """
    clock = DRIFT if past.clock_for(span.width) == DRIFT else QUICK
    looks = past.looks(clock, span)
    named = (key[1] for key in looks.streams if key[1] and key[0] not in OF_GROUPS)
    columns = list(dict.fromkeys([*past.watched, *named]))
    looks = looks.of_streams(
        [not past.veil.hides_segment(past.model, key[2]) for key in looks.streams]
    )
    effect, part, leader = _strongest(looks, span, columns, segment)
    alarmed = _alarmed(past, span, columns, segment)
    rank = np.where(alarmed, 3.0, 0.0) + np.where(part >= NOTABLE, 1.0, 0.0)
    size = np.nan_to_num(np.abs(effect))
    worst = np.lexsort((-size.sum(1), -rank.sum(1), -rank.max(1, initial=0.0)))
    chosen = [int(at) for at in worst[:most]]
    cells = []
    for at in chosen:
        for step, start in enumerate(span.starts):
            is_alarming = bool(alarmed[at, step])
            if np.isnan(effect[at, step]):
                if is_alarming:
                    cells.append(Cell(columns[at], "", start, float("nan"), "alarming"))
                continue
            verdict = "notable" if part[at, step] >= NOTABLE else "calm"
            where = looks.streams[leader[at, step]][2]
            cells.append(
                Cell(
                    columns[at], where, start, float(effect[at, step]),
                    "alarming" if is_alarming else verdict,
                )
            )  # fmt: skip
    return Heat([columns[at] for at in chosen], len(columns), cells)


def _strongest(
    looks: Looks, span: Span, columns: list[str], segment: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Effect, share of what alarms and stream of every column and step."""
    shape = (len(columns), span.steps)
    effect, part = np.full(shape, np.nan), np.full(shape, -1.0)
    leader = np.zeros(shape, np.int64)
    place = {column: at for at, column in enumerate(columns)}
    steps = span.at(looks.starts)
    inside = np.flatnonzero((steps >= 0) & (steps < span.steps))
    for at, (monitor, column, where) in enumerate(looks.streams):
        if column not in place or segment not in (None, where) or monitor in OF_GROUPS:
            continue
        own, row = looks.part[inside, at], place[column]
        seen = ~np.isnan(looks.effect[inside, at])
        order = inside[seen][np.argsort(own[seen], kind="stable")]  # the strongest written last
        best = np.full(span.steps, -1.0)
        found = np.full(span.steps, np.nan)
        best[steps[order]] = looks.part[order, at]
        found[steps[order]] = looks.effect[order, at]
        better = best > part[row]
        part[row, better], effect[row, better] = best[better], found[better]
        leader[row, better] = at
    return effect, part, leader


def _alarmed(past: Past, span: Span, columns: list[str], segment: str | None) -> NDArray[np.bool_]:
    """The columns and steps that an incident holds."""
    found = np.zeros((len(columns), span.steps), np.bool_)
    place = {column: at for at, column in enumerate(columns)}
    for incident in past.incidents(span.start, span.end):
        first, last = span.at([incident.onset, ends_at(incident, past.now) - 1])
        for monitor, column, where in incident.streams:
            fits = column in place and monitor not in OF_GROUPS
            if fits and segment in (None, where):
                found[place[column], max(first, 0) : max(last + 1, 0)] = True
    return found
