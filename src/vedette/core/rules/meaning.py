"""What the names, operators and functions of an expression mean.

Owns: which types they take and give, and saying where they do not fit.  Does not own: answers
(`answers` for a row, `derive.checks` for columns).
"""

from collections.abc import Mapping
from dataclasses import replace

from vedette.core.errors import SchemaError, nearest
from vedette.core.instants import instant
from vedette.core.patterns import whole_match
from vedette.core.rules.parser import parse
from vedette.core.rules.tokens import wrong
from vedette.core.rules.tree import NUMBER, TEXT, TIME, TRUTH, Call, Literal, Name, Node

# How a column is read in an expression, by its kind.
READ_AS = {
    "numeric": NUMBER,
    "integer": NUMBER,
    "boolean": TRUTH,
    "category": TEXT,
    "text": TEXT,
    "id": TEXT,
    "time": TIME,
}
_ORDERED = tuple(((one, one), TRUTH) for one in (NUMBER, TEXT, TIME))
_EQUAL = (*_ORDERED, ((TRUTH, TRUTH), TRUTH))
_CHOICE = tuple(((TRUTH, one, one), one) for one in (NUMBER, TEXT, TRUTH, TIME))
_REAL = ((NUMBER, NUMBER), NUMBER)

# What is taken, and what comes out; "…" repeats the type before it.
SIGNATURES: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "and": (((TRUTH, "…"), TRUTH),),
    "or": (((TRUTH, "…"), TRUTH),),
    "not": (((TRUTH,), TRUTH),),
    "<": _ORDERED,
    "<=": _ORDERED,
    ">": _ORDERED,
    ">=": _ORDERED,
    "==": _EQUAL,
    "!=": _EQUAL,
    "in": tuple(((one, "…"), TRUTH) for one in (NUMBER, TEXT, TIME)),
    "+": (_REAL, ((TIME, NUMBER), TIME)),
    "-": (_REAL, ((TIME, TIME), NUMBER), ((TIME, NUMBER), TIME)),
    "*": (_REAL,),
    "/": (_REAL,),
    "%": (_REAL,),
    "negative": (((NUMBER,), NUMBER),),
    "abs": (((NUMBER,), NUMBER),),
    "floor": (((NUMBER,), NUMBER),),
    "round": (((NUMBER,), NUMBER), _REAL),
    "min": (((NUMBER, "…"), NUMBER), ((TIME, "…"), TIME)),
    "max": (((NUMBER, "…"), NUMBER), ((TIME, "…"), TIME)),
    "length": (((TEXT,), NUMBER),),
    "lower": (((TEXT,), TEXT),),
    "upper": (((TEXT,), TEXT),),
    "matches": (((TEXT, TEXT), TRUTH),),
    "missing": tuple(((one,), TRUTH) for one in (NUMBER, TEXT, TRUTH, TIME)),
    "if": _CHOICE,
    "time": (((TEXT,), TIME),),
    "hour": (((TIME,), NUMBER),),
    "weekday": (((TIME,), NUMBER),),
}
FUNCTIONS = tuple(name for name in SIGNATURES if name.isalpha() and name not in (
    "and", "or", "not", "in", "negative",
))  # fmt: skip
MOST_DIGITS = 15  # that `round` keeps: a 64-bit real has no more


def understand(expression: str, kinds: Mapping[str, str], where: str) -> Node:
    """Read an expression over columns of these kinds; its answer is true or false.

    Errors: SchemaError that points at the place, for what cannot be read, an unknown column or
    function (with the nearest known one), or types that do not fit.
    Example:
        >>> understand("length(code) == 2", {"code": "category"}, "rule 'r'").type
        'true or false'
        >>> understand("length(cod) == 2", {"code": "category"}, "rule 'r'")
        Traceback (most recent call last):
        ...
        vedette.core.errors.SchemaError: rule 'r' character 8: there is no field 'cod'; got \
length(▸cod) == 2; did you mean 'code'?
    """
    meaning = _Meaning(expression, kinds, where)
    node = meaning.of(parse(expression, where))
    if node.type != TRUTH:
        raise meaning.wrong(node, f"the rule is a {node.type}", "it must be true or false")
    return node


class _Meaning:
    def __init__(self, expression: str, kinds: Mapping[str, str], where: str) -> None:
        self._expression, self._kinds, self._where = expression, kinds, where

    def wrong(self, node: Node, problem: str, hint: str = "") -> SchemaError:
        return wrong(self._where, self._expression, node.at, problem, hint=hint)

    def of(self, node: Node) -> Node:
        """The tree with the type of every node."""
        if isinstance(node, Literal):
            return node
        if isinstance(node, Name):
            return self._column(node)
        if node.name not in SIGNATURES:
            hint = nearest(node.name, FUNCTIONS) or f"functions are {', '.join(FUNCTIONS)}"
            raise self.wrong(node, f"there is no function {node.name!r}", hint)
        call = replace(node, parts=tuple(self.of(part) for part in node.parts))
        call = replace(call, type=self._result(call))
        return self._checked(call)

    def _column(self, node: Name) -> Name:
        kind = self._kinds.get(node.name)
        if kind is None:
            hint = nearest(node.name, self._kinds)
            raise self.wrong(node, f"there is no field {node.name!r}", hint)
        if kind not in READ_AS:
            raise self.wrong(node, f"field {node.name!r} has the kind {kind}",
                             "rules read numbers, texts, true and false, and times")  # fmt: skip
        return replace(node, type=READ_AS[kind])

    def _result(self, call: Call) -> str:
        given = tuple(part.type for part in call.parts)
        for taken, result in SIGNATURES[call.name]:
            if taken[-1] == "…":
                taken = taken[:-1] * max(len(given), 2 if call.name == "in" else 1)
            if given == taken:
                return result
        spelled = "minus" if call.name == "negative" else call.name
        problem = f"{spelled} does not take {' and '.join(given) or 'nothing'}"
        raise self.wrong(call, problem, self._hint(call, given))

    def _hint(self, call: Call, given: tuple[str, ...]) -> str:
        if set(given) == {TEXT, TIME}:
            return "an instant is written time('2024-01-31')"
        if set(given) == {TEXT, NUMBER}:
            return "a text is written '1', a number 1; the field's kind says which it is"
        takes = (", ".join(taken).replace(", …", " …") for taken, _ in SIGNATURES[call.name])
        return f"it takes {' or '.join(dict.fromkeys(takes))}"

    def _checked(self, call: Call) -> Node:
        """What must be written out, so that it is known before there is a row."""
        known = {"in": 1, "matches": 1, "time": 0, "round": 1}.get(call.name, len(call.parts))
        for part in call.parts[known:]:
            if not isinstance(part, Literal):
                raise self.wrong(part, f"{call.name} takes only written values here")
        if call.name == "matches":
            whole_match(str(call.parts[1].value), self._where)  # type: ignore[union-attr]
        if call.name == "round" and len(call.parts) == 2:
            digits = call.parts[1].value  # type: ignore[union-attr]
            if digits not in range(MOST_DIGITS + 1):
                raise self.wrong(call.parts[1], f"round keeps 0 to {MOST_DIGITS} digits")
        if call.name != "time":
            return call
        found = instant(str(call.parts[0].value))  # type: ignore[union-attr]
        if found is None:
            raise self.wrong(call, "is no instant", "like time('2024-01-31T12:00:00Z')")
        return Literal(found, TIME, call.at)
