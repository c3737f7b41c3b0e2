"""Settings of a model that people saved from the page or over the API.

Owns: which settings may be saved, what a change makes of those saved before, the settings in force.
Does not own: the settings themselves (`engine.model_settings`), going on under them
(`engine.terms`).

What is saved is small and safe: it never shapes a baseline, nor what was counted.  A place names
one setting: `budget`, or of a column `columns/amount`.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.engine.model_settings import ModelSettings
from vedette.engine.settings import ColumnSettings
from vedette.engine.yaml_struct import convert, known

PLAIN = ("budget", "period", "min_effect", "without")  # settings of the model itself
COLUMNS, IMPORTANCE = "columns", "importance"  # settings of single columns
FIELDS = (*PLAIN, IMPORTANCE, COLUMNS)
WHERE = "settings"


class Saved(msgspec.Struct, frozen=True):
    """One setting that somebody saved.  Units: `at` in UTC nanoseconds of the server's clock."""

    value: Any
    by: str = ""
    at: int = 0
    note: str = ""


class Signed(NamedTuple):
    """Who saves something, when, and why."""

    by: str = ""
    at: int = 0
    note: str = ""


Kept = Mapping[str, Saved]  # by place


def merged(
    kept: Kept, changes: Mapping[str, Any], signed: Signed, columns: Iterable[str] | None = None
) -> dict[str, Saved]:
    """What is saved after a change.  A value of None takes a setting back to the file.

    `columns` are those that there are; None when nobody knows yet.
    Errors: SettingsError in the words that the settings file gets, for what may not be saved, a
    value out of range, or a column that does not exist.
    """
    values = _values(changes)
    if not values:
        raise SettingsError(WHERE, "nothing is changed", want=f"one of {', '.join(FIELDS)}")
    found = dict(kept)
    for place, value in values.items():
        if value is None:
            for gone in [p for p in found if p == place or p.startswith(f"{place}/")]:
                del found[gone]
            continue
        _check_column(place, columns)
        found[place] = Saved(value, *signed)
    return dict(sorted(found.items()))


def in_force(file: ModelSettings, kept: Kept) -> ModelSettings:
    """The settings of the file with what was saved over them.

    Errors: SettingsError when they do not go together.
    """
    if not kept:
        return file
    plain = {place: one.value for place, one in kept.items() if "/" not in place}
    columns, importance = dict(file.columns), dict(file.importance)
    for place, one in kept.items():
        name, _, column = place.partition("/")
        if name == COLUMNS:
            own = columns.pop(exactly(column), ColumnSettings())  # the last one wins
            columns[exactly(column)] = msgspec.structs.replace(own, min_effect=one.value)
        elif name == IMPORTANCE:
            importance[column] = one.value
    if "without" in plain:
        plain["without"] = tuple(plain["without"])
    made = msgspec.structs.replace(file, **plain, columns=columns, importance=importance)
    made.__post_init__()
    return made


def folded(acts: Iterable[Mapping[str, Any]]) -> dict[str, Saved]:
    """What is saved after some acts, the oldest first; one that no longer can be is passed over."""
    kept: dict[str, Saved] = {}
    for act in acts:
        with suppress(SettingsError):
            kept = merged(kept, act["changes"], signed(act, int(act.get("at", 0))))
    return kept


def valid(file: ModelSettings, kept: Kept) -> dict[str, Saved]:
    """What of it still goes with the file: a server must start, whatever was saved under another
    version."""
    found: dict[str, Saved] = {}
    for place, one in kept.items():
        with suppress(SettingsError):
            in_force(file, {**found, place: one})
            found[place] = one
    return found


def signed(act: Mapping[str, Any], at: int) -> Signed:
    """Who signs an act."""
    return Signed(str(act.get("by", "")), at, str(act.get("note", "")))


def refused(error: SettingsError) -> UsageError:
    """The same words, as what a person is told who asked for it."""
    return UsageError(error.where, error.problem, got=error.got, want=error.want, hint=error.hint)


def said(changes: Mapping[str, Any]) -> str:
    """A change in a few words.

    Example:
        >>> said({"budget": 2.0, "period": None, "columns": {"amount": {"min_effect": 0.1}}})
        'budget 2, period as in the file, min_effect of `amount` 0.1'
    """
    return ", ".join(f"{_named(place)} {spelt(value)}" for place, value in _values(changes).items())


def spelt(value: Any) -> str:
    """A value of a setting as people read it.

    Example:
        >>> spelt(2.0), spelt(["volume"]), spelt(()), spelt(None)
        ('2', 'volume', 'none', 'as in the file')
    """
    if value is None:
        return "as in the file"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def exactly(column: str) -> str:
    """The wildcard that matches one column alone.

    Example:
        >>> exactly("amount"), exactly("a[1]*")
        ('amount', 'a[[]1][*]')
    """
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in column)


def _named(place: str) -> str:
    name, _, column = place.partition("/")
    if not column:
        return name
    return f"{'min_effect' if name == COLUMNS else name} of `{column}`"


def _values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """A change by place, every value as the settings hold it.  Errors: SettingsError."""
    if not isinstance(changes, Mapping):
        raise SettingsError(WHERE, "must be a mapping", got=type(changes).__name__)
    for name in changes:
        if name not in FIELDS and name in ModelSettings.__struct_fields__:
            raise SettingsError(
                WHERE, f"{name} cannot be changed here", want=f"one of {', '.join(FIELDS)}",
                hint="change the settings file and start the server again",
            )  # fmt: skip
    given = {name: value for name, value in changes.items() if value is not None}
    for name in (COLUMNS, IMPORTANCE):
        if isinstance(given.get(name), Mapping):
            given[name] = {c: v for c, v in given[name].items() if _value_of(v) is not None}
    known({**dict.fromkeys(changes), **given}, ModelSettings, WHERE)
    made = convert(given, ModelSettings, WHERE)
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name in PLAIN or value is None:
            found[name] = None if value is None else _plain(name, getattr(made, name))
        else:
            found |= {f"{name}/{c}": _own(made, name, c, v) for c, v in value.items()}
    return found


def _plain(name: str, value: Any) -> Any:
    return list(value) if name == "without" else value


def _own(made: ModelSettings, name: str, column: str, value: Any) -> float | None:
    """What a change says of one column; None: as in the file."""
    if _value_of(value) is None:
        return None
    if name == IMPORTANCE:
        return made.importance[column]
    own = made.columns[column]
    others = [f for f in own.__struct_fields__ if f != "min_effect" and getattr(own, f)]
    if others:
        raise SettingsError(
            WHERE, f"{others[0]} of column {column!r} cannot be changed here", want="min_effect"
        )
    if own.min_effect is not None and not isfinite(own.min_effect):
        raise SettingsError(WHERE, f"min_effect of column {column!r} is no number")
    return own.min_effect


def _value_of(value: Any) -> Any:
    """What is said of a column, None where that is nothing."""
    if isinstance(value, Mapping) and all(part is None for part in value.values()):
        return None
    return value


def _check_column(place: str, columns: Iterable[str] | None) -> None:
    name, _, column = place.partition("/")
    if not column or columns is None:
        return
    there = tuple(columns)
    if column not in there:
        raise SettingsError(
            name, f"there is no column {column!r}",
            hint=nearest(column, there) or f"columns are {', '.join(there[:20])}",
        )  # fmt: skip
