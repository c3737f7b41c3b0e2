"""How much of a resource may be used, and for how long more.

Owns: the value, which bound is for which reading.  Does not own: bounds that hold where none are
set (`monitors.resources`), settings (`engine.saturation_settings`).
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

SECOND = 10**9


class Bound(NamedTuple):
    """A reading may be above `most` (with `below`: below `least`) no longer than `hold`.

    With `lows` the least reading of a window counts rather than their mean: a queue that is empty
    now and then is no trouble.  `what` says in words what it means, `urgent` that it soon stops the
    service, `once` that it is over with the next reading.
    Units: those of the reading; `hold` in nanoseconds.
    """

    pattern: str
    limit: float
    hold: int
    below: bool = False
    lows: bool = False
    what: str = ""
    urgent: bool = False
    once: bool = False

    def is_broken(self, value: float) -> bool:
        """Whether a value is on the wrong side."""
        return value < self.limit if self.below else value > self.limit


def bound_of(bounds: Sequence[Bound], name: str) -> Bound | None:
    """The bound of a reading, the last that fits; labels behind its name do not count.

    Example:
        >>> every = (Bound("gpu.*.utilization", 0.9, 0), Bound("gpu.0.*", 0.5, 0))
        >>> bound_of(every, "gpu.0.utilization{host=a}").limit, bound_of(every, "queue")
        (0.5, None)
    """
    bare = name.partition("{")[0]
    fits = [one for one in bounds if fnmatchcase(bare, one.pattern) or name == one.pattern]
    return fits[-1] if fits else None
