"""Values of plain arrays, numbers and text as MessagePack can hold them, and back.

Owns: how arrays, mappings and records of them are spelt.  Does not own: which records are written
where (`profiles.codec`).

An array is `[type, shape, bytes]`, type being NumPy's name of a little-endian one; a mapping is
`["map", [[key, value], ...]]` ascending by key; a record is its fields in order, a tuple its parts.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

MAP = "map"


def plainly(value: Any) -> Any:
    """Spell a value.

    Example:
        >>> plainly({"b": (1, 2.5), "a": np.array([1.0])})[1][1]
        ['b', [1, 2.5]]
    """
    if isinstance(value, np.ndarray):
        made = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        return [made.dtype.str, list(value.shape), made.tobytes()]
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        return [plainly(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Mapping):
        return [MAP, [[plainly(key), plainly(value[key])] for key in sorted(value)]]
    if isinstance(value, tuple | list):
        return [plainly(part) for part in value]
    return value


def valued(plain: Any) -> Any:
    """Read what `plainly` wrote; records come back as tuples of their fields.

    Example:
        >>> valued(plainly({"a": (1, "x"), "b": np.arange(2)}))
        {'a': (1, 'x'), 'b': array([0, 1])}
        >>> valued(plainly(("map", "x")))
        ('map', 'x')
    """
    if not isinstance(plain, list):
        return plain
    if len(plain) == 3 and isinstance(plain[2], bytes):
        found = np.frombuffer(plain[2], np.dtype(plain[0])).reshape(plain[1])
        return found.astype(found.dtype.newbyteorder("="))
    if len(plain) == 2 and plain[0] == MAP and isinstance(plain[1], list):  # not a class "map"
        return {valued(key): valued(value) for key, value in plain[1]}
    return tuple(valued(part) for part in plain)
