"""The answer of an expression for one row.

Owns: turning a tree into a function of a row, once.  Does not own: whole columns
(`derive.checks.rules`), which answer alike.  A value that is missing, or cannot be read as its
kind says, has no answer (None), nor has what is worked out from it, but for three-valued `and` and
`or`, and for `missing`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from vedette.core import reading
from vedette.core.instants import DAY, SECOND
from vedette.core.patterns import whole_match
from vedette.core.rules.tree import NUMBER, TEXT, TIME, TRUTH, Call, Literal, Name, Node

Answer = Any  # a number, a text, true, false, an instant, or None
Row = Mapping[str, object]
_Function = Callable[[Row], Answer]
_Parts = tuple[_Function, ...]
FURTHEST = 2**62  # microseconds from 1970 that an instant may lie: far beyond any calendar


def answer_of(node: Node) -> Callable[[Row], Answer]:
    """Turn a tree, its types known, into a function of a row that never raises.

    Example:
        >>> from vedette.core.rules.meaning import understand
        >>> tree = understand("a < b", {"a": "numeric", "b": "numeric"}, "rule 'r'")
        >>> in_order = answer_of(tree)
        >>> in_order({"a": 1, "b": 2}), in_order({"a": 1, "b": 1}), in_order({"a": 1})
        (True, False, None)
    """
    if isinstance(node, Literal):
        value = node.value
        return lambda row: value
    if isinstance(node, Name):
        return _column(node)
    parts = tuple(answer_of(part) for part in node.parts)
    if node.name in _OWN:
        return _OWN[node.name](parts, node)
    return _plainly(_work(node), parts)


def _column(node: Name) -> Callable[[Row], Answer]:
    name, read = node.name, _READERS[node.type]

    def value(row: Row) -> Answer:
        found = row.get(name)
        return None if found is None else read(reading.plain(found))

    return value


def _real(value: object) -> float | None:
    found = reading.number(value)
    if found is None:
        return None
    real = float(found)
    return None if real != real else real


_READERS: Mapping[str, Callable[[object], Answer]] = {
    NUMBER: _real,
    TEXT: reading.text,
    TRUTH: reading.truth,
    TIME: reading.moment,
}


def _plainly(work: Callable[..., Answer], parts: _Parts) -> _Function:
    """Work on answers; where one is missing, so is the result."""
    if len(parts) == 1:
        (only,) = parts

        def one(row: Row) -> Answer:
            value = only(row)
            return None if value is None else work(value)

        return one
    if len(parts) == 2:
        first, second = parts

        def two(row: Row) -> Answer:
            left, right = first(row), second(row)
            return None if left is None or right is None else work(left, right)

        return two

    def several(row: Row) -> Answer:
        values = [part(row) for part in parts]
        return None if None in values else work(*values)

    return several


def _and(parts: _Parts, node: Call) -> _Function:
    def both(row: Row) -> bool | None:
        values = [part(row) for part in parts]
        return False if False in values else None if None in values else True

    return both


def _or(parts: _Parts, node: Call) -> _Function:
    def either(row: Row) -> bool | None:
        values = [part(row) for part in parts]
        return True if True in values else None if None in values else False

    return either


def _missing(parts: _Parts, node: Call) -> _Function:
    (only,) = parts
    return lambda row: only(row) is None


def _if(parts: _Parts, node: Call) -> _Function:
    condition, yes, no = parts

    def chosen(row: Row) -> Answer:
        holds = condition(row)
        return None if holds is None else yes(row) if holds else no(row)

    return chosen


def _in(parts: _Parts, node: Call) -> _Function:
    first, *_ = parts
    listed = frozenset(part.value for part in node.parts[1:] if isinstance(part, Literal))

    def among(row: Row) -> bool | None:
        value = first(row)
        return None if value is None else value in listed

    return among


def _matches(parts: _Parts, node: Call) -> _Function:
    pattern = node.parts[1]
    assert isinstance(pattern, Literal)
    matches = whole_match(str(pattern.value), "matches")
    first = parts[0]

    def found(row: Row) -> bool | None:
        value = first(row)
        return None if value is None else matches(value)

    return found


_OWN: Mapping[str, Callable[[_Parts, Call], _Function]]
_OWN = {"and": _and, "or": _or, "missing": _missing, "if": _if, "in": _in, "matches": _matches}


def _work(node: Call) -> Callable[..., Answer]:
    """What is done with answers that are all there."""
    if node.name in ("+", "-") and node.parts[0].type == TIME:
        return _apart if node.type == NUMBER else _later if node.name == "+" else _earlier
    return _WORK[node.name]


def _answered(value: float) -> float | None:
    return None if value != value else value


def _divided(left: float, right: float) -> float | None:
    return _answered(left / right) if right else None


def _rest(left: float, right: float) -> float | None:
    return _answered(left % right) if right else None


def _apart(left: int, right: int) -> float:
    return (left - right) / SECOND


def _later(at: int, seconds: float) -> int | None:
    moved = seconds * SECOND
    if not abs(moved) < FURTHEST:
        return None
    there = at + round(moved)
    return there if abs(there) < FURTHEST else None


def _earlier(at: int, seconds: float) -> int | None:
    return _later(at, -seconds)


def rounded(value: float, digits: float = 0) -> float:
    """Round half to even at a decimal place, as numpy does: by a power of ten and back."""
    power = 10.0 ** int(digits)
    scaled = value * power
    if not math.isfinite(scaled):
        return value
    return float(round(scaled)) / power


def _floor(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) else value


_WORK: Mapping[str, Callable[..., Answer]] = {
    "not": lambda value: not value,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "+": lambda left, right: _answered(left + right),
    "-": lambda left, right: _answered(left - right),
    "*": lambda left, right: _answered(left * right),
    "/": _divided,
    "%": _rest,
    "negative": lambda value: -value,
    "abs": abs,
    "floor": _floor,
    "round": rounded,
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "length": len,
    "lower": str.lower,
    "upper": str.upper,
    "hour": lambda at: float(at % DAY // (3600 * SECOND)),
    "weekday": lambda at: float((at // DAY + 3) % 7),  # 1970-01-01 was a Thursday, Monday is 0
}
