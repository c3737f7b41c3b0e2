"""What an expression comes to: one number, one text or many series, at every step.

Owns: the values, their labels, failing in Prometheus's words.  Does not own: evaluating
(`export.promql.evaluate`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isinf, isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.export.series.series import NAME, Labels

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Steps = NDArray[np.int64]  # milliseconds since 1970

BAD_DATA, EXECUTION, TIMEOUT = "bad_data", "execution", "timeout"  # kinds of errors
STATUS = {BAD_DATA: 400, EXECUTION: 422, TIMEOUT: 503}  # of HTTP


class QueryError(Exception):
    """A query that cannot be answered, in the words of Prometheus, which its readers know."""

    def __init__(self, message: str, kind: str = EXECUTION) -> None:
        super().__init__(message)
        self.kind = kind


class Scalar(NamedTuple):
    """A number at every step.  Shapes: float64[T]."""

    values: Array


class Text(NamedTuple):
    """A text, the same at all steps."""

    text: str


@dataclass(frozen=True, eq=False)
class Vector:
    """Series at every step.

    Shapes: `labels` of S series; `values` float64[S, T]; `there` bool[S, T], where there is one.
    """

    labels: Sequence[Labels]
    values: Array
    there: Bools

    def kept(self, there: Bools) -> "Vector":
        """The same with samples only where they are kept; series without any are left out."""
        return made(self.labels, self.values, self.there & there)


class Samples(NamedTuple):
    """One series as it was stored.  Shapes: `times` int64[n] (milliseconds), `values` float64[n].
    Units: `every`, how far apart its samples are, in milliseconds."""

    labels: Labels
    times: Steps
    values: Array
    every: int


def nothing(steps: int) -> Vector:
    """No series at all."""
    return Vector((), np.zeros((0, steps)), np.zeros((0, steps), np.bool_))


def made(labels: Sequence[Labels], values: Array, there: Bools) -> Vector:
    """Series of which each has at least one sample.

    Errors: QueryError where two of the same labels have one at the same step.
    """
    rows: list[int] = np.flatnonzero(there.any(axis=1)).tolist()
    by: dict[Labels, list[int]] = {}
    for row in rows:
        by.setdefault(labels[row], []).append(row)
    if len(by) == len(rows):
        return Vector([labels[row] for row in rows], values[rows], there[rows])
    new_values = np.zeros((len(by), values.shape[1]))
    new_there = np.zeros(new_values.shape, np.bool_)
    for at, own in enumerate(by.values()):
        for row in own:
            if (new_there[at] & there[row]).any():
                raise QueryError("vector cannot contain metrics with the same labelset")
            new_values[at] = np.where(there[row], values[row], new_values[at])
            new_there[at] |= there[row]
    return Vector(list(by), new_values, new_there)


def without_name(labels: Labels) -> Labels:
    """Labels without the series' name.

    Example:
        >>> without_name((("__name__", "up"), ("job", "a")))
        (('job', 'a'),)
    """
    return tuple(pair for pair in labels if pair[0] != NAME)


def only(labels: Labels, names: Iterable[str]) -> Labels:
    """Some of the labels."""
    wanted = frozenset(names)
    return tuple(pair for pair in labels if pair[0] in wanted)


def all_but(labels: Labels, names: Iterable[str]) -> Labels:
    """All labels but some, and but the name."""
    gone = frozenset((*names, NAME))
    return tuple(pair for pair in labels if pair[0] not in gone)


def changed(labels: Labels, changes: Mapping[str, str]) -> Labels:
    """Labels with others set, or with "" taken away."""
    found = {**dict(labels), **changes}
    return tuple(sorted((name, value) for name, value in found.items() if value))


def written(labels: Labels) -> str:
    """Labels as Prometheus writes them in errors.

    Example:
        >>> written((("a", "1"), ("b", "2")))
        '{a="1", b="2"}'
    """
    name = dict(labels).get(NAME, "")
    rest = ", ".join(f'{key}="{value}"' for key, value in labels if key != NAME)
    return f"{name}{{{rest}}}"


def number(value: float) -> str:
    """A value as Prometheus writes it.

    Example:
        >>> number(2.0), number(0.1), number(1e300)[:3], number(float("inf"))
        ('2', '0.1', '1e+', '+Inf')
    """
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    plain = repr(value)  # as short as can be, too, and much quicker where it has no exponent
    if "e" not in plain:
        return plain.removesuffix(".0")
    if value and not 1e-6 <= abs(value) < 1e21:
        return np.format_float_scientific(value, trim="-", exp_digits=2)
    return np.format_float_positional(value, trim="-")
