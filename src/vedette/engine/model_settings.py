"""How one model is watched.

Owns: the settings of a model, those of its parts put together.  Does not own: which model they hold
for and the file they stand in (`engine.live`).
"""

from collections.abc import Mapping
from dataclasses import replace
from math import inf

import msgspec

from vedette.core.durations import SECOND, nanoseconds
from vedette.core.errors import SettingsError, nearest
from vedette.engine.baseline_settings import BaselineSettings, TrainingSettings
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.fairness_settings import FairnessSettings
from vedette.engine.metric_settings import MetricSettings
from vedette.engine.objective_settings import ObjectiveSettings, objectives_of
from vedette.engine.performance_settings import PerformanceSettings
from vedette.engine.saturation_settings import BoundSettings, bounds_of
from vedette.engine.settings import ColumnSettings, Settings
from vedette.engine.skew_settings import SkewSettings
from vedette.monitors.catalog import MONITORS
from vedette.profiles.metering import Metering

COUNT, QUARANTINE, REJECT = ENFORCE = ("count", "quarantine", "reject")


class ModelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one model is watched.

    Bounds: `budget` false alarms in `period` over all monitors, columns and segments of the model;
    `min_effect` the smallest change that matters, in reference standard deviations.
    """

    budget: float = 1.0
    period: str = "30d"
    min_effect: float = 0.05
    lateness: str = "5s"  # how long a window waits for stragglers after its end
    clocks: ClockSettings = ClockSettings()
    baseline: BaselineSettings = BaselineSettings()
    training: TrainingSettings = TrainingSettings()
    schema: str | None = None
    enforce: str = COUNT  # what becomes of events that break the schema
    segments: tuple[str, ...] = ()
    columns: Mapping[str, ColumnSettings] = msgspec.field(default_factory=dict)
    importance: Mapping[str, float] = msgspec.field(default_factory=dict)
    without: tuple[str, ...] = ()  # monitors that are not to run
    performance: PerformanceSettings = PerformanceSettings()
    fairness: FairnessSettings = FairnessSettings()
    skew: SkewSettings = SkewSettings()
    metrics: MetricSettings = MetricSettings()
    objectives: Mapping[str, ObjectiveSettings] = msgspec.field(default_factory=dict)
    saturation: Mapping[str, BoundSettings | None] = msgspec.field(default_factory=dict)
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    time: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("budget", self.budget), ("min_effect", self.min_effect)):
            if not 0 < value < inf:
                raise SettingsError(
                    "settings", f"{name} is out of range", got=value, want="above 0"
                )
        for name in ("period", "lateness"):
            nanoseconds(getattr(self, name), name)
        if self.period_ns < SECOND:
            raise SettingsError("period", "is below a second", got=repr(self.period))
        if self.enforce not in ENFORCE:
            raise SettingsError(
                "enforce", "is no way to treat events", got=repr(self.enforce),
                want=", ".join(ENFORCE), hint=nearest(self.enforce, ENFORCE),
            )  # fmt: skip
        if self.enforce != COUNT and not self.schema:
            raise SettingsError("enforce", "needs a schema", got=repr(self.enforce))
        objectives_of(self.objectives)
        bounds_of(self.saturation)
        for column, weight in self.importance.items():
            if not 0 < weight < inf:
                raise SettingsError(
                    "importance", f"that of {column!r} is out of range", got=weight, want="above 0"
                )
        for monitor in self.without:
            if monitor not in MONITORS:
                raise SettingsError(
                    "without", f"there is no monitor {monitor!r}", want=", ".join(MONITORS),
                    hint=nearest(monitor, MONITORS),
                )  # fmt: skip

    @property
    def period_ns(self) -> int:
        return nanoseconds(self.period, "period")

    @property
    def lateness_ns(self) -> int:
        return nanoseconds(self.lateness, "lateness")

    def metering(self, names: tuple[str, ...] = ()) -> Metering:
        """What is asked of a model whose logged metrics have these names."""
        asked = self.metrics.metering(names)
        bounds = bounds_of(self.saturation)
        return replace(asked, objectives=objectives_of(self.objectives), bounds=bounds)

    def effects(self, columns: tuple[str, ...]) -> dict[str, float]:
        """The smallest effect of every column whose own was set."""
        chosen = Settings(columns=self.columns)
        found = ((name, chosen.of(name).min_effect) for name in columns)
        return {name: effect for name, effect in found if effect is not None}
