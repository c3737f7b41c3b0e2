"""What watched losses show, in words.

Owns: the sentences, the interval of the effect, what would have been noticed, why nothing can be
said.  Does not own: evidence (`loss_watch`).
"""

from dataclasses import dataclass
from math import hypot, log, log10, sqrt
from typing import Any

import numpy as np

from vedette.core.durations import DAY, roughly
from vedette.core.words import count, number, percent
from vedette.monitors.finding import ORDINARY, WAITING, Finding, live_verdict
from vedette.monitors.loss_reference import COUNTED, LossReference
from vedette.monitors.loss_watch import JUMP, LossState, LossWatch
from vedette.monitors.monitor import Look, Stream
from vedette.profiles.grading import REALISED, Grading
from vedette.profiles.loss_variation import BEYOND, ENOUGH, REALISED_LOSS
from vedette.profiles.profile import Profile
from vedette.stats import pooled
from vedette.stats.intervals import Z95, cohen_h, newcombe
from vedette.stats.loss_bets import BELIEF, BETS
from vedette.stats.noticed import noticed_shift

LEAST = 1e-9  # evidence below this says no more
COMPONENTS = {REALISED_LOSS: "loss", BEYOND: "estimate"}
BROKEN = "performance estimated without labels is no longer to be trusted"
DOUBTED = "performance estimated without labels may be off"


@dataclass(frozen=True)
class Seen:
    """Losses of some rows beside what was expected of them; `length` in nanoseconds, 0 for one
    window; `ordinary` is the sd of the mean of so many ordinary rows, `error` that of the expected
    one."""

    rows: float
    loss: float
    expected: float
    ordinary: float
    error: float
    length: int


def say(
    watch: LossWatch[LossReference],
    stream: Stream,
    state: LossState,
    look: Look,
    profile: Profile,
    at: int,
) -> Finding:
    """Make the one finding of a segment in a window."""
    known = watch.reference
    now = known.read(profile, look.window)
    verdict = live_verdict(
        float(watch.terms.weights[at] * look.evidence[at] / watch.terms.threshold)
    )
    base: dict[str, Any] = {
        "monitor": stream.monitor,
        "component": COMPONENTS[known.series],
        "column": stream.column,
        "segment": stream.segment,
        "n_baseline": int(known.rows[at]),
        "n_window": int(now.n[at]),
        "evidence": log10(max(float(look.evidence[at]), LEAST)),
        "window": look.window,
        "min_effect": watch.terms.effect_of(stream.column),
    }
    if not now.n[at]:
        return Finding(reason=_nothing(known, profile, stream), **base)
    seen = _seen(watch, state, at, look)
    observed, expected = seen.loss / seen.rows, seen.expected / seen.rows
    low, high = _interval(known, at, seen)
    limit = noticed(watch, at, float(now.n[at]))
    words = _Words(known.grading, known.series, stream)
    text = words.sentence(seen, verdict)
    if verdict == "notable":
        text += WAITING
    elif verdict == "calm":
        text = words.calm(limit, int(known.learnt[at]))
    return Finding(
        observed=observed,
        expected=expected,
        effect=observed - expected,
        unit=words.unit,
        low=low,
        high=high,
        magnitude=_magnitude(known, at, observed, expected),
        detectable=limit,
        verdict=verdict,
        reason=text,
        **base,
    )


def noticed(watch: LossWatch[LossReference], at: int, rows: float) -> float | None:
    """The smallest rise of the risk that a day of windows like this one tells four times in five.

    Units: of the loss, in [0, 1].
    """
    usual, known = watch.usual, watch.reference
    sd = sqrt(float(known.variance[at]))
    if sd <= 0 or watch.shares[0] <= 0:
        return None
    weight = max(float(watch.terms.weights[at]), 1e-12) * (1 - JUMP) * float(watch.shares[0])
    nats = log(watch.terms.threshold / weight) - np.log(BELIEF)
    found = noticed_shift(
        1 / max(rows, 1.0), float(usual.t2[at]) / sd**2, float(usual.phi[at]),
        float(usual.allow[at]) / sd, float(usual.unit[at]) / sd,
        max(DAY / max(watch.terms.width, 1), 1.0),
        nats, max(float(watch.alpha[at, 0]), 1e-15), BETS,
    )  # fmt: skip
    return None if found is None else min(found * sd, 1.0)


@dataclass(frozen=True)
class _Words:
    """How the losses of a task are spoken of."""

    grading: Grading
    series: int
    stream: Stream

    @property
    def unit(self) -> str:
        """Of observed, expected and effect."""
        return "share" if self._counted else "loss"

    @property
    def where(self) -> str:
        """The segment, for a sentence."""
        column, _, value = self.stream.segment.partition("=")
        return f" where {column} = {value}" if self.stream.segment else ""

    def sentence(self, seen: Seen, verdict: str) -> str:
        """What was seen beside what was expected."""
        observed, expected = seen.loss / seen.rows, seen.expected / seen.rows
        half = Z95 * hypot(seen.ordinary, seen.error)
        ends = (max(expected - half, 0.0), min(expected + half, 1.0))
        low, high = reversed(ends) if self.grading.task == "ranking" else ends
        over = f" over {roughly(seen.length)}" if seen.length else ""
        rows = f"{count(round(seen.rows))} labelled rows{self.where}{over}"
        said = "estimated" if self.series == BEYOND else "expected"
        usual = f"{said} {self._size(expected)} ({self._size(low)} to {self._size(high)})"
        text = f"{self._subject(observed, rows)}, {usual}"
        if self.series != BEYOND:
            return text
        return f"{text}: {BROKEN if verdict == 'alarming' else DOUBTED}"

    def calm(self, limit: float | None, learnt: int) -> str:
        """Nothing was seen; what would have been."""
        text = ORDINARY
        if not learnt:
            text = f"no change seen; {ENOUGH} windows with labels are needed to know ordinary ones"
        if limit is None:
            return text
        step = f"{number(100 * limit, 2)} points" if self._counted else self._size(limit)
        return f"{text}; {step} more would be noticed within a day four times in five"

    @property
    def _counted(self) -> bool:
        return self.grading.task in COUNTED

    def _subject(self, observed: float, rows: str) -> str:
        if self._counted:
            return f"{self._size(observed)} of {rows} were predicted wrongly"
        if self.grading.task == "ranking":
            return f"the mean NDCG of {rows} was {number(1 - observed, 3)}"
        return f"the mean error of {rows} was {self._size(observed)}"

    def _size(self, loss: float) -> str:
        """A mean loss, or a step of it, in the words of the task."""
        if self._counted:
            return percent(loss)
        if self.grading.task == "ranking":
            return number(1 - loss, 3)
        return number(loss * self.grading.scale, 3)


def _seen(watch: LossWatch[LossReference], state: LossState, at: int, look: Look) -> Seen:
    """The windows since the onset, where several carry the evidence; else the last one."""
    lead, error = watch.lead(state, at), float(watch.reference.error[at])
    sums, pool = state.sums[at, lead.way], state.pool[at, lead.way]
    rows, loss, expected = (float(one) for one in sums)
    if not lead.alone and 0 < lead.since < look.window.start and state.walk[at, lead.way] > 0:
        _, sd = pooled.mean_and_sd(pool)
        return Seen(rows, loss, expected, float(sd), error, look.window.end - lead.since)
    alone = sqrt(max(float(state.sd[at]) ** 2 - error**2, 0.0))
    last = state.last[at]
    return Seen(float(last[0]), float(last[1]), float(last[2]), alone, error, 0)


def _interval(known: LossReference, at: int, seen: Seen) -> tuple[float, float]:
    """95 % of the effect.  Rows of several windows, and the reference's, tell as much as fewer
    independent ones."""
    observed, expected = seen.loss / seen.rows, seen.expected / seen.rows
    coin = max(expected * (1 - expected), 1e-9)
    n = coin / max(seen.ordinary**2, 1e-12)
    m = coin / max(seen.error**2, 1e-12)
    share, base = (min(max(one, 0.0), 1.0) for one in (observed, expected))
    low, high = newcombe(share * n, n, base * m, m)
    return low, high


def _magnitude(known: LossReference, at: int, observed: float, expected: float) -> float:
    """A change of a share as Cohen's h, one of other losses in their standard deviations."""
    if known.grading.task in COUNTED:
        return abs(cohen_h(observed, expected))
    return abs(observed - expected) / sqrt(max(float(known.variance[at]), 1e-12))


def _nothing(known: LossReference, profile: Profile, stream: Stream) -> str:
    """Why nothing can be said of a window."""
    where = _Words(known.grading, known.series, stream).where
    realised = profile.graded.get((REALISED, stream.segment))
    if known.series == BEYOND and realised is not None and realised.rows:
        return f"the labelled rows{where} of this window were not estimated before"
    return f"no row{where} of this window has a label yet"
