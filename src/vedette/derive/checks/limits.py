"""Which values of a column break the limits of its field.

Owns: numbers against limits, texts against lists and patterns, lengths.  Does not own: whether a
value could be read (`derive.checks.gates`).
"""

from collections.abc import Iterator
from math import ceil, floor, isinf
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.instants import SECOND
from vedette.core.judge import NUMBERED_KINDS, ROUNDING, SLACK, Judge
from vedette.derive.checks.readings import Flags, instants, numbers, truths
from vedette.profiles.buffers import fixed
from vedette.profiles.columns import as_codes, is_text
from vedette.profiles.numbers import are_lists

Broken = Iterator[tuple[str, Flags]]  # kinds of violations, and the rows that have them


def out_of_bounds(column: pa.Array, judge: Judge, good: Flags | None) -> Broken:
    """Numbers outside of their limits.

    Shapes: a column that is neither coded nor of lists; anything may be said of rows that are not
    `good` (None when all are).
    """
    values, limits = _numbers(column, judge), judge.limits
    if not np.issubdtype(values.dtype, np.integer):
        if not _inside(values, judge, good):
            yield from _outside(values, judge)
    else:
        if limits.min is not None:
            yield "min", _less(values, limits.min)
        if limits.above is not None:
            yield "above", ~_more(values, limits.above)
        if limits.max is not None:
            yield "max", _more(values, limits.max)
        if limits.below is not None:
            yield "below", ~_less(values, limits.below)
    if limits.step is not None:
        yield "step", _off(values, limits.step, _rounding(column, judge))


def _inside(values: Any, judge: Judge, good: Flags | None) -> bool:
    """Whether all numbers obey: what nearly every batch is asked, at the cost of two looks."""
    low, high = (np.float64(end) for end in judge.interval)
    inside = values >= low
    inside &= values <= high
    return bool(inside.all() or (good is not None and (inside | ~good).all()))


def _outside(values: Any, judge: Judge) -> Broken:
    """Real numbers that break each limit; NaN obeys none, and one violation says so."""
    limits, unreadable = judge.limits, np.isnan(values)
    yield "finite", ~np.isfinite(values) if limits.finite else unreadable
    for name, wrong in (("min", np.less), ("above", np.less_equal), ("max", np.greater),
                        ("below", np.greater_equal)):  # fmt: skip
        limit = getattr(limits, name)
        if limit is not None:
            yield name, wrong(values, np.float64(limit))


def out_of_lists(column: pa.Array, judge: Judge) -> Broken:
    """Values that are not allowed, are forbidden or do not match.

    Shapes: a column that is neither coded nor of lists.
    """
    for name, listed in (("allowed", judge.allowed), ("forbidden", judge.forbidden)):
        if listed is not None:
            found = _among(column, judge, listed)
            yield name, ~found if name == "allowed" else found
    if judge.limits.pattern is not None:
        judge.matches  # noqa: B018 - refuses what is no expression
        whole = rf"\A(?:{judge.limits.pattern})\z"
        texts, places = _texts(column)
        matched = pc.fill_null(pc.match_substring_regex(texts, whole), False)
        fits = fixed(matched.cast(pa.uint8())).astype(np.bool_)
        yield "pattern", ~_spread(fits, places)


def _texts(column: pa.Array) -> tuple[pa.Array, NDArray[np.integer] | None]:
    """The texts of a column, and where in them each row's lies when several share one."""
    if is_text(column.type):
        return column, None
    codes = as_codes(column)
    return codes.dictionary, codes.codes


def _spread(found: Flags, places: NDArray[np.integer] | None) -> Flags:
    """What holds of texts, for every row; False where a row has none."""
    return found if places is None else np.asarray(np.append(found, [False, False])[places])


def out_of_length(column: pa.Array, judge: Judge) -> Broken:
    """Texts and lists that are too short or too long.  Shapes: a column that is not coded."""
    kind, t = column.type, pa.types
    if are_lists(kind):
        counts = pc.list_value_length(column)
    elif t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind):
        counts = pc.binary_length(column)
    elif is_text(kind):
        counts = pc.utf8_length(column)
    else:
        text = as_codes(column)
        each = np.append(fixed(pc.fill_null(pc.utf8_length(text.dictionary), 0)), [0, 0])
        counts = pa.array(each[text.codes])
    lengths: Any = fixed(pc.fill_null(counts, 0))
    least, most = judge.limits.min_length, judge.limits.max_length
    if least is not None:
        yield "min_length", lengths < least
    if most is not None:
        yield "max_length", lengths > most


def _numbers(column: pa.Array, judge: Judge) -> Any:
    """The numbers that limits are about: of instants, seconds since 1970."""
    if pa.types.is_floating(column.type) and not pa.types.is_float16(column.type):
        return fixed(column)
    if judge.field.kind == "time":
        at, known = instants(column)
        return np.where(known, at / SECOND, np.nan)
    if judge.field.kind == "boolean":
        yes, known = truths(column)
        return np.where(known, yes.astype(np.float64), np.nan)
    return numbers(column)


def _rounding(column: pa.Array, judge: Judge) -> float:
    return max(judge.rounding, ROUNDING["float32"] if column.type == pa.float32() else 0.0)


def _less(values: Any, limit: float) -> Flags:
    """Which whole numbers are below a limit, exactly."""
    found: Flags = np.full(len(values), limit > 0) if isinf(limit) else values < ceil(limit)
    return found


def _more(values: Any, limit: float) -> Flags:
    found: Flags = np.full(len(values), limit < 0) if isinf(limit) else values > floor(limit)
    return found


def _off(values: Any, step: float, rounding: float) -> Flags:
    """Which values are no whole multiple of a step, as `core.judge.is_off` says."""
    if np.issubdtype(values.dtype, np.integer) and float(step).is_integer():
        whole: Flags = values != 0 if step >= 2**63 else values % int(step) != 0
        return whole
    real = values.astype(np.float64)
    with np.errstate(all="ignore"):
        steps = real / step
        off = np.abs(steps - np.rint(steps)) > np.maximum(SLACK, rounding * np.abs(steps))
    return np.asarray(np.where(np.isinf(steps), np.isinf(real), off) & ~np.isnan(real))


def _among(column: pa.Array, judge: Judge, listed: frozenset[object]) -> Flags:
    if judge.field.kind in NUMBERED_KINDS:
        wanted = np.array(list(listed), np.float64)
        return np.asarray(np.isin(numbers(column).astype(np.float64), wanted))
    if judge.field.kind == "boolean":
        yes, known = truths(column)
        return np.asarray(known & np.where(yes, True in listed, False in listed))
    texts, places = _texts(column)
    among = [value in listed for value in texts.to_pylist()]
    return _spread(np.array(among, np.bool_), places)
