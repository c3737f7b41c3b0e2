"""What is expected of a value, and how far off it is.

Owns: the pace of every average, the forecast, the surprise in units of its scale.  Does not own:
how rare a surprise is (`judge`), what it teaches (`learn`).
"""

from functools import lru_cache
from math import nan, sqrt
from typing import NamedTuple

from vedette.stats.metrics.arithmetic import Arithmetic, Row
from vedette.stats.metrics.season import Place, Seasonal
from vedette.stats.metrics.state import NEVER, State

UNSEASONAL = 100  # steps that stand for a period where there is none
SHORTEST = 0.25  # the shortest average's weight of a value
LONGEST = 1.5  # periods over which the longest average runs
LEVEL = 2.0  # and over which the level does
MEMORY = 14.0  # and for which scales and means remember
SLOPE = 1.0 / 3.0  # of the level's pace squared: the slope is that much slower
MOST_ECHO = 0.98
LEAST_TRUST = 0.01  # of a value whose sampling variance is far above the usual
ROUNDING = 1e-9  # of the mean: differences below are none
WILD = 4.0  # surprises that enter an average at most
HIGHEST = 2.0  # times its usual size that the season counts in its own average


class Paces(NamedTuple):
    """How much of each average a step is; `span` is the share of a period."""

    span: float
    level: float
    slope: float
    variance: float
    mean: float
    smooth: tuple[float, ...]
    white: tuple[float, ...]  # mean squares of averages of independent surprises


def paces(state: State) -> Paces:
    """Say how much of each average a step is; soon after a deploy the level is a plain mean."""
    return _paces(state.interval, state.period, state.since)


@lru_cache(maxsize=256)  # of most series the same at every step
def _paces(interval: float, period: int, since: int) -> Paces:
    span = interval / period if period else 1.0 / UNSEASONAL
    long = min(max(span / LONGEST, 1e-5), 1.0 / 16)
    level = min(max(span / LEVEL, 1e-5), 1.0 / 30)
    smooth = SHORTEST, sqrt(SHORTEST * long), long, long
    return Paces(
        span,
        max(level, 1.0 / (since + 1.0)) if since < NEVER else level,
        level * level * SLOPE,
        min(max(span / MEMORY, 1.0 / 5000), 1.0 / 200),
        max(span / MEMORY, 1e-5),
        smooth,
        tuple(one / (2.0 - one) for one in smooth),
    )


class Seen(NamedTuple):
    """A value beside what was expected.  Shapes: rows.

    Nothing (NaN) is expected of the first.  `off` is how far it lies from season and level,
    `guess` how much of that was expected; `surprise` is the rest, `away` in standard deviations
    `sigma`.  `square` is their square, `scatter` what the slot makes of it, `own` the share of it
    that is not sampling noise.  `trust` in (0, 1] says how much a value of this noise teaches.
    """

    expected: Row
    off: Row
    guess: Row
    surprise: Row
    scatter: Row
    square: Row
    sigma: Row
    away: Row
    own: Row
    trust: Row


def look(
    o: Arithmetic,
    state: State,
    at: Place,
    season: Seasonal,
    value: Row,
    noise: Row | float,
    missed: int,
    echo: Row,
) -> Seen:
    """Hold a value against what was expected, after so many steps without one."""
    guess = echo * state.carry
    for _ in range(min(missed, 64)):
        guess = echo * guess
    base = season.both + state.level + state.slope * (missed + 1.0)
    scatter = state.scatter[at.slot]
    tiny = ROUNDING * state.mean
    own = state.variance * scatter + (tiny * tiny + 1e-300)
    square = own + noise
    sigma = o.root(square)
    off = value - base
    surprise = off - guess
    trust = o.least(o.most(state.usual / square, LEAST_TRUST), 1.0)
    trust = o.where(state.age >= 1.0, trust, 1.0)
    return Seen(
        o.where(state.seen > 0.0, base + guess, nan), off, guess, surprise, scatter, square, sigma,
        surprise / sigma, own / square,
        trust,
    )  # fmt: skip


def echo_of(o: Arithmetic, state: State) -> Row:
    """How much of a value's distance is left at the next."""
    return o.least(o.most(state.along / (state.square + 1e-300), 0.0), MOST_ECHO)


def averages(
    o: Arithmetic, state: State, pace: Paces, season: Seasonal, away: Row
) -> tuple[Row, Row, Row, Row]:
    """The averages of surprises with one more: short, middle, long, along the season."""
    wild = o.clip(away, WILD)
    height = (season.both - state.mean) / o.root(state.swing + 1e-300)
    short, middle, long, along = state.smooth
    a, b, c, d = pace.smooth
    return (
        short + a * (wild - short),
        middle + b * (wild - middle),
        long + c * (wild - long),
        along + d * (wild * o.clip(height, HIGHEST) - along),
    )


def sizes_of(
    o: Arithmetic, state: State, pace: Paces, averaged: tuple[Row, Row, Row, Row]
) -> tuple[Row, Row, Row, Row]:
    """How far the averages lie from 0, in their own standard deviations."""
    root = o.root
    short, middle, long, along = averaged
    a, b, c, d = pace.white
    e, f, g, h = state.excess
    return (
        abs(short) / root(a * e), abs(middle) / root(b * f), abs(long) / root(c * g),
        abs(along) / root(d * h),
    )  # fmt: skip
