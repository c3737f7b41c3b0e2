"""Predictions err at different rates by group.

Owns: evidence that true and false positive rates, precision or accuracy of a group differ from
those of the rest, or do so by another amount than in the reference.  Does not own: how
(`monitors.gap_watch`), selection rates (`monitors.parity`).

Only labelled rows count; where labels came for selected rows only, precision alone can be judged.
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
from vedette.profiles.profile import Profile

MONITOR = "odds"
METRICS = {
    "true_positive_rate": 0.3, "false_positive_rate": 0.3, "positive_predictive_value": 0.2,
    "accuracy": 0.2,
}  # fmt: skip
SELDOM = 1500 * DAY  # one false alarm at most: four metrics tempt oftener than one


@dataclass(frozen=True, eq=False)
class Odds:
    """Error rates of groups against the rest."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: GapWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """Every named group of every set; none without groups, or labels."""
        return streams_of(baseline, MONITOR, labelled=True)

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to the gaps of a baseline, their natural variation included."""
        return cls(cls.streams_of(baseline), terms, GapWatch.fit(baseline, terms, METRICS, SELDOM))

    def start(self) -> GapState:
        """The state before the first window."""
        return self.watch.start()

    def step(self, state: GapState, profile: Profile, window: Window) -> tuple[GapState, Look]:
        """Take the labels of one window in; a window without any changes nothing."""
        return self.watch.step(state, profile, window)

    def reset(self, state: GapState, which: NDArray[np.bool_]) -> GapState:
        """Forget the evidence of some groups; what is known of their unrest stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: GapState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say how often predictions on groups erred, and how often those on the rest did."""
        return say_all(self.watch, self.streams, state, look, profile, which)
