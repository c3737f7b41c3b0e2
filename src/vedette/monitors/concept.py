"""Concept drift: predictions that were right are wrong now.

Owns: evidence that the realised loss of labelled rows rose above the reference's.  Does not own:
how (`monitors.loss_watch`), whether inputs explain it (`monitors.estimate`), metrics.

A risk that falls is no alarm.
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
from vedette.profiles.loss_variation import REALISED_LOSS
from vedette.profiles.profile import Profile

MONITOR = "concept"
UP = 1.0  # share of rises in the evidence; falls are none


@dataclass(frozen=True, eq=False)
class Concept:
    """Realised losses of a model, in all rows and in segments."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: LossWatch[LossReference]

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """All labelled rows, and segments with labels enough, which share half of the weight."""
        return streams_of(baseline, REALISED_LOSS, MONITOR)

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to the losses of a baseline, their natural variation included."""
        streams = cls.streams_of(baseline)
        known = loss_reference(baseline, REALISED_LOSS, [one.segment for one in streams])
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
        """Say how many labelled rows were wrong, and how many were expected to be."""
        return tuple(say(self.watch, self.streams[i], state, look, profile, i) for i in which)
