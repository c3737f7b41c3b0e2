"""Metrics of a live model: is each number what it usually is at this hour?

Owns: what is watched of columns and of what somebody logs, a stream for each.  Does not own: which
series that makes (`monitors.series`), evidence (`monitors.usual`).

A stream is a column, or a logged metric.  Traffic that stops is told by `volume`; a logged metric
that stops is told here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.rows import ERROR_TYPE
from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.metrics_state import MetricsState, nothing_known
from vedette.monitors.monitor import IMPORTANCE, Look, Stream, Terms
from vedette.monitors.series import Series, read, series_of
from vedette.monitors.usual import Usual
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile

MONITOR = "metrics"


@dataclass(frozen=True, eq=False)
class Metrics(Usual):
    """Series of a model, each against what is usual of it."""

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every column and every logged metric that has a series."""
        return _streams(series_of(baseline))

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Take the series of a baseline."""
        series = series_of(baseline)
        return cls.among(_streams(series), series, baseline, terms)

    def start(self) -> MetricsState:
        """Know nothing yet."""
        return nothing_known(self.names)

    def step(
        self, state: MetricsState, profile: Profile, window: Window
    ) -> tuple[MetricsState, Look]:
        """Hold the values of a window against what is usual, then learn from them; not twice."""
        state = self.known(state)
        if window.start <= state.last:  # under a new baseline windows are looked at once more
            return state, self.look(state, window, again=True)
        state = self.take(state, read(self.series, profile), window)
        return state, self.look(state, window)

    def reset(self, state: MetricsState, which: NDArray[np.bool_]) -> MetricsState:
        """Forget the evidence of some streams; what is usual of them stays."""
        return self.forget(state, which)

    def tell(
        self, state: MetricsState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say of a stream what its leading series was, and what was expected."""
        state = self.known(state)
        return tuple(self.say(state, look, at) for at in which)


def _streams(series: Sequence[Series]) -> tuple[Stream, ...]:
    """One stream per column, in the order in which they come."""
    found: dict[str, float] = {}
    for one in series:
        found[one.column] = max(found.get(one.column, 0.0), IMPORTANCE.get(one.role, 1.0))
    return tuple(
        Stream(MONITOR, name, WHOLE, "service" if name == ERROR_TYPE else "anomalies", weight)
        for name, weight in found.items()
    )
