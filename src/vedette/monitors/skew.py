"""Skew: columns are distributed otherwise in serving than in what the model was trained on.

Owns: when there is something to hold windows against, the words for how far they lie from it, what
a transformation would explain.  Does not own: how windows are watched (`shift_watch`), what changed
since the reference (`shift`).

Windows are scored, whitened and forgiven as those of `shift` are: serving varies as it varies.
Only where they are expected is another place, that of the training sample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.core.words import number
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.pair import Pair
from vedette.monitors.said import Beside, Said
from vedette.monitors.shift_state import ShiftState
from vedette.monitors.shift_streams import streams_of
from vedette.monitors.shift_terms import Fitted
from vedette.monitors.shift_watch import ShiftWatch
from vedette.monitors.shift_words import WORDS, Speaker, Voice, Words
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.profile import Profile
from vedette.profiles.streams import Streams
from vedette.profiles.training import Training
from vedette.stats.transformed import TIMES, Transformed, likely
from vedette.stats.two_sample import Component

MONITOR = "skew"
SHARE = "skew"  # of the budget
ALIKE = 0.5  # of the way from training to the reference, within which a window is still there
ORDINARY = "no difference from what the model was trained on that matters"


@dataclass(frozen=True, eq=False)
class Skew:
    """Training against serving, column by column and segment by segment."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: ShiftWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """Every column and segment that both sides have; none without a training sample, and where
        drift is that very comparison."""
        if baseline.training is None or is_drift(baseline):
            return ()
        return streams_of(baseline, MONITOR, lambda said: SHARE, baseline.training.profile)

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to a baseline, its natural variation and the training sample that it holds."""
        streams, training = cls.streams_of(baseline), baseline.training
        held = baseline.profile if training is None else training.profile
        layout = Streams.of(baseline, [(s.column, s.segment) for s in streams], held)
        fitted = Fitted.of(baseline, layout, terms, training)
        more = _Likely(baseline)
        voice = Voice(MONITOR, held, True, SAID, more, ORDINARY)
        speaker = Speaker(baseline, layout, fitted, terms, voice)
        return cls(streams, terms, ShiftWatch(terms, layout, fitted, speaker))

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
        """Say how serving differs from training; of a window without rows, why nothing is known."""
        return self.watch.tell(state, look, profile, which)


def is_drift(baseline: Baseline) -> bool:
    """Whether the baseline was fitted on the training sample, so that drift from it is skew.

    A reference without times lends drift its bins alone: level and season are those of the live
    windows, and how far these lie from the sample is for skew to tell.
    """
    training, variation = baseline.training, baseline.variation
    own = training is not None and training.is_sample_of(baseline.profile)
    return own and (variation is None or not variation.flat)


def level(pair: Pair, c: Component, beside: Beside) -> Said:
    """The bulk lies higher or lower than that of the training sample."""
    low, high = sorted((abs(c.low), abs(c.high))) if c.low * c.high > 0 else (0.0, abs(c.high))
    side = "above" if c.effect > 0 else "below"
    size = f"{number(abs(c.effect), 2)} sd {side} what the model was trained on"
    text = f"{pair.title} is {size} ({number(low, 2)} to {number(high, 2)}){pair.over}"
    trained, served = _mean(pair.reference), _mean(pair.current)
    if trained is not None and served is not None and (served - trained) * c.effect > 0:
        text += f": mean {number(trained)} in training, {number(served)} in serving"
    return Said(text, "sd", abs(c.effect), served, trained)


SAID: Mapping[str, Words] = MappingProxyType({**WORDS, "level": level})


@dataclass(frozen=True, eq=False)
class _Likely:
    """What makes training values serving ones, where all quantiles agree on it.

    The reference is asked where it is serving, too, and the window as far off as it is: it has many
    more rows, of all hours.
    """

    baseline: Baseline

    def __call__(self, pair: Pair, way: float) -> str:
        training, key = self.baseline.training, (pair.column, pair.segment)
        if training is None or key not in training.quantiles:
            return ""
        served = [pair.current]
        if abs(way - 1) <= ALIKE and not training.is_sample_of(self.baseline.profile):
            served.insert(0, self.baseline.profile.cells[key])
        binning = pair.binning
        assert isinstance(binning, NumericBinning)
        for cell in served:
            found = _transformed(training, key, binning, cell)
            if found is not None:
                return _as_if(found)
        return ""


def _transformed(
    training: Training, key: tuple[str, str], binning: NumericBinning, cell: Cell
) -> Transformed | None:
    if cell.bins is None:
        return None
    rows = training.profile.cells[key].usable
    m = min(rows, max(training.sampled * rows // max(training.profile.rows, 1), 1))
    return likely(training.quantiles[key], m, binning.edges, cell.bins.counts)


def _as_if(found: Transformed) -> str:
    """A transformation with as many digits as are known of it."""
    width = max(found.high - found.low, 1e-12)
    digits = min(max(ceil(log10(abs(found.value) / width)), 2), 4)
    if found.kind == TIMES:
        return f", as if multiplied by {number(found.value, digits)}"
    size = number(abs(found.value), digits)
    return f", as if {size} had been {'added' if found.value > 0 else 'taken away'}"


def _mean(cell: Cell) -> float | None:
    return cell.moments.mean(cell.usable) if cell.moments else None
