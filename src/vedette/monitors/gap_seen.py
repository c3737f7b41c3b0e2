"""What watched gaps between groups amount to, in figures.

Owns: which series speaks for a group, the rates since a gap began or since the beginning, how many
rows it takes to tell a gap at the limit.  Does not own: evidence (`gap_watch`), words
(`gap_words`).
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from vedette.core.windows import Window
from vedette.monitors.gap_reference import CHANGE, DISPARITY
from vedette.monitors.gap_watch import GapState, GapWatch, Lead
from vedette.stats import pooled
from vedette.stats.loss_bets import BETS, MAIN

POWER_SD = 0.8416  # normal quantile of four times in five
PLAINER = 0.1  # of the evidence of a change, from which a gap that it made is told instead


@dataclass(frozen=True)
class Seen:
    """The rate of a group beside the one it is held against, and the rest's, over some windows.

    `sd` is that of their difference, reference included; `length` in nanoseconds, 0 for one window.
    """

    rows: float
    rate: float
    expected: float
    other: float
    sd: float
    length: int


def speaker(watch: GapWatch, state: GapState, stream: int) -> Lead:
    """The series that speaks for a group with evidence: the strongest.

    Where a gap is new, it is both there and a change: the gap is told, which is plainer.
    """
    lead = watch.lead(state, stream)
    entries = watch.reference.entries
    entry = entries[lead.at]
    if entry.question != CHANGE:
        return lead
    parts = watch.parts(state).sum(axis=1) * watch.of[stream]
    for at, one in enumerate(entries):
        same = one.stream == stream and one.metric == entry.metric and one.question == DISPARITY
        if same and parts[at] >= PLAINER * parts[lead.at]:
            way = int(watch.parts(state)[at].argmax())
            alone = watch.jumped(state, at, way)
            return Lead(at, way, alone)
    return lead


def since_it_began(watch: GapWatch, state: GapState, lead: Lead, window: Window) -> Seen:
    """The windows since the onset, where several carry the evidence; else the last one."""
    losses, at, way = state.losses, lead.at, lead.way
    since, length = int(losses.since[at, way]), 0
    gap = float(watch.reference.gap[at])
    error = float(watch.reference.error[at])
    sums, sd = losses.last[at], float(losses.sd[at])
    if not lead.alone and 0 < since < window.start and losses.walk[at, way] > 0:
        _, spread = pooled.mean_and_sd(losses.pool[at, way])
        sums, length, sd = losses.sums[at, way], window.end - since, hypot(float(spread), error)
    rows, hits, expected = (float(one) for one in sums)
    size = max(rows, 1.0)
    return Seen(rows, hits / size, expected / size, expected / size - gap, sd, length)


def in_all(watch: GapWatch, state: GapState, at: int) -> Seen:
    """All windows that were watched."""
    known, (k, n, other_k, other_n) = watch.reference, (float(x) for x in state.total[at])
    lived = int(state.losses.at[at]) - int(state.first[at])
    rate, other = k / max(n, 1.0), other_k / max(other_n, 1.0)
    both = (k + other_k) / max(n + other_n, 1.0)
    windows = max(lived / max(watch.terms.width, 1), 1.0)
    phi, t2 = float(watch.losses.usual.phi[at]), float(watch.losses.usual.t2[at])
    unrest = t2 * (1 + phi) / (1 - phi) / windows
    counted = both * (1 - both) * (1 / max(n, 1.0) + 1 / max(other_n, 1.0))
    sd = hypot(sqrt(counted + unrest), float(known.error[at]))
    return Seen(n, rate, other + float(known.gap[at]), other, sd, lived)


def lacking(watch: GapWatch, state: GapState, at: int, sd: float = POWER_SD) -> float:
    """Rows that a group lacks until a gap at the limit would have been told four times in five.

    `sd` is the quantile of another power, 0 of an even chance.

    What the onset's freedom adds is left out, and unrest: about as many, not exactly.
    """
    limit = float(watch.losses.usual.unit[at]) * float(BETS[MAIN])
    rows = _spread(watch, state, at) * (_effort(watch, at, sd) / max(limit, 1e-9)) ** 2
    return max(rows - float(state.total[at, 1]), 0.0)


def noticed(watch: GapWatch, state: GapState, at: int) -> float:
    """The smallest gap that the rows so far tell four times in five."""
    rows = max(float(state.total[at, 1]), 1.0)
    return min(_effort(watch, at) * sqrt(_spread(watch, state, at) / rows), 1.0)


def _effort(watch: GapWatch, at: int, sd: float = POWER_SD) -> float:
    """Standard deviations that a gap must lie off, so that the bet on it tells it that often."""
    return sd + sqrt(sd**2 + 2 * float(watch.nats[at]))


def _spread(watch: GapWatch, state: GapState, at: int) -> float:
    """The variance of one row's part in a gap."""
    k, n, other_k, other_n = (float(one) for one in state.total[at])
    known = watch.reference
    rate = (k + other_k + 0.5) / (n + other_n + 1)
    if not n + other_n:
        rate = float(np.nan_to_num(known.other[at], nan=0.5))
    return max(rate * (1 - rate), 1e-6) * (1 + n / other_n if other_n else 1.5)
