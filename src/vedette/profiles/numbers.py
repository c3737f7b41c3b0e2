"""What a column holds, where a label or a prediction may be numbers, classes or lists.

Owns: telling these apart, and finite numbers with NaN elsewhere.  Does not own: what counts as
missing or broken (`profiles.columns`).
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.columns import as_numbers


def finite(column: pa.Array) -> NDArray[np.float64]:
    """The finite numbers of a column, NaN elsewhere.

    Example:
        >>> finite(pa.array(["1.5", "inf", None])).tolist()
        [1.5, nan, nan]
    """
    numbers = as_numbers(column)
    values = numbers.values.astype(np.float64)
    good = np.isfinite(values)
    if numbers.usable is not None:
        good &= numbers.usable
    if not good.all():
        values[~good] = np.nan
    return values


def are_numbers(column: pa.Array) -> bool:
    """Whether a column holds numbers; booleans are classes, text is one only where all of it is.

    Example:
        >>> [are_numbers(pa.array(values)) for values in ([1, None], [True], ["2.5"], ["a"])]
        [True, False, True, False]
    """
    if pa.types.is_boolean(column.type) or are_lists(column.type):
        return False
    numbers = as_numbers(column)
    usable = len(column) if numbers.usable is None else int(numbers.usable.sum())
    return usable > 0 and (numbers.broken is None or not numbers.broken.any())


def are_lists(kind: pa.DataType) -> bool:
    """Whether values of a type are lists."""
    t = pa.types
    return bool(t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind))


def within_unit(values: NDArray[np.float64]) -> bool:
    """Whether some numbers are finite, and all of those lie in [0, 1]."""
    known = values[np.isfinite(values)]
    return len(known) > 0 and bool(known.min() >= 0) and bool(known.max() <= 1)


def are_fractions(column: pa.Array) -> bool:
    """Whether all numbers of a column lie in [0, 1], and one strictly between: no classes 0 and 1.

    Example:
        >>> are_fractions(pa.array([0, 1])), are_fractions(pa.array([0.0, 0.3]))
        (False, True)
    """
    if not are_numbers(column):
        return False
    values = finite(column)
    return within_unit(values) and bool(((values > 0) & (values < 1)).any())
