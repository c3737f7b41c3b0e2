"""Gaps between groups watched in time: what the monitors `parity` and `odds` do in a window.

Owns: which evidence counts, from which gap on; when a gap counts as gone; what was seen in all.
Does not own: the evidence of a series (`monitors.loss_watch`), what is known of the reference
(`monitors.gap_reference`), words (`monitors.gap_words`).

A stream is a group.  Its M is the weighted mean of that of its series: metrics, and two questions.
Of a series only evidence for a gap that, as far as can be told, lies beyond the limits counts: it
must be there, and matter, whatever labels that come unevenly would have said.  All of it is scaled
down until the budget allows a monitor, alone, no more than one false alarm in a long time
(`seldom`): to be called unfair costs more than a look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import live_verdict
from vedette.monitors.gap_reference import GapReference, gap_reference
from vedette.monitors.loss_watch import JUMP, LossState, LossWatch
from vedette.monitors.monitor import Look, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.stats import pooled
from vedette.stats.gap_bets import beyond, matters
from vedette.stats.gap_open import SIDES, SUMS, opened
from vedette.stats.loss_bets import MAIN, Batch

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Shares of the bets on a half of the limit, on the limit, and on twice that.  None is on the half:
# what a gap of less than that gives is evidence of something that does not matter.
BELIEF = np.array([0.0, 0.75, 0.25])
EVEN = 0.5  # share of rises in the evidence; the rest is that of falls
LAST = 2  # of what is left open: of rises and falls since their onset, and of the last window
KEPT = 0.8  # of what recent windows showed, from window to window
NEAR = 0.5  # of the limit, within which a gap counts as gone
NOISE = 2.0  # sd of recent windows within which it cannot be told from none


@dataclass(frozen=True, eq=False)
class GapState:
    """Memory of C series.

    Shapes: `losses` as those of a loss; `recent` (C, 3), decaying sums of weights, of gaps less
    expected ones with these weights, and of their variances; `total` (C, 4) since the beginning:
    hits and rows, of the group and of the rest; `first` int64[C], when that was, in nanoseconds, 0
    for not yet.  Of labels, none where they do not count: `kind` [N] whose are known (`gap_table`),
    `since` [N, 4] rows since that was last told; `left` (C, 3, 2, 6) what the missing ones leave
    open (`stats.gap_open`), of the windows since a rise and since a fall began, and of the last.
    """

    losses: LossState
    recent: Array
    total: Array
    first: NDArray[np.int64]
    kind: NDArray[np.int64]
    since: NDArray[np.int64]
    left: Array


class Lead(NamedTuple):
    """What speaks for a group: its series, which way (0 up, 1 down), whether one window alone."""

    at: int
    way: int
    alone: bool


@dataclass(frozen=True, eq=False)
class GapWatch:
    """Shapes: `of` (S, C), the parts of series in the evidence of streams."""

    terms: Terms
    losses: LossWatch[GapReference]
    of: Array

    @classmethod
    def fit(
        cls, baseline: Baseline, terms: Terms, metrics: Mapping[str, float], seldom: int
    ) -> "GapWatch":
        """Fix what is bet on: metrics with their shares of a stream.

        Units: `seldom` in nanoseconds.
        """
        known = gap_reference(baseline, metrics)
        S, C = len(terms.weights), len(known.entries)
        windows = seldom / max(terms.width, 1)
        alone = terms.threshold / max(float(terms.weights.sum()), 1e-300)
        of = np.zeros((S, C))
        for at, entry in enumerate(known.entries):
            of[entry.stream, at] = entry.share * min(1.0, alone / windows)
        inner = replace(terms, weights=terms.weights @ of)
        return cls(terms, LossWatch.of(inner, known, EVEN), of)

    @property
    def reference(self) -> GapReference:
        """What is known of the gaps."""
        return self.losses.reference

    @cached_property
    def nats(self) -> Array:
        """Evidence that the main bet on a series needs to raise the alarm alone.  Shapes: (C,)."""
        weights = np.maximum(self.losses.terms.weights, 1e-300)
        part = weights * (1 - JUMP) * self.losses.shares[0] * BELIEF[MAIN]
        found: Array = np.maximum(np.log(self.terms.threshold / part), 0.0)
        return found

    def start(self) -> GapState:
        """Know nothing yet."""
        C, kind = len(self.reference.entries), self.reference.kind
        told = C if self.reference.labelled else 0
        return GapState(
            self.losses.start(), np.zeros((C, 3)), np.zeros((C, 4)), np.zeros(C, np.int64),
            kind, np.zeros((len(kind), 4), np.int64), np.zeros((told, LAST + 1, SIDES, SUMS)),
        )  # fmt: skip

    def step(self, state: GapState, profile: Profile, window: Window) -> tuple[GapState, Look]:
        """Take one window in.  Groups without a row stay as they are."""
        kind, since = self.reference.kinds(state.kind, state.since, profile)
        sides, _, left = self.reference.told(profile, kind)
        batch = self.reference.batch(sides, window)
        losses, look = self.losses.take(state.losses, batch, window)
        some = batch.n > 0
        seen = np.stack(sides, axis=1)
        new = GapState(
            losses,
            np.where(some[:, None], self._recent(state.recent, batch), state.recent),
            state.total + np.where(some[:, None], seen, 0.0),
            np.where(some & (state.first == 0), window.start, state.first),
            kind, since, self._left(state, losses, left, some),
        )  # fmt: skip
        return new, self._look(new, look, some, window)

    def reset(self, state: GapState, which: Flags) -> GapState:
        """Forget the evidence of some groups; what is known of their unrest stays.

        A state of another baseline that asks other questions of the same groups begins anew.
        """
        known = self.reference
        if (len(state.total), len(state.kind)) != (len(known.entries), len(known.kind)):
            return self.start()
        own = which @ (self.of > 0)
        gone = own[: len(state.left), None, None, None]
        left = np.where(gone, 0.0, state.left)
        return replace(state, losses=self.losses.reset(state.losses, own), left=left)

    def parts(self, state: GapState) -> Array:
        """What rises and falls of every series add to the evidence, where they matter.

        Shapes: (C, 2).
        """
        return self._lasting(state) + self._jumps(state)

    def lead(self, state: GapState, stream: int) -> Lead:
        """What speaks for one group; the first of its series, when nothing does."""
        return self._lead(self._lasting(state), self._jumps(state), stream)

    def withheld(self, state: GapState) -> tuple[Array, Array]:
        """Evidence that does not count since missing labels may account for it: lasting, and of the
        last window alone.  Shapes: (C, 2) each."""
        lasting, jumps = self._lasted(state), self._jumped(state)
        if not len(state.left):
            return np.zeros_like(lasting), np.zeros_like(jumps)
        return lasting - self._lasting(state), jumps - self._jumps(state)

    def unsettled(self, withheld: tuple[Array, Array], stream: int) -> Lead | None:
        """What would speak for one group did it count; None where it would say little."""
        lasting, jumps = withheld
        evidence = float(self.of[stream] @ (lasting + jumps).sum(axis=1))
        part = float(self.terms.weights[stream]) * evidence / self.terms.threshold
        return None if live_verdict(part) == "calm" else self._lead(lasting, jumps, stream)

    def jumped(self, state: GapState, at: int, way: int) -> bool:
        """Whether one window alone speaks for a series."""
        return bool(self._jumps(state)[at, way] > self._lasting(state)[at, way])

    # ------------------------------------------------------------------------------------------

    def _lasting(self, state: GapState) -> Array:
        """Evidence of lasting gaps that matter and that missing labels do not account for, by all
        windows since they began."""
        _, sd = pooled.mean_and_sd(state.losses.pool)
        return np.where(self._settled(state.left[:, :LAST], sd), self._lasted(state), 0.0)

    def _jumps(self, state: GapState) -> Array:
        """Evidence of the last window alone, alike."""
        sd = state.losses.sd[:, None] * np.ones(2)
        return np.where(self._settled(state.left[:, [LAST, LAST]], sd), self._jumped(state), 0.0)

    def _settled(self, left: Array, sd: Array) -> Flags:
        """Whether gaps up and down matter, and would be told, whatever the missing labels are; or
        these come evenly.

        Shapes: (C, 2, SIDES, SUMS) and (C, 2) -> (C, 2); of no series where no labels count.
        """
        if not len(left):
            return np.ones((len(self.reference.entries), 2), np.bool_)
        found = opened(left)
        low, high = found.gap
        least = np.stack([low[:, 0], high[:, 1]], axis=1) - self.reference.gap[:, None]
        none = np.zeros_like(least)
        sure = np.abs(least) > np.sqrt(2 * self.nats)[:, None] * sd
        return ~found.uneven | (sure & self._matters(least, none, none))

    def _lasted(self, state: GapState) -> Array:
        """Evidence of lasting gaps that matter as far as labels are known."""
        losses = state.losses
        effect, sd = pooled.mean_and_sd(losses.pool)
        rate = losses.pool[..., pooled.SCORE]
        enough = losses.sums[..., 0] >= self.terms.limits.least
        found: Array = (1 - JUMP) * self.losses.shares * (losses.R @ BELIEF)
        return np.where(enough & self._matters(effect, sd, rate), found, 0.0)

    def _jumped(self, state: GapState) -> Array:
        """Evidence of the last window alone, as far as labels are known."""
        losses = state.losses
        rows: Array = losses.last[:, 0]
        both = np.ones(2)
        rate = (losses.last[:, 1] / np.maximum(rows, 1))[:, None] * both
        effect, sd = losses.r[:, None] * both, losses.sd[:, None] * both
        enough = (rows >= self.terms.limits.least)[:, None] & self._matters(effect, sd, rate)
        return np.where(enough, JUMP * losses.jump, 0.0)

    def _matters(self, effect: Array, sd: Array, rate: Array) -> Flags:
        """Whether gaps may be beyond the limits, up and down.

        Of a disparity that is the gap to the rest, whatever others make of it.  A change matters
        that is as large as the limit of a gap, or that takes a gap beyond it which was within.

        Shapes: (C, 2) each: a gap less the expected one, its sd, the group's rate.
        """
        known, limits = self.reference, self.terms.limits
        expected = rate - effect  # of the group
        far = beyond(effect, sd, expected, limits, known.by_ratio)
        gap = effect + known.gap[:, None]
        now = beyond(gap, sd, expected - known.gap[:, None], limits, known.by_ratio)
        none = np.zeros_like(gap)
        before = beyond(none + known.gap[:, None], none, none + known.other[:, None], limits,
                        known.by_ratio)  # fmt: skip
        return np.where(known.changes[:, None], far | (now & ~before), now)

    def _left(self, old: GapState, losses: LossState, window: Array, some: Flags) -> Array:
        """What is left open, since rises and falls began and of the last window."""
        if not len(window):
            return old.left
        begun = losses.sums[..., 0] == losses.last[:, None, 0]  # no window before this one counts
        since = np.where(begun[..., None, None], 0.0, old.left[:, :LAST]) + window[:, None]
        new = np.concatenate([since, window[:, None]], axis=1)
        return np.where(some[:, None, None, None], new, old.left)

    def _recent(self, recent: Array, batch: Batch) -> Array:
        n = np.maximum(batch.n, 1.0)
        weight = 1 / (batch.variance / n + self.losses.usual.t2)
        r = batch.loss / n - batch.expected
        one = np.stack([weight, weight * r, weight], axis=1)
        found: Array = recent * np.array([KEPT, KEPT, KEPT**2]) + one
        return found

    def _lead(self, lasting: Array, jumps: Array, stream: int) -> Lead:
        own = self.of[stream]
        both = (lasting + jumps) * own[:, None]
        if not both.any():
            return Lead(int(np.argmax(own > 0)), 0, False)
        at, way = divmod(int(both.argmax()), 2)
        return Lead(at, way, bool(jumps[at, way] > lasting[at, way]))

    def _look(self, state: GapState, look: Look, some: Flags, window: Window) -> Look:
        lasting, jumps = self._lasting(state), self._jumps(state)
        evidence = self.of @ (lasting + jumps).sum(axis=1)
        effect, onset = np.full(len(self.of), np.nan), np.full(len(self.of), window.start)
        for stream in range(len(self.of)):
            lead = self._lead(lasting, jumps, stream)
            if some[lead.at]:
                effect[stream] = look.effect[lead.at]
            since = int(state.losses.since[lead.at, lead.way])
            if since and not lead.alone:
                onset[stream] = since
        calm = self._calm(state) & some
        quiet = (~((self.of > 0) @ (~calm & some))) & ((self.of > 0) @ some)
        return Look(window, evidence, effect, quiet, onset)

    def _calm(self, state: GapState) -> Flags:
        """Whether the gap of recent windows is near to what was expected.

        One window is too noisy to say so: of a gap at the limit most would seem quiet.
        """
        known = self.reference
        total, summed, spread = state.recent.T
        size = np.maximum(total, 1e-300)
        base = np.where(np.isfinite(known.other), known.other, 0.5)
        limit = NEAR * np.minimum(*matters(base, self.terms.limits, known.by_ratio))
        found: Flags = np.abs(summed / size) <= np.maximum(limit, NOISE * np.sqrt(spread) / size)
        return found
