"""What a value teaches.

Owns: the next state.  Does not own: slots (`season`), gaps (`gaps`), the tail (`tails`).

Everything learns clipped: one wild value teaches little.  A level that is off by d deviations is
followed at three of them a memory at most; what stays three deviations off on one side for two
periods is adopted at once.
"""

from dataclasses import replace

from vedette.stats.metrics.arithmetic import Arithmetic, Mask, Row, put
from vedette.stats.metrics.expect import Paces, Seen
from vedette.stats.metrics.gaps import Gaps
from vedette.stats.metrics.judge import LEAST_SEEN, WEEK
from vedette.stats.metrics.season import Place, Seasonal, learn_season
from vedette.stats.metrics.state import State, made
from vedette.stats.metrics.tails import learn

ADOPT = 2.0  # periods after which what lasts is what is expected
FAR = 3.0  # deviations that teach at most, and from which a value counts as far off
WIDE = 30.0  # deviations that the unclipped scale takes at most
CALM = 6.0  # sizes of an average above which it does not teach its spread
SHIFTED = 4.0  # size of the middle average from which slots do not learn
OVER = 1.0  # size of the middle average below which a fault is over
LEAST_EXCESS = 0.7
EXCESS = 20.0  # spans of an average over which its spread is learnt
SCATTER = 12.0  # times faster than the variance its slots are learnt
EVEN = 0.1  # by which the variance of a slot is pulled to that of all
LEAST_SCATTER = 0.05
RECENT = 0.1
HELD_ECHO = 8.0  # values that count before the first that teaches the autocorrelation
RENEWED = 8.0  # what earlier values count for once the season has been seen
TAIL_MEMORY = 4.0  # times as long as scales the tail remembers


def settled(
    o: Arithmetic,
    state: State,
    clock: tuple[int, float, int, int],
    pace: Paces,
    seen: Seen,
    came: Mask,
    gaps: Gaps,
) -> State:
    """The state after a value soon after a deploy: only the level learns, as a plain mean."""
    last, interval, steps, since = clock
    one = o.where(came, 1.0, 0.0)
    return replace(
        state,
        last=last,
        interval=interval,
        steps=steps,
        since=since,
        seen=state.seen + one,
        age=o.where(state.seen > 0.0, state.age + pace.span, 0.0),
        mean=o.where(state.seen > 0.0, state.mean, o.where(came, seen.off, 0.0)),
        level=state.level + o.where(state.seen > 0.0, one, 0.0) * pace.level * seen.off,
        **gaps._asdict(),
    )


def learned(
    o: Arithmetic,
    state: State,
    clock: tuple[int, float, int, int],
    pace: Paces,
    at: Place,
    season: Seasonal,
    seen: Seen,
    averaged: tuple[Row, ...],
    sizes: tuple[Row, ...],
    value: Row,
    weight: Row,
    gaps: Gaps,
) -> State:
    """The state after a value; `weight` is 0 where none came."""
    where, least, root = o.where, o.least, o.root
    last, interval, steps, since = clock
    came = weight > 0.0
    one = where(came, 1.0, 0.0)
    age = where(state.seen > 0.0, state.age + pace.span, 0.0)
    ripe = WEEK if state.has_week else 1.0  # periods after which the season has been seen
    grown = where(state.age >= ripe, 1.0, 0.0)
    ready = where(age >= ripe, one, 0.0)
    begins = (state.age < 1.0) & (age >= 1.0) | (state.age < ripe) & (age >= ripe)
    told = where(begins, least(state.told, RENEWED), state.told)
    gain = one * o.most(1.0 / (told + 1.0), pace.variance)
    slow = SCATTER * pace.variance * grown * one
    wide, variance, scatter = _surprising(o, state, seen, gain, slow)
    # Where the series is.
    stride = FAR * root(state.square + seen.square)
    held = o.clip(seen.off, stride)
    follow = grown * weight * held
    level = state.level + pace.level * follow + grown * state.slope
    slope = state.slope + pace.slope * follow
    kept = seen.guess + seen.own * o.clip(seen.surprise, FAR * seen.sigma)
    tied = grown * one * o.most(pace.variance, 1.0 / (told + HELD_ECHO))
    off, recent = _lasting(o, state, seen, stride, pace.span, came)
    adopt = grown * where(abs(off) >= ADOPT, 1.0, 0.0)
    stay = 1.0 - adopt
    lifted = value - state.level
    # While the level is off it learns alone: slots that learnt it too would be wrong a week later.
    steady = where(sizes[1] < SHIFTED, weight, 0.0)
    taught = learn_season(o, state, at, season, lifted, steady)
    reach = where(state.seen > LEAST_SEEN, 4.0 * root(state.plain + seen.square), 1e300)
    mean = state.mean + one * o.most(1.0 / (state.seen + 1.0), pace.mean) * o.clip(
        lifted - state.mean, reach
    )
    high = season.both - state.mean
    return made(
        period=state.period,
        has_week=state.has_week,
        last=last,
        interval=interval,
        steps=steps,
        since=since,
        quiet=state.quiet,
        holidays=state.holidays,
        seen=state.seen + one,
        age=age,
        told=told + one,
        mean=mean,
        level=level + adopt * recent,
        slope=slope,
        carry=grown * stay * where(came, kept, seen.guess),
        along=state.along + tied * (held * state.carry - state.along),
        square=state.square + tied * (state.carry * state.carry - state.square),
        variance=variance,
        wide=wide,
        usual=state.usual + gain * (seen.square - state.usual),
        plain=taught.plain,
        daily=taught.daily,
        weekly=taught.weekly,
        daily_seen=taught.daily_seen,
        weekly_seen=taught.weekly_seen,
        swing=state.swing + ready * pace.mean * (high * high - state.swing),
        off=off * stay,
        recent=recent * stay,
        run=gaps.run,
        present=gaps.present,
        broke=gaps.broke,
        absent=gaps.absent,
        stayed=gaps.stayed,
        slots=taught.slots,
        visits=taught.visits,
        scatter=put(state.scatter, at.slot, scatter),
        week=taught.week,
        week_visits=taught.week_visits,
        smooth=_kept(o, state.smooth, averaged, sizes, pace.smooth, came, grown * stay),
        excess=_spread(o, state.excess, sizes, pace.smooth, ready),
        tail=learn(o, state.tail, abs(seen.away), ready, 1.0 - pace.variance / TAIL_MEMORY),
    )


def _surprising(
    o: Arithmetic, state: State, seen: Seen, gain: Row, slow: Row
) -> tuple[Row, Row, Row]:
    """How surprising values are: `wide`, `variance` and the `scatter` of this slot."""
    far = abs(seen.surprise)
    most = o.where(state.wide > 0.0, WIDE * (seen.sigma + state.wide), far)
    wide = state.wide + gain * (o.least(far, most) - state.wide)
    square = o.least(far * far, o.most(FAR * FAR * seen.square, 36.0 * wide * wide))
    own = square - (1.0 - seen.own) * seen.square
    moved = o.where(state.seen > 0.0, gain, 0.0) * (own / seen.scatter - state.variance)
    variance = o.most(state.variance + moved, 0.0)
    uneven = o.least(own, FAR * FAR * state.variance) / (state.variance + 1e-300) + EVEN
    scatter = seen.scatter + slow * (uneven - (1.0 + EVEN) * seen.scatter)
    kept = o.where(state.variance > 0.0, o.most(scatter, LEAST_SCATTER), seen.scatter)
    return wide, variance, kept


def _lasting(
    o: Arithmetic, state: State, seen: Seen, stride: Row, span: float, came: Mask
) -> tuple[Row, Row]:
    """For how long the series has been off, and by how much lately."""
    side = o.where(seen.off > stride, 1.0, o.where(seen.off < -stride, -1.0, 0.0))
    same = side * state.off > 0.0
    off = o.where(came, side * span + o.where(same, state.off, 0.0), state.off)
    recent = o.where(same, state.recent + RECENT * (seen.off - state.recent), seen.off)
    return off, o.where(came, recent, state.recent)


def _kept(
    o: Arithmetic,
    old: tuple[Row, ...],
    new: tuple[Row, ...],
    sizes: tuple[Row, ...],
    gains: tuple[float, ...],
    came: Mask,
    stay: Row,
) -> tuple[Row, ...]:
    """The averages to go on with: what the long ones hold of a fault that is over, for the middle
    one is calm, they forget as fast as that."""
    where = o.where
    over = where(sizes[1] < OVER, 1.0 - gains[1], 1.0)
    long, along = where(sizes[2] > FAR, over, 1.0), where(sizes[3] > FAR, over, 1.0)
    return (
        stay * where(came, new[0], old[0]),
        stay * where(came, new[1], old[1]),
        stay * where(came, new[2] * long, old[2]),
        stay * where(came, new[3] * along, old[3]),
    )


def _spread(
    o: Arithmetic,
    excess: tuple[Row, ...],
    sizes: tuple[Row, ...],
    gains: tuple[float, ...],
    ready: Row,
) -> tuple[Row, ...]:
    """How far averages of surprises lie from 0, over what independent surprises would make."""
    found = []
    for before, size, gain in zip(excess, sizes, gains, strict=True):
        ratio = o.least(size * size, 9.0) * before
        weight = o.where(size < CALM, ready, 0.0) * (gain / EXCESS)
        found.append(o.most(before + weight * (ratio - before), LEAST_EXCESS))
    return tuple(found)
