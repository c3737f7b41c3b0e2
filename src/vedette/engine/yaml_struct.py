"""Plain values to settings, with errors that name the key, the line and the nearest known name.

Owns: checking keys of nested msgspec structs and converting.  Does not own: any setting.
"""

import re
import types
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from vedette.core.errors import SettingsError, nearest

T = TypeVar("T")
WORDS = {
    "array": "a list", "object": "a mapping", "str": "text", "float": "a number",
    "int": "a whole number", "bool": "true or false", "null": "nothing",
}  # fmt: skip  # how msgspec calls what a setting holds, in people's words


def known(
    given: Any,
    kind: Any,
    where: str,
    lines: Mapping[tuple[str, ...], int] | None = None,
    inside: tuple[str, ...] = (),
) -> None:
    """Refuse keys that a struct, or one nested in it, does not have.

    Errors: SettingsError with the line, if lines are given, and the nearest known name.
    """
    kind = _plain(kind)
    if isinstance(given, Mapping) and get_origin(kind) is not None:
        arguments = get_args(kind)
        for key, value in given.items() if len(arguments) == 2 else ():
            known(value, arguments[1], where, lines, (*inside, str(key)))
    elif isinstance(given, list | tuple) and get_origin(kind) is tuple:
        for value in given:
            known(value, get_args(kind)[0], where, None, inside)
    elif isinstance(given, Mapping) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        names = [field.encode_name for field in msgspec.structs.fields(kind)]
        for key, value in given.items():
            here = (*inside, str(key))
            if key not in names:
                line = (lines or {}).get(here)
                place = f"{where} line {line}" if line else where
                below = f" under {'.'.join(inside)}" if inside else ""
                raise SettingsError(
                    place,
                    f"there is no setting {key!r}{below}",
                    hint=nearest(str(key), names) or f"settings are {', '.join(names)}",
                )
            field = next(f for f in msgspec.structs.fields(kind) if f.encode_name == key)
            known(value, hints[field.name], where, lines, here)


def convert(given: Mapping[str, Any], kind: type[T], where: str) -> T:
    """Build a struct.  Errors: SettingsError in one sentence, without the words of a library."""
    try:
        return msgspec.convert(_spelt(given), kind, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(where, cause(error)) from None


def _spelt(value: Any) -> Any:
    """Plain values with the instants that YAML reads written as text again."""
    if isinstance(value, Mapping):
        return {key: _spelt(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def cause(error: Exception) -> str:
    """The one sentence of an error, without the words of the library that found it."""
    if isinstance(error.__cause__, SettingsError):
        return str(error.__cause__)
    found = re.fullmatch(r"Expected `(.+)`, got `(.+)` - at `\$\.(.+)`", str(error))
    if not found:
        return str(error)
    want, got = (WORDS.get(found[i].removesuffix(" | null"), found[i]) for i in (1, 2))
    return f"{found[3]} must be {want}; got {got}"


def _plain(kind: Any) -> Any:
    """A type without None beside it."""
    if get_origin(kind) in (Union, types.UnionType):
        parts = [part for part in get_args(kind) if part is not type(None)]
        return parts[0] if len(parts) == 1 else kind
    return kind
