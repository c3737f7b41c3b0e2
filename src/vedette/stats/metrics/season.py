"""What the time of day and of the week makes of a series.

Owns: the slots and how far each is believed.  Does not own: the level that lies over them.

A period has 24 slots, a week 168.  Between the middles of slots values are interpolated when they
come more often than slots change.  A slot is believed as far as slots were seen to foretell better
than their mean: by its visits times the variance between slots over that within.
"""

from typing import NamedTuple

from vedette.stats.metrics.arithmetic import Arithmetic, Row, put
from vedette.stats.metrics.state import DAY, SLOTS, THURSDAY, WEEKDAYS, State

SUNDAY = 6
VISITS, WEEK_VISITS = 14.0, 6.0  # occurrences of a slot that its average remembers
CLIP = 4.0  # standard deviations that a value teaches at most
JUDGED = 240.0  # slots over which it is judged how much they foretell
SETTLED = 0.8  # of a visit, until which a slot is the mean of its values, later what they lack
VISITED = 0.3  # of a visit, from which a slot foretells anything
FIRST_BELIEF = 0.5  # visits a slot must beat before anything is known of its use


class Place(NamedTuple):
    """Where a moment lies in the season: the slot, the next one and how near; and in the week."""

    slot: int
    other: int
    near: float  # to the other, in [0, 1)
    weekday: int
    other_day: int
    is_holiday: bool
    share: float  # of a slot that a step is, at most 1


class Seasonal(NamedTuple):
    """What the season makes of a moment.  Shapes: rows.  `day` and `week` are the raw slots, `both`
    is what is believed."""

    day: Row
    day_visits: Row
    by_day: Row
    week: Row
    week_visits: Row
    both: Row


def place(state: State, time: int) -> Place:
    """Find the slots of a moment; a holiday lies on a Sunday."""
    if state.period == 0:
        return Place(0, 0, 0.0, 0, 0, False, 1.0)
    width = state.period / SLOTS
    at = time % state.period / width
    slot = int(at)
    near = at - slot if 2.0 * state.interval <= width else 0.0
    day = time // DAY
    is_holiday = day in state.holidays
    weekday = SUNDAY if is_holiday else (day + THURSDAY) % WEEKDAYS
    other = (slot + 1) % SLOTS
    next_day = weekday if other else (weekday + 1) % WEEKDAYS
    share = min(1.0, state.interval / width)
    return Place(slot, other, near, weekday, next_day, is_holiday, share)


def seasonal(o: Arithmetic, state: State, at: Place, echo: Row) -> Seasonal:
    """Say what the season makes of a moment; `echo` is the autocorrelation of values about it."""
    if state.period == 0:
        nothing = state.mean - state.mean
        return Seasonal(state.mean, nothing, state.mean, nothing, nothing, state.mean)
    slot, other, near = at.slot, at.other, at.near
    one, two, known, too = (
        state.slots[slot], state.slots[other], state.visits[slot], state.visits[other],
    )  # fmt: skip
    day, visits = _between(one, two, known, too, near)
    share = max(at.share, 1e-3)
    single = o.least(share * (1.0 + echo) / (1.0 - echo), 1.0)
    belief = _belief(o, state.plain, state.daily, visits, single)
    by_day = state.mean + belief * (day - state.mean)
    if not state.has_week:
        return Seasonal(day, visits, by_day, by_day, visits, by_day)
    one, two = state.week[at.weekday][slot], state.week[at.other_day][other]
    known, too = state.week_visits[at.weekday][slot], state.week_visits[at.other_day][other]
    week, seen = _between(one, two, known, too, near)
    belief = _belief(o, state.daily, state.weekly, seen, single)
    return Seasonal(day, visits, by_day, week, seen, by_day + belief * (week - by_day))


def _between(one: Row, other: Row, visits: Row, others: Row, near: float) -> tuple[Row, Row]:
    """What lies between two slots, each as far as it has been visited; and the visits."""
    if near == 0.0:
        return one, visits
    left, right = (1.0 - near) * visits, near * others
    seen = left + right
    return (left * one + right * other) / (seen + 1e-12), seen


def _belief(o: Arithmetic, without: Row, having: Row, visits: Row, single: Row) -> Row:
    """How far slots that were visited so often are believed, in [0, 1]; `single` is the variance of
    one visit's mean over that of a value."""
    within = single * having * visits / (visits + single)
    between = o.most(without - having * visits / (visits + single), 0.0) * visits
    known = between / (between + within + 1e-300)
    return o.where(having > 0.0, known, visits / (visits + FIRST_BELIEF * single))


class Taught(NamedTuple):
    """The season's part of a state."""

    slots: tuple[Row, ...]
    visits: tuple[Row, ...]
    week: tuple[tuple[Row, ...], ...]
    week_visits: tuple[tuple[Row, ...], ...]
    plain: Row
    daily: Row
    weekly: Row
    daily_seen: Row
    weekly_seen: Row


def learn_season(
    o: Arithmetic, state: State, at: Place, seen: Seasonal, value: Row, weight: Row
) -> Taught:
    """Take a value, its level taken off, into the slots; `weight` in [0, 1] says how far each
    series learns."""
    least = o.least
    slots, visits, week, week_visits = state.slots, state.visits, state.week, state.week_visits
    plain, daily, weekly = state.plain, state.daily, state.weekly
    daily_seen, weekly_seen = state.daily_seen, state.weekly_seen
    share = at.share * weight
    about_mean = value - state.mean
    if not state.period:
        gain = weight / (daily_seen + weight + 1e-300)
        plain = _square(o, plain, about_mean, gain)
        daily_seen = least(daily_seen + weight, JUDGED)
    else:
        about_day = value - seen.day
        rest = _held(o, about_day, plain)
        for slot, near in ((at.slot, 1.0 - at.near), (at.other, at.near)):
            if near:
                row, known = _moved(o, slots[slot], visits[slot], value, rest, share * near, VISITS)
                slots, visits = put(slots, slot, row), put(visits, slot, known)
        part = share * (seen.day_visits > VISITED)
        gain = part / (daily_seen + part + 1e-300)
        plain = _square(o, plain, about_mean, gain)
        daily = _square(o, daily, about_day, gain)
        daily_seen = least(daily_seen + part, JUDGED)
    if state.has_week and not at.is_holiday:
        about_week = value - seen.week
        rest = _held(o, about_week, state.daily)
        for day, slot, near in (
            (at.weekday, at.slot, 1.0 - at.near), (at.other_day, at.other, at.near),
        ):  # fmt: skip
            if near:
                hours, passed = week[day], week_visits[day]
                row, known = _moved(
                    o, hours[slot], passed[slot], value, rest, share * near, WEEK_VISITS
                )
                week = put(week, day, put(hours, slot, row))
                week_visits = put(week_visits, day, put(passed, slot, known))
        part = share * (seen.week_visits > VISITED)
        gain = part / (weekly_seen + part + 1e-300)
        weekly = _square(o, weekly, about_week, gain)
        weekly_seen = least(weekly_seen + part, JUDGED)
    return Taught(slots, visits, week, week_visits, plain, daily, weekly, daily_seen, weekly_seen)


def _held(o: Arithmetic, rest: Row, square: Row) -> Row:
    """What a value lacks, held to a few standard deviations once these are known."""
    return o.clip(rest, o.where(square > 0.0, CLIP * o.root(square), 1e300))


def _moved(
    o: Arithmetic, row: Row, visits: Row, value: Row, rest: Row, part: Row, most: float
) -> tuple[Row, Row]:
    """Move a slot, towards the value at first and later by the rest; and count the visit."""
    gain = part / (visits + part + 1e-300)
    return (
        row + gain * o.where(visits < SETTLED, value - row, rest),
        o.least(visits + part, most),
    )


def _square(o: Arithmetic, mean: Row, rest: Row, gain: Row) -> Row:
    """A running mean square, what is far off counting as a few standard deviations."""
    square = o.least(rest * rest, o.where(mean > 0.0, CLIP * CLIP * mean, 1e300))
    return mean + gain * (square - mean)
