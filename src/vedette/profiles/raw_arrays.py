"""Arrays as bytes, little-endian whatever the machine.

Owns: the three kinds of number that the format of profiles knows, and both ways.  Does not own: the
format (`profiles.codec`).
"""

from typing import Any

import numpy as np

I8, F8, U8 = np.dtype("<i8"), np.dtype("<f8"), np.dtype("<u8")


def raw_of(array: Any, dtype: np.dtype[Any]) -> bytes:
    """The bytes of an array."""
    return np.ascontiguousarray(array, dtype).tobytes()


def array_of(raw: bytes, dtype: np.dtype[Any]) -> Any:
    """The array that `raw_of` wrote, flat."""
    return np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
