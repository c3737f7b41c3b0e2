"""Evidence that series changed, from how odd their values are.

Owns: the bets on lasting changes and on one window, what each series adds to its stream.  Does not
own: how odd a value is (`monitors.judging`), the factors (`stats.metrics.bets`), what is told
(`monitors.telling`).

A stream's evidence is the average over its series, each 0.8 x the mean of its bets'
Shiryaev-Roberts sums + 0.2 x a bet on this window alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vedette.monitors.judging import Odd
from vedette.monitors.metrics_state import MetricsState
from vedette.monitors.monitor import Terms
from vedette.monitors.series import LOGGED, Reading, Series
from vedette.stats.metrics.bets import LARGEST, factors, rare_alone
from vedette.stats.metrics.judge import MISSING, Judged

Array = NDArray[np.float64]

JUMP = 0.2  # share of the evidence that this window alone can give
JUST = 1.0001  # a hit is enough, whatever the rounding


@dataclass(frozen=True, eq=False)
class Betting:
    """Bets on series, each in the stream that owns it.

    Shapes: `owner` int64[S]; of `streams` of them the terms have weights.
    """

    terms: Terms
    series: tuple[Series, ...]
    owner: NDArray[np.int64]
    streams: int

    def bet(self, state: MetricsState, found: Reading, odd: Odd, began: int) -> MetricsState:
        """Bet on the values of a window.  Units: UTC nanoseconds."""
        p, lead = odd.p, odd.told
        came = np.isfinite(found.value)
        asked = (came & (p < 1.0))[:, None, None]  # of what is not known nothing is bet
        e = np.where(asked, factors(p, lead.away), 1.0)
        fresh = state.cusum <= 1  # no change is under way: one may begin here
        value = np.where(came, found.value, 0.0)[:, None, None]
        expected = np.where(came, lead.expected, 0.0)[:, None, None]
        return replace(
            state,
            sums=np.where(asked, np.minimum((1 + state.sums) * e, LARGEST), state.sums),
            cusum=np.minimum(np.maximum(1, state.cusum) * e, LARGEST),
            since=np.where(fresh, began, state.since),
            total=np.where(fresh, 0.0, state.total) + value,
            count=np.where(fresh, 0.0, state.count) + came[:, None, None],
            before=np.where(fresh, expected, state.before),
            jump=rare_alone(p, _gaps(self.series, odd.tail, found, lead), self._alpha),
        )

    @property
    def many(self) -> Array:
        """Series of the stream that a series belongs to.  Shapes: float64[S]."""
        return np.bincount(self.owner, minlength=self.streams)[self.owner].astype(float)

    @property
    def _alpha(self) -> Array:
        weights = np.maximum(self.terms.weights, 1e-300)[self.owner]
        alpha: Array = JUMP * weights / (JUST * self.terms.threshold * self.many)
        return np.minimum(alpha, 1.0)

    @property
    def needed(self) -> Array:
        """The evidence with which each stream alone raises the alarm."""
        needed: Array = self.terms.threshold / np.maximum(self.terms.weights, 1e-300)
        return needed

    def nats(self, at: int) -> float:
        """The evidence in nats with which a series alone raises the alarm of its stream."""
        return float(np.log(self.needed[self.owner[at]] * self.many[at] / (1 - JUMP)))

    def parts(self, state: MetricsState) -> Array:
        """What each series adds to the evidence of its stream."""
        lasting = state.sums.mean(axis=(1, 2))
        parts: Array = ((1 - JUMP) * lasting + JUMP * state.jump) / self.many
        return parts

    def evidence(self, state: MetricsState) -> Array:
        """The evidence of each stream; enough for an alarm where a limit is broken."""
        parts, owner, n = self.parts(state), self.owner, self.streams
        evidence = np.bincount(owner, weights=parts, minlength=n).astype(float)
        broken = np.bincount(owner, weights=abs(state.over), minlength=n) > 0
        return np.where(broken, np.maximum(evidence, JUST * self.needed), evidence)


def _gaps(series: Sequence[Series], tail: Array, found: Reading, lead: Judged) -> Array:
    """Chances of gaps, bet on alone: of logged metrics only, since rows that do not come are for
    `volume`.  Those of averages are left out: they are bounds for normal surprises."""
    logged = np.array([one.kind == LOGGED for one in series], np.bool_)
    absent = ~np.isfinite(found.value) | (lead.kind == MISSING)
    return np.where(absent & logged, tail, 1.0)
