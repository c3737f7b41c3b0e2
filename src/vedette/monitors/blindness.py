"""Blindness: something of a model is no longer seen, or not as it was.

Owns: what may be lost from sight, when that is told.  Does not own: counting it (`engine.sight`),
what is remembered (`monitors.blindness_state`), words (`monitors.blindness_words`).

A quiet chart says nothing where nothing is seen.  All of it are facts and no evidence: they alarm
at once, or once they have lasted, and take nothing from the budget of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import MINUTE
from vedette.core.windows import Window
from vedette.monitors.blindness_state import (
    BlindnessState,
    counted,
    filled,
    long_share,
    nothing_seen,
    of_texts,
    sampled,
    widened,
)
from vedette.monitors.blindness_words import COLUMNS, RATES, SAMPLING, TIMES, in_words
from vedette.monitors.finding import Finding
from vedette.monitors.held import Held, bounded, read
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.bounds import Bound, bound_of
from vedette.profiles.profile import WHOLE, Profile

MONITOR = "blindness"
SLIGHT = 0.1  # importance: what alarms by itself needs no part of the budget
TEXTS = ("text_input", "text_output")  # roles
GONE = 1e-9  # a share below it is none
# Readings that say that something is not seen.
READINGS = (
    Bound("scrape_up", 1.0, 5 * MINUTE, below=True, lows=True,
          what="nothing is seen of what its server says of itself"),
    Bound("otelcol_exporter_send_failed_*", 0.0, 5 * MINUTE, what="a collector loses what it has"),
    Bound("otelcol_processor_dropped_*", 0.0, 5 * MINUTE, what="a collector loses what it has"),
)  # fmt: skip
# Shares of events: late, from the future, refused, lost by their sender.
SHARES = tuple(
    Bound(name, most, hold)
    for name, most, hold in zip(
        RATES, (0.05, 0.01, 0.02, 0.001), (15 * MINUTE, *[5 * MINUTE] * 3), strict=True
    )
)
OVER = 0.5  # of a bound, below which a share that was told is over
WINDOWS = 3  # in a row that show such a share, at least
ONCE = (Bound(SAMPLING, 0.0, 0, once=True), Bound(COLUMNS, 0.0, 0, once=True))


@dataclass(frozen=True, eq=False)
class Blindness:
    """What may be lost from sight of one model.  Shapes: `texts` columns, "" for times."""

    streams: tuple[Stream, ...]
    terms: Terms
    texts: tuple[str, ...]
    readings: tuple[str, ...]
    held: Held

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """Shares of events, sampling, columns, times, every text that goes in or comes out, and
        readings that say so."""
        names, _ = _bounds(baseline)
        return tuple(Stream(MONITOR, name, WHOLE, "service", SLIGHT) for name in names)

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Take the bounds; of the reference only which columns are texts."""
        names, bounds = _bounds(baseline)
        bounds = tuple(_lasting(one, terms.width) for one in bounds)
        held = Held(MONITOR, names, bounds, terms.weights, terms)
        return cls(cls.streams_of(baseline), terms, _texts(baseline), _readings(baseline)[0], held)

    def start(self) -> BlindnessState:
        """Know nothing yet."""
        return nothing_seen(self.held.start(), self.texts)

    def step(
        self, state: BlindnessState, profile: Profile, window: Window
    ) -> tuple[BlindnessState, Look]:
        """Count what a window does not show; not twice."""
        state = of_texts(state, self.texts)
        value = np.full(len(self.streams), np.nan)
        if window.start > state.held.last:
            state, shares = counted(state, profile)
            state, weight = sampled(state, profile)
            state, columns = widened(state, profile)
            state, there = filled(state, profile)
            bounds = self.held.bounds[len(value) - len(self.readings) :]
            value[:] = [*shares, weight, columns, *there, *read(self.readings, bounds, profile)]
        held, look = self.held.step(state.held, value, window, self._lasts(state))
        return replace(state, held=held), look

    def _lasts(self, state: BlindnessState) -> NDArray[np.bool_]:
        """Which shares are not over, whatever this window says, once they are told."""
        lasts = np.zeros(len(self.streams), np.bool_)
        limits = np.array([one.limit for one in SHARES])
        lasts[: len(SHARES)] = long_share(state) > OVER * limits
        return lasts

    def reset(self, state: BlindnessState, which: NDArray[np.bool_]) -> BlindnessState:
        """There is no evidence to forget: something is seen or not."""
        return replace(of_texts(state, self.texts), held=self.held.known(state.held))

    def tell(
        self, state: BlindnessState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say what is no longer seen."""
        return tuple(
            in_words(self.held.tell(state.held, look, at), state, at, look) for at in which
        )


def is_reading(name: str) -> bool:
    """Whether a stream is one of a reading, not of events.

    Example:
        >>> is_reading("scrape_up{job=a}"), is_reading("late events")
        (True, False)
    """
    return bound_of(READINGS, name) is not None


def _lasting(bound: Bound, width: int) -> Bound:
    """A bound of a share of events, which windows in a row must break: one burst is no trouble."""
    return bound._replace(hold=max(bound.hold, WINDOWS * width)) if bound in SHARES else bound


def _bounds(baseline: Baseline) -> tuple[tuple[str, ...], tuple[Bound, ...]]:
    """Every stream, and its bound; those of readings come last."""
    texts = tuple(Bound(name or TIMES, GONE, 0, below=True) for name in _texts(baseline))
    names, bounds = _readings(baseline)
    own = (*SHARES, *ONCE, *texts)
    return (*(one.pattern for one in own), *names), (*own, *bounds)


def _texts(baseline: Baseline) -> tuple[str, ...]:
    return ("", *(field.name for field in baseline.schema.fields if field.role in TEXTS))


def _readings(baseline: Baseline) -> tuple[tuple[str, ...], tuple[Bound, ...]]:
    names = baseline.metering.names
    return bounded(names, [bound_of(READINGS, name) for name in names])
