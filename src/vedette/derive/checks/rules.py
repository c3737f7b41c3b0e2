"""The answers of an expression for the rows of a batch.

Owns: working a tree out over columns; it answers as `core.rules.answers` does for one row.  Does
not own: the language (`core.rules`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.instants import DAY, SECOND
from vedette.core.patterns import whole_match
from vedette.core.rules.answers import FURTHEST
from vedette.core.rules.tree import NUMBER, TEXT, TIME, TRUTH, Call, Literal, Name, Node
from vedette.derive.checks.readings import Flags, instants, numbers, truths
from vedette.profiles.columns import as_codes, column_or_absent


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of an expression.

    Shapes: values [n] or one for all rows: float64 (NaN where not known), bool, int64
    microseconds, or positions in `texts`; known likewise bool.
    """

    values: NDArray[Any]
    known: Flags
    texts: Sequence[str] = ()


def broken(batch: pa.RecordBatch, tree: Node) -> Flags:
    """Which rows break a rule; one without an answer obeys.

    Shapes: bool[n]; `tree` as `Rule.understood` gives it; a column that did not arrive is missing.
    Example:
        >>> from vedette.core.rules.rule import Rule
        >>> tree = Rule("r", "a < b").understood({"a": "numeric", "b": "numeric"})
        >>> batch = pa.record_batch({"a": [1, 2, None], "b": [2, 1, 1]})
        >>> broken(batch, tree).tolist()
        [False, True, False]
    """
    with np.errstate(all="ignore"):
        found = answers(batch, tree)
    return np.broadcast_to(found.known & ~found.values, batch.num_rows).copy()


def answers(batch: pa.RecordBatch, node: Node) -> Answers:
    """Work an expression out, its types known, over a batch."""
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Name):
        return _READERS[node.type](column_or_absent(batch, node.name))
    parts = [answers(batch, part) for part in node.parts]
    return _of(node)(parts, node)


def _literal(node: Literal) -> Answers:
    if node.type == TEXT:
        return Answers(np.array(0), np.array(True), (str(node.value),))
    return Answers(np.array(node.value), np.array(True))


def _real(column: pa.Array) -> Answers:
    if pa.types.is_boolean(column.type):  # true and false are no numbers
        column = pa.nulls(len(column), pa.float64())
    values = np.where(column.is_valid(), numbers(column).astype(np.float64), np.nan)
    return _number(values)


def _number(values: NDArray[np.float64]) -> Answers:
    return Answers(values, ~np.isnan(values))


def _text(column: pa.Array) -> Answers:
    text = as_codes(column)
    values = [value or "" for value in text.dictionary.to_pylist()]
    return Answers(np.maximum(text.codes, 0), text.codes >= 0, values or ("",))


_READERS: Mapping[str, Callable[[pa.Array], Answers]] = {
    NUMBER: _real,
    TEXT: _text,
    TRUTH: lambda column: Answers(*truths(column)),
    TIME: lambda column: Answers(*instants(column)),
}


def _of(node: Call) -> Callable[[Sequence[Answers], Call], Answers]:
    first = node.parts[0].type
    if node.name in ("+", "-") and first == TIME:
        return _apart if node.type == NUMBER else _moved
    if first == TEXT and node.name in _COMPARED:
        return _compare_texts
    return _WORK[node.name]


def _and(parts: Sequence[Answers], node: Call) -> Answers:
    values, known = parts[0].values, parts[0].known
    for part in parts[1:]:
        no = (known & ~values) | (part.known & ~part.values)
        values, known = values & part.values, (known & part.known) | no
        values = values & ~no
    return Answers(values, known)


def _or(parts: Sequence[Answers], node: Call) -> Answers:
    turned = [Answers(~part.values, part.known) for part in parts]
    found = _and(turned, node)
    return Answers(~found.values, found.known)


def _not(parts: Sequence[Answers], node: Call) -> Answers:
    return Answers(~parts[0].values, parts[0].known)


def _missing(parts: Sequence[Answers], node: Call) -> Answers:
    return Answers(~parts[0].known, np.array(True))


def _if(parts: Sequence[Answers], node: Call) -> Answers:
    condition, yes, no = parts
    known = condition.known & np.where(condition.values, yes.known, no.known)
    if node.type == NUMBER:
        return _known_number(np.where(condition.values, yes.values, no.values), known)
    if node.type != TEXT:
        return Answers(np.where(condition.values, yes.values, no.values), known)
    values = np.where(condition.values, yes.values, no.values + len(yes.texts))
    return Answers(values, known, [*yes.texts, *no.texts])


def _in(parts: Sequence[Answers], node: Call) -> Answers:
    listed = [part.value for part in node.parts[1:] if isinstance(part, Literal)]
    first = parts[0]
    if node.parts[0].type != TEXT:
        return Answers(np.isin(first.values, listed), first.known)
    return _looked_up(first, lambda text: text in listed)


def _matches(parts: Sequence[Answers], node: Call) -> Answers:
    return _looked_up(parts[0], whole_match(parts[1].texts[0], "matches"))


def _looked_up(part: Answers, work: Callable[[str], Any]) -> Answers:
    """Ask every different text once."""
    return Answers(np.array([work(text) for text in part.texts])[part.values], part.known)


def _length(parts: Sequence[Answers], node: Call) -> Answers:
    found = _looked_up(parts[0], len)
    return _known_number(found.values, found.known)


def _cased(parts: Sequence[Answers], node: Call) -> Answers:
    turn = str.lower if node.name == "lower" else str.upper
    return Answers(parts[0].values, parts[0].known, [turn(text) for text in parts[0].texts])


def _compare(parts: Sequence[Answers], node: Call) -> Answers:
    left, right = parts
    known = left.known & right.known
    return Answers(_COMPARED[node.name](left.values, right.values), known)


def _compare_texts(parts: Sequence[Answers], node: Call) -> Answers:
    """Compare the places of texts in one order of all of them; for equality any will do."""
    left, right = parts
    several = dict.fromkeys((*left.texts, *right.texts))
    ordered = several if node.name in ("==", "!=") else sorted(several)
    order = {text: at for at, text in enumerate(ordered)}
    ranks = [np.array([order[text] for text in part.texts])[part.values] for part in parts]
    return Answers(_COMPARED[node.name](*ranks), left.known & right.known)


_COMPARED: Mapping[str, Callable[..., Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _arithmetic(parts: Sequence[Answers], node: Call) -> Answers:
    return _number(np.asarray(_ARITHMETIC[node.name](*(part.values for part in parts))))


def _by(work: Callable[..., Any]) -> Callable[..., Any]:
    """Division: by zero there is no answer."""
    return lambda left, right: np.where(right == 0, np.nan, work(left, right))


_ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _by(np.divide),
    "%": _by(np.mod),
    "negative": np.negative,
    "abs": np.abs,
    "floor": np.floor,
}


def _round(parts: Sequence[Answers], node: Call) -> Answers:
    values = np.asarray(parts[0].values, np.float64)
    power = 10.0 ** int(parts[1].values if len(parts) == 2 else 0)
    scaled = values * power
    return _number(np.where(np.isfinite(scaled), np.rint(scaled) / power, values))


def _extreme(parts: Sequence[Answers], node: Call) -> Answers:
    work = np.minimum if node.name == "min" else np.maximum
    values, known = parts[0].values, parts[0].known
    for part in parts[1:]:
        values, known = work(values, part.values), known & part.known
    return Answers(values, known)


def _apart(parts: Sequence[Answers], node: Call) -> Answers:
    left, right = parts
    seconds = np.subtract(left.values, right.values) / SECOND
    return _known_number(seconds, left.known & right.known)


def _moved(parts: Sequence[Answers], node: Call) -> Answers:
    at, seconds = parts
    moved = np.asarray(seconds.values * SECOND if node.name == "+" else seconds.values * -SECOND)
    near = np.abs(moved) < FURTHEST
    there = at.values + np.rint(np.where(near, moved, 0.0)).astype(np.int64)
    return Answers(there, at.known & seconds.known & near & (np.abs(there) < FURTHEST))


def _hour(parts: Sequence[Answers], node: Call) -> Answers:
    return _known_number(parts[0].values % DAY // (3600 * SECOND), parts[0].known)


def _weekday(parts: Sequence[Answers], node: Call) -> Answers:
    return _known_number((parts[0].values // DAY + 3) % 7, parts[0].known)


def _known_number(values: NDArray[Any], known: Flags) -> Answers:
    """Numbers, of which those that are not known become NaN."""
    return _number(np.where(known, values.astype(np.float64), np.nan))


_WORK: Mapping[str, Callable[[Sequence[Answers], Call], Answers]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "missing": _missing,
    "if": _if,
    "in": _in,
    "matches": _matches,
    "length": _length,
    "lower": _cased,
    "upper": _cased,
    "round": _round,
    "min": _extreme,
    "max": _extreme,
    "hour": _hour,
    "weekday": _weekday,
    **dict.fromkeys(_COMPARED, _compare),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
}
