"""Which metrics of a model are watched, and what is known of them beforehand.

Owns: the value.  Does not own: settings (`engine.model_settings`), names that came
(`engine.metering`), which series that makes (`monitors.series`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from vedette.profiles.bounds import Bound
from vedette.profiles.objective import Objective

DAY = 24 * 3600 * 10**9


class Limit(NamedTuple):
    """What a metric may be at least and at most, whatever is usual; None: no such limit."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Metering:
    """What is asked of a model's metrics.

    Shapes: `names` are those logged so far; of series, `only` those that match one of these
    patterns are watched (all, where there is none), `without` those that match one of these.
    `shares` name classes by column whose share is a series beside those of predictions.  `limits`
    are by pattern, the last one wins.  `holidays` are days since 1970, `pauses` stretches of
    UTC nanoseconds in which whatever happens is meant to; `objectives` what is promised of the
    service, `bounds` how much of a resource may be used.
    """

    names: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    holidays: tuple[int, ...] = ()
    pauses: tuple[tuple[int, int], ...] = ()
    objectives: tuple[Objective, ...] = ()
    bounds: tuple[Bound, ...] = ()

    def watches(self, series: str) -> bool:
        """Whether a series is watched.

        Example:
            >>> asked = Metering(without=("debug_*",))
            >>> asked.watches("queue"), asked.watches("debug_queue")
            (True, False)
        """
        wanted = not self.only or any(_fits(series, one) for one in self.only)
        return wanted and not any(_fits(series, one) for one in self.without)

    def limit_of(self, series: str) -> Limit:
        """What a series may be.

        Example:
            >>> Metering(limits={"queue[0]": Limit(high=5.0)}).limit_of("queue[0]").high
            5.0
        """
        found = [one for pattern, one in self.limits.items() if _fits(series, pattern)]
        return found[-1] if found else Limit()

    def is_holiday(self, instant: int) -> bool:
        """Whether an instant lies on a holiday.  Units: UTC nanoseconds."""
        return instant // DAY in self.holidays

    def is_pause(self, start: int, end: int) -> bool:
        """Whether a window lies in a stretch, or touches one, in which changes are meant."""
        return any(a < end and start < b for a, b in self.pauses)


def _fits(series: str, pattern: str) -> bool:
    """A name fits itself, too: `queue[0]` as a pattern alone would mean `queue0`."""
    return series == pattern or fnmatchcase(series, pattern)
