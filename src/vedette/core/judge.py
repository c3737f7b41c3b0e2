"""Judging one value by what its field declares.

Owns: which kinds of violation a value has; `derive.checks` judges whole columns alike.  Does not
own: rows (`core.validator`), readings of values (`core.reading`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from math import inf, isfinite, isnan, nan, nextafter

from vedette.core import reading
from vedette.core.field import Field
from vedette.core.instants import SECOND
from vedette.core.known import ORDERED_KINDS
from vedette.core.patterns import whole_match
from vedette.core.violations import VIOLATIONS

LARGEST = 1.7976931348623157e308  # finite real
NUMBERED_KINDS = (*ORDERED_KINDS, "vector")  # whose values are compared as numbers
REALS = {"float32": 3.4028234663852886e38, "float64": inf, "decimal": inf}  # and their largest
# Off a step by less than this is rounding: 4 units in the last place, but at least a billionth of
# the step.
ROUNDING, SLACK = {"float32": 4 * 2.0**-23, "float64": 4 * 2.0**-52}, 1e-9
WHOLE_TYPES = {
    f"{sign}int{bits}": (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for sign in ("", "u")
    for bits in (8, 16, 32, 64)
}  # the least and the largest of each


class Judge:
    """What a field declares, made ready to judge by.

    Errors: SchemaError for a pattern that is no expression of RE2.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.limits = limits = field.constraints
        ends = (limits.min, limits.above, limits.max, limits.below, limits.step)
        self.bounded = limits.finite or any(end is not None for end in ends)
        self.allowed = self.keys(limits.allowed)
        self.forbidden = self.keys(limits.forbidden)
        listed = self.allowed is not None or self.forbidden is not None
        self.worded = listed or limits.pattern is not None
        lengths = (limits.min_length, limits.max_length)
        self.measured = any(length is not None for length in lengths)
        self.rounding = ROUNDING["float32" if field.type == "float32" else "float64"]

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The least and the largest real number that obeys, steps aside."""
        limits = self.limits
        end = LARGEST if limits.finite else inf
        lows = [-end, -inf if limits.min is None else limits.min]
        highs = [end, inf if limits.max is None else limits.max]
        lows += [] if limits.above is None else [nextafter(limits.above, inf)]
        highs += [] if limits.below is None else [nextafter(limits.below, -inf)]
        return float(max(lows)), float(min(highs))

    def keys(self, texts: Sequence[str] | None) -> frozenset[object] | None:
        """Listed values as they are compared: as numbers, as true or false, or as text."""
        if texts is None:
            return None
        if self.field.kind in NUMBERED_KINDS:
            read = (reading.number(text) for text in texts)
            return frozenset(float(one) for one in read if one is not None)
        if self.field.kind == "boolean":
            return frozenset(reading.truth(text.lower()) for text in texts) - {None}
        return frozenset(texts)

    @cached_property
    def matches(self) -> Callable[[str], bool] | None:
        """Whether a text matches the pattern, where there is one."""
        pattern = self.limits.pattern
        return None if pattern is None else whole_match(pattern, f"field {self.field.name!r}")

    def kinds(self, value: object) -> tuple[str, ...]:
        """Every kind of violation that a value has, in the order of `VIOLATIONS`.

        One whose type or kind is wrong is not judged further.
        Example:
            >>> from vedette.core.constraints import Constraints
            >>> judge = Judge(Field("x", "numeric", constraints=Constraints(max=1, step=0.5)))
            >>> judge.kinds(0.5), judge.kinds(1.2), judge.kinds("x"), judge.kinds(float("nan"))
            ((), ('max', 'step'), ('kind',), ('finite',))
        """
        value = reading.plain(value)
        if value is None:
            return ("required",) if self.limits.required else ()
        if self.field.type is not None and not is_stored_as(value, self.field.type):
            return ("type",)
        if not self._holds(value):
            return ("kind",)
        found = set(self._lengths(value)) if self.measured else set()
        items = value if isinstance(value, (list, tuple)) else (value,)
        for item in map(reading.plain, items):
            if item is not None and self.bounded:
                found.update(self._bounds(item))
            if item is not None and self.worded:
                found.update(self._texts(item))
        return tuple(sorted(found, key=VIOLATIONS.index))

    def number(self, value: object) -> float | int:
        """A value as the number that limits are about: of an instant, seconds since 1970."""
        kind = self.field.kind
        if kind == "time":
            at = reading.moment(value)
            return nan if at is None else at / SECOND
        spelled: object = reading.truth(value) if kind == "boolean" else value
        found = int(spelled) if isinstance(spelled, bool) else reading.number(spelled)
        return nan if found is None else found

    def _holds(self, value: object) -> bool:
        """Whether the field's kind can hold a value."""
        kind = self.field.kind
        if kind == "numeric":
            return reading.number(value) is not None
        if kind == "integer":
            return _is_whole(reading.number(value))
        if kind == "boolean":
            return reading.truth(value) is not None
        if kind == "time":
            return reading.moment(value) is not None
        nested = isinstance(value, (list, tuple))
        if kind == "vector":
            return nested and all(map(_is_coordinate, value))  # type: ignore[call-overload]
        if nested and self.field.type == "list":
            return True
        spelled = isinstance(value, bytes) and kind == "id"
        return spelled or reading.text(value) is not None

    def _bounds(self, value: object) -> Iterator[str]:
        """What is wrong with a number; NaN obeys no limit, and one violation says so."""
        limits, one = self.limits, self.number(value)
        if isnan(one):
            yield "finite"
            return
        if limits.finite and not isfinite(one):
            yield "finite"
        if limits.min is not None and one < limits.min:
            yield "min"
        if limits.above is not None and one <= limits.above:
            yield "above"
        if limits.max is not None and one > limits.max:
            yield "max"
        if limits.below is not None and one >= limits.below:
            yield "below"
        if limits.step is not None and is_off(one, limits.step, self.rounding):
            yield "step"

    def _lengths(self, value: object) -> Iterator[str]:
        sized = isinstance(value, (list, tuple, bytes))
        length = len(value if sized else reading.text(value) or "")  # type: ignore[arg-type]
        least, most = self.limits.min_length, self.limits.max_length
        if least is not None and length < least:
            yield "min_length"
        if most is not None and length > most:
            yield "max_length"

    def _texts(self, value: object) -> Iterator[str]:
        """What is wrong with a value that is listed, or matches."""
        if self.allowed is not None and self._key(value) not in self.allowed:
            yield "allowed"
        if self.forbidden is not None and self._key(value) in self.forbidden:
            yield "forbidden"
        if self.matches is not None:
            text = reading.text(value)
            if text is None or not self.matches(text):
                yield "pattern"

    def _key(self, value: object) -> object:
        if self.field.kind in NUMBERED_KINDS:
            return float(self.number(value))
        return reading.truth(value) if self.field.kind == "boolean" else reading.text(value)


def is_off(value: float, step: float, rounding: float) -> bool:
    """Whether a number is no whole multiple of a step, but for rounding.

    Example:
        >>> [is_off(value, 0.01, 1e-15) for value in (0.07, 0.075, 3, inf)]
        [False, True, False, True]
    """
    if isinstance(value, int) and float(step).is_integer():
        return value % int(step) != 0
    steps = float(value) / step
    if not isfinite(steps):
        return not isfinite(value)
    return abs(steps - round(steps)) > max(SLACK, rounding * abs(steps))


def is_stored_as(value: object, kind: str) -> bool:
    """Whether a plain value fits a type of storage; a narrower value of the family does.

    Whole numbers fit where real ones are declared: JSON knows no difference.
    Example:
        >>> is_stored_as(200, "uint8"), is_stored_as(True, "int8"), is_stored_as(1, "float64")
        (True, False, True)
    """
    if kind in WHOLE_TYPES:
        least, most = WHOLE_TYPES[kind]
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    if kind in REALS:
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            return False
        return reading.number(value) is not None and _fits(float(value), REALS[kind])
    if kind == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, _STORED[kind]) and (kind == "boolean" or not isinstance(value, bool))


_STORED: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "string": (str,),
    "binary": (bytes,),
    "datetime": (date,),  # a date is a narrower instant
    "time": (time,),
    "duration": (timedelta,),
    "list": (list, tuple),
}


def _fits(value: float, largest: float) -> bool:
    return not isfinite(value) or abs(value) <= largest


def _is_whole(value: float | int | None) -> bool:
    if value is None or (isinstance(value, float) and not value.is_integer()):
        return False
    return reading.LEAST <= value < reading.MOST


def _is_coordinate(value: object) -> bool:
    value = reading.plain(value)
    number = isinstance(value, (bool, int, float, Decimal))
    return number and (isinstance(value, bool) or reading.number(value) is not None)
