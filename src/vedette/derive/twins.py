"""Whether a value of serving agrees with the one reckoned offline for the same event.

Owns: one code per pair and column.  Does not own: which rows are a pair (`engine.pairing`), counts
(`sketches.twins`).
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.sketches.twins import DIFFERS, MISSING_OFFLINE, MISSING_ONLINE, SAME

RELATIVE = 1e-6  # of the larger of two numbers: what a float32 on the way may cost
Codes = NDArray[np.uint8]


class Tolerance(NamedTuple):
    """How far two numbers may lie apart and still agree: the larger of both.

    Units: `absolute` in those of the column (seconds of a time), `relative` a share of the larger
    number.
    """

    relative: float = RELATIVE
    absolute: float = 0.0


EXACT = Tolerance(0.0, 0.0)


def codes(offline: pa.Array, online: pa.Array, tolerance: Tolerance = Tolerance()) -> Codes:  # noqa: B008 - immutable
    """Compare n pairs of one column.

    Numbers agree within the tolerance, truth values as 0 and 1, text beside a number by the number
    that it says; lists when all their numbers do; all else when it is spelt alike.  NaN is missing;
    two missing values agree.
    Shapes: two arrays of n values, of any types; uint8[n] places in `sketches.twins.KINDS`.
    Example:
        >>> codes(pa.array([1.0, 2.0, None, 4.0]), pa.array([1.0, 2.1, 3.0, None])).tolist()
        [0, 1, 3, 2]
    """
    offline, online = _plain(offline), _plain(online)
    if not (offline.null_count or online.null_count):  # the usual case, and the quickest
        return np.where(_agree(offline, online, tolerance), SAME, DIFFERS).astype(np.uint8)
    known = [np.asarray(side.is_valid()) for side in (offline, online)]
    found = np.full(len(offline), SAME, np.uint8)
    found[known[0] & ~known[1]] = MISSING_ONLINE
    found[~known[0] & known[1]] = MISSING_OFFLINE
    both = np.flatnonzero(known[0] & known[1])
    if len(both):
        rows = pa.array(both)
        apart = ~_agree(offline.take(rows), online.take(rows), tolerance)
        found[both[apart]] = DIFFERS
    return found


def _plain(array: pa.Array) -> pa.Array:
    """Values without dictionary, NaN as missing."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        nan = pc.is_nan(array)
        if pc.any(nan).as_py():
            array = pc.if_else(nan, pa.scalar(None, array.type), array)
    return array


def _agree(one: pa.Array, two: pa.Array, tolerance: Tolerance) -> NDArray[np.bool_]:
    if _is_number(one.type) and _is_number(two.type):
        return _close(_floats(one), _floats(two), tolerance)
    if _is_list(one.type) and _is_list(two.type):
        return _lists(one, two, tolerance)
    if pa.types.is_temporal(one.type) and pa.types.is_temporal(two.type):
        moments = [_nanoseconds(side) for side in (one, two)]
        if moments[0] is not None and moments[1] is not None:
            allowed = round(tolerance.absolute * 1e9)
            near: NDArray[np.bool_] = np.abs(moments[0] - moments[1]) <= allowed
            return near
    for number, text in ((one, two), (two, one)):
        if _is_number(number.type) and pa.types.is_string(text.type):
            said = np.array([_said(value) for value in text.to_pylist()])
            return _close(_floats(number), said, tolerance) | _alike(number, text)
    if pa.types.is_string(one.type) and one.type == two.type:
        return np.asarray(pc.equal(one, two))
    return _alike(one, two)


def _alike(one: pa.Array, two: pa.Array) -> NDArray[np.bool_]:
    """Which pairs are spelt alike."""
    return np.array([a == b for a, b in zip(_spelt(one), _spelt(two), strict=True)], np.bool_)


def _said(text: str) -> float:
    """The number that a text says; NaN, which agrees with none, where it says none."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def _close(
    one: NDArray[np.float64], two: NDArray[np.float64], tolerance: Tolerance
) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        allowed = tolerance.relative * np.maximum(np.abs(one), np.abs(two))
        near = np.abs(one - two) <= np.maximum(allowed, tolerance.absolute)
    finite = np.isfinite(one) & np.isfinite(two)
    agree: NDArray[np.bool_] = np.where(finite, near, one == two)
    return agree


def _lists(one: pa.Array, two: pa.Array, tolerance: Tolerance) -> NDArray[np.bool_]:
    sizes = [np.asarray(pc.list_value_length(side)) for side in (one, two)]
    agree: NDArray[np.bool_] = sizes[0] == sizes[1]
    rows = np.flatnonzero(agree & (sizes[0] > 0))
    if not len(rows):
        return agree
    parts = [side.take(pa.array(rows)).flatten() for side in (one, two)]
    if all(_is_number(part.type) for part in parts):
        ours, theirs = map(_floats, parts)
        near = _close(ours, theirs, tolerance) | (np.isnan(ours) & np.isnan(theirs))
    else:
        near = _alike(*parts)
    starts = np.cumsum(sizes[0][rows]) - sizes[0][rows]
    agree[rows] = np.logical_and.reduceat(near, starts)
    return agree


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_decimal(kind)
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _floats(array: pa.Array) -> NDArray[np.float64]:
    """Numbers as float64, missing ones of a list as NaN."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    array = array.cast(pa.float64(), safe=False)
    floats: NDArray[np.float64] = array.to_numpy(zero_copy_only=False)
    return floats


def _nanoseconds(array: pa.Array) -> NDArray[np.int64] | None:
    try:
        moments = array.cast(pa.timestamp("ns", getattr(array.type, "tz", None)))
    except pa.ArrowException:
        return None
    return np.asarray(moments.cast(pa.int64()))


def _spelt(array: pa.Array) -> list[str]:
    """Values as text."""
    if pa.types.is_floating(array.type):
        return [_number(value) for value in array.to_pylist()]
    if _is_list(array.type):
        return [repr(value) for value in array.to_pylist()]
    return [str(text) for text in array.cast(pa.string()).to_pylist()]


def _number(value: float) -> str:
    """As ingestion spells a number in a column of text."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
