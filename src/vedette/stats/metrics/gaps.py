"""Values that do not come.

Owns: how often a series misses a value, how long it then stays away, how unlikely the present gap
is.  Does not own: values.

A chain of two states: after a value the next is missing with one chance, after a missing one with
another; both are counted, held to a prior, and faded.  A gap teaches only when it has ended, and a
long one as a few missing values only.
"""

from typing import NamedTuple

from vedette.stats.metrics.arithmetic import Arithmetic, Mask, Row
from vedette.stats.metrics.state import State

FIRST_LOST, LOST_PRIOR = 0.01, 50.0  # chance that a value is missing after one that came
FIRST_STAY, STAY_PRIOR = 0.3, 6.0  # and after one that was missing
LONGEST = 12.0  # missing values that one gap teaches
KEEP = 0.9995


def gap_chance(o: Arithmetic, state: State, run: Row) -> Row:
    """The chance that a gap starts here and becomes at least so long; 1 where there is none."""
    lost = (state.broke + FIRST_LOST * LOST_PRIOR) / (state.present + LOST_PRIOR)
    stay = (state.stayed + FIRST_STAY * STAY_PRIOR) / (state.absent + STAY_PRIOR)
    longer = o.most(run - 1.0, 0.0)
    return o.where(run > 0.0, lost * o.exp(longer * o.log(stay)), 1.0)


class Gaps(NamedTuple):
    """The part of a state that gaps own."""

    run: Row
    present: Row
    broke: Row
    absent: Row
    stayed: Row


def learn_gap(o: Arithmetic, state: State, came: Mask, missed: int) -> Gaps:
    """Take in whether a value came, after so many steps at which nothing was asked for."""
    where = o.where
    begun = state.seen > 0.0
    if not missed and o.every(came) and o.every(state.run == 0.0):  # the same in fewer words
        return Gaps(
            state.run,
            KEEP * state.present + o.where(begun, 1.0, 0.0),
            KEEP * state.broke,
            KEEP * state.absent,
            KEEP * state.stayed,
        )
    run = where(begun, state.run + missed, 0.0)
    ended = where(came, 1.0, 0.0) * begun
    broke = ended * (run > 0.0)
    length = o.least(run, LONGEST)
    return Gaps(
        where(came, 0.0, where(begun, run + 1.0, 0.0)),
        KEEP * state.present + ended,
        KEEP * state.broke + broke,
        KEEP * state.absent + broke * length,
        KEEP * state.stayed + broke * o.most(length - 1.0, 0.0),
    )
