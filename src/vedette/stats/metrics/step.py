"""One step of many metric series: judge the values, then learn from them.

Owns: the order of things and the clock that all series share.  Does not own: the forecast
(`expect`), chances (`judge`), what is learnt (`learn`).

A value is expected at season + level + what is left of how far off the last one was; the rest is
its surprise, in units of a robust scale that differs by slot, plus the value's known sampling
variance.  Averages of surprises over a few values, a few hours and more than a day see shifts and
trends, their average along the season sees its change.

Source: the design's `reference/statistics.md`, section 10; Masreliez & Martin 1977, IEEE
Transactions on Automatic Control 22, 361-371 (robust filtering by clipped surprises).
"""

from dataclasses import replace

import numpy as np

from vedette.core.errors import UsageError
from vedette.stats.metrics.arithmetic import ARRAYS, Arithmetic, Row
from vedette.stats.metrics.expect import averages, echo_of, look, paces, sizes_of
from vedette.stats.metrics.gaps import learn_gap
from vedette.stats.metrics.judge import SETTLING, Judged, judge, not_judged
from vedette.stats.metrics.learn import learned, settled
from vedette.stats.metrics.season import place, seasonal
from vedette.stats.metrics.state import NEVER, State

LARGEST = 1e100  # what is not smaller, or no number, is missing: squares must stay finite


def step(state: State, time: int, values: Row, noise: Row | None = None) -> tuple[State, Judged]:
    """Judge one value of every series, and learn.

    Shapes: float64[S]; what is not finite, or
    not below 1e100 in size, is missing.  Units: UTC nanoseconds; `noise` is the known
    sampling variance of each value, in its own squared unit.
    Errors: UsageError for a time that is not later than the last.
    Example:
        >>> from vedette.stats.metrics.judge import KINDS
        >>> from vedette.stats.metrics.state import start
        >>> hour = 3_600_000_000_000
        >>> state = start(2)
        >>> for i in range(24 * 10):
        ...     state, judged = step(state, i * hour, np.array([i % 24, i % 24 + 0.5 * (i % 2)]))
        >>> state, judged = step(state, 24 * 10 * hour, np.array([0.0, 90.0]))
        >>> (judged.p > 0.01).tolist(), [KINDS[k] for k in judged.kind]
        ([True, False], ['none', 'spike'])
    """
    state, judged = advance(ARRAYS, state, time, values, 0.0 if noise is None else noise)
    return state, judged._replace(kind=judged.kind.astype(np.int8))


def advance(
    o: Arithmetic, state: State, time: int, values: Row, noise: Row | float
) -> tuple[State, Judged]:
    """`step` in either arithmetic."""
    if time <= state.last:
        raise UsageError(
            "metrics", "a step is not later than the last", got=time, want=f"after {state.last}"
        )
    clock, missed = _clocked(state, time)
    _, interval, _, since = clock
    if state.since < NEVER or not state.interval:  # known only now: seldom, for a copy costs
        state = replace(state, interval=interval, since=since)
    pace = paces(state)
    came = abs(values) < LARGEST
    value = o.where(came, values, state.mean)
    at = place(state, time)
    echo = echo_of(o, state)
    season = seasonal(o, state, at, echo)
    seen = look(o, state, at, season, value, noise, missed, echo)
    if state.quiet[0] <= time < state.quiet[1]:
        last, interval, steps, since = clock
        state = replace(state, last=last, interval=interval, steps=steps, since=since)
        return state, not_judged(o, seen)
    averaged = averages(o, state, pace, season, seen.away)
    sizes = sizes_of(o, state, pace, averaged)
    judged = judge(o, state, pace, seen, sizes, came, missed)
    weight = o.where(came, seen.trust, 0.0)
    gaps = learn_gap(o, state, came, missed)
    if since < SETTLING:
        return settled(o, state, clock, pace, seen, came, gaps), judged
    return learned(
        o, state, clock, pace, at, season, seen, averaged, sizes, value, weight, gaps
    ), judged


def _clocked(state: State, time: int) -> tuple[tuple[int, float, int, int], int]:
    """The clock at this time, and how many steps were left out before."""
    passed = float(time - state.last) if state.last >= 0 else 0.0
    interval, missed = state.interval, 0
    if passed and not interval:
        interval = passed
    elif passed:
        missed = max(int(passed / interval + 0.5) - 1, 0)
        held = min(max(passed, 0.25 * interval), 2.0 * interval)
        interval += max(0.02, 1.0 / (state.steps + 1)) * (held - interval)
    return (time, interval, min(state.steps + 1, NEVER), min(state.since + 1, NEVER)), missed
