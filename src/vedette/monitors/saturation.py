"""Saturation: a resource that has been used up for too long.

Owns: which readings are of resources.  Does not own: bounds (`monitors.resources`, the settings),
for how long one was broken (`monitors.held`); readings that are merely unusual
(`monitors.metrics`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.held import Held, HeldState, bounded, read
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.bounds import Bound, bound_of
from vedette.profiles.profile import WHOLE, Profile

MONITOR = "saturation"
SLIGHT = 0.2  # importance: what alarms by itself needs no part of the budget


@dataclass(frozen=True, eq=False)
class Saturation:
    """Readings of resources that have a bound."""

    streams: tuple[Stream, ...]
    terms: Terms
    held: Held

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every logged reading that has a bound."""
        return tuple(
            Stream(MONITOR, name, WHOLE, "service", SLIGHT) for name in _bounded(baseline)[0]
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Take the bounds; of the reference nothing is used."""
        names, bounds = _bounded(baseline)
        held = Held(MONITOR, names, bounds, terms.weights, terms)
        return cls(cls.streams_of(baseline), terms, held)

    def start(self) -> HeldState:
        """Know nothing yet."""
        return self.held.start()

    def step(self, state: HeldState, profile: Profile, window: Window) -> tuple[HeldState, Look]:
        """See which bounds a window breaks."""
        held = self.held
        return held.step(state, read(held.names, held.bounds, profile), window)

    def reset(self, state: HeldState, which: NDArray[np.bool_]) -> HeldState:
        """There is no evidence to forget: a bound is broken or not."""
        return self.held.known(state)

    def tell(
        self, state: HeldState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say for how long resources have been used up."""
        return tuple(self.held.tell(state, look, at) for at in which)


def _bounded(baseline: Baseline) -> tuple[tuple[str, ...], tuple[Bound, ...]]:
    asked = baseline.metering
    return bounded(asked.names, [bound_of(asked.bounds, name) for name in asked.names])
