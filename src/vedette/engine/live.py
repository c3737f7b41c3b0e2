"""What an operator may decide about a live server and its models, with defaults.

Owns: the settings of `vedette serve`, which model they hold for, their YAML form.  Does not own:
those of one model (`engine.model_settings`), settings of a comparison (`engine.settings`, which
share the file), channels and routes (`alerts.routes`).
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from vedette.alerts.routes import Channel, Route, check_routes
from vedette.core.durations import nanoseconds
from vedette.core.errors import SettingsError, nearest
from vedette.engine.capture_settings import CaptureSettings
from vedette.engine.import_settings import ImportSettings
from vedette.engine.model_settings import ModelSettings
from vedette.engine.otlp_settings import OtlpSettings
from vedette.engine.push_settings import PushSettings
from vedette.engine.scrape_settings import ScrapeTarget, check_targets
from vedette.engine.settings import LIVE_KEYS, Settings, make_settings
from vedette.engine.yaml_struct import convert, known

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
