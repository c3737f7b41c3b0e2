"""Single values of attributes, read.

Owns: one function for each way of reading that the table names.  Does not own: which attribute is
read how (`dialects`), messages.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any

import msgspec

from vedette.ingest.genai import dialects as table

LARGEST = 1e15  # below it float64, as which numbers are stored, holds every whole number


def word(value: Any) -> str | None:
    """A text, or what is spelt as one; None for what is empty or holds several values.

    Example:
        >>> word("gpt"), word(3), word(""), word(["a", "b"])
        ('gpt', '3', None, None)
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else None


def lower(value: Any) -> str | None:
    """A word in lower case.

    Example:
        >>> lower("Anthropic")
        'anthropic'
    """
    found = word(value)
    return None if found is None else found.lower()


def quoted(value: Any) -> str | None:
    """A word in JSON's quotes, as MLflow writes it, or without them.

    Example:
        >>> quoted('"CHAT_MODEL"'), quoted("CHAT_MODEL")
        ('CHAT_MODEL', 'CHAT_MODEL')
    """
    if isinstance(value, str) and value[:1] == '"':
        try:
            return word(msgspec.json.decode(value))
        except msgspec.DecodeError:
            return value
    return word(value)


def number(value: Any) -> float | None:
    """A finite number, also one in a text.

    Example:
        >>> number(0.5), number("2"), number(True), number("warm"), number("inf")
        (0.5, 2.0, None, None, None)
    """
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        try:
            value = float(value)
        except (ValueError, OverflowError):
            return None
    return value if isfinite(value) else None


def seconds(value: Any) -> float | None:
    """A time span that is not negative.

    Example:
        >>> seconds(0.25), seconds(-1.0)
        (0.25, None)
    """
    found = number(value)
    return None if found is None or found < 0 else found


def count(value: Any) -> int | None:
    """A whole number from 0.

    Example:
        >>> count(12), count("12"), count(12.0), count(1.5), count(-1)
        (12, 12, 12, None, None)
    """
    if type(value) is not int:
        found = number(value)
        if found is None or found > LARGEST or found != int(found):
            return None
        value = int(found)
    return value if 0 <= value <= LARGEST else None


def flag(value: Any) -> bool | None:
    """Yes or no.

    Example:
        >>> flag(True), flag("false"), flag("perhaps")
        (True, False, None)
    """
    if isinstance(value, bool):
        return value
    return _FLAGS.get(value) if isinstance(value, str) else None


_FLAGS = {"true": True, "True": True, "false": False, "False": False}


def finishes(value: Any) -> str | None:
    """Why messages ended, one reason or several, in one set of words, each said once.

    Example:
        >>> finishes(["end_turn", "length", "stop"]), finishes("tool_use"), finishes([])
        ('stop,length', 'tool_call', None)
    """
    told = value if isinstance(value, list | tuple) else [value]
    found = [_FINISHES(reason, reason) for one in told if one and (reason := str(one))]
    return ",".join(dict.fromkeys(found) if len(found) > 1 else found) or None


_FINISHES = table.FINISHES.get


READS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        table.WORD: word,
        table.LOWER: lower,
        table.QUOTED: quoted,
        table.NUMBER: number,
        table.SECONDS: seconds,
        table.COUNT: count,
        table.FLAG: flag,
        table.FINISH: finishes,
    }
)


def members(value: Any) -> tuple[dict[str, Any], bool]:
    """The columns of an object's members, and whether those are all that it holds.

    Shapes: a dict or its JSON.
    Example:
        >>> members('{"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}')
        ({'input_tokens': 3, 'output_tokens': 2}, True)
        >>> members('{"input_tokens": 3, "seed": 5}')
        ({'input_tokens': 3}, False)
        >>> members("none of them")
        ({}, False)
    """
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return {}, False
    if not isinstance(value, Mapping):
        return {}, False
    found: dict[str, Any] = {}
    more = 0
    for name, held in value.items():
        column, read = table.MEMBERS.get(name, ("", ""))
        if column and (told := READS[read](held)) is not None:
            found[column] = told
        elif name != "total_tokens":
            more += 1
    total = found.get("input_tokens", 0) + found.get("output_tokens", 0)
    return found, not more and value.get("total_tokens", total) == total
