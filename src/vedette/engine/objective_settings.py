"""What an operator may promise of a model's service.

Owns: the settings under `objectives`.  Does not own: those of models (`engine.model_settings`),
counting (`engine.reached`), watching (`monitors.objectives`).
"""

from collections.abc import Mapping
from math import isfinite

import msgspec

from vedette.core.durations import DAY, nanoseconds
from vedette.core.errors import SettingsError
from vedette.core.rows import ERROR_TYPE
from vedette.profiles.objective import Objective

MOST = 20  # of one model: each is counted in every window, and has a part of the budget
LONGEST = 366 * DAY


class ObjectiveSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least `target` of all events go well, over `period`.

    What goes wrong: events whose column has one of the classes that `errors` name (any value, where
    it names none); those whose number is above what `within` says; or what readings say: `bad` of
    `of`, both per second, or `share` of `of`.  Without any of it, events with a value in
    `error_type`.
    """

    target: float
    period: str = "30d"
    errors: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    within: Mapping[str, float] = msgspec.field(default_factory=dict)
    bad: str = ""
    share: str = ""
    of: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:
            raise SettingsError(
                "objectives", "target is out of range", got=self.target, want="between 0 and 1"
            )
        length = nanoseconds(self.period, "objectives, period")
        if not DAY <= length <= LONGEST:
            raise SettingsError(
                "objectives", "period is out of range", got=repr(self.period), want="1d to 366d"
            )
        read = bool(self.bad or self.share or self.of)
        if (len(self.errors) > 1) + (len(self.within) > 1) or (
            bool(self.errors) + bool(self.within) + read > 1
        ):
            raise SettingsError(
                "objectives", "says in several ways what goes wrong",
                want="one column under errors, one under within, or readings",
            )  # fmt: skip
        if read and (not self.of or bool(self.bad) == bool(self.share)):
            raise SettingsError(
                "objectives", "readings need of, and one of bad and share",
                got=f"bad {self.bad!r}, share {self.share!r}, of {self.of!r}",
            )  # fmt: skip
        for column, most in self.within.items():
            if not isfinite(most):
                raise SettingsError("objectives", f"{column!r} is within no number", got=most)

    def objective(self, name: str) -> Objective:
        """The objective of that name.

        Example:
            >>> ObjectiveSettings(0.999).objective("availability").meaning
            'error_type is anything'
        """
        period = nanoseconds(self.period, "objectives, period")
        about = Objective(name, self.target, period)
        if self.of:
            return about._replace(bad=self.bad, share=self.share, of=self.of)
        for column, most in self.within.items():
            return about._replace(column=column, most=float(most))
        column, classes = next(iter(self.errors.items()), (ERROR_TYPE, ()))
        return about._replace(column=column, classes=tuple(classes))


def objectives_of(settings: Mapping[str, ObjectiveSettings]) -> tuple[Objective, ...]:
    """The objectives of a model, in the order of the settings.

    Errors: SettingsError for too many, or a name that cannot be shown.
    """
    if len(settings) > MOST:
        raise SettingsError("objectives", "are too many", got=len(settings), want=f"at most {MOST}")
    for name in settings:
        if not name or not name.isprintable() or len(name) > 100:
            raise SettingsError(
                "objectives", "names one that cannot be shown", got=repr(name[:100])
            )
    return tuple(one.objective(name) for name, one in settings.items())
