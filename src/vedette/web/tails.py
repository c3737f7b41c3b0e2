"""How long answers of a model took and how many failed over a stretch, as it is asked for.

Owns: which windows are read and put together.  Does not own: their bytes (`engine.paces`), what is
usual of quantiles (`monitors.tail`), the JSON (`web.tails_document`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.engine.paces import KIND, Key, Paces, read_paces
from vedette.engine.plan import BASE, DRIFT
from vedette.sketches.loglinear import LogLinear
from vedette.web.answers import Problem
from vedette.web.history.past import Past

USUAL = DAY  # a stretch, where none is asked for
FINE = 2 * DAY  # up to which the windows of the base clock are read
MOST_WINDOWS = 20_000
MOST_STEPS = 120  # windows are put together to no more


@dataclass(frozen=True)
class Step:
    """Some windows, one after another.  Units: UTC nanoseconds; `errors` rows by type."""

    start: int
    end: int
    rows: int
    errors: Mapping[str, int]
    tails: Mapping[Key, LogLinear]


@dataclass(frozen=True)
class Tails:
    """A stretch, as a whole and step by step.  Units: UTC nanoseconds.  `complete` says that no
    window of it was left out because there are too many."""

    model: str
    start: int
    end: int
    steps: tuple[Step, ...]
    complete: bool

    @property
    def whole(self) -> Step:
        """All steps together."""
        tails: dict[Key, LogLinear] = {}
        errors: dict[str, int] = {}
        for step in self.steps:
            for kind, count in step.errors.items():
                errors[kind] = errors.get(kind, 0) + count
            for key, own in step.tails.items():
                tails[key] = tails[key].merge(own) if key in tails else own
        rows = sum(step.rows for step in self.steps)
        return Step(self.start, self.end, rows, errors, dict(sorted(tails.items())))


def tails_of(
    past: Past,
    start: int | None = None,
    end: int | None = None,
    *,
    column: str | None = None,
    segment: str | None = None,
) -> Tails:
    """How long things took in a stretch, by default the last day; of every column and part of the
    rows, or of some.

    Columns and segments that the caller may not see are left out.
    Errors: Problem, 400, for a stretch that is none.
    """
    last = past.now if end is None else end
    first = last - USUAL if start is None else start
    if first >= last:
        raise Problem(400, "wrong_query", "start is not before end.", "start")
    clock = BASE if last - first <= FINE else DRIFT
    entries = past.store.read(
        KIND, past.model, first, last, prefix=f"{clock}/", newest_first=True,
        limit=MOST_WINDOWS + 1,
    )  # fmt: skip
    kept = entries[:MOST_WINDOWS][::-1]
    paces = read_paces(kept)
    hidden = past.veil.hidden(past.model)
    keys = [
        key
        for key in paces.tails
        if column in (None, key[0])
        and segment in (None, key[1])
        and key[0] not in hidden
        and not past.veil.hides_segment(past.model, key[1])
    ]
    many = max(-(-len(kept) // MOST_STEPS), 1)
    steps = [
        _step(paces, keys, np.arange(k, min(k + many, len(kept))))
        for k in range(0, len(kept), many)
    ]
    return Tails(past.model, first, last, tuple(steps), len(kept) == len(entries))


def _step(paces: Paces, keys: list[Key], windows: NDArray[np.int64]) -> Step:
    tails: dict[Key, LogLinear] = {}
    for key in keys:
        own = LogLinear.zero()
        for window in windows.tolist():
            own = own.merge(paces.tails[key].of(window))
        if own.count:
            tails[key] = own
    errors = {kind: int(counts[windows].sum()) for kind, counts in paces.errors.items()}
    return Step(
        int(paces.starts[windows[0]]),
        int(paces.ends[windows[-1]]),
        int(paces.rows[windows].sum()),
        {kind: count for kind, count in errors.items() if count},
        tails,
    )
