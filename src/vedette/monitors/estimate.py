"""The estimate of performance is no longer to be trusted: labels arrive that it did not expect.

Owns: evidence that realised losses left what the auditor had expected of the same rows, either way.
Does not own: how (`monitors.loss_watch`), estimating (`derive.expected`).

The auditor knows the inputs.  Where it errs, not they but their relation to the label changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.loss_reference import LossReference, loss_reference, streams_of
from vedette.monitors.loss_watch import LossState, LossWatch
from vedette.monitors.loss_words import say
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.loss_variation import BEYOND
from vedette.profiles.profile import Profile

MONITOR = "estimate"
UP = 0.8  # share of rises in the evidence; the rest is that of falls


@dataclass(frozen=True, eq=False)
class Estimate:
    """Realised less estimated losses of a model, in all rows and in segments."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: LossWatch[LossReference]

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """All labelled rows, and the segments with labels enough, which share half of the weight;
        none where nothing was estimated."""
        return streams_of(baseline, BEYOND, MONITOR)

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to the losses of a baseline, their natural variation included."""
        streams = cls.streams_of(baseline)
        known = loss_reference(baseline, BEYOND, [one.segment for one in streams])
        return cls(streams, terms, LossWatch.of(terms, known, UP))

    def start(self) -> LossState:
        """The state before the first window."""
        return self.watch.start()

    def step(self, state: LossState, profile: Profile, window: Window) -> tuple[LossState, Look]:
        """Take the labels of one window in; a window without any changes nothing."""
        return self.watch.step(state, profile, window)

    def reset(self, state: LossState, which: NDArray[np.bool_]) -> LossState:
        """Forget the evidence of some streams; what is known of their unrest stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: LossState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say how many labelled rows were wrong, and how many had been estimated to be."""
        return tuple(say(self.watch, self.streams[i], state, look, profile, i) for i in which)
