"""A column of the reference, moved to where it is now.

Owns: which rows get which values, the same at every call.  Does not own: what is made of them
(`engine.rescoring`).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.stats.shapley import match_quantiles


def moved_to(values: pa.Array, now: pa.Array) -> pa.Array:
    """Values of the reference as they would be now: numbers at the same rank; of categories and of
    missing values as many as now, with as few rows changed as that takes.

    Example:
        >>> moved_to(pa.array([3.0, 1.0, 2.0]), pa.array([10.0, 20.0, 30.0])).to_pylist()
        [30.0, 10.0, 20.0]
        >>> moved_to(pa.array(["a", "a", "b", "b"]), pa.array(["a", "c", "c", "b"])).to_pylist()
        ['a', 'c', 'b', 'c']
        >>> moved_to(pa.array([1.0, 2.0]), pa.array([None, None], pa.float64())).to_pylist()
        [None, None]
    """
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        if not (pa.types.is_floating(now.type) or pa.types.is_integer(now.type)):
            return pa.nulls(len(values), pa.float64())  # not a number of it arrives
        was, new = (_numbers(one) for one in (values, now))
        moved = match_quantiles(was, new)
        usable = moved[np.isfinite(moved)]
        share = float(np.isfinite(new).mean())
        keep = _as_many(np.isfinite(moved), round(share * len(moved)))
        filled = np.where(np.isfinite(moved), moved, np.median(usable) if len(usable) else np.nan)
        return pa.array(filled, mask=~keep | ~np.isfinite(filled))
    text = [pc.cast(_plain(one), pa.string()).to_pylist() for one in (values, now)]
    return _recast(_categories(*text), kind)


def _categories(values: list[str | None], now: list[str | None]) -> list[str | None]:
    """As many of every value as now; of those that became fewer, an even part changes."""
    names = list(dict.fromkeys([*values, *now]))
    place = {name: at for at, name in enumerate(names)}
    own = np.array([place[name] for name in values])
    wanted = np.bincount([place[name] for name in now], minlength=len(names)) / max(len(now), 1)
    target = np.floor(np.cumsum(wanted) * len(own) + 0.5).astype(int)
    target = np.diff(np.concatenate([[0], target]))
    free = []
    for at in range(len(names)):
        rows = np.flatnonzero(own == at)
        stay = _as_many(np.ones(len(rows), bool), int(target[at]))
        free += rows[~stay].tolist()
        target[at] -= int(stay.sum())
    chosen = np.repeat(np.arange(len(names)), target)
    for row, at in zip(sorted(free), chosen.tolist(), strict=False):
        own[row] = at
    return [names[at] for at in own.tolist()]


def _as_many(there: NDArray[np.bool_], wanted: int) -> NDArray[np.bool_]:
    """So many rows, those that are there first, of too many an even part."""
    rows = np.flatnonzero(there)
    if wanted >= len(rows):
        others = np.flatnonzero(~there)
        rows = np.concatenate([rows, others[evenly(len(others), wanted - len(rows))]])
    else:
        rows = rows[evenly(len(rows), wanted)]
    found = np.zeros(len(there), bool)
    found[rows] = True
    return found


def evenly(n: int, wanted: int) -> NDArray[np.intp]:
    """So many of n places, spread evenly."""
    count = max(min(wanted, n), 0)
    return (np.arange(count) * n // max(count, 1)).astype(np.intp)


def _plain(array: pa.Array) -> pa.Array:
    kind = array.type
    return array.cast(kind.value_type) if pa.types.is_dictionary(kind) else array


def _numbers(array: pa.Array) -> NDArray[np.float64]:
    found: NDArray[np.float64] = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found


def _recast(values: list[str | None], kind: pa.DataType) -> pa.Array:
    """Text as what it was before."""
    array = pa.array(values, pa.string())
    if pa.types.is_dictionary(kind):
        return array
    try:
        return array.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return array
