"""Which columns and segments of a model are held against another distribution in time.

Owns: the choice, and how a stream's part of the budget is split over segments.  Does not own: what
they are held against (`shift_terms`), the budget's parts (`alerts.budget`).
"""

from collections.abc import Callable

from vedette.monitors.monitor import IMPORTANCE, Stream
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.profiles.streams import Key, keys_of

SEGMENT_ROWS, SEGMENT_WINDOW = 200, 10  # rows in the reference, and in its windows on average
# Labels arrive late; how long answers take is counted to be drawn, and is for monitors of its tail.
NOT_WATCHED = ("label", "latency")


def streams_of(
    baseline: Baseline,
    monitor: str,
    share: Callable[[bool], str],
    held: Profile | None = None,
) -> tuple[Stream, ...]:
    """Every compared column but labels, and its segments, which share half of its weight.

    Segments of few rows are left out: a handful a window says nothing, and costs the others.  Where
    windows are `held` against another sample than the reference, what that lacks is left out, too.
    `share` names the part of the budget of a column that holds what the model says, or does not.
    """
    keys = [
        key
        for key in keys_of(baseline)
        if _role(baseline, key[0]) not in NOT_WATCHED
        and _is_large(baseline, key)
        and (held is None or _is_known(held, key))
    ]
    several = len({segment for _, segment in keys}) - 1
    found = []
    for column, segment in keys:
        role = _role(baseline, column)
        part = (0.5 / several if segment else 0.5) if several else 1.0
        importance = IMPORTANCE.get(role, 1.0)
        said = role in IMPORTANCE
        found.append(Stream(monitor, column, segment, share(said), importance * part))
    return tuple(found)


def segments_of(baseline: Baseline) -> tuple[str, ...]:
    """The segments with rows enough to be watched, whatever is watched of their rows."""
    large = (key[1] for key in keys_of(baseline) if key[1] and _is_large(baseline, key))
    return tuple(dict.fromkeys(large))


def _is_large(baseline: Baseline, key: Key) -> bool:
    """Whether a segment has rows enough, in all and in an ordinary window; all rows always have."""
    if not key[1]:
        return True
    rows, v = baseline.profile.cells[key].rows, baseline.variation
    often = v is None or v.flat or rows >= SEGMENT_WINDOW * v.windows
    return rows >= SEGMENT_ROWS and often


def _is_known(held: Profile, key: Key) -> bool:
    """Whether another sample shows a column, and a segment of it with rows enough."""
    cell = held.cells.get(key)
    return cell is not None and cell.rows >= (SEGMENT_ROWS if key[1] else 1)


def _role(baseline: Baseline, column: str) -> str:
    return baseline.schema[column].role if column in baseline.schema else "feature"
