"""What an operator may decide about a live server and its models, with defaults.

Owns: the settings of `vedette serve`, which model they hold for, their YAML form.  Does not own:
settings of a comparison (`engine.settings`, which share the file), channels and routes
(`alerts.routes`).
"""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from math import inf
from typing import Any

import msgspec

from vedette.alerts.routes import Channel, Route, check_routes
from vedette.core.durations import DAY, SECOND, nanoseconds
from vedette.core.errors import SettingsError, nearest
from vedette.core.windows import parse_instant
from vedette.derive.twins import RELATIVE, Tolerance
from vedette.engine.capture_settings import CaptureSettings
from vedette.engine.import_settings import ImportSettings
from vedette.engine.metric_settings import MetricSettings
from vedette.engine.objective_settings import ObjectiveSettings, objectives_of
from vedette.engine.otlp_settings import OtlpSettings
from vedette.engine.push_settings import PushSettings
from vedette.engine.saturation_settings import BoundSettings, bounds_of
from vedette.engine.scrape_settings import ScrapeTarget, check_targets
from vedette.engine.settings import LIVE_KEYS, ColumnSettings, Settings, make_settings
from vedette.engine.yaml_struct import convert, known
from vedette.monitors.catalog import MONITORS
from vedette.monitors.monitor import MISMATCH
from vedette.profiles.metering import Metering
from vedette.stats.fairness.verdict import Limits

COUNT, QUARANTINE, REJECT = ENFORCE = ("count", "quarantine", "reject")


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


class PerformanceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the predictions of a model are graded.

    `positive` is the class that a score speaks of, where there are two; `threshold` the score from
    which it counts as predicted; `costs` what a predicted class costs by the true one; `top` the
    places of a ranked list that count; `quantiles` those of the pinball loss of a regression.
    """

    positive: str | None = None
    threshold: float | None = None
    costs: Mapping[str, Mapping[str, float]] = msgspec.field(default_factory=dict)
    top: tuple[int, ...] = (1, 5, 10)
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for place in self.top:
            if place < 1:
                raise SettingsError("performance", "top is no place of a list", got=place)
        for q in self.quantiles:
            if not 0 < q < 1:
                raise SettingsError("performance", "a quantile is out of range", got=q)
        for predicted, row in self.costs.items():
            for actual, cost in row.items():
                if not abs(cost) < inf:
                    where = f"costs of {predicted!r} where {actual!r} is true"
                    raise SettingsError("performance", f"{where} are no number", got=cost)


class FairnessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told apart, and from when on a difference between groups matters.

    `groups` are columns, besides those whose role is sensitive; `depth` of them are taken together;
    `measures` are numeric columns compared by group; `positive` is the class that counts as
    selected.  A group matters whose rate is below `ratio` times that of the rest (or above 1 /
    `ratio` times), or more than `gap` away from it; nothing is judged of fewer than `least` rows,
    and nothing shown of fewer than `minimum`.
    Units: `gap` and `level` are shares in [0, 1].
    """

    groups: tuple[str, ...] = ()
    depth: int = 2
    measures: tuple[str, ...] = ()
    positive: str | None = None
    ratio: float = 0.8
    gap: float = 0.05
    least: int = 30
    minimum: int = 10
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= 3:
            raise SettingsError("fairness", "depth is out of range", got=self.depth, want="1 to 3")
        for name in ("ratio", "gap", "level"):
            if not 0 < getattr(self, name) < 1:
                got = getattr(self, name)
                raise SettingsError("fairness", f"{name} is out of range", got=got, want="0 to 1")
        for name in ("least", "minimum"):
            if getattr(self, name) < 1:
                raise SettingsError(
                    "fairness", f"{name} is no number of rows", got=getattr(self, name)
                )

    @property
    def limits(self) -> Limits:
        """From when on a difference matters."""
        return Limits(self.ratio, self.gap, max(self.least, self.minimum), level=self.level)

    @property
    def fitted(self) -> tuple[object, ...]:
        """What of it shapes a baseline; the limits do not."""
        return self.groups, self.depth, self.measures, self.positive


class TwinColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a value of one column agrees with the one reckoned offline; what is not set is as for
    all columns.  Units: `absolute` in those of the column, `relative` and `mismatch` shares."""

    absolute: float | None = None
    relative: float | None = None
    mismatch: float | None = None

    def __post_init__(self) -> None:
        _shares("skew", relative=self.relative, mismatch=self.mismatch)
        if self.absolute is not None and not 0 <= self.absolute < inf:
            raise SettingsError("skew", "absolute is out of range", got=self.absolute, want="0 up")


class SkewSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When serving and training agree on an event.

    Two numbers agree that lie no further apart than `tolerance` of the larger one; `columns` may
    say otherwise, with wildcards, of which the last one wins; `mismatch` is the share of pairs that
    may disagree.
    Units: `tolerance` and `mismatch` are shares in [0, 1).
    """

    tolerance: float = RELATIVE
    mismatch: float = MISMATCH
    columns: Mapping[str, TwinColumn] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        _shares("skew", tolerance=self.tolerance, mismatch=self.mismatch)

    def tolerance_of(self, column: str) -> Tolerance:
        """How far two numbers of a column may lie apart."""
        relative, absolute = self.tolerance, 0.0
        for one in self._of(column):
            absolute = absolute if one.absolute is None else one.absolute
            if one.relative is not None or one.absolute is not None:
                relative = one.relative or 0.0
        return Tolerance(relative, absolute)

    def mismatch_of(self, column: str) -> float:
        """The share of pairs of a column that may disagree."""
        chosen = [one.mismatch for one in self._of(column) if one.mismatch is not None]
        return chosen[-1] if chosen else self.mismatch

    def _of(self, column: str) -> list[TwinColumn]:
        return [own for pattern, own in self.columns.items() if fnmatchcase(column, pattern)]


def _shares(where: str, **given: float | None) -> None:
    for name, value in given.items():
        if value is not None and not 0 <= value < 1:
            raise SettingsError(where, f"{name} is out of range", got=value, want="0 to 1")


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


_USUAL = ModelSettings()


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens and how much it takes on.  Units: `queue_bytes` in bytes."""

    host: str = "127.0.0.1"
    port: int = 8642
    url: str = ""  # how people reach it, for links in messages
    queue_bytes: int = 128 * 2**20  # accepted, not yet durable or not yet profiled; then 429
    max_models: int = 1000
    allow_private: bool = False  # may channels reach private addresses

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError("server", "port is out of range", got=self.port, want="0 to 65535")


class StorageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things are kept; "" keeps them for ever."""

    events: str = "30d"
    minutes: str = "2d"  # profiles of base and fast windows
    profiles: str = "730d"  # those of the drift clock
    findings: str = "365d"
    quarantine: str = "30d"
    max_bytes: int | None = None  # of events

    def __post_init__(self) -> None:
        for name in ("events", "minutes", "profiles", "findings", "quarantine"):
            if getattr(self, name):
                nanoseconds(getattr(self, name), f"storage, {name}")

    def age_ns(self, name: str) -> int | None:
        text = getattr(self, name)
        return nanoseconds(text, f"storage, {name}") if text else None


class LiveSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything `vedette serve` reads from its settings file."""

    version: int = 1
    server: ServerSettings = ServerSettings()
    storage: StorageSettings = StorageSettings()
    otlp: OtlpSettings = OtlpSettings()
    push: tuple[PushSettings, ...] = ()
    models: Mapping[str, ModelSettings] = msgspec.field(default_factory=dict)
    channels: Mapping[str, Channel] = msgspec.field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    capture: CaptureSettings = CaptureSettings()
    scrape: tuple[ScrapeTarget, ...] = ()
    imports: Mapping[str, ImportSettings] = msgspec.field(default_factory=dict)

    def of(self, model: str) -> ModelSettings:
        """What holds for a model: its own entry, else the last wildcard that matches, else
        defaults.

        Example:
            >>> live = make_live({"models": {"*": {"budget": 2}, "fraud": {"budget": 1}}})
            >>> live.of("fraud").budget, live.of("churn").budget
            (1.0, 2.0)
        """
        if model in self.models:
            return self.models[model]
        matching = [m for pattern, m in self.models.items() if fnmatchcase(model, pattern)]
        return matching[-1] if matching else _USUAL


def make_live(
    given: Mapping[str, Any], where: str = "settings", lines: Mapping[tuple[str, ...], int] = {}
) -> LiveSettings:
    """Build live settings from plain values; settings of comparisons beside them hold for every
    model that does not set its own.

    Errors: SettingsError naming the line and the nearest known name for an unknown key.
    """
    shared = {key: value for key, value in given.items() if key not in LIVE_KEYS}
    names = [f.name for f in msgspec.structs.fields(Settings)]
    for key in shared:
        if key not in names:
            line = lines.get((str(key),))
            raise SettingsError(
                f"{where} line {line}" if line else where,
                f"there is no setting {key!r}",
                hint=nearest(str(key), [*LIVE_KEYS, *names])
                or f"settings are {', '.join(LIVE_KEYS)}, and those of comparisons",
            )
    make_settings(shared, where)
    inherited = {k: v for k, v in shared.items() if k in ModelSettings.__struct_fields__}
    plain = {key: value for key, value in given.items() if key in LIVE_KEYS}
    known(plain, LiveSettings, where, lines)
    models = plain.get("models") or {}
    if not isinstance(models, Mapping):
        raise SettingsError(where, "models must be a mapping", got=type(models).__name__)
    if inherited:
        models = {"*": {}, **models}
    plain["models"] = {name: {**inherited, **(own or {})} for name, own in models.items()}
    live = convert(plain, LiveSettings, where)
    check_routes(live.routes, live.channels)
    check_targets(live.scrape)
    return live


def load_live(text: str, where: str, server: Mapping[str, object] | None = None) -> LiveSettings:
    """Read live settings from YAML; those of the server that are given here come before it.

    Errors: SettingsError with the line.
    """
    from vedette.core.yaml import read_yaml

    read = read_yaml(text, where)
    own = read.value.get("server") or {}
    given = (
        {**read.value, "server": {**own, **(server or {})}}
        if isinstance(own, Mapping)
        else read.value
    )
    return make_live(given, where, read.lines)
