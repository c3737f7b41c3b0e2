"""A column of text as strings, however it arrives.

Owns: this one reading.  Does not own: what is derived from it.
"""

import pyarrow as pa


def written(column: pa.Array) -> pa.Array:
    """The texts of a column, missing where it is of a type that has none (lists, bytes).

    Example:
        >>> written(pa.array(["a", None]).dictionary_encode()).to_pylist()
        ['a', None]
        >>> written(pa.array([[1], [2]])).to_pylist()
        [None, None]
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # no UTF-8, or nested
        return pa.nulls(len(column), pa.string())
