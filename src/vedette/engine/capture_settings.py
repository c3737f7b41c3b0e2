"""What an operator may decide about requests and responses that come apart.

Owns: the settings of `capture`.  Does not own: putting the sides together (`engine.capture`).
"""

import msgspec

from vedette.core.durations import SECOND, nanoseconds
from vedette.core.errors import SettingsError


class CaptureSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long one side of a call waits for the other.

    Errors: SettingsError below a second.
    """

    timeout: str = "5min"

    def __post_init__(self) -> None:
        if self.timeout_ns < SECOND:
            raise SettingsError("capture", "timeout is below a second", got=repr(self.timeout))

    @property
    def timeout_ns(self) -> int:
        """Units: nanoseconds."""
        return nanoseconds(self.timeout, "capture, timeout")
