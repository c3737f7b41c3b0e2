"""Shift: columns of a live model are distributed otherwise than in its reference.

Owns: which part of the budget they live on.  Does not own: how they are watched (`shift_watch`),
what the model was trained on (`skew`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.shift_state import ShiftState
from vedette.monitors.shift_streams import streams_of
from vedette.monitors.shift_terms import Fitted
from vedette.monitors.shift_watch import ShiftWatch
from vedette.monitors.shift_words import Speaker, Voice
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.profiles.streams import Streams

MONITOR = "shift"


@dataclass(frozen=True, eq=False)
class Shift:
    """The drift monitor of one model."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: ShiftWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """Every compared column but labels, and its segments."""
        return streams_of(baseline, MONITOR, lambda said: "predictions" if said else "drift")

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to a baseline and its natural variation."""
        streams = cls.streams_of(baseline)
        layout = Streams.of(baseline, [(s.column, s.segment) for s in streams])
        fitted = Fitted.of(baseline, layout, terms)
        speaker = Speaker(baseline, layout, fitted, terms, Voice(MONITOR, baseline.profile))
        return cls(streams, terms, ShiftWatch(terms, layout, fitted, speaker))

    @property
    def fitted(self) -> Fitted:
        """What its streams are held to."""
        return self.watch.fitted

    def start(self) -> ShiftState:
        """The state before the first window."""
        return self.watch.start()

    def step(self, state: ShiftState, profile: Profile, window: Window) -> tuple[ShiftState, Look]:
        """Take one window in.  Streams without a row stay as they are."""
        return self.watch.step(state, profile, window)

    def reset(self, state: ShiftState, which: NDArray[np.bool_]) -> ShiftState:
        """Forget the evidence of some streams; what is known of their wobble stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: ShiftState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say what some streams show, in words; of a window without rows, why nothing is known."""
        return self.watch.tell(state, look, profile, which)
