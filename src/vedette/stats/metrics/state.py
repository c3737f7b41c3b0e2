"""What is known of metric series, in a constant number of numbers each.

Owns: the state, how it begins, for many series (rows are float64[S]) and for one (rows are floats).
Does not own: how it moves (`stats.metrics.step`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from vedette.stats.metrics.arithmetic import Row
from vedette.stats.metrics.tails import Tail, no_tail

DAY = 86_400_000_000_000
SLOTS, WEEKDAYS = 24, 7  # of a period; days of a week
THURSDAY = 3  # the weekday of 1970-01-01, Monday being 0
SMOOTHED = 4  # averages of how far off values were: short, middle, long, along the season
NEVER = 1_000_000_000  # steps since something that never was


@dataclass(frozen=True, eq=False)
class State:
    """What is known so far.  All series share the clock: `last`, `interval` between steps
    (nanoseconds), `steps`, `since` the last deploy, `quiet` (maintenance from, until), `holidays`
    (days since 1970).  Everything else is a row.

    `age` counts periods since the first value, `seen` the values, `told` those that taught the
    variance.  `mean`, `slots` of the period and `week` of the week (with how often each was
    visited) make the season, `level` and `slope` lie over it, `carry` is how far the last value
    was off, `along` and `square` its autocorrelation.  `variance` is that of one step's surprise,
    `scatter` relative to it by slot, `plain`, `daily` and `weekly` mean squares about the mean,
    the day and the week.  `smooth` are averages of surprises, `excess` their mean squares over
    those of independent surprises, `tail` says how rarely surprises are large.
    `off` counts periods for which values have been far off on one side, by `recent` on average.
    `run` counts missing values since the last; `present`, `broke`, `absent`, `stayed` how often a
    value was followed by none, and none by none.
    """

    period: int
    has_week: bool
    last: int
    interval: float
    steps: int
    since: int
    quiet: tuple[int, int]
    holidays: tuple[int, ...]
    seen: Row
    age: Row
    told: Row
    mean: Row
    level: Row
    slope: Row
    carry: Row
    along: Row
    square: Row
    variance: Row
    wide: Row
    usual: Row
    plain: Row
    daily: Row
    weekly: Row
    daily_seen: Row
    weekly_seen: Row
    swing: Row
    off: Row
    recent: Row
    run: Row
    present: Row
    broke: Row
    absent: Row
    stayed: Row
    slots: tuple[Row, ...]
    visits: tuple[Row, ...]
    scatter: tuple[Row, ...]
    week: tuple[tuple[Row, ...], ...]
    week_visits: tuple[tuple[Row, ...], ...]
    smooth: tuple[Row, ...]
    excess: tuple[Row, ...]
    tail: Tail


def made(**parts: Any) -> State:
    """A state of all its parts: what `State` makes of them, in a fifth of the time."""
    state = object.__new__(State)
    state.__dict__.update(parts)
    return state


def start(series: int, *, period: int = DAY, weekly: bool = True) -> State:
    """Know nothing of so many series.

    Units: `period` in nanoseconds, 0 for series without a season; `weekly`: weekdays differ too
    (only where the period is a day).
    Example:
        >>> start(3).slots[0]
        array([0., 0., 0.])
    """
    return _begun(np.zeros(series), period, weekly)


def _begun(zero: Any, period: int, weekly: bool) -> State:
    has_week = weekly and period == DAY
    slots = (zero,) * (SLOTS if period else 1)
    week = ((zero,) * SLOTS,) * (WEEKDAYS if has_week else 0)
    rows = dict.fromkeys((f.name for f in fields(State) if f.type in (Row, "Row")), zero)
    return State(
        **{
            **rows,
            "period": period,
            "has_week": has_week,
            "last": -1,
            "interval": 0.0,
            "steps": 0,
            "since": NEVER,
            "quiet": (-1, -1),
            "holidays": (),
            "slots": slots,
            "visits": slots,
            "scatter": tuple(zero + 1.0 for _ in slots),
            "week": week,
            "week_visits": week,
            "smooth": (zero,) * SMOOTHED,
            "excess": (zero + 1.0,) * SMOOTHED,
            "tail": no_tail(zero),
        }
    )


def single(state: State) -> State:
    """The state of one series with plain floats for rows.

    Example:
        >>> single(start(1)).level
        0.0
    """
    return cast(State, _zipped(state, state, lambda row, _: cast(Row, float(row[0]))))


def chosen(state: State, places: Sequence[int]) -> State:
    """The state of some of the series, in the order of their places; -1 begins a new one.

    Example:
        >>> chosen(start(2), [1, -1, 0]).mean.shape
        (3,)
    """
    at = np.asarray(places, np.intp)
    fresh = start(1, period=state.period, weekly=state.has_week)
    return cast(State, _zipped(state, fresh, lambda old, new: _picked(old, new, at)))


def _picked(old: Row, new: Row, at: NDArray[np.intp]) -> Row:
    return np.append(old, new)[at]  # -1 is the appended one


def _zipped(one: Any, other: Any, change: Callable[[Row, Row], Row]) -> Any:
    """Change every row of a value that looks like another."""
    if isinstance(one, np.ndarray):
        return change(one, other)
    if is_dataclass(one) and not isinstance(one, type):
        names = [field.name for field in fields(one)]
        return type(one)(
            **{name: _zipped(getattr(one, name), getattr(other, name), change) for name in names}
        )
    if isinstance(one, tuple) and len(one) == len(other):
        return tuple(_zipped(a, b, change) for a, b in zip(one, other, strict=True))
    return one
