"""Groups are selected at different rates.

Owns: evidence that the selection rate of a group differs from that of the rest, or does so by
another amount than in the reference.  Does not own: how (`monitors.gap_watch`), error rates
(`monitors.odds`).

All rows count, labelled or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.gap_reference import streams_of
from vedette.monitors.gap_watch import GapState, GapWatch
from vedette.monitors.gap_words import say_all
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.gap_variation import SELECTED
from vedette.profiles.profile import Profile

MONITOR = "parity"
METRICS = {SELECTED: 1.0}
SELDOM = 500 * DAY  # one false alarm at most (measured: docs/decisions/0028)


@dataclass(frozen=True, eq=False)
class Parity:
    """Selection rates of groups against the rest."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: GapWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """Every named group of every set; none where no groups are told apart."""
        return streams_of(baseline, MONITOR, labelled=False)

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to the gaps of a baseline, their natural variation included."""
        return cls(cls.streams_of(baseline), terms, GapWatch.fit(baseline, terms, METRICS, SELDOM))

    def start(self) -> GapState:
        """The state before the first window."""
        return self.watch.start()

    def step(self, state: GapState, profile: Profile, window: Window) -> tuple[GapState, Look]:
        """Take the rows of one window in."""
        return self.watch.step(state, profile, window)

    def reset(self, state: GapState, which: NDArray[np.bool_]) -> GapState:
        """Forget the evidence of some groups; what is known of their unrest stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: GapState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say how often groups were selected, and how often the rest was."""
        return say_all(self.watch, self.streams, state, look, profile, which)
