"""The metric series of a model over a stretch of time, as they are asked for.

Owns: which windows and series are read, within bounds.  Does not own: their bytes
(`engine.courses`), judging them (`monitors.metrics`), the JSON (`web.series_document`).
"""

from dataclasses import dataclass

from vedette.core.durations import HOUR
from vedette.core.errors import nearest
from vedette.engine.courses import Courses, read_courses
from vedette.engine.plan import QUICK
from vedette.monitors.quantiles import segment_in
from vedette.web.answers import Problem
from vedette.web.history.past import Past

USUAL = 6 * HOUR  # a stretch, where none is asked for
MOST_WINDOWS = 3_000  # two days of minutes
MOST_POINTS = 100_000  # of all series together; of more, the newest


@dataclass(frozen=True)
class Charted:
    """Series over a stretch.

    Units: `start`, `end` UTC nanoseconds, `width` of a window in nanoseconds.  `complete` says that
    no window of the stretch was left out because there are too many.
    """

    model: str
    start: int
    end: int
    width: int
    courses: Courses
    complete: bool


def charted(
    past: Past,
    start: int | None = None,
    end: int | None = None,
    *,
    name: str | None = None,
    column: str | None = None,
) -> Charted:
    """The series of a model in a stretch, by default the last hours; of all, one by name, or those
    of one column (a logged metric is a column of its own).

    Series of columns that the caller may not see are left out.
    Errors: Problem, 400, for a stretch that is none, 404 for a name that no series has.
    """
    last = past.now if end is None else end
    first = last - USUAL if start is None else start
    if first >= last:
        raise Problem(400, "wrong_query", "start is not before end.", "start")
    entries = past.store.read(
        "series", past.model, first, last, prefix=f"{QUICK}/", newest_first=True,
        limit=MOST_WINDOWS + 1,
    )  # fmt: skip
    newest = read_courses(entries[:1])
    hidden = past.veil.hidden(past.model)
    there = [
        own
        for own, about in zip(newest.names, newest.columns, strict=True)
        if about not in hidden
        and column in (None, about)
        and not past.veil.hides_segment(past.model, segment_in(own, about))
    ]
    wanted = there if name is None else [own for own in there if own == name]
    if entries and not wanted and (name is not None or column is not None):
        known = list(dict.fromkeys(newest.names if name is not None else newest.columns))
        hint = nearest(str(name or column), known) or f"there are: {', '.join(known[:20])}"
        raise Problem(404, "not_found", f"There is no such series; {hint}", "series")
    most = min(MOST_WINDOWS, max(MOST_POINTS // max(len(wanted), 1), 1))
    kept = entries[:most][::-1]
    return Charted(
        past.model, first, last, past.width(QUICK), read_courses(kept, wanted),
        len(kept) == len(entries),
    )  # fmt: skip
