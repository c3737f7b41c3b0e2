"""What the columns of a table are, as whoever imports it says.

Owns: `Columns`, the names that are understood without it.  Does not own: rows (`table`), reading
YAML (`engine.import_settings`).
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from vedette.core.errors import SettingsError

UNITS: Mapping[str, float] = MappingProxyType({"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9})
# Columns whose names say what they are, where nobody says anything.
USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("id", "event_id", "request_id"),
        "time": ("time", "timestamp"),
        "version": ("version", "model_version"),
        "prediction": ("prediction",),
        "score": ("score",),
        "label": ("label",),
        "latency": ("latency_s", "latency_ms"),
        "status": ("status_code",),
        "trace_id": ("trace_id",),
    }
)


class Time(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of moments: `format` is that of `strptime`, else ISO 8601 or a number since 1970;
    `zone` is where times stand that name none."""

    column: str
    format: str = ""
    zone: str = ""


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of durations.  Units: as `unit` says."""

    column: str
    unit: str = "s"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise SettingsError("latency", "there is no such unit", got=repr(self.unit),
                                want=", ".join(UNITS))  # fmt: skip


class Prefix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns whose names begin so, which is then left out."""

    prefix: str


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What columns are.  Columns that nothing names are features, unless `features` are named.

    Shapes: `score` one column, or a column for each score's name; a dot stands between keys of
    nested objects.
    """

    id: str | None = None
    time: Time | str | None = None
    model: str | None = None
    version: str | None = None
    features: tuple[str, ...] | Prefix | None = None
    attributes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    prediction: str | None = None
    score: str | Mapping[str, str] | None = None
    label: str | None = None
    label_time: Time | str | None = None
    latency: Latency | str | None = None
    status: str | None = None
    weight: str | None = None
    sampling_fraction: str | None = None
    trace_id: str | None = None
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.weight and self.sampling_fraction:
            raise SettingsError("columns", "weight and sampling_fraction say the same twice")

    @property
    def named(self) -> list[str]:
        """Every column that is named, but for those that are ignored."""
        scores = self.score.values() if isinstance(self.score, Mapping) else (self.score,)
        times = (self.time, self.label_time)
        listed = () if isinstance(self.features, Prefix) else self.features or ()
        found = [
            self.id, *(time_of(one).column for one in times if one), self.model, self.version,
            *listed, *self.attributes, *self.texts, self.prediction, *scores, self.label,
            latency_of(self.latency).column if self.latency else None, self.status, self.weight,
            self.sampling_fraction, self.trace_id,
        ]  # fmt: skip
        return [name for name in found if name]

    @property
    def as_text(self) -> frozenset[str]:
        """Columns that are text, whatever their values look like: 007 is no number."""
        times = (time_of(one) for one in (self.time, self.label_time) if one)
        spelt = (one.column for one in times if one.format)
        return frozenset(name for name in (self.id, self.version, self.trace_id, *spelt) if name)


USUAL_TEXT = frozenset(one for name in ("id", "version", "trace_id") for one in USUAL[name])


def time_of(given: Time | str) -> Time:
    """A column of moments, however it is given."""
    return Time(given) if isinstance(given, str) else given


def latency_of(given: Latency | str) -> Latency:
    """A column of durations, in the unit that its name ends in.

    Example:
        >>> latency_of("took_ms").unit, latency_of("took").unit
        ('ms', 's')
    """
    if not isinstance(given, str):
        return given
    unit = given.rpartition("_")[2]
    return Latency(given, unit if unit in UNITS else "s")


def usual(names: Mapping[str, object]) -> Columns:
    """What columns are by their names alone.

    Example:
        >>> usual({"id": 1, "age": 3, "latency_ms": 5.0}).latency
        'latency_ms'
    """
    found = {what: [name for name in own if name in names] for what, own in USUAL.items()}
    return msgspec.convert({what: own[0] for what, own in found.items() if own}, Columns)
