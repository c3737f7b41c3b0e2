"""What a user may decide about a comparison, with defaults.

Owns: the settings, per-column wildcards, their YAML form.  Does not own: flags (`cli`), schemas
(`core.schema`).
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from vedette.core.errors import SettingsError, nearest
from vedette.core.schema import KINDS, ROLES
from vedette.engine.yaml_struct import cause
from vedette.monitors.control import METHODS, Control

# What a server reads of the same file (`engine.live`); a comparison passes it over.
LIVE_KEYS = (
    "version", "server", "storage", "otlp", "push", "scrape", "capture", "models", "channels",
    "routes", "imports",
)  # fmt: skip
MOST_EXAMPLES = 10
NAMED_ROLES = ("label", "prediction", "score", "time", "id")


class ColumnSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be set for the columns that a wildcard matches.

    Units: `min_effect` in reference standard deviations, or in the unit of a chosen `method`.
    """

    min_effect: float | None = None
    method: str | None = None
    kind: str | None = None
    role: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        if self.min_effect is not None:
            _within("min_effect", self.min_effect, low=0.0)
        for what, value, words in (
            ("method", self.method, METHODS),
            ("kind", self.kind, KINDS),
            ("role", self.role, ROLES),
        ):
            if value is not None and value not in words:
                raise SettingsError(
                    "columns",
                    f"unknown {what}",
                    got=repr(value),
                    want=f"one of {', '.join(words)}",
                    hint=nearest(str(value), words),
                )


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How two tables are compared.

    Bounds: `alpha` is the chance that any unchanged column alarms, `alpha_margin` that one changed
    by exactly `min_effect` does; `examples` texts are shown of every neighbourhood that grew.
    Errors: SettingsError for values outside their range.
    """

    min_effect: float = 0.05
    alpha: float = 0.05
    alpha_margin: float = 0.01
    strict: bool = False
    joint: bool = False
    examples: int = 0
    dependence: bool = True
    segments: tuple[str, ...] = ()
    columns: Mapping[str, ColumnSettings] = msgspec.field(default_factory=dict)
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    time: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        _within("min_effect", self.min_effect, low=0.0)
        _within("alpha", self.alpha, low=0.0, high=0.5)
        _within("alpha_margin", self.alpha_margin, low=0.0, high=0.5)
        if not 0 <= self.examples <= MOST_EXAMPLES:
            raise SettingsError(
                "examples",
                "is no number of texts",
                got=self.examples,
                want=f"0 to {MOST_EXAMPLES}",
            )
        named = [name for role in NAMED_ROLES if (name := getattr(self, role)) is not None]
        for name in named:
            if named.count(name) > 1:
                roles = [role for role in NAMED_ROLES if getattr(self, role) == name]
                where = f"column {name!r}"
                raise SettingsError(where, "it has two roles", got=" and ".join(roles), want="one")

    @property
    def control(self) -> Control:
        return Control(self.alpha, self.alpha_margin, self.strict)

    @property
    def roles(self) -> dict[str, str]:
        """Columns that were given a role by name: column -> role."""
        named = {r: getattr(self, r) for r in NAMED_ROLES}
        return {column: role for role, column in named.items() if column is not None}

    def of(self, column: str) -> ColumnSettings:
        """Everything set for a column; where wildcards overlap, the later one wins."""
        merged: dict[str, object] = {}
        for pattern, chosen in self.columns.items():
            if fnmatchcase(column, pattern):
                given = msgspec.structs.asdict(chosen)
                merged |= {name: value for name, value in given.items() if value is not None}
        return ColumnSettings(**merged)  # type: ignore[arg-type]


def make_settings(given: Mapping[str, object], where: str = "settings") -> Settings:
    """Build settings from plain values.

    Errors: SettingsError with the nearest known name for a key that does not exist.
    Example:
        >>> make_settings({"columns": {"*_amount": {"method": "psi"}}}).of("tax_amount").method
        'psi'
    """
    _known(given, Settings, where)
    for pattern, chosen in _mapping(given.get("columns") or {}, f"{where}, columns").items():
        _known(
            _mapping(chosen, f"{where}, columns {pattern!r}"),
            ColumnSettings,
            f"{where}, {pattern!r}",
        )
    try:
        return msgspec.convert(dict(given), Settings, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(where, cause(error)) from None


def load_settings(text: str, where: str) -> dict[str, object]:
    """Read settings from YAML, checked but not completed: flags may still override them.

    Errors: SettingsError with the line of an unknown key.
    """
    from vedette.core.yaml import read_yaml  # most comparisons have no settings file

    read = read_yaml(text, where)
    given = {key: value for key, value in read.value.items() if key not in LIVE_KEYS}
    _known(given, Settings, where, read.lines)
    columns = given.get("columns")
    for pattern, chosen in columns.items() if isinstance(columns, Mapping) else ():
        if isinstance(chosen, Mapping):
            _known(chosen, ColumnSettings, where, read.lines, ("columns", pattern))
    make_settings(given, where)
    return given


def _known(
    given: Mapping[str, object],
    kind: type[msgspec.Struct],
    where: str,
    lines: Mapping[tuple[str, ...], int] | None = None,
    inside: tuple[str, ...] = (),
) -> None:
    names = [field.name for field in msgspec.structs.fields(kind)]
    for key in given:
        if key not in names:
            line = (lines or {}).get((*inside, str(key)))
            raise SettingsError(
                f"{where} line {line}" if line else where,
                f"there is no setting {key!r}",
                hint=nearest(str(key), names) or f"settings are {', '.join(names)}",
            )


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SettingsError(where, "must be a mapping", got=type(value).__name__)
    return value


def _within(name: str, value: float, low: float, high: float = float("inf")) -> None:
    if not low < value < high:
        want = f"above {low:g}" + (f" and below {high:g}" if high < float("inf") else "")
        raise SettingsError("settings", f"{name} is out of range", got=f"{value:g}", want=want)
