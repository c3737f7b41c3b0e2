"""Where two columns of the same rows differ.

Owns: numbers within a tolerance, everything else as text, what missing means.  Does not own: what a
difference is called or counted as.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


class Tolerance(NamedTuple):
    """By how much numbers may differ: absolutely, or as a part of the larger one.

    The defaults are those of numpy.allclose; serving in single precision lies within them.  Whole
    numbers must be the same unless a tolerance was `given` for their column.
    """

    absolute: float = 1e-8
    relative: float = 1e-5
    given: bool = False

    def passed(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether two numbers differ by more; two that are missing or the same infinity do not.

        Example:
            >>> one, other = np.array([1.0, 2.0, np.nan]), np.array([1.000001, 2.1, np.nan])
            >>> Tolerance().passed(one, other).tolist()
            [False, True, False]
        """
        with np.errstate(invalid="ignore"):
            allowed = np.maximum(
                self.absolute, self.relative * np.maximum(np.abs(first), np.abs(second))
            )
            near = (np.abs(first - second) <= allowed) & np.isfinite(first) & np.isfinite(second)
        same = (first == second) | (np.isnan(first) & np.isnan(second))
        apart: NDArray[np.bool_] = ~(near | same)
        return apart


ANSWERS = Tolerance()  # of predictions: other machines add up in another order
FEATURES = Tolerance(0.0, 1e-6)  # of features: what single precision leaves, and a little more
EXACTLY = Tolerance(0.0, 0.0)


class Tolerances(NamedTuple):
    """The tolerance of every column.  Shapes: `named` by column, "" for all that are not named."""

    named: Mapping[str, Tolerance]

    def of(self, name: str, default: Tolerance = FEATURES) -> Tolerance:
        """The tolerance of a column.

        Example:
            >>> Tolerances({"x": Tolerance(0.1, 0.0)}).of("x").absolute
            0.1
        """
        return self.named.get(name) or self.named.get("") or default


def is_number(kind: pa.DataType) -> bool:
    """Whether values of a type are compared as numbers."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def numbers(column: pa.Array) -> NDArray[np.float64]:
    """A column of numbers as floats; missing is NaN.

    Example:
        >>> numbers(pa.array([1, None])).tolist(), numbers(pa.array([True])).tolist()
        ([1.0, nan], [1.0])
    """
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    found = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(found, np.float64)


def texts(column: pa.Array) -> pa.Array:
    """A column as text; whole numbers without a fraction, so that 1 and 1.0 are one class.

    Example:
        >>> texts(pa.array([1.0, 2.5, None])).to_pylist(), texts(pa.array([True])).to_pylist()
        (['1', '2.5', None], ['true'])
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    try:
        return column.cast(pa.string())
    except (
        pa.ArrowInvalid,
        pa.ArrowNotImplementedError,
    ):  # nested values have no text of their own
        return pa.array([None if v is None else repr(v) for v in column.to_pylist()], pa.string())


def unlike(first: pa.Array, second: pa.Array, tolerance: Tolerance) -> NDArray[np.bool_]:
    """Which rows of two columns differ; missing on one side alone is a difference.

    Example:
        >>> unlike(pa.array(["a", None]), pa.array(["a", "b"]), Tolerance()).tolist()
        [False, True]
        >>> unlike(pa.array([1, 2]), pa.array([1.0, 2.5]), Tolerance()).tolist()
        [False, True]
    """
    if is_number(first.type) and is_number(second.type):
        if _is_whole(first.type) and _is_whole(second.type) and not tolerance.given:
            tolerance = EXACTLY
        return tolerance.passed(numbers(first), numbers(second))
    one, other = texts(first), texts(second)
    same = pc.fill_null(pc.equal(one, other), False)
    both = pc.and_(one.is_null(), other.is_null())
    alike = pc.or_(same, both).to_numpy(zero_copy_only=False)
    apart: NDArray[np.bool_] = ~np.asarray(alike, np.bool_)
    return apart


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))
