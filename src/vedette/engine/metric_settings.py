"""What an operator may decide about the metrics of a model, with defaults.

Owns: the settings under `metrics`.  Does not own: those of models (`engine.model_settings`),
watching (`monitors.metrics`).
"""

from collections.abc import Mapping
from datetime import date
from math import isfinite

import msgspec

from vedette.core.errors import SettingsError
from vedette.core.windows import parse_instant
from vedette.profiles.metering import Limit, Metering

EPOCH = date(1970, 1, 1).toordinal()
FIRST_CLASSES = 20  # of a column, whose shares are series


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a metric may be at least (`min`) and at most (`max`)."""

    min: float | None = None
    max: float | None = None

    def __post_init__(self) -> None:
        for value in (self.min, self.max):
            if value is not None and not isfinite(value):
                raise SettingsError("metrics", "a limit is no finite number", got=value)
        if self.min is None and self.max is None:
            raise SettingsError("metrics", "a limit needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise SettingsError(
                "metrics", "a limit has a min above its max", got=f"{self.min} and {self.max}"
            )


class Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of time in which changes of metrics are meant."""

    start: str
    end: str

    def __post_init__(self) -> None:
        if self.span[0] >= self.span[1]:
            raise SettingsError(
                "metrics", "a maintenance has no length", got=f"{self.start} to {self.end}"
            )

    @property
    def span(self) -> tuple[int, int]:
        """Start and end in UTC nanoseconds."""
        return (
            parse_instant(self.start, "metrics, maintenance, start"),
            parse_instant(self.end, "metrics, maintenance, end"),
        )


class MetricSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which metrics of a model are watched, and what is known of them.

    `only` and `without` are patterns of series: a logged metric by its name, `latency_s` for the
    mean of a column, `prediction=yes` for the share of a class.  `shares` name classes by column
    whose share is watched, too; `limits` are by pattern, the last one wins; `holidays` are days
    (UTC) on which a weekday says nothing; in a `maintenance` nothing alarms but a limit.
    """

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    shares: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    limits: Mapping[str, LimitSettings] = msgspec.field(default_factory=dict)
    holidays: tuple[date, ...] = ()
    maintenance: tuple[Stretch, ...] = ()

    def __post_init__(self) -> None:
        for column, classes in self.shares.items():
            if not 1 <= len(classes) <= FIRST_CLASSES:
                raise SettingsError(
                    "metrics", f"shares of {column!r} are of no or too many classes",
                    got=len(classes), want=f"1 to {FIRST_CLASSES}",
                )  # fmt: skip

    def metering(self, names: tuple[str, ...] = ()) -> Metering:
        """What is asked of a model whose logged metrics have these names."""
        return Metering(
            names=names,
            only=self.only,
            without=self.without,
            shares=dict(self.shares),
            limits={pattern: Limit(one.min, one.max) for pattern, one in self.limits.items()},
            holidays=tuple(day.toordinal() - EPOCH for day in self.holidays),
            pauses=tuple(one.span for one in self.maintenance),
        )
