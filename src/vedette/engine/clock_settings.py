"""How often a model is looked at.

Owns: the settings `clocks`.  Does not own: the windows (`core.windows`).
"""

import msgspec

from vedette.core.durations import DAY, SECOND, nanoseconds
from vedette.core.errors import SettingsError


class ClockSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a model is looked at.  Each clock's window is a whole number of the one before."""

    base: str = "1min"  # the smallest window whose profile is kept
    fast: str = "1min"  # rates and volume
    drift: str = "1h"

    def __post_init__(self) -> None:
        base, fast, drift = self.widths
        for name, small, large in (("fast", base, fast), ("drift", fast, drift)):
            if large % small:
                raise SettingsError(
                    "clocks", f"{name} is no whole number of the smaller window",
                    got=f"{getattr(self, name)!r}", want="like base 1min, fast 5min, drift 1h",
                )  # fmt: skip
        if DAY % drift and drift % DAY:
            raise SettingsError("clocks", "drift does not divide a day", got=repr(self.drift))

    @property
    def widths(self) -> tuple[int, int, int]:
        """Nanoseconds of base, fast and drift."""
        named = (("base", self.base), ("fast", self.fast), ("drift", self.drift))
        found = tuple(nanoseconds(text, f"clocks, {name}") for name, text in named)
        for (name, text), width in zip(named, found, strict=True):
            if width < SECOND:
                raise SettingsError("clocks", f"{name} is below a second", got=repr(text))
        return found[0], found[1], found[2]
