"""How long answers of a model took and how many failed over a stretch, as it is asked for.

Owns: which windows are read.  Does not own: their bytes (`engine.paces`), adding them up
(`web.history.service`), what is usual of quantiles (`monitors.tail`), the JSON
(`web.tails_document`).
"""

from dataclasses import dataclass

from vedette.core.durations import DAY
from vedette.engine.paces import KIND, Key, read_paces
from vedette.engine.plan import BASE, DRIFT
from vedette.web.answers import Problem
from vedette.web.history.past import Past
from vedette.web.history.service import Step, added_up, total

USUAL = DAY  # a stretch, where none is asked for
FINE = 2 * DAY  # up to which the windows of the base clock are read
MOST_WINDOWS = 20_000
MOST_STEPS = 120  # windows are put together to no more


@dataclass(frozen=True)
class Tails:
    """A stretch, as a whole and step by step; `keys` are the columns and segments asked for.

    Units: UTC nanoseconds.  `complete` says that no window of it was left out because there are too
    many.
    """

    model: str
    start: int
    end: int
    whole: Step
    keys: tuple[Key, ...]
    steps: tuple[Step, ...]
    complete: bool


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
    many = max(-(-len(kept) // MOST_STEPS), 1)
    found = added_up(past, read_paces(kept), [at // many for at in range(len(kept))])
    steps = tuple(found.values())
    whole = total(steps)._replace(start=first, end=last)
    keys = tuple(
        key for key in sorted(whole.tails)
        if column in (None, key[0]) and segment in (None, key[1])
    )  # fmt: skip
    return Tails(past.model, first, last, whole, keys, steps, len(kept) == len(entries))
