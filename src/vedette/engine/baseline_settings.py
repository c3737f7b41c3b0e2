"""Where the baseline of a model comes from, and what the model was trained on.

Owns: the settings `baseline` and `training`.  Does not own: fitting one (`engine.fitting`).
"""

import msgspec

from vedette.core.errors import SettingsError
from vedette.core.windows import parse_instant


class BaselineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the baseline comes from: a file, a time range of logged events, or a warm-up."""

    file: str | None = None
    start: str | None = None
    end: str | None = None
    warm_up: int = 72  # windows of the drift clock to learn from

    def __post_init__(self) -> None:
        if self.file and self.start:
            raise SettingsError("baseline", "has a file and a time range", want="one of them")
        if bool(self.start) != bool(self.end):
            raise SettingsError("baseline", "a time range needs start and end")
        if self.warm_up < 1:
            raise SettingsError("baseline", "warm_up is no number of windows", got=self.warm_up)
        if self.range_ns is not None and self.range_ns[0] >= self.range_ns[1]:
            raise SettingsError(
                "baseline", "the time range is empty", got=f"{self.start} to {self.end}"
            )

    @property
    def range_ns(self) -> tuple[int, int] | None:
        """The named stretch of event time in UTC nanoseconds."""
        if self.start is None or self.end is None:
            return None
        return parse_instant(self.start, "baseline, start"), parse_instant(
            self.end, "baseline, end"
        )


class TrainingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model was trained on: `file` holds rows, with the names of a reference."""

    file: str | None = None
