"""Single faults that are planted into a serving table.

Owns: fifteen kinds, the columns each can be planted into, what a finding may call it.  Does not
own: tables (`skew_tables`), judging.  A fault whose effect would be none (rounding whole numbers)
is not planted; nothing is chosen by whether it is found.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

Generator = np.random.Generator
UNITS = (1.609344, 0.3048, 2.54, 0.45359237, 60.0, 1 / 60, 1000.0, 0.001, 100.0, 0.0)  # 0: to F
ZONES = (-8, -5, -4, 1, 2, 5, 9, -1)


@dataclass(frozen=True)
class Planted:
    """A serving table with a fault.  Shapes: `names` are the words that name it rightly, `columns`
    those it is about."""

    kind: str
    table: pd.DataFrame
    columns: tuple[str, ...]
    names: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class Fault:
    """A kind of fault: where it can be planted, and planting it in a share of the rows."""

    kind: str
    names: tuple[str, ...]
    fits: Callable[[pd.DataFrame], list[str]]
    plant: Callable[
        [pd.DataFrame, str, Generator, float], tuple[pd.DataFrame, tuple[str, ...], str]
    ]
    partial: bool = True  # whether a share of the rows means anything


def plant(fault: Fault, clean: pd.DataFrame, column: str, rng: Generator, share: float) -> Planted:
    """Plant a fault into a column, in a share of the rows."""
    table, columns, how = fault.plant(clean.copy(), column, rng, share)
    return Planted(fault.kind, table, columns, fault.names, how)


def _numbers(frame: pd.DataFrame, different: int = 12) -> list[str]:
    return [
        name
        for name in frame
        if types.is_numeric_dtype(frame[name]) and frame[name].nunique() >= different
    ]


def _texts(frame: pd.DataFrame) -> list[str]:
    """Text with letters that repeats, so that it is a category."""
    return [
        name
        for name in frame
        if not types.is_numeric_dtype(frame[name])
        and name != "time_hour"
        and 2 <= frame[name].nunique() <= 0.5 * len(frame)
        and frame[name].dropna().astype(str).str.contains("[A-Za-z]").mean() > 0.9
    ]


def _all(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if frame[name].nunique() > 1]


def _rows(frame: pd.DataFrame, rng: Generator, share: float) -> np.ndarray:
    return rng.random(len(frame)) < share


def _set(frame: pd.DataFrame, column: str, rows: np.ndarray, values: pd.Series) -> pd.DataFrame:
    old = frame[column]
    frame[column] = old.where(~rows, values)
    return frame


def _unit(frame, column, rng, share):
    factor = UNITS[rng.integers(len(UNITS))]
    new = frame[column] * 1.8 + 32 if factor == 0 else frame[column] * factor
    _set(frame, column, _rows(frame, rng, share), new)
    return frame, (column,), "C to F" if factor == 0 else f"x {factor:.4g}"


def _fill_columns(frame: pd.DataFrame) -> list[str]:
    every = [*_numbers(frame, 5), *_texts(frame)]
    return [
        name
        for name in every
        if frame[name].nunique() >= 5 and frame[name].value_counts(normalize=True).iloc[0] < 0.5
    ]


def _fill(frame, column, rng, share):
    old = frame[column]
    text = not types.is_numeric_dtype(old)
    mode = old.mode().iloc[0]
    values = ["unknown", mode] if text else [0, -1, -999, round(float(old.mean()), 3), mode]
    value = values[rng.integers(len(values))]
    rows = np.array(old.isna())
    if rows.mean() < 0.05:
        rows = _rows(frame, rng, 0.3)
    rows &= _rows(frame, rng, share)
    _set(frame, column, rows, pd.Series([value] * len(frame)))
    return frame, (column,), f"{value} in {rows.mean():.0%}"


def _drop(frame, column, rng, share):
    return frame.drop(columns=column), (column,), "gone"


def _add(frame, column, rng, share):
    frame["request_flag"] = rng.integers(0, 3, len(frame))
    return frame, ("request_flag",), "a column of codes"


def _rename(frame, column, rng, share):
    words = column.split("_")
    new = (
        words[0] + "".join(w.title() for w in words[1:]) + "Value",
        f"f_{column}",
        f"x{rng.integers(100)}",
    )[rng.integers(3)]
    return frame.rename(columns={column: new}), (column,), f"now {new}"


def _pairs(frame: pd.DataFrame) -> list[str]:
    """Columns with another one of the same type that is distributed otherwise."""
    numbers = _numbers(frame, 3)
    return numbers if len(numbers) > 1 else []


def _swap(frame, column, rng, share):
    others = [c for c in _numbers(frame, 3) if c != column]
    others = [c for c in others if frame[c].dtype == frame[column].dtype] or others
    differ = [c for c in others if abs(frame[c].mean() - frame[column].mean()) > 1e-9]
    other = differ[rng.integers(len(differ))]
    rows = _rows(frame, rng, share)
    one, two = frame[column].copy(), frame[other].copy()
    frame[column], frame[other] = one.where(~rows, two), two.where(~rows, one)
    return frame, (column, other), f"with {other}"


def _retype(frame, column, rng, share):
    old = frame[column]
    if types.is_integer_dtype(old) and rng.random() < 0.3:
        frame[column] = old.astype(float)
        return frame, (column,), "whole to decimal"
    frame[column] = old.map(lambda v: None if pd.isna(v) else f"{v:g}" if v % 1 else f"{v:.0f}")
    frame[column] = frame[column].astype("string")
    return frame, (column,), "to text"


def _stale_columns(frame: pd.DataFrame) -> list[str]:
    wide = _numbers(frame, 5)
    top = {name: frame[name].value_counts(normalize=True).iloc[0] for name in wide}
    return [name for name in wide if top[name] < 0.5 and frame[name].notna().mean() > 0.5]


def _stale(frame, column, rng, share):
    way = rng.integers(2)
    old = frame[column]
    if way == 0:  # with a chance of a half, a row gets what the row before got
        held = _rows(frame, rng, 0.5 * share)
        held[0] = False
        at = np.maximum.accumulate(np.where(held, 0, np.arange(len(old))))
        frame[column] = old.to_numpy()[at]
        return frame, (column,), "half of the rows keep the value before"
    start = int(len(old) * (1 - 0.5 * share))
    frame.loc[start:, column] = old.iloc[start]
    return frame, (column,), "stands still in the last part"


def _late_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that go with another: where none does, nothing can show that a value came late."""
    wide = [name for name in _stale_columns(frame) if (frame[name].diff() != 0).mean() > 0.5]
    together = frame[wide].corr("spearman").abs().where(~np.eye(len(wide), dtype=bool))
    return [name for name in wide if together[name].max() > 0.5]


def _late(frame, column, rng, share):
    rows = _rows(frame, rng, share)
    by = int(rng.integers(1, 50))
    _set(frame, column, rows, pd.Series(np.roll(frame[column].to_numpy(), by)))
    return frame, (column,), f"late by {by} rows"


def _double(frame, column, rng, share):
    again = frame[_rows(frame, rng, 0.2 * share)]
    both = pd.concat([frame, again])
    if rng.random() < 0.5:
        both = both.sort_index(kind="stable")
    return both.reset_index(drop=True), ("(all columns)",), f"{len(again) / len(frame):.0%} again"


def _new(frame, column, rng, share):
    _set(frame, column, _rows(frame, rng, 0.05 * share), pd.Series(["ZZ9"] * len(frame)))
    return frame, (column,), "ZZ9 in 5 %"


def _case_columns(frame: pd.DataFrame) -> list[str]:
    return _texts(frame)


def _case(frame, column, rng, share):
    old = frame[column].astype("string")
    ways = [old.str.lower(), old.str.upper(), old.str.title()]
    ways = [way for way in ways if (way != old).mean() > 0.5]
    _set(frame, column, _rows(frame, rng, share), ways[rng.integers(len(ways))])
    return frame, (column,), "another letter case"


def _times(frame: pd.DataFrame) -> list[str]:
    """Columns with an hour of the day, as instants or as the text of one."""
    found = ["time_hour"] if "time_hour" in frame else []
    dated = [name for name in frame if types.is_datetime64_any_dtype(frame[name])]
    return [*found, *(name for name in dated if frame[name].dt.hour.nunique() > 1)]


def _zone(frame, column, rng, share):
    hours = ZONES[rng.integers(len(ZONES))]
    moved = pd.to_datetime(frame[column]) + pd.Timedelta(hours=hours)
    if not types.is_datetime64_any_dtype(frame[column]):
        moved = moved.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype("string")
    _set(frame, column, _rows(frame, rng, share), moved)
    return frame, (column,), f"{hours:+d} h"


def _decimals(frame: pd.DataFrame) -> list[str]:
    return [name for name in _numbers(frame) if _step(frame[name]) is not None]


def _step(column: pd.Series) -> float | None:
    """The smallest step that hardly any value of a column is a multiple of, and that leaves at
    least four values."""
    values = column.dropna().to_numpy(float)
    for step in (0.01, 0.1, 1.0, 10.0, 100.0):
        near = np.abs(values / step - np.rint(values / step)) < 1e-6
        if near.mean() < 0.5:
            return step if len(np.unique(np.rint(values / step))) >= 4 else None
    return None


def _round(frame, column, rng, share):
    step = _step(frame[column])
    new = (frame[column] / step).round() * step
    _set(frame, column, _rows(frame, rng, share), new.round(4))
    return frame, (column,), f"to {step:g}"


def _cuttable(frame: pd.DataFrame) -> list[str]:
    long = [
        name
        for name in _texts(frame)
        if frame[name].dropna().astype(str).str.len().gt(3).mean() > 0.2
    ]
    return [*_decimals(frame), *long]


def _cut(frame, column, rng, share):
    rows = _rows(frame, rng, share)
    if types.is_numeric_dtype(frame[column]):
        step = _step(frame[column])
        new = (np.trunc(frame[column] / step) * step).round(4)
        _set(frame, column, rows, new)
        return frame, (column,), f"to {step:g}"
    length = max(int(frame[column].astype("string").str.len().quantile(0.8)) - 2, 2)
    _set(frame, column, rows, frame[column].astype("string").str[:length])
    return frame, (column,), f"{length} characters"


def _null(frame, column, rng, share):
    rows = _rows(frame, rng, 0.2 * share)
    frame[column] = frame[column].mask(rows)
    return frame, (column,), "20 % missing"


def _plain_numbers(frame: pd.DataFrame) -> list[str]:
    return [name for name in _numbers(frame, 2) if frame[name].notna().any()]


FAULTS = (
    Fault("unit change", ("unit", "scale", "function"), _numbers, _unit),
    Fault("default fill", ("default_fill",), _fill_columns, _fill),
    Fault("column dropped", ("dropped",), _all, _drop, partial=False),
    Fault("column added", ("added",), lambda frame: list(frame)[:1], _add, partial=False),
    Fault("column renamed", ("renamed",), _all, _rename, partial=False),
    Fault("columns swapped", ("swapped",), _pairs, _swap),
    Fault("retyped", ("retyped",), _plain_numbers, _retype, partial=False),
    Fault("stale", ("stale",), _stale_columns, _stale),
    Fault("stale, late by rows", ("stale",), _late_columns, _late),
    Fault("duplicated rows", ("duplicates",), lambda frame: list(frame)[:1], _double),
    Fault("new category", ("new_category",), _texts, _new),
    Fault("case change", ("case",), _case_columns, _case),
    Fault("time-zone shift", ("time_zone",), _times, _zone),
    Fault("rounding", ("resolution",), _decimals, _round),
    Fault("truncation", ("resolution", "cut"), _cuttable, _cut),
    Fault("nulls", ("nulls",), _all, _null),
)
