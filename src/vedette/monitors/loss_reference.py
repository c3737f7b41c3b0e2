"""What is known of the losses of every segment, and reading them in a window.

Owns: which segments are watched, the risk and its natural variation in the reference, the losses of
a window beside what was expected of them.  Does not own: evidence (`monitors.loss_watch`), fitting
natural variation (`profiles.loss_variation`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.monitor import Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED, TERMS, Grading
from vedette.profiles.loss_variation import (
    BEYOND,
    ENOUGH,
    REALISED_LOSS,
    LossSums,
    LossVariation,
    loss_sums,
)
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.graded import Graded
from vedette.stats.loss_bets import SMALLEST, Batch, Usual, matters
from vedette.stats.season import Season
from vedette.stats.wobble import long_run

Array = NDArray[np.float64]

COUNTED = ("binary", "multiclass")  # tasks whose loss is 0 or 1
SHARE = "performance"  # part of the budget
SEGMENT_ROWS, SEGMENT_WINDOW = 200, 5  # labels in the reference, and in its windows on average
ERRORS = 2.0  # standard errors of the expected risk that are forgiven
UNKNOWN, UNKNOWN_PHI = 1.0, 0.8  # unrest not learnt yet: its sd in units of what matters
MOST_HARD = 5.0  # times the usual risk that selected rows are believed to have


@dataclass(frozen=True, eq=False)
class LossReference:
    """One series (REALISED_LOSS or BEYOND) of C segments.

    Shapes: (C,) each: `rows` labelled in the reference; `risk` its mean loss; `level` what the
    series is expected at: that risk, or how far realised losses lay above estimated ones;
    `variance` of one row; `error` of the level; `t2`, `phi` of the unrest; `learnt` whether windows
    showed it; `beta` (C, k) its cycles of `season`, None where no windows were seen.
    """

    series: int
    grading: Grading
    segments: tuple[str, ...]
    rows: Array
    risk: Array
    level: Array
    variance: Array
    error: Array
    t2: Array
    phi: Array
    learnt: NDArray[np.bool_]
    beta: Array
    season: Season | None = None

    def usual(self, terms: Terms) -> Usual:
        """What the bets hold a window against."""
        eps = np.full(len(self.risk), terms.effect_of(self.grading.label))
        unit = matters(self.risk, eps)
        t2 = np.where(self.learnt, self.t2, (UNKNOWN * unit) ** 2)
        phi = np.where(self.learnt, self.phi, UNKNOWN_PHI)
        scatter = self.variance / np.maximum(self.rows, 1) + 0 * t2
        allow = ERRORS * self.error + 1 / np.maximum(self.rows, 1)
        least = SMALLEST * np.sqrt(long_run(t2, phi) + scatter)
        return Usual(t2, phi, allow, np.maximum(unit, least))

    def read(self, profile: Profile, window: Window) -> Batch:
        """The losses of a window.  A segment without labels, or of BEYOND without estimates, has no
        rows."""
        level = self.level + self.cycle(window.start)
        found = [loss_sums(profile.graded, self.grading.task, one) for one in self.segments]
        table = np.array(found, np.float64).reshape(-1, len(LossSums._fields))
        n, loss, _, expected, variance = table.T
        if self.series == REALISED_LOSS:
            times = [harder(profile.graded, one) for one in self.segments]
            risk = np.clip(level * np.array(times), 0.0, 1.0)
            return Batch(n, loss, risk, self._steadied(self.variance, n))
        known = np.isfinite(expected) & (n > 0)
        size = np.where(known, n, 1.0)
        mean = np.where(known, expected / size, self.risk)
        own = np.where(known & (variance > 0), variance / size, self.variance)
        return Batch(np.where(known, n, 0.0), loss, mean + level, self._steadied(own, n))

    def cycle(self, start: int) -> Array:
        """How far the day and the week take each segment off its level."""
        if self.season is None:
            return np.zeros(len(self.risk))
        found: Array = self.beta @ self.season.design(np.array([start]))[0, 1:]
        return found

    def _steadied(self, variance: Array, n: Array) -> Array:
        """The variance of a row's loss that is bet with.  Of losses that are no counts, a few large
        ones may make up a window's: where few are due, they are taken for a coin's."""
        if self.grading.task in COUNTED:
            return variance
        coin = self.risk * (1 - self.risk)
        few = np.minimum(1.0, 1 / np.maximum(n * self.risk, 1e-9))
        steadied: Array = variance + np.maximum(coin - variance, 0.0) * few
        return steadied


def harder(graded: Mapping[tuple[str, str], Graded], segment: str) -> float:
    """How many times the loss of all predictions those that were labelled were expected to have.

    Labels may come for some predictions only, by score or by anything else that the auditor reads:
    refused credits never default.  Held against the reference's risk as they are, such rows would
    seem to err more, or less, than they did; 1 where all were labelled, or nothing was expected.

    Bounds: within 1 / MOST_HARD and MOST_HARD.
    """
    every, told = graded.get((EXPECTED, segment)), graded.get((LABELLED, segment))
    if every is None or told is None or not 0 < told.rows < every.rows:
        return 1.0
    usual = float(every.moments[0, 1]) / every.rows
    found = float(told.moments[0, 1]) / told.rows
    if usual <= 0:
        return 1.0
    return min(max(found / usual, 1 / MOST_HARD), MOST_HARD)


def watched_segments(baseline: Baseline, series: int) -> tuple[str, ...]:
    """All rows, and the segments with labels enough, in the reference and in its windows."""
    if baseline.appraisal is None:
        return ()
    graded, known = baseline.profile.graded, _variation(baseline)
    needed = (REALISED,) if series == REALISED_LOSS else (REALISED, _estimates(baseline))
    found = []
    for kind, segment in sorted(graded):
        if kind != REALISED or any((one, segment) not in graded for one in needed):
            continue
        rows = graded[kind, segment].rows
        place = -1 if known is None else known.at(segment)
        often = known is None or place < 0 or rows >= SEGMENT_WINDOW * known.used[place]
        if segment == WHOLE or (rows >= SEGMENT_ROWS and often):
            found.append(segment)
    return tuple(found)


def streams_of(baseline: Baseline, series: int, monitor: str) -> tuple[Stream, ...]:
    """A stream for all rows and for every watched segment; segments share half of the weight."""
    segments = watched_segments(baseline, series)
    if baseline.appraisal is None or not segments:
        return ()
    label, several = baseline.appraisal.grading.label, len(segments) - (WHOLE in segments)
    whole = 0.5 if several else 1.0
    return tuple(
        Stream(monitor, label, one, SHARE, 0.5 / several if one else whole) for one in segments
    )


def loss_reference(baseline: Baseline, series: int, segments: Sequence[str]) -> LossReference:
    """Take risks from the reference's graded rows, and their unrest from its windows."""
    assert baseline.appraisal is not None
    grading, graded = baseline.appraisal.grading, baseline.profile.graded
    known, C = _variation(baseline), len(segments)
    rows, risk, level, variance, error, t2 = (np.zeros(C) for _ in range(6))
    phi, learnt = np.zeros(C), np.zeros(C, bool)
    beta = np.zeros((C, 0 if known is None else known.beta.shape[2]))
    for at, segment in enumerate(segments):
        sums = loss_sums(graded, grading.task, segment)
        rows[at], risk[at], variance[at] = sums.rows, sums.mean, sums.spread
        if series == BEYOND:
            estimated = _estimated(baseline, segment)
            level[at] = sums.loss / max(sums.rows, 1) - estimated[0]
            variance[at] = estimated[1] or variance[at]
        else:
            level[at] = sums.mean
        error[at] = np.sqrt(variance[at] / max(sums.rows, 1))
        place = -1 if known is None else known.at(segment)
        if known is None or place < 0 or not np.isfinite(known.mean[place, series]):
            continue
        learnt[at] = known.used[place] >= ENOUGH
        level[at], error[at] = known.mean[place, series], known.error[place, series]
        t2[at], phi[at] = known.t2[place, series], known.phi[place, series]
        beta[at] = known.beta[place, series]
    return LossReference(
        series, grading, tuple(segments), rows, risk, level, variance, error, t2, phi, learnt, beta,
        None if known is None else known.season,
    )  # fmt: skip


def _estimates(baseline: Baseline) -> str:
    """The kind that says what the reference's own rows were expected to lose."""
    return LABELLED if (LABELLED, WHOLE) in baseline.profile.graded else EXPECTED


def _estimated(baseline: Baseline, segment: str) -> tuple[float, float]:
    """What a reference row was expected to lose on average, and the variance that leaves open."""
    assert baseline.appraisal is not None
    found = baseline.profile.graded[_estimates(baseline), segment]
    at = TERMS[baseline.appraisal.grading.task].index("variance")
    size = max(float(found.rows), 1.0)
    return float(found.moments[0, 1]) / size, max(float(found.moments[0, at]), 0.0) / size


def _variation(baseline: Baseline) -> LossVariation | None:
    return baseline.appraisal.variation if baseline.appraisal else None
