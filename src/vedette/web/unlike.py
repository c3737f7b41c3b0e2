"""What share of rows is unlike the reference, as far as it is asked: over a stretch, by segment.

Owns: reading the counts of scored rows, what is expected and tolerated of them, the verdict on each
part.  Does not own: scoring and counting (`derive.outliers`), alarms (`monitors.outliers`), single
rows (`web.rare`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.derive.outliers.counted import COLUMN, LEAD, columns_of, within
from vedette.derive.outliers.ordinary import Ordinary
from vedette.monitors.outliers import MONITOR, leaders, tolerated_of
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE
from vedette.web.asked import Asked, min_effect_of
from vedette.web.shares import Share

ORDER = ("alarming", "notable", "unknown", "calm")
Key = tuple[str, str]  # column, segment


@dataclass(frozen=True)
class Part:
    """All rows (`segment` is "") or those of a segment: how many are unlike the reference over a
    stretch, and in the last step that has any; the columns by which most are."""

    segment: str
    share: Share
    last: Share
    expected: float
    tolerated: float
    leads: tuple[str, ...]
    open: Incident | None = None

    @property
    def verdict(self) -> str:
        """As of a finding: alarming while an incident is open, notable where surely more than is
        tolerated are unlike, of the whole stretch or lately."""
        if self.open is not None:
            return "alarming"
        if not self.share.n:
            return "unknown"
        lows = (one.interval[0] for one in (self.share, self.last) if one.n)
        return "notable" if any(low > self.tolerated for low in lows) else "calm"


@dataclass(frozen=True)
class Unlike:
    """Rows by how they lie to the reference.

    Shapes: `parts` all rows first, then segments, the worst first; `steps` by segment, of each
    (start, share).  `why` is why there are none, "" where there are.
    """

    one: Asked
    parts: tuple[Part, ...]
    steps: Mapping[str, list[tuple[int, Share]]]
    why: str = ""

    @property
    def whole(self) -> Part | None:
        """All rows; None where none was scored."""
        return self.parts[0] if self.parts else None

    def part(self, segment: str) -> Part | None:
        """One part by its segment."""
        return next((part for part in self.parts if part.segment == segment), None)


def unlike(one: Asked) -> Unlike:
    """How many rows were unlike the reference in the stretch that is asked for."""
    past = one.past
    held = one.call.service.baseline_of(past.model)
    if past.baseline is None or held is None or held.outliers is None:
        return Unlike(one, (), {}, one.call.service.why_not_scored(past.model))
    key = ("unlike", past.model, past.now, held.id, *one.span)
    cells = past.memo.get(key, lambda: _read(one))
    if not any(column == COLUMN for column, _ in cells):
        is_scored = one.call.service.scoring_of(past.model) is not None
        why = "" if is_scored else one.call.service.why_not_scored(past.model)
        return Unlike(one, (), {}, why or "No row of this time was scored.")
    columns, seen = past.baseline.segments, [WHOLE]
    seen += [f"{column}={name}" for column, names in columns.items() for name in names]
    shares = {segment: _shares(one, cells.get((COLUMN, segment), {})) for segment in seen}
    parts = [part for part in _parts(one, held, seen, shares, cells) if part.share.n]
    whole, others = parts[:1], parts[1:]
    others.sort(key=lambda part: (ORDER.index(part.verdict), -(part.share.rate or 0.0)))
    return Unlike(one, (*whole, *others), shares)


def _read(one: Asked) -> dict[Key, dict[int, Cell]]:
    """The counts by column and segment, by step."""
    past, span = one.past, one.span
    assert past.baseline is not None
    found: dict[Key, dict[int, Cell]] = {}
    clock = past.clock_for(span.width)
    for window, profile in past.profiles(clock, span.start, span.end, (COLUMN, LEAD)):
        step = int(span.at([window.start])[0])
        if profile.binning_id != past.baseline.id or not 0 <= step < span.steps:
            continue
        for key, cell in profile.cells.items():
            own = found.setdefault(key, {})
            own[step] = own[step].merge(cell) if step in own else cell
    return found


def _shares(one: Asked, cells: Mapping[int, Cell]) -> list[tuple[int, Share]]:
    """The share of every step that has rows."""
    told = ((one.span.starts[step], within(cell)) for step, cell in sorted(cells.items()))
    return [(start, Share(hits[0], rows)) for start, (hits, rows) in told if rows]


def _parts(
    one: Asked,
    held: Baseline,
    segments: list[str],
    shares: Mapping[str, list[tuple[int, Share]]],
    cells: Mapping[Key, Mapping[int, Cell]],
) -> list[Part]:
    assert held.outliers is not None
    every = [f"{column}={name}" for column, names in held.segments.items() for name in names]
    known = Ordinary.of(held.outliers, segments, every)
    tolerated = tolerated_of(known, min_effect_of(one.call, one.past.model, ""))
    columns, opened = columns_of(held.outliers), _opened(one)
    found = []
    for at, segment in enumerate(segments):
        steps = shares[segment]
        led = _led(cells.get((LEAD, segment), {}), len(columns) + 1)
        found.append(
            Part(
                segment,
                Share(sum(own.k for _, own in steps), sum(own.n for _, own in steps)),
                steps[-1][1] if steps else Share(0, 0),
                float(known.rate[at, 0]),
                float(tolerated[at, 0]),
                tuple(leaders(columns, led)),
                opened.get(segment),
            )
        )
    return found


def _led(cells: Mapping[int, Cell], size: int) -> NDArray[np.int64]:
    """How many rows every column leads."""
    led = np.zeros(size, np.int64)
    for cell in cells.values():
        if cell.counts is not None and len(cell.counts.counts) == size:
            led += cell.counts.counts
    return led


def _opened(one: Asked) -> dict[str, Incident]:
    """Open incidents about such rows, by segment."""
    return {
        segment: incident
        for incident in one.past.incidents(one.span.start, one.span.end)
        for monitor, _, segment in incident.streams
        if monitor == MONITOR and is_open(incident)
    }
