"""Arrow memory seen as numpy arrays.

Owns: views of fixed-width values and of validity.  Does not own: what they mean.  Arrow's own
`to_numpy`, `pa.array` and scalar
arguments import pandas where it is installed, which costs a quarter of a second; a view of the
buffers costs nothing.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def fixed(column: pa.Array) -> NDArray[np.generic]:
    """View the values of an integer or floating column; where a value is missing anything may
    stand.

    Shapes: n values, read-only.
    Example:
        >>> fixed(pa.array([1.5, None, 2.5]))[[0, 2]].tolist()
        [1.5, 2.5]
    """
    kind = column.type
    sign = "f" if pa.types.is_floating(kind) else "u" if pa.types.is_unsigned_integer(kind) else "i"
    dtype = np.dtype(f"{sign}{kind.bit_width // 8}")
    raw = column.buffers()[1]
    if raw is None or len(column) == 0:
        return np.zeros(len(column), dtype)
    start = column.offset * dtype.itemsize
    view = np.frombuffer(raw, dtype, len(column), start)
    view.flags.writeable = False  # some of Arrow's buffers would let us
    return view


def missing(column: pa.Array) -> NDArray[np.bool_] | None:
    """Which rows hold no value; None when every row does.

    Example:
        >>> missing(pa.array([1, None])).tolist(), missing(pa.array([1, 2]))
        ([False, True], None)
    """
    if column.null_count == 0:
        return None
    return fixed(column.is_null().cast(pa.uint8())).astype(np.bool_)


def positions(values: NDArray[np.integer]) -> pa.Array:
    """An integer Arrow array of numpy's positions.

    Example:
        >>> positions(np.array([2, 0])).to_pylist()
        [2, 0]
    """
    raw = pa.py_buffer(np.ascontiguousarray(values, np.int64))
    return pa.Array.from_buffers(pa.int64(), len(values), [None, raw])


def flags(values: NDArray[np.bool_]) -> pa.Array:
    """A boolean Arrow array of numpy's flags.

    Example:
        >>> flags(np.array([True, False])).to_pylist()
        [True, False]
    """
    bytes_ = pa.py_buffer(np.ascontiguousarray(values, np.uint8))
    return pa.Array.from_buffers(pa.uint8(), len(values), [None, bytes_]).cast(pa.bool_())
