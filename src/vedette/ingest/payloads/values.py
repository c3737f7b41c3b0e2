"""Values of any shape, as columns can hold them.

Owns: names of nested values, what becomes of long lists, of nested lists, of files, and of names
that no feature may have.  Does not own: tensors (`tensors`).
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from vedette.core.events import Value
from vedette.core.rows import RESERVED
from vedette.ingest.limits import Limits, Refused

DEEPEST = 4  # levels of names; what lies deeper is one text
NESTED = 16  # levels of lists in lists


def features_of(given: Mapping[str, Any], limits: Limits) -> dict[str, Value]:
    """One instance as features: flat, with names of nested values joined by dots.

    A list of numbers stays one; of one too long to keep its size, mean, standard deviation, least
    and greatest are kept.  Of a file (`{"b64": ...}`) only its size is.  A name that vedette needs
    itself gets `input.` before it.

    Example:
        >>> features_of({"age": 3, "home": {"zip": "10115"}, "score": 650}, Limits())
        {'age': 3, 'home.zip': '10115', 'input.score': 650}
        >>> features_of({"image": {"b64": "aGVsbG8="}, "tags": ["a", 1]}, Limits())
        {'image.bytes': 5, 'tags': '["a",1]'}
    """
    out: dict[str, Value] = {}
    _put(out, "", given, limits, DEEPEST)
    return out


def safe(name: str) -> str:
    """A name that a feature may have."""
    return f"input.{name}" if name in RESERVED else name


def columns_of(size: int, names: Sequence[str], prefix: str = "column") -> list[str]:
    """The names of so many nameless values: those that are known, when they are as many.

    Example:
        >>> columns_of(2, ["age", "height"]), columns_of(2, ["age"]), columns_of(1, (), "x")
        (['age', 'height'], ['column_1', 'column_2'], ['x_1'])
    """
    if len(names) == size:
        return [safe(name) for name in names]
    return [f"{prefix}_{place}" for place in range(1, size + 1)]


def is_number(value: Any) -> bool:
    """Whether a value is a number, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_scalar(value: Any) -> bool:
    """Whether a value is one that a cell holds."""
    return value is None or isinstance(value, str | int | float)


def numbers(values: Iterable[Any]) -> list[float]:
    """Numbers with those that are missing as NaN, those beyond float64 as infinities."""
    return [_number(one) for one in values]


def _number(value: Any) -> float:
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def put_list(out: dict[str, Value], name: str, values: Sequence[Any], limits: Limits) -> None:
    """Put a list of numbers under a name, or what is kept of a long one.

    Example:
        >>> out = {}
        >>> put_list(out, "x", [1, 2], Limits()); put_list(out, "y", [0, 4], Limits(string=8))
        >>> out["x"], out["y.mean"], out["y.std"]
        ([1.0, 2.0], 2.0, 2.0)
    """
    given = numbers(values)
    if len(given) <= limits.string // 8:
        out[name] = given
        return
    known = [one for one in given if math.isfinite(one)]
    out[f"{name}.size"] = len(given)
    if known:
        mean = math.fsum(known) / len(known)
        spread = math.fsum((one - mean) ** 2 for one in known) / len(known)
        out |= {f"{name}.mean": mean, f"{name}.std": math.sqrt(spread)}
        out |= {f"{name}.min": min(known), f"{name}.max": max(known)}


def flat(values: Any) -> list[Any]:
    """Nested lists as one, row by row; without recursion, as a sender nests as it likes.

    Errors: Refused, 400, for lists nested deeper than any tensor.
    """
    level = values if isinstance(values, list) else [values]
    for _ in range(NESTED):
        if not any(isinstance(one, list) for one in level):
            return level
        level = [
            inner for outer in level for inner in (outer if isinstance(outer, list) else [outer])
        ]
    raise Refused(400, "has lists nested too deeply", want=f"at most {NESTED} levels")


def _put(out: dict[str, Value], name: str, value: Any, limits: Limits, left: int) -> None:
    if is_scalar(value):  # asked first: most values are
        out[safe(name)] = value
    elif isinstance(value, Mapping):
        if isinstance(value.get("b64"), str):
            text = value["b64"].rstrip("=")
            out[f"{name or 'input'}.bytes"] = len(text) * 3 // 4
        elif left:
            for inner, one in value.items():
                _put(out, f"{name}.{inner}" if name else str(inner), one, limits, left - 1)
        else:
            out[safe(name)] = as_text(value)
    elif isinstance(value, list) and value and all(one is None or is_number(one) for one in value):
        put_list(out, safe(name), value, limits)
    elif isinstance(value, list) and _all_numbers(value):
        put_list(out, safe(name), flat(value), limits)
    else:
        out[safe(name)] = as_text(value)


def _all_numbers(value: list[Any]) -> bool:
    level = flat(value)
    return bool(level) and all(one is None or is_number(one) for one in level)


def as_text(value: Any) -> str:
    """What no column holds, as JSON."""
    try:
        return msgspec.json.encode(value).decode()
    except (msgspec.MsgspecError, OverflowError, ValueError):  # numbers beyond 64 bits
        return json.dumps(value)
