"""Judging one row, in the request path: a few microseconds, plain Python objects.

Owns: one quick test per field, made once; what is wrong with a row.  Does not own: judging a value
in full (`core.judge`), whole tables (`derive.checks`, `engine.schema_check`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Any

from vedette.core import reading
from vedette.core.errors import UsageError
from vedette.core.field import Field
from vedette.core.judge import LARGEST, REALS, WHOLE_TYPES, Judge, is_off
from vedette.core.known import ENVIRONMENTS, ORDERED_KINDS, known
from vedette.core.rules.answers import answer_of
from vedette.core.rules.rule import Rule
from vedette.core.violations import HIDDEN, OF_VALUES, Violation, shown

ABSENT: Any = object()  # stands for a field that a row does not have
_SENSITIVE = ("sensitive", "text_input", "text_output", "caller")
_FEW = 5  # listed values that a reason names


class Validator:
    """What a schema says of a row, made ready.

    Errors: SchemaError for an unknown environment or a pattern that is no expression of RE2.
    """

    def __init__(
        self, fields: Sequence[Field], rules: Sequence[Rule], closed: bool, environment: str
    ) -> None:
        known("schema", "environment", environment, ENVIRONMENTS)
        self._closed = closed
        self._names = frozenset(field.name for field in fields)
        judged = [_Judged(field, environment) for field in fields if field.role != "ignore"]
        self._plan = [(one.field.name, one.quick, one) for one in judged]
        kinds = {field.name: field.kind for field in fields}
        self._rules = [
            (answer_of(rule.understood(kinds)), rule)
            for rule in rules
            if environment in rule.environments
        ]

    def violations(self, row: Mapping[str, object]) -> tuple[Violation, ...]:
        """Everything that is wrong with a row, in the order of fields, then rules.

        Errors: UsageError for what is no mapping of names to values.
        """
        found: list[Violation] = []
        try:
            value_of = row.get
        except AttributeError:
            got = type(row).__name__
            raise UsageError("row", "is no mapping", got=got, want="{name: value}") from None
        for name, obeys, judged in self._plan:
            value = value_of(name, ABSENT)
            if not obeys(value):
                found += judged.violations(value)
        if self._closed and not self._names.issuperset(row.keys()):
            extra = [str(name) for name in row.keys() if name not in self._names]  # noqa: SIM118 - a row of pandas is no dict
            found += [Violation("unexpected", name) for name in extra]
        for answer, rule in self._rules:
            if answer(row) is False:
                tolerated = rule.mostly < 1
                found.append(Violation("rule", rule.name, "", rule.check, tolerated))
        return tuple(found)


class _Judged:
    """One field: a quick test that most values pass, and what is wrong with those that do not."""

    def __init__(self, field: Field, environment: str) -> None:
        self.field = field
        self._asked = field.asked(environment)
        self._judge = Judge(field)
        self.quick = _quick(self._judge)

    def violations(self, value: object) -> list[Violation]:
        field = self.field
        if value is ABSENT:
            return [Violation("absent", field.name)] if self._asked else []
        return [
            Violation(
                kind,
                field.name,
                got_of(field, value) if kind in OF_VALUES else "",
                wanted(field, kind),
                kind in OF_VALUES and field.constraints.mostly < 1,
            )
            for kind in self._judge.kinds(value)
        ]


def got_of(field: Field, value: object) -> str:
    """A value as reasons show it; hidden when it tells of a person.

    Example:
        >>> got_of(Field("age", "integer", "sensitive"), 41), got_of(Field("x", "numeric"), 1.5)
        ('hidden', '1.5')
    """
    return HIDDEN if field.role in _SENSITIVE else shown(reading.plain(value))


def wanted(field: Field, kind: str) -> str:
    """What a field declares that a violation of some kind breaks.

    Example:
        >>> wanted(Field("x", "numeric"), "kind")
        'numeric'
    """
    if kind in ("kind", "type"):
        return str(getattr(field, kind))
    value = getattr(field.constraints, kind, None)
    if isinstance(value, tuple):
        more = f" and {len(value) - _FEW} more" if len(value) > _FEW else ""
        return ", ".join(map(repr, value[:_FEW])) + more
    if value is None or isinstance(value, bool):
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _quick(judge: Judge) -> Callable[[Any], bool]:
    """A test that is true only of values that obey, and of nearly all of those."""
    kind, stored = judge.field.kind, judge.field.type
    if kind in ORDERED_KINDS and (stored is None or stored in WHOLE_TYPES or stored in REALS):
        return _quick_number(judge)
    if kind in ("category", "text", "id") and stored in (None, "string") and not judge.bounded:
        return _quick_text(judge)
    return _quick_other(judge)


def _quick_number(judge: Judge) -> Callable[[Any], bool]:
    limits, stored = judge.limits, judge.field.type
    low, high = judge.interval
    low, high = max(low, -LARGEST), min(high, LARGEST)  # infinity is judged in full
    least, most = WHOLE_TYPES.get(str(stored), (reading.LEAST, reading.MOST - 1))
    whole_low, whole_high = (max(low, least), min(high, most))
    if stored == "float32":
        low, high = max(low, -REALS["float32"]), min(high, REALS["float32"])
    real = judge.field.kind == "numeric" and stored not in WHOLE_TYPES
    optional, more = not limits.required, _more(judge)

    def obeys(value: Any) -> bool:
        kind = type(value)
        if kind is int:
            if not whole_low <= value <= whole_high:
                return False
        elif kind is float and real:
            if not low <= value <= high:
                return False
        else:
            return value is None and optional
        return more is None or more(value)

    return obeys


def _more(judge: Judge) -> Callable[[Any], bool] | None:
    """A test for numbers with rarer constraints, or None where there are none."""
    if judge.worded or judge.measured:
        return lambda value: not judge.kinds(value)
    step, rounding = judge.limits.step, judge.rounding
    return None if step is None else lambda value: not is_off(value, step, rounding)


def _quick_text(judge: Judge) -> Callable[[Any], bool]:
    limits, allowed, forbidden = judge.limits, judge.allowed, judge.forbidden
    optional, matches = not limits.required, judge.matches
    if not judge.measured and forbidden is None and matches is None:
        if allowed is None:
            return lambda value: type(value) is str or (value is None and optional)
        return lambda value: value in allowed if type(value) is str else value is None and optional
    least = limits.min_length or 0
    most = inf if limits.max_length is None else limits.max_length

    def obeys(value: Any) -> bool:
        if type(value) is not str:
            return value is None and optional
        return (
            least <= len(value) <= most
            and (allowed is None or value in allowed)
            and (forbidden is None or value not in forbidden)
            and (matches is None or matches(value))
        )

    return obeys


def _quick_other(judge: Judge) -> Callable[[Any], bool]:
    """Booleans and instants as Python has them; what is left is judged in full."""
    free = not (judge.bounded or judge.worded or judge.measured)
    natural: Any = {
        ("boolean", None): bool, ("boolean", "boolean"): bool,
        ("time", None): datetime, ("time", "datetime"): datetime,
    }.get((judge.field.kind, judge.field.type)) if free else None  # fmt: skip
    optional = not judge.limits.required
    if natural is None:
        return lambda value: value is None and optional
    return lambda value: type(value) is natural or (value is None and optional)
