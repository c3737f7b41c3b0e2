"""Is it up and fast?  What came, what failed, how long it took and what that used, step by step.

Owns: adding up windows into steps.  Does not own: what is kept of windows (`engine.paces`,
`engine.courses`), drawing (`report.figures.lines`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vedette.core.rows import ERROR_TYPE
from vedette.engine.courses import read_courses
from vedette.engine.paces import KIND, Key, Paces, read_paces
from vedette.engine.plan import QUICK
from vedette.sketches.loglinear import LogLinear
from vedette.web.history.past import MOST, Past
from vedette.web.history.span import Span

QUANTILES = (0.5, 0.95, 0.99)
RESOURCES = ("resource.", "process.", "gpu.", "queue.", "kv_cache.")  # how their readings begin


class Step(NamedTuple):
    """Some windows added up.

    Shapes: `errors` rows by type; `tails` how long things took, by (column, segment).
    Units: UTC nanoseconds, rows.
    """

    start: int
    end: int
    rows: int
    errors: Counter[str]
    tails: dict[Key, LogLinear]


def service(past: Past, span: Span) -> list[Step]:
    """What was kept of every step that something is known of.  A page and its charts ask for the
    same: it is added up once for them."""
    key = ("service", past.model, past.now, past.veil.hidden(past.model), *span)
    return past.memo.get(key, lambda: _steps(past, span))


def _steps(past: Past, span: Span) -> list[Step]:
    paces = paces_of(past, span.start, span.end, past.clock_for(span.width))
    found = added_up(past, paces, span.at(paces.starts).tolist())
    return [
        step._replace(start=span.starts[at], end=span.starts[at] + span.width)
        for at, step in sorted(found.items())
    ]


def paces_of(past: Past, start: int, end: int, clock: str) -> Paces:
    """What was kept of the windows of a clock."""
    return read_paces(past.store.read(KIND, past.model, start, end, prefix=f"{clock}/", limit=MOST))


def added_up(past: Past, paces: Paces, places: Sequence[int]) -> dict[int, Step]:
    """Windows added up by place, but for columns and segments that the caller may not see.

    Shapes: `places` one per window.
    """
    hidden = past.veil.hidden(past.model)
    seen = [
        key for key in paces.tails
        if key[0] not in hidden and not past.veil.hides_segment(past.model, key[1])
    ]  # fmt: skip
    found: dict[int, Step] = {}
    for at, place in enumerate(places):
        start, end = int(paces.starts[at]), int(paces.ends[at])
        own = found.setdefault(place, Step(start, end, 0, Counter(), {}))
        if ERROR_TYPE not in hidden:
            own.errors.update({kind: int(n[at]) for kind, n in paces.errors.items() if n[at]})
        for key in seen:
            _add(own.tails, key, paces.tails[key].of(at))
        found[place] = own._replace(end=end, rows=own.rows + int(paces.rows[at]))
    return found


def total(steps: Sequence[Step]) -> Step:
    """All steps as one."""
    start, end = (steps[0].start, steps[-1].end) if steps else (0, 0)
    whole = Step(start, end, sum(step.rows for step in steps), Counter(), {})
    for step in steps:
        whole.errors.update(step.errors)
        for key, tail in step.tails.items():
            _add(whole.tails, key, tail)
    return whole


def _add(tails: dict[Key, LogLinear], key: Key, more: LogLinear) -> None:
    if more.count:
        tails[key] = tails[key].merge(more) if key in tails else more


class Use(NamedTuple):
    """A reading of a resource in one step, the mean of its windows.  Units: UTC nanoseconds."""

    start: int
    name: str
    value: float


def resources(past: Past, span: Span) -> list[Use]:
    """What was read of machines and processes, by name and step."""
    entries = past.store.read(
        "series", past.model, span.start, span.end, prefix=f"{QUICK}/", limit=MOST
    )
    names = [name for name in read_courses(entries[-1:]).names if name.startswith(RESOURCES)]
    courses = read_courses(entries, names)
    steps = span.at(courses.starts)
    found = []
    for at, name in enumerate(courses.names):
        values = courses.value[:, at]
        there = np.isfinite(values)
        for step in np.unique(steps[there]).tolist():
            mean = float(values[there & (steps == step)].mean())
            found.append(Use(span.starts[step], name, mean))
    return found
