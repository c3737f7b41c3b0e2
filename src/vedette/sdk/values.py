"""Whatever a caller hands over, as values that an event may carry.

Owns: which Python value becomes which, and how long a text may be.  Does not own: the events
themselves (`sdk.items`).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite, nan
from typing import Any, cast

import msgspec

from vedette.core.events import Score, Value

VALUE_BYTES = 64_000  # a server takes 64 kB for a value
TEXT_BYTES = 256_000  # and a text (a prompt, an answer) up to 1 MiB
DEPTH = 8  # how often a value may give another value in its place (an enum of a numpy number, say)

Notes = list[str]  # what had to be changed, in words that hold nothing of the value


def plain(value: object, notes: Notes, depth: int = DEPTH) -> Value:
    """The nearest value that an event may carry.

    None, NaN, NA and NaT are missing.  numpy's numbers become Python's, Decimal a number, enums
    their value, moments ISO text, timedeltas seconds, arrays and sequences of numbers a vector.
    Anything else becomes text, which is noted.

    Example:
        >>> notes = []
        >>> [plain(v, notes) for v in (1, float("nan"), Decimal("2.5"), [1, 2])], notes
        ([1, None, 2.5, [1.0, 2.0]], [])
        >>> plain({"a": 1}, notes), notes
        ('{"a":1}', ['a value of type dict became text'])
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value, notes, depth - 1) if depth else spelt(value, notes)
    if isinstance(value, str):
        return shortened(value, VALUE_BYTES, notes)
    if isinstance(value, int):
        return _whole(int(value))
    if isinstance(value, float | Decimal):
        if isinstance(value, Decimal) and value.is_nan():
            return None  # a signaling one cannot become a float
        number = float(value)
        return None if number != number else number
    if isinstance(value, datetime | date | time):
        return None if value != value else value.isoformat()  # pandas' NaT is a datetime
    if isinstance(value, timedelta):
        return None if value != value else value.total_seconds()
    return _other(value, notes, depth)


def _whole(value: int) -> Value:
    if -(2**63) <= value < 2**64:
        return value
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _other(value: Any, notes: Notes, depth: int) -> Value:
    kind = type(value)
    if kind.__name__ in ("NAType", "NaTType"):
        return None
    if depth:
        for turn in ("item", "tolist"):  # numbers and arrays of numpy, torch and their kin
            method = getattr(value, turn, None)
            if callable(method):
                try:
                    return plain(method(), notes, depth - 1)
                except (TypeError, ValueError, RuntimeError):  # an array has no single item
                    continue
    if isinstance(value, list | tuple):
        vector = _vector(value)
        if vector is not None:
            return vector
    return spelt(value, notes)


def _vector(values: Iterable[object]) -> list[float] | None:
    """Numbers as floats, missing ones as NaN; None when something else is among them."""
    vector = []
    for value in values:
        if value is None:
            vector.append(nan)
        elif isinstance(value, int | float):
            vector.append(float(value))
        elif callable(getattr(value, "item", None)):
            vector.append(float(cast(Any, value)))
        else:
            return None
    return vector


def spelt(value: object, notes: Notes) -> str:
    """Any value as text: JSON for dicts and lists of text, `str` for the rest."""
    notes.append(f"a value of type {type(value).__name__} became text")
    try:
        text = msgspec.json.encode(value, enc_hook=str).decode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        text = str(value)
    bare = len(text) > 1 and text[0] == text[-1] == '"'  # what JSON itself writes as text
    return shortened(text[1:-1] if bare else text, VALUE_BYTES, notes)


def shortened(text: str, limit: int, notes: Notes) -> str:
    """A text that is valid Unicode and no longer than so many bytes.

    Example:
        >>> notes = []
        >>> shortened("häuser", 2, notes), notes
        ('h', ['a text of 7 bytes was cut'])
    """
    raw = text.encode("utf-8", "replace")  # a lone surrogate becomes "?"
    if len(raw) <= limit:
        return raw.decode()
    notes.append(f"a text of {len(raw)} bytes was cut")
    return raw[:limit].decode("utf-8", "ignore")


def number(value: object, notes: Notes, what: str) -> float | None:
    """A number, or None with a note when it is none; NaN is None without one."""
    got = plain(value, notes)
    if got is None:
        return None
    try:
        return float(cast(Any, got))  # a vector raises TypeError
    except (TypeError, ValueError):
        notes.append(f"{what} of type {type(value).__name__} is no number")
        return None


def scored(value: object, notes: Notes) -> Score | None:
    """A score, or a list of them; None with a note when it is neither, for NaN without one.

    Example:
        >>> notes = []
        >>> [scored(v, notes) for v in (1, (0.5, None), float("nan"), ["a"])], notes[-1]
        ([1.0, [0.5, nan], None, None], 'a score of type list is no number')
    """
    listed = getattr(value, "tolist", None)
    if callable(listed):
        value = listed()
    vector = _vector(value) if isinstance(value, list | tuple) else None
    return number(value, notes, "a score") if vector is None else vector


def finite(value: object, notes: Notes, what: str) -> float | None:
    """A number that is finite and not below 0, or None with a note."""
    got = number(value, notes, what)
    if got is not None and not (isfinite(got) and got >= 0):
        notes.append(f"{what} is negative or not finite")
        return None
    return got


def named(values: object) -> dict[str, Any]:
    """A mapping, or the fields of a record (dataclass, named tuple, pydantic, msgspec), by name.

    Errors: TypeError when it is neither.

    Example:
        >>> named({1: "a"})
        {'1': 'a'}
    """
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {key if type(key) is str else str(key): value for key, value in values.items()}
    for turn in ("_asdict", "model_dump", "to_dict"):
        method = getattr(values, turn, None)
        if callable(method):
            return named(method())
    names = getattr(values, "__struct_fields__", None) or getattr(
        values, "__dataclass_fields__", None
    )
    if names:
        return {str(name): getattr(values, name) for name in names}
    raise TypeError(f"wanted a mapping of names to values; got {type(values).__name__}")
