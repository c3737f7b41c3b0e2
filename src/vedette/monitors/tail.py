"""Tail: is what takes time slower or faster than it usually is at this hour?

Owns: how many windows a quantile is made of, a stream for each column and part of the rows.  Does
not own: which quantiles there are and how exact they are (`monitors.quantiles`), evidence
(`monitors.usual`).

The hundredth row of a hundred says little of the slowest percent.  So windows are put together
until there are enough rows, for an hour at most: a model with much traffic is judged in every
window, one with little by the hour.  Between two such blocks evidence stays what it was; limits are
held against every window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import HOUR
from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.metrics_state import MetricsState, nothing_known
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.quantiles import quantiles_of, read
from vedette.monitors.series import Reading, Series
from vedette.monitors.tail_state import Tails, TailState
from vedette.monitors.usual import Usual
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.loglinear import LogLinear

MONITOR = "tail"
ENOUGH = 2_000  # rows of a block: 20 are then beyond the last percent
LONGEST = HOUR  # of a block
WHOLE_ROWS = 3.0  # how much all rows matter; their parts count 1 together


@dataclass(frozen=True, eq=False)
class Tail(Usual):
    """Quantiles of a model, each against what is usual of it."""

    # A block of few rows gives some 4 nats where p99 is 30 % longer: what is not taken back then is
    # what is expected an hour later (`bench/bench_latency_alarms.py`).
    doubt: ClassVar[float] = 3.0

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every column that says how long something took, of all rows and in each part
        of them that is counted."""
        return _streams(quantiles_of(baseline))

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Take the quantiles of a baseline."""
        series = quantiles_of(baseline)
        return cls.among(_streams(series), series, baseline, terms)

    def start(self) -> TailState:
        """Know nothing yet."""
        return TailState.first(nothing_known(self.names))

    def step(self, state: TailState, profile: Profile, window: Window) -> tuple[TailState, Look]:
        """Add a window to its block; as that ends hold its quantiles against what is usual, then
        learn from them; not twice."""
        state = replace(state, usual=self.known(state.usual))
        if window.start < state.until:  # under a new baseline windows are looked at once more
            return state, self.look(state.usual, window, again=True)
        began = window.start if state.began < 0 else state.began
        held = self._grown(state.held, profile.tails)
        alone = read(self.series, profile.tails)
        if not _is_whole(held, began, window):
            usual = self._waiting(state.usual, alone)
            state = replace(state.holding(held, began), usual=usual, until=window.end)
            return state, self._between(state, window)
        usual = self.take(state.usual, _either(read(self.series, held), alone), window, began)
        state = replace(state.holding({}, -1), usual=usual, until=window.end)
        return state, self.look(usual, window)

    def reset(self, state: TailState, which: NDArray[np.bool_]) -> TailState:
        """Forget the evidence of some streams, and the rows of the block under way: a change is
        told by what comes after; what is usual of them stays."""
        gone = {(self.streams[at].column, self.streams[at].segment) for at in np.flatnonzero(which)}
        kept = {key: one for key, one in state.held.items() if key not in gone}
        usual = self.forget(state.usual, which)
        return replace(state.holding(kept, state.began if kept else -1), usual=usual)

    def tell(
        self, state: TailState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say of a stream what its leading quantile was, and what was expected."""
        usual = self.known(state.usual)
        return tuple(self.say(usual, look, at) for at in which)

    # ------------------------------------------------------------------------------------------

    def _grown(self, held: Tails, tails: Tails) -> dict[tuple[str, str], LogLinear]:
        """The rows of a block with those of a window among them."""
        grown = dict(held)
        for stream in self.streams:
            key = (stream.column, stream.segment)
            if key in tails:
                grown[key] = grown[key].merge(tails[key]) if key in grown else tails[key]
        return grown

    def _waiting(self, usual: MetricsState, alone: Reading) -> MetricsState:
        """What is known while a block is under way: this window alone says whether a limit is
        broken, and nothing else."""
        broken = self.limited(usual, alone)
        return replace(broken, jump=np.zeros(len(self.series)))

    def _between(self, state: TailState, window: Window) -> Look:
        """The look at a window that ends no block."""
        look = self.look(state.usual, window)
        none = np.full(len(self.series), np.nan)
        course = replace(self.course(state.usual), value=none, score=np.zeros(len(none)))
        return replace(look, course=course)


def _is_whole(held: Tails, began: int, window: Window) -> bool:
    """Whether a block ends with a window: it has enough rows, or the hour ends."""
    most = max((one.count for one in held.values()), default=0)
    return most >= ENOUGH or window.end % LONGEST == 0 or window.end - began >= LONGEST


def _either(found: Reading, alone: Reading) -> Reading:
    """The reading of a block; a limit is broken where its rows say so or those of its last
    window."""
    return found._replace(low=np.fmin(found.low, alone.low), high=np.fmax(found.high, alone.high))


def _streams(series: Sequence[Series]) -> tuple[Stream, ...]:
    """One stream per column and segment, in the order in which they come; the parts of the rows
    matter less than all rows do, however many there are."""
    keys = list(dict.fromkeys((one.column, one.segment) for one in series))
    parts = {column: sum(c == column and s != WHOLE for c, s in keys) for column, _ in keys}
    return tuple(
        Stream(MONITOR, column, segment, "service", 1 / parts[column] if segment else WHOLE_ROWS)
        for column, segment in keys
    )
