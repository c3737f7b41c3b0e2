"""What a stream of a distribution shows in time, in words.

Owns: which part of a stream speaks, its interval, what would have been noticed, why nothing can be
said.  Does not own: evidence (`shift_watch`), the sentences (`drift`, `rate`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import hypot, inf, log, log10, nan
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.schema import Field
from vedette.core.words import number
from vedette.monitors import drift, rate
from vedette.monitors.finding import ORDINARY, WAITING, Finding, live_verdict
from vedette.monitors.monitor import Look, Terms
from vedette.monitors.pair import Pair
from vedette.monitors.said import Beside, Said
from vedette.monitors.shift_state import Lasting
from vedette.monitors.shift_terms import GROSS, Fitted
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.natural import ENOUGH
from vedette.profiles.profile import Profile
from vedette.profiles.streams import Streams
from vedette.stats.bets import BETS, JUMP, RATE_BETS, SMALLEST
from vedette.stats.intervals import Z95, newcombe
from vedette.stats.noticed import noticed_rate, noticed_shift
from vedette.stats.season import DAY
from vedette.stats.two_sample import Component
from vedette.stats.window_scores import SCORES

Array = NDArray[np.float64]

NAMES = ("level", "spread", "skew")
MAKES_UP = 0.6  # of a distance: from this share on, one score speaks for it
LEAST = 1e-9  # evidence below this says no more
UNVALUED = ("missing", "not_finite", "broken")  # components that no value speaks for
Words = Callable[[Pair, Component, Beside], Said]
WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "level": drift.level,
        "spread": drift.spread,
        "skew": drift.skew,
        "shape": drift.shape,
        "category": drift.category,
        "missing": rate.missing,
        "not_finite": rate.not_finite,
        "broken": rate.broken,
        "range": rate.outside,
        "unseen": rate.unseen,
    }
)


class Shown(NamedTuple):
    """The state of one stream: the place of the part that carries its evidence, and what the last
    window showed; what the windows since the onset show of that part, where there are several.
    Shapes: r, sd [J]; w [3]."""

    part: int
    r: Array
    sd: Array
    w: Array
    lasting: Lasting | None = None


def nothing_more(pair: Pair, way: float) -> str:
    """Add nothing to what is said."""
    return ""


class Voice(NamedTuple):
    """For whom is spoken: a monitor, and what windows are held against.

    `trained` says that this is what the model was trained on, and no earlier traffic; `more` what
    else an ordered column shows, as the end of a sentence, given how far its level lies off, as a
    share of how far that of all windows does.
    """

    monitor: str
    held: Profile
    trained: bool = False
    words: Mapping[str, Words] = WORDS
    more: Callable[[Pair, float], str] = nothing_more
    ordinary: str = ORDINARY


@dataclass(frozen=True, eq=False)
class Speaker:
    """Everything fixed that the words of a model's streams need."""

    baseline: Baseline
    layout: Streams
    fitted: Fitted
    terms: Terms
    voice: Voice

    def say(self, i: int, shown: Shown, look: Look, profile: Profile) -> Finding:
        """Make the one finding of a stream in a window."""
        pair = self._pair(i, profile)
        worth = float(self.terms.weights[i] * look.evidence[i] / self.terms.threshold)
        verdict = live_verdict(worth)
        at = self._part(i, shown)
        reason = self._cannot(i, pair, at, verdict)
        base: dict[str, Any] = {
            "monitor": self.voice.monitor,
            "column": pair.column,
            "segment": pair.segment,
            "n_baseline": pair.reference.rows,
            "n_window": pair.current.rows,
            "evidence": log10(max(float(look.evidence[i]), LEAST)),
            "window": look.window,
            "min_effect": pair.min_effect,
        }
        if reason:
            name = "level" if self.layout.ordered[i] else "shape"
            return Finding(component=name, reason=reason, **base)
        lasting = self._lasting(at, shown, pair)
        pair = replace(pair, lasted=lasting.length) if lasting else pair
        c = self._component(i, at, shown, lasting, pair)
        said = self.voice.words[c.name](pair, c, {})
        if verdict != "calm" and pair.is_ordered and c.name not in UNVALUED:
            usual = -float(self.fitted.level[i, 0])
            more = self.voice.more(pair, float(shown.r[0]) / usual if usual else inf)
            said = said._replace(statement=f"{said.statement}{more}")
        limit = self._noticed(i, at, pair)
        return Finding(
            component=said.name or c.name,
            category=said.category,
            observed=said.observed,
            expected=said.expected,
            effect=c.effect,
            unit=said.unit,
            low=c.low,
            high=c.high,
            magnitude=said.magnitude,
            detectable=limit,
            verdict=verdict,
            reason=said.statement
            if verdict == "alarming"
            else _mild(said, verdict, limit, self.voice.ordinary),
            **base,
        )

    def _part(self, i: int, shown: Shown) -> int:
        """What to speak of: the part that carries the evidence; of a gross change before variation
        is known, the score that moved most, where one makes up the bulk of it."""
        if shown.part != SCORES or self.fitted.ready[i] or not self.layout.able[i]:
            return shown.part
        moved = np.abs(shown.r)
        return int(moved.argmax()) if moved.max() >= MAKES_UP * shown.w[0] else shown.part

    def _pair(self, i: int, profile: Profile) -> Pair:
        column, segment = self.layout.keys[i]
        binning, reference = self.layout.binnings[i], self.voice.held.cells[column, segment]
        if column in self.baseline.schema:
            field = self.baseline.schema[column]
        else:
            field = Field(column, "numeric" if self.layout.ordered[i] else "category")
        eps = float(self.fitted.eps[i])
        current, trained = profile.cells.get((column, segment), Cell(0)), self.voice.trained
        return Pair(
            field, segment, binning, reference, current, fitted=not trained,
            split=self.baseline.splits.get((column, segment)),
            rare=self.baseline.rare.get(column, (0, 0)), min_effect=eps, rate_effect=eps,
            trained=trained,
        )  # fmt: skip

    def _cannot(self, i: int, pair: Pair, at: int, verdict: str) -> str:
        """Why nothing can be said; "" when something can."""
        now = pair.current
        if now.rows == 0:
            return f"no row of {pair.title} in this window"
        if at > SCORES and (verdict != "calm" or self.fitted.ready[i]):
            return ""
        if not self.layout.able[i]:
            if pair.reference.usable < 2:
                what = "training sample" if pair.trained else "reference"
                return f"the {what} holds too few values of {pair.title} to compare with"
            only = "only missing, broken or other values would be noticed"
            return f"every reference value of {pair.title} is the same: {only}"
        if now.usable == 0:
            return f"no row of {pair.title} holds a value in this window"
        if not self.fitted.ready[i] and verdict != "alarming":
            done = f"{self.fitted.windows} of {ENOUGH} windows"
            return (
                f"still learning how ordinary windows of {pair.title} differ ({done}): until then "
                f"only gross changes (w above {GROSS}) and special values are told"
            )
        return ""

    def _lasting(self, at: int, shown: Shown, pair: Pair) -> Lasting | None:
        """What the windows since the onset say, unless the last one says more: that nothing
        arrives any more, or which of two kinds of values that are no numbers it is."""
        now, kind = pair.current, at - SCORES - 1
        if kind == 0 and now.missing == now.rows:
            return None
        if kind == 1 and (now.not_finite > 0) == (now.broken > 0):
            return None
        return shown.lasting

    def _component(
        self, i: int, at: int, shown: Shown, lasting: Lasting | None, pair: Pair
    ) -> Component:
        if at < SCORES:
            return self._score(i, at, shown, lasting, pair)
        if at == SCORES:
            w, low, high = (float(x) for x in shown.w)
            return Component("shape", None, nan, nan, w, low, high, 0.0, 1.0, 1.0)
        return self._rate(i, at - SCORES - 1, lasting, pair)

    def _score(
        self, i: int, j: int, shown: Shown, lasting: Lasting | None, pair: Pair
    ) -> Component:
        effect, sd = float(shown.r[j]), float(shown.sd[j])
        if lasting:
            # What the level is compared with has an error that no number of windows removes.
            effect, sd = lasting.effect, hypot(lasting.sd, float(self.fitted.error[i, j]))
        half = Z95 * sd
        low, high = effect - half, effect + half
        if self.layout.ordered[i]:
            return Component(NAMES[j], None, nan, nan, effect, low, high, half / Z95, 1.0, 1.0)
        k = int(self.layout.phi[i, :, j].argmax())
        p = float(self.layout.p[i, k])
        size = (p * (1 - p)) ** 0.5
        observed = float(pair.counts[1][k]) / max(pair.current.usable, 1)
        if lasting:
            observed = min(max(p + lasting.score * size, 0.0), 1.0)
        expected = min(max(observed - effect * size, 0.0), 1.0)
        return Component(
            "category", k, observed, expected, observed - expected, low * size, high * size,
            half * size / Z95, 1.0, 1.0,
        )  # fmt: skip

    def _rate(self, i: int, kind: int, lasting: Lasting | None, pair: Pair) -> Component:
        now, n = pair.current, pair.current.rows
        places = pair.counts[1]
        beyond = int(places[0] + places[-1]) if pair.is_ordered else int(places[-1])
        name, x = (
            ("missing", now.missing),
            max(("not_finite", now.not_finite), ("broken", now.broken), key=lambda one: one[1]),
            ("range" if pair.is_ordered else "unseen", beyond),
        )[kind]
        if kind == 2:
            n = now.usable
        hits, rows, m = float(x), float(n), max(float(self.fitted.rows[i]), 1.0)
        if lasting:
            # Rows of several windows tell as much as fewer independent ones.
            worth = max(float(self.fitted.dispersion[i, kind]), 1.0)
            hits, rows, m = lasting.hits / worth, lasting.rows / worth, m / worth
        expected, observed = float(self.fitted.rate[i, kind]), hits / max(rows, 1)
        low, high = newcombe(hits, rows, expected * m, m)
        return Component(
            name, None, observed, expected, observed - expected, low, high, 0.0, 1.0, 1.0
        )

    def _noticed(self, i: int, at: int, pair: Pair) -> float | None:
        """The smallest effect that a day of windows like this one would have told; of a shape
        that has no one direction, the smallest shift of its level."""
        f = self.fitted
        at = 0 if at == SCORES else at
        n, share = float(max(pair.current.usable, 1)), float(f.shares[i, at])
        if share <= 0:
            return None
        days = max(DAY / max(self.terms.width, 1), 1.0)
        weight = max(float(self.terms.weights[i]), 1e-12) * (1 - JUMP) * share
        nats = log(self.terms.threshold / weight)
        if at > SCORES:
            kind = at - SCORES - 1
            found = noticed_rate(
                float(pair.current.rows), float(f.r0[i, kind]), float(f.dispersion[i, kind]), days,
                nats + log(len(RATE_BETS)),
            )  # fmt: skip
            return None if found is None else found - float(f.rate[i, kind])
        unit = max(float(f.eps[i]), SMALLEST * float(f.long_run[i, at] + 1 / n) ** 0.5)
        noise = float(self.layout.unit[i, at]) / n + float(f.floor[i, at])
        found = noticed_shift(
            noise, float(f.t2[i, at]), float(f.phi[i, at]),
            float(f.allow[i, at]), unit, days, nats + log(2 * len(BETS)), float(f.alpha[i]),
        )  # fmt: skip
        if found is None or self.layout.ordered[i]:
            return found
        p = float(self.layout.p[i, int(self.layout.phi[i, :, at].argmax())])
        return found * float((p * (1 - p)) ** 0.5)


def _mild(said: Said, verdict: str, limit: float | None, ordinary: str = ORDINARY) -> str:
    """The statement of a finding that does not alarm by itself."""
    if verdict == "notable":
        return f"{said.statement}{WAITING}"
    if limit is None:
        return ordinary
    share = said.unit == "share"
    size = f"{number(100 * limit, 2)} points" if share else f"{number(limit, 2)} {said.unit}"
    return f"{ordinary}; {size} would be noticed within a day four times in five"
