"""How rare it is that an ordinary value lies this far off.

Owns: the chances of a value, of averages and of a gap, and what is made of them together.  Does not
own: the surprise (`expect`), the tail of values (`tails`).
"""

from typing import Any, NamedTuple

from vedette.stats.metrics.arithmetic import Arithmetic, Mask, Row
from vedette.stats.metrics.expect import Paces, Seen
from vedette.stats.metrics.gaps import gap_chance
from vedette.stats.metrics.state import State
from vedette.stats.metrics.tails import chance

KINDS = ("none", "spike", "level", "level", "trend", "season", "missing")  # by signal, from 1
MISSING = 6
SIGNALS = 6.0
COLD, WEEK = 2.0, 8.0  # periods before which only gross limits hold; weekdays are unknown
WEEKDAYS_OFF = 1.0 / 3.0  # what a deviation counts for until weekdays are known
EARLY = 0.25  # of COLD, from which a series without a season is judged, with caution
LEAST_SEEN = 24.0  # values before anything but gross limits is judged
GROSS_SEEN, GROSS = 12.0, 12.0  # values before, and deviations from which, those limits hold
SETTLING = 12  # steps after a deploy that are not judged
HALF = 3.0  # powers of ten at which the score is one half
PER_DECADE = 0.4342944819032518  # 1 / ln 10
LEAST = 1e-300  # chance: its logarithm must be a number
SURE = 3.0  # deviations of the limits of what is not judged


class Judged(NamedTuple):
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


def judge(
    o: Arithmetic,
    state: State,
    pace: Paces,
    seen: Seen,
    sizes: tuple[Row, ...],
    came: Mask,
    missed: int,
) -> Judged:
    """Say how rare a value is; `sizes` are those of the averages in their own deviations."""
    where = o.where
    age = state.age + pace.span * (missed + 1.0)
    settled = state.since >= SETTLING
    cold = COLD if state.period else EARLY * COLD
    known = (age >= cold) & (state.seen >= LEAST_SEEN) & settled
    held = where(age < WEEK, WEEKDAYS_OFF, 1.0) if state.has_week else firm(o, state, age)
    size = abs(seen.away)
    p, limit = chance(o, state.tail, size * held)
    # A series that never moved: what comes first is as likely as one in all that came.
    still = state.variance <= 0.0
    p = where(known, p, _gross(o, state, size) if settled else 1.0)
    p = where(still, o.most(p, 1.0 / (state.seen + 1.0)), p)
    p = where(came, p, 1.0)
    least, kind = where(still, p / SIGNALS, p), where(p < 1.0, 1.0, 0.0)
    judged = known & came
    signal = 2.0
    for one in sizes:
        rare = where(judged, normal(one * held), 1.0)
        kind = where(rare < least, signal, kind)
        least = o.least(least, rare)
        signal += 1.0
    if missed or not o.every(came):
        run = where(came, float(missed), state.run + missed + 1.0)
        gap = where(known, gap_chance(o, state, run), 1.0)
        kind = where(gap < least, float(MISSING), kind)
        least = o.least(least, gap)
    tail = o.least(SIGNALS * o.most(least, LEAST), 1.0)
    power = 0.0 - PER_DECADE * o.log(tail)
    reach = limit * seen.sigma
    return Judged(
        power / (power + HALF), o.most(p, LEAST), tail, seen.expected, seen.expected - reach,
        seen.expected + reach, where(came, seen.away, 0.0), where(tail < 1.0, kind, 0.0),
        where(known, 1.0, 0.0),
    )  # fmt: skip


def firm(o: Arithmetic, state: State, age: Row) -> Row | float:
    """What a deviation counts for while a series without a season is young: the scale of few values
    is uncertain, and how slowly they wander is not known yet."""
    return 1.0 if state.period else o.root(o.least(age / COLD, 1.0))


def not_judged(o: Arithmetic, seen: Seen) -> Judged:
    """What is said under maintenance: nothing but what would be expected."""
    zero = o.flat(seen.expected, 0.0)
    reach = SURE * seen.sigma
    return Judged(
        zero, zero + 1.0, zero + 1.0, seen.expected, seen.expected - reach, seen.expected + reach,
        zero, zero, zero,
    )  # fmt: skip


def normal(size: Row) -> Row:
    """A bound on the chance of a normal size, two-sided, somewhat heavier: that of many degrees of
    freedom, by products alone.

    Example:
        >>> [float(f"{normal(x):.1g}") for x in (0.0, 2.0, 4.0, 6.0)]
        [1.0, 0.1, 0.0008, 6e-07]
    """
    power = 1.0 + size * size / 64.0
    power = power * power
    power = power * power
    power = power * power
    power = power * power
    return 1.0 / (power * power)


def _gross(o: Arithmetic, state: State, size: Row) -> Row:
    """The chance allowed to a value while little is known: small only for the very far."""
    quotient = GROSS / o.most(size, GROSS)
    cube = quotient * quotient * quotient
    return o.where(state.seen >= GROSS_SEEN, cube * cube, 1.0)
