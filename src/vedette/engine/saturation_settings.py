"""What an operator may decide about how much of a resource may be used.

Owns: the settings under `saturation`.  Does not own: bounds that hold else (`monitors.resources`),
watching (`monitors.saturation`).
"""

from collections.abc import Mapping
from math import isfinite

import msgspec

from vedette.core.durations import MINUTE, nanoseconds
from vedette.core.errors import SettingsError
from vedette.monitors.resources import DEFAULTS, RESOURCES, in_force
from vedette.profiles.bounds import Bound

HOLD = 10 * MINUTE  # where neither the settings nor the table say how long


class BoundSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reading may be above `max`, or below `min`, for less than `hold`; what is not set is as in
    the table for the same pattern."""

    max: float | None = None
    min: float | None = None
    hold: str = ""

    def __post_init__(self) -> None:
        if self.max is not None and self.min is not None:
            raise SettingsError("saturation", "a bound has both max and min", want="one of them")
        for value in (self.max, self.min):
            if value is not None and not isfinite(value):
                raise SettingsError("saturation", "a bound is no finite number", got=value)
        if self.hold:
            nanoseconds(self.hold, "saturation, hold")

    def bound(self, pattern: str) -> Bound:
        """The bound for readings of a pattern.

        Errors: SettingsError where neither the settings nor the table say how much.
        Example:
            >>> BoundSettings(hold="1h").bound("queue.waiting").lows
            True
        """
        known = DEFAULTS.get(pattern)
        if known is None and self.max is None and self.min is None:
            raise SettingsError("saturation", f"{pattern!r} needs max or min")
        made = known or Bound(pattern, 0.0, HOLD)
        if self.max is not None:
            made = made._replace(limit=self.max, below=False)
        if self.min is not None:
            made = made._replace(limit=self.min, below=True)
        return made._replace(hold=nanoseconds(self.hold, "saturation, hold")) if self.hold else made


def bounds_of(settings: Mapping[str, BoundSettings | None]) -> tuple[Bound, ...]:
    """The bounds in force; a pattern set to nothing is taken back from the table.

    Errors: SettingsError.
    """
    own = [one.bound(pattern) for pattern, one in settings.items() if one is not None]
    return in_force(RESOURCES, own, [name for name, one in settings.items() if one is None])
