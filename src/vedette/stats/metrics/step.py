"""One step of many metric series: judge the values, then learn from them.

Owns: the forecast, the surprise, its averages over several spans, and what each teaches.  Does not
own: tails (`tails`), slots (`season`), gaps (`gaps`).

A value is expected at season + level + what is left of how far off the last one was; the rest is
its surprise, in units of a robust scale that differs by slot, plus the value's known sampling
variance.  Averages of surprises over a few values, a few hours and more than a day see shifts and
trends, their average along the season sees its change.  All learn clipped: one wild value teaches
little, what lasts for two periods is adopted.

Source: the design's `reference/statistics.md`, section 10; Masreliez & Martin 1977, IEEE
Transactions on Automatic Control 22, 361-371 (robust filtering by clipped surprises).
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from vedette.core.errors import UsageError
from vedette.stats.metrics.arithmetic import ARRAYS, Arithmetic, Mask, Row, clipped, put
from vedette.stats.metrics.gaps import gap_chance, learn_gap
from vedette.stats.metrics.season import (
    Place,
    Seasonal,
    learn_season,
    place,
    seasonal,
    share_of_slot,
)
from vedette.stats.metrics.state import NEVER, State
from vedette.stats.metrics.tails import AVERAGES, VALUES, chance, learn

KINDS = ("none", "spike", "level", "level", "trend", "season", "missing")  # by signal, from 1
NONE, SPIKE, MISSING = 0, 1, 6
SIGNALS = 6.0
COLD = 2.0  # periods in which only gross limits hold
LEAST_SEEN = 24.0  # values before anything else is judged
GROSS_SEEN, GROSS = 12.0, 12.0  # values before, and deviations from which, those limits hold
SETTLING = 12  # steps after a deploy that are not judged
ADOPT = 2.0  # periods after which what lasts is what is expected
FAR = 3.0  # deviations that teach at most, and from which a value counts as far off
WILD = 4.0  # surprises that enter an average at most
CALM = 6.0  # sizes of an average above which it does not teach its tail
UNSEASONAL = 100  # steps that stand for a period where there is none
FADE = 0.25  # the shortest average's weight of a value
WEEK = 8.0  # periods before which weekdays are unknown
WEEKDAYS_OFF = 1.0 / 3.0  # what a deviation counts for until then
LONG = 1.5  # periods over which the longest average runs
LEVEL = 5.0  # and over which the level does
MEMORY = 14.0  # and for which scales and means remember
ECHO_PRIOR, MOST_ECHO = 1.02, 0.98
EXCESS = 20.0  # spans of an average over which its spread is learnt
SCATTERED = 0.5
LEAST_TRUST = 0.01
HALF = 3.0  # a score of one half, in powers of ten


@dataclass(frozen=True, eq=False)
class Judged:
    """What a step says of each series.  Shapes: rows.

    `p` is the chance that an ordinary value lies this far from what was expected, two-sided, given
    all before: what to bet on.  `tail` is the least chance of that, of the averages' and of the
    gap's, times their number: what to alarm on; `score` in [0, 1] rises as it falls, 0.5 at 1 in
    1,000.  99 of 100 ordinary values lie between `low` and `high`.  `away` is the surprise in
    standard deviations, signed; `kind` a place in `KINDS`; `known` is 0 where only gross limits
    hold.
    """

    score: Row
    p: Row
    tail: Row
    expected: Row
    low: Row
    high: Row
    away: Row
    kind: Any
    known: Row


def step(state: State, time: int, values: Row, noise: Row | None = None) -> tuple[State, Judged]:
    """Judge one value of every series, and learn.

    Shapes: float64[S]; what is not finite is missing.  Units: UTC nanoseconds; `noise` is the known
    sampling variance of each value, in its own squared unit.
    Errors: UsageError for a time that is not later than the last.
    Example:
        >>> from vedette.stats.metrics.state import start
        >>> hour = 3_600_000_000_000
        >>> state = start(2)
        >>> for i in range(24 * 7):
        ...     state, judged = step(state, i * hour, np.array([i % 24, i % 24 + 0.5 * (i % 2)]))
        >>> state, judged = step(state, 24 * 7 * hour, np.array([0.0, 90.0]))
        >>> judged.p.round(2).tolist(), [KINDS[k] for k in judged.kind]
        ([1.0, 0.0], ['none', 'spike'])
    """
    state, judged = advance(ARRAYS, state, time, values, 0.0 if noise is None else noise)
    return state, replace(judged, kind=np.asarray(judged.kind, np.int8))


def advance(
    o: Arithmetic, state: State, time: int, values: Row, noise: Row | float
) -> tuple[State, Judged]:
    """`step` in either arithmetic."""
    if time <= state.last:
        raise UsageError(
            "metrics", "a step is not later than the last", got=time, want=f"after {state.last}"
        )
    state, missed = _clocked(state, time)
    pace = _paces(state)
    came = o.finite(values)
    value = o.where(came, values, state.mean)
    at = place(state, time)
    echo = _echo(o, state)
    season = seasonal(o, state, at, echo)
    seen = _look(o, state, at, season, value, noise, missed, echo)
    if state.quiet[0] <= time < state.quiet[1]:
        return state, _not_judged(o, seen)
    averaged = _averaged(o, state, pace, season, seen, came)
    judged, sizes = _judge(o, state, seen, averaged, came, missed)
    state = replace(state, **learn_gap(o, state, came, missed))
    weight = o.where(came, seen.trust, 0.0)
    return _learnt(o, state, pace, at, season, seen, averaged, sizes, value, weight), judged


def _clocked(state: State, time: int) -> tuple[State, int]:
    """The state at this time, and how many steps were left out before."""
    passed = float(time - state.last) if state.last >= 0 else 0.0
    interval, missed = state.interval, 0
    if passed and not interval:
        interval = passed
    elif passed:
        missed = max(int(passed / interval + 0.5) - 1, 0)
        held = min(max(passed, 0.25 * interval), 2.0 * interval)
        gain = max(0.02, 1.0 / (state.steps + 1))
        interval += gain * (held - interval)
    steps, since = min(state.steps + 1, NEVER), min(state.since + 1, NEVER)
    return replace(state, last=time, interval=interval, steps=steps, since=since), missed


@dataclass(frozen=True)
class _Paces:
    """How much of each average a step is; `span` the share of a period."""

    span: float
    level: float
    slope: float
    variance: float
    mean: float
    smooth: tuple[float, ...]


def _paces(state: State) -> _Paces:
    span = state.interval / state.period if state.period else 1.0 / UNSEASONAL
    long = min(max(span / LONG, 1e-5), 1.0 / 16)
    level = max(min(span / LEVEL, 1.0 / 30), 1e-5)
    return _Paces(
        span,
        max(level, 1.0 / (state.since + 1.0)) if state.since < NEVER else level,
        level * level / 3.0,
        min(max(span / MEMORY, 1.0 / 5000), 1.0 / 200),
        max(span / MEMORY, 1e-5),
        (FADE, sqrt(FADE * long), long, long),
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """A value beside what was expected.  Shapes: rows.  `off` is how far it lies from season and
    level, `guess` what of that was expected, `trust` how much a value of this noise teaches."""

    expected: Row
    off: Row
    guess: Row
    surprise: Row
    scatter: Row
    square: Row
    sigma: Row
    away: Row
    trust: Row
    reliable: Row


def _look(
    o: Arithmetic, state: State, at: Place, season: Seasonal, value: Row, noise: Row | float,
    missed: int,
    echo: Row,
) -> _Seen:  # fmt: skip
    guess = state.carry
    for _ in range(min(missed, 64) + 1):
        guess = echo * guess
    base = season.both + state.level + state.slope * (missed + 1.0)
    scatter = state.scatter[at.slot]
    own = state.variance * scatter
    floor = (1e-9 * state.mean) * (1e-9 * state.mean) + 1e-300
    square = own + noise + floor
    sigma = o.root(square)
    off = value - base
    surprise = off - guess
    trust = o.least(o.most(state.usual / square, LEAST_TRUST), 1.0)
    trust = o.where(state.age >= 1.0, trust, 1.0)
    return _Seen(
        base + guess, off, guess, surprise, scatter, square, sigma, surprise / sigma, trust,
        (own + floor) / square,
    )  # fmt: skip


def _echo(o: Arithmetic, state: State) -> Row:
    """How much of a value's distance is left at the next."""
    return o.least(o.most(state.along / (state.square * ECHO_PRIOR + 1e-300), 0.0), MOST_ECHO)


def _averaged(
    o: Arithmetic, state: State, pace: _Paces, season: Seasonal, seen: _Seen, came: Mask
) -> tuple[Row, ...]:
    """The averages of surprises, this one included."""
    wild = clipped(o, seen.away, WILD)
    height = (season.both - state.mean) / o.root(state.swing + 1e-300)
    parts = (wild, wild, wild, wild * clipped(o, height, 2.0))
    return tuple(
        o.where(came, old + gain * (part - old), old)
        for old, part, gain in zip(state.smooth, parts, pace.smooth, strict=True)
    )


def _judge(
    o: Arithmetic, state: State, seen: _Seen, averaged: tuple[Row, ...], came: Mask, missed: int
) -> tuple[Judged, tuple[Row, ...]]:
    pace = _paces(state)
    age = state.age + pace.span * (missed + 1.0)
    known = (age >= COLD) & (state.seen >= LEAST_SEEN) & (state.since >= SETTLING)
    held = o.where((age < WEEK) & state.has_week, WEEKDAYS_OFF, 1.0)
    sizes = [abs(seen.away)]
    for mean, gain, excess in zip(averaged, pace.smooth, state.excess, strict=True):
        sizes.append(abs(mean) / o.root(gain / (2.0 - gain) * excess))
    p, limit = chance(o, state.tails[0], sizes[0] * held, VALUES)
    still = state.variance <= 0.0
    p = o.where(still, o.most(p, 1.0 / (state.seen + 1.0)), p)
    quotient = GROSS / o.most(sizes[0], GROSS)
    gross = quotient * quotient * quotient
    gross = o.where(state.seen >= GROSS_SEEN, gross * gross, 1.0)
    settled = state.since >= SETTLING
    p = o.where(came, o.where(known, p, gross if settled else 1.0), 1.0)
    least, kind = p, o.where(p < 1.0, 1.0, 0.0)
    for signal in range(len(averaged)):
        chances, _ = chance(o, state.tails[signal + 1], sizes[signal + 1] * held, AVERAGES)
        chances = o.where(known & came, chances, 1.0)
        kind = o.where(chances < least, signal + 2.0, kind)
        least = o.least(least, chances)
    run = o.where(came, 0.0, state.run + missed + 1.0)
    gap = o.where(known, gap_chance(o, state, run), 1.0)
    kind = o.where(gap < least, float(MISSING), kind)
    tail = o.least(SIGNALS * o.least(least, gap), 1.0)
    power = -0.4342944819032518 * o.log(tail)
    reach = limit * seen.sigma
    judged = Judged(
        power / (power + HALF), p, tail, seen.expected, seen.expected - reach,
        seen.expected + reach, o.where(came, seen.away, 0.0), o.where(tail < 1.0, kind, 0.0),
        o.where(known, 1.0, 0.0),
    )  # fmt: skip
    return judged, tuple(sizes)


def _not_judged(o: Arithmetic, seen: _Seen) -> Judged:
    zero = o.flat(seen.expected, 0.0)
    reach = 3.0 * seen.sigma
    return Judged(
        zero, zero + 1.0, zero + 1.0, seen.expected, seen.expected - reach, seen.expected + reach,
        zero, zero, zero,
    )  # fmt: skip


def _learnt(
    o: Arithmetic, state: State, pace: _Paces, at: Place, season: Seasonal, seen: _Seen,
    averaged: tuple[Row, ...], sizes: tuple[Row, ...], value: Row, weight: Row,
) -> State:  # fmt: skip
    first = (state.seen == 0.0) & (weight > 0.0)
    came = o.where(weight > 0.0, 1.0, 0.0)
    age = o.where(state.seen > 0.0, state.age + pace.span, 0.0)
    ripe = WEEK if state.has_week else 1.0  # periods after which the season has been seen
    old = state.age >= ripe
    grown = o.where(old, 1.0, 0.0)
    told = o.where(((age >= 1.0) & (state.age < 1.0)) | ((age >= ripe) & (state.age < ripe)), o.least(state.told, 8.0), state.told)
    # how surprising values are
    gain = came * o.most(1.0 / (told + 1.0), pace.variance)
    far = abs(seen.surprise)
    wide = state.wide + gain * (
        o.least(far, 30.0 * (seen.sigma + state.wide) + o.where(state.wide > 0.0, 0.0, far))
        - state.wide
    )
    cap = o.most(9.0 * seen.square, 36.0 * wide * wide)
    own = o.least(far * far, cap) - (1.0 - seen.reliable) * seen.square
    variance = o.most(
        state.variance
        + gain * o.where(state.seen > 0.0, 1.0, 0.0) * (own / seen.scatter - state.variance),
        0.0,
    )
    scatter = o.where(
        state.variance > 0.0,
        o.most(
            seen.scatter
            + grown
            * came
            * pace.variance
            * 24.0
            * SCATTERED
            * (o.least(own / (state.variance + 1e-300), 9.0) + 0.1 - 1.1 * seen.scatter),
            0.05,
        ),
        seen.scatter,
    )
    # where the series is
    reach = FAR * seen.sigma
    stride = FAR * o.root(state.square + seen.square)
    level = (
        state.level
        + grown * weight * pace.level * clipped(o, seen.off, stride)
        + state.slope * grown
    )
    slope = state.slope + grown * weight * pace.slope * clipped(o, seen.off, stride)
    kept = seen.guess + seen.reliable * clipped(o, seen.surprise, reach)
    carry = grown * o.where(weight > 0.0, kept, seen.guess)
    tied = grown * came * o.most(pace.variance, 1.0 / (told + 8.0))
    held = clipped(o, seen.off, stride)
    along = state.along + tied * (held * state.carry - state.along)
    square = state.square + tied * (state.carry * state.carry - state.square)
    # what lasts
    side = o.where(seen.off > stride, 1.0, o.where(seen.off < -stride, -1.0, 0.0))
    same = (side * state.off > 0.0) | (state.off == 0.0)
    off = o.where(
        weight > 0.0,
        o.where(side == 0.0, 0.0, o.where(same, state.off + side * pace.span, side * pace.span)),
        state.off,
    )
    recent = o.where(
        weight > 0.0,
        o.where(
            same & (state.off != 0.0), state.recent + 0.1 * (seen.off - state.recent), seen.off
        ),
        state.recent,
    )
    adopt = grown * o.where(abs(off) >= ADOPT, 1.0, 0.0)
    level = level + adopt * recent
    slots = learn_season(o, state, at, season, value - state.level, weight, share_of_slot(state))
    paced = o.most(1.0 / (state.seen + 1.0), pace.mean)
    reached = o.where(state.seen > LEAST_SEEN, 4.0 * o.root(state.plain + seen.square), 1e300)
    mean = state.mean + came * paced * clipped(o, value - state.level - state.mean, reached)
    high = season.both - state.mean
    ready = o.where((age >= ripe) & (weight > 0.0), 1.0, 0.0)
    tails, excess = [], []
    for signal, size in enumerate(sizes):
        teaches = ready if signal == 0 else ready * o.where(size < CALM, 1.0, 0.0)
        keep = 1.0 - pace.variance / 4.0
        part = 1.0 if signal == 0 else pace.smooth[signal - 1]
        tails.append(learn(o, state.tails[signal], size, teaches * part, keep, AVERAGES if signal else VALUES))
        if signal:
            g = pace.smooth[signal - 1]
            ratio = averaged[signal - 1] * averaged[signal - 1] * ((2.0 - g) / g)
            before = state.excess[signal - 1]
            slow = g / EXCESS
            excess.append(
                o.most(before + ready * slow * (o.least(ratio, 9.0 * before) - before), 0.7)
            )
    zero = 1.0 - adopt
    return replace(
        state,
        seen=state.seen + came,
        age=age,
        told=told + came,
        mean=o.where(first, value, mean),
        level=level,
        slope=slope,
        carry=carry * zero,
        along=along,
        square=square,
        variance=variance,
        wide=wide,
        usual=state.usual
        + came * o.most(1.0 / (told + 1.0), pace.variance) * (seen.square - state.usual),
        swing=state.swing + ready * o.most(pace.mean, 0.0) * (high * high - state.swing),
        off=off * zero,
        recent=recent * zero,
        scatter=put(state.scatter, at.slot, scatter),
        smooth=tuple(ready * one * zero for one in averaged),
        excess=tuple(excess),
        tails=tuple(tails),
        **slots,
    )
