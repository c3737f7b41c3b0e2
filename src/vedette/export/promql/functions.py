"""Functions of instants: of numbers, of labels, of time.

Owns: one function per name.  Does not own: functions of ranges (`export.promql.over_time`),
evaluating arguments.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.export.promql.histogram import histogram_quantile
from vedette.export.promql.parsed import pattern_of
from vedette.export.promql.values import (
    Array,
    QueryError,
    Scalar,
    Steps,
    Text,
    Vector,
    changed,
    made,
    without_name,
)

Value = Scalar | Text | Vector
Function = Callable[[Sequence[Value], Steps], Value]
Whole = NDArray[np.int64]
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_DAY = 86_400
LONGEST_LABEL = 10_000  # characters: what is replaced can grow with every call


def _plain(how: Callable[[Array], Array]) -> Function:
    """A function of each value by itself; a result is another metric, so the name goes."""

    def call(given: Sequence[Value], steps: Steps) -> Value:
        vector = vector_at(given, 0)
        with np.errstate(all="ignore"):
            return _unnamed(vector, how(vector.values))

    return call


def vector_at(given: Sequence[Value], place: int) -> Vector:
    """An argument that the grammar saw to be a vector."""
    value = given[place]
    assert isinstance(value, Vector)
    return value


def number_at(given: Sequence[Value], place: int, otherwise: float, steps: Steps) -> Array:
    """A number of every step, or what stands for one that was left out."""
    if place >= len(given):
        return np.full(len(steps), otherwise)
    value = given[place]
    assert isinstance(value, Scalar)
    return value.values


def text_at(given: Sequence[Value], place: int) -> str:
    """An argument that the grammar saw to be a text."""
    value = given[place]
    assert isinstance(value, Text)
    return value.text


def _unnamed(vector: Vector, values: Array) -> Vector:
    return made([without_name(one) for one in vector.labels], values, vector.there)


def _round(given: Sequence[Value], steps: Steps) -> Value:
    vector, unit = vector_at(given, 0), number_at(given, 1, 1.0, steps)
    with np.errstate(all="ignore"):
        inverse = 1.0 / unit  # as Prometheus does it, or 0.1 would round otherwise
        return _unnamed(vector, np.floor(vector.values * inverse + 0.5) / inverse)


def _clamp(given: Sequence[Value], low: Array, high: Array) -> Value:
    vector = vector_at(given, 0)
    values = np.maximum(low, np.minimum(high, vector.values))
    there = vector.there & ~(low > high)
    return made([without_name(one) for one in vector.labels], values, there)


def _clamp_both(given: Sequence[Value], steps: Steps) -> Value:
    return _clamp(given, number_at(given, 1, 0, steps), number_at(given, 2, 0, steps))


def _clamp_min(given: Sequence[Value], steps: Steps) -> Value:
    return _clamp(given, number_at(given, 1, 0, steps), np.full(len(steps), np.inf))


def _clamp_max(given: Sequence[Value], steps: Steps) -> Value:
    return _clamp(given, np.full(len(steps), -np.inf), number_at(given, 1, 0, steps))


def _scalar(given: Sequence[Value], steps: Steps) -> Value:
    vector = vector_at(given, 0)
    single = vector.there.sum(axis=0) == 1
    summed = np.where(vector.there, vector.values, 0.0).sum(axis=0)
    return Scalar(np.where(single, summed, np.nan))


def _vector(given: Sequence[Value], steps: Steps) -> Value:
    values = number_at(given, 0, 0, steps)
    return Vector([()], values[None, :], np.ones((1, len(steps)), np.bool_))


def _sorted(*, falling: bool) -> Function:
    """Order matters at a single instant alone, as in Prometheus."""

    def call(given: Sequence[Value], steps: Steps) -> Value:
        vector = vector_at(given, 0)
        if len(steps) != 1:
            return vector
        values = vector.values[:, 0]
        order = np.lexsort((-values if falling else values, np.isnan(values)))
        labels = [vector.labels[at] for at in order.tolist()]
        return Vector(labels, vector.values[order], vector.there[order])

    return call


def _label_replace(given: Sequence[Value], steps: Steps) -> Value:
    vector = vector_at(given, 0)
    to, template, source, pattern = (text_at(given, place) for place in (1, 2, 3, 4))
    _check_label(to, "label_replace")
    try:
        found = pattern_of(pattern)
    except QueryError:
        said = f"invalid regular expression in label_replace(): {pattern}"
        raise QueryError(said) from None
    labels = []
    for own in vector.labels:
        match = found.fullmatch(dict(own).get(source, ""))
        labels.append(
            own if match is None else changed(own, {to: _bounded(_expanded(template, match))})
        )
    return made(labels, vector.values, vector.there)


def _expanded(template: str, match: "re.Match[str]") -> str:
    """`$1`, `${1}` and `${name}` in a text; a group that is not there is nothing."""

    def group(one: "re.Match[str]") -> str:
        if one[0] == "$$":
            return "$"
        name = one[1] or one[2]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except (IndexError, KeyError):
            return ""

    return re.sub(r"\$\$|\$\{(\w+)\}|\$(\w+)", group, template)


def _label_join(given: Sequence[Value], steps: Steps) -> Value:
    vector = vector_at(given, 0)
    to, between = text_at(given, 1), text_at(given, 2)
    sources = [text_at(given, place) for place in range(3, len(given))]
    for name in (to, *sources):
        _check_label(name, "label_join")
    labels = [
        changed(own, {to: _bounded(between.join(dict(own).get(name, "") for name in sources))})
        for own in vector.labels
    ]
    return made(labels, vector.values, vector.there)


def _bounded(value: str) -> str:
    if len(value) > LONGEST_LABEL:
        raise QueryError(f"a label would be longer than {LONGEST_LABEL} characters")
    return value


def _check_label(name: str, function: str) -> None:
    if not _LABEL.fullmatch(name):
        raise QueryError(f"invalid destination label name in {function}(): {name}")


def _histogram(given: Sequence[Value], steps: Steps) -> Value:
    return histogram_quantile(number_at(given, 0, 0, steps), vector_at(given, 1))


def _of_date(how: Callable[[Whole], Whole]) -> Function:
    """A part of the date that a value in seconds stands for; of the step itself without one."""

    def call(given: Sequence[Value], steps: Steps) -> Value:
        if not given:
            seconds = (steps // 1000)[None, :]
            return Vector([()], how(seconds).astype(np.float64), np.ones(seconds.shape, np.bool_))
        vector = vector_at(given, 0)
        known = np.isfinite(vector.values) & (np.abs(vector.values) < 2**50)
        seconds = np.where(known, vector.values, 0).astype(np.int64)
        return _unnamed(vector, np.where(known, how(seconds), np.nan))

    return call


def _as(seconds: Whole, unit: str) -> "np.ndarray[Any, Any]":
    """The dates that some seconds lie in."""
    return seconds.astype("datetime64[s]").astype(f"datetime64[{unit}]")


def _day(seconds: Whole) -> Whole:
    return _whole(_as(seconds, "D") - _as(seconds, "M")) + 1


def _year_day(seconds: Whole) -> Whole:
    return _whole(_as(seconds, "D") - _as(seconds, "Y")) + 1


def _days_in_month(seconds: Whole) -> Whole:
    first = _as(seconds, "M")
    return _whole((first + 1).astype("datetime64[D]") - first)


def _month(seconds: Whole) -> Whole:
    return _whole(_as(seconds, "M")) % 12 + 1


def _year(seconds: Whole) -> Whole:
    return _whole(_as(seconds, "Y")) + 1970


def _whole(values: "np.ndarray[Any, Any]") -> Whole:
    return values.astype(np.int64)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        **{name: _plain(how) for name, how in (
            ("abs", np.abs), ("ceil", np.ceil), ("floor", np.floor), ("exp", np.exp),
            ("ln", np.log), ("log2", np.log2), ("log10", np.log10), ("sqrt", np.sqrt),
            ("sgn", np.sign), ("sin", np.sin), ("cos", np.cos), ("tan", np.tan),
            ("asin", np.arcsin), ("acos", np.arccos), ("atan", np.arctan), ("sinh", np.sinh),
            ("cosh", np.cosh), ("tanh", np.tanh), ("asinh", np.arcsinh), ("acosh", np.arccosh),
            ("atanh", np.arctanh), ("deg", np.degrees), ("rad", np.radians),
        )},
        **{name: _of_date(how) for name, how in (
            ("minute", lambda s: s // 60 % 60), ("hour", lambda s: s // 3600 % 24),
            ("day_of_week", lambda s: (s // _DAY + 4) % 7), ("day_of_month", _day),
            ("day_of_year", _year_day), ("days_in_month", _days_in_month),
            ("month", _month), ("year", _year),
        )},
        "round": _round, "clamp": _clamp_both, "clamp_min": _clamp_min, "clamp_max": _clamp_max,
        "scalar": _scalar, "vector": _vector, "sort": _sorted(falling=False),
        "sort_desc": _sorted(falling=True), "label_replace": _label_replace,
        "label_join": _label_join, "histogram_quantile": _histogram,
        "time": lambda given, steps: Scalar(steps / 1000),
        "pi": lambda given, steps: Scalar(np.full(len(steps), np.pi)),
    }
)  # fmt: skip
