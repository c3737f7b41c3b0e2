"""Dependence: columns go together otherwise than in the reference, whatever each does alone.

Owns: which columns are watched, which part of the budget they live on, findings.  Does not own: how
(`dependence_watch`), the words (`dependence_words`), two tables (`together`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log10, tanh
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from vedette.core.windows import Window
from vedette.core.words import number
from vedette.monitors import dependence_words as words
from vedette.monitors.dependence_terms import Held
from vedette.monitors.dependence_watch import (
    PARTS,
    SHAPE,
    DependenceState,
    DependenceWatch,
    Lead,
)
from vedette.monitors.finding import ORDINARY, WAITING, Finding, live_verdict
from vedette.monitors.monitor import IMPORTANCE, Look, Stream, Terms
from vedette.monitors.neighbourhoods import Neighbourhood, neighbourhoods
from vedette.monitors.shift_streams import streams_of
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats import pooled
from vedette.stats.bets import BETS, JUMP, level_once
from vedette.stats.intervals import Z95
from vedette.stats.noticed import POWER_SD, noticed_shift
from vedette.stats.season import DAY

MONITOR = "dependence"
SHARE = "drift"  # of the budget
PART = 0.15  # of that share; the columns themselves keep the rest
LEAST = 1e-9  # evidence below this says no more
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DependenceMonitor:
    """Pairs of columns against a baseline; the last stream is the table as a whole."""

    streams: tuple[Stream, ...]
    baseline: Baseline
    terms: Terms
    watch: DependenceWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every column that is counted in pairs, and one for all of them."""
        plan = baseline.dependence
        if plan is None:
            return ()
        alone = streams_of(baseline, MONITOR, lambda said: "said" if said else SHARE)
        spent = sum(stream.importance for stream in alone if stream.share == SHARE)
        roles = [baseline.schema[n].role if n in baseline.schema else "" for n in plan.columns]
        own = [*(IMPORTANCE.get(role, 1.0) for role in roles), 1.0]
        unit = PART / (1 - PART) * (spent or 1.0) / sum(own)
        return tuple(
            Stream(MONITOR, name, WHOLE, SHARE, unit * times)
            for name, times in zip((*plan.columns, ""), own, strict=True)
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to a baseline's plan of pairs, its natural variation included."""
        plan = baseline.dependence
        assert plan is not None
        watch = DependenceWatch(terms, Held.of_plan(plan, terms))
        return cls(cls.streams_of(baseline), baseline, terms, watch)

    def start(self) -> DependenceState:
        """Know nothing yet."""
        return self.watch.start()

    def step(
        self, state: DependenceState, profile: Profile, window: Window
    ) -> tuple[DependenceState, Look]:
        """Take one window in.  Pairs without rows stay as they are."""
        return self.watch.step(state, profile, window)

    def reset(self, state: DependenceState, which: NDArray[np.bool_]) -> DependenceState:
        """Forget the evidence of some columns' pairs; what is known of their wobble stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: DependenceState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say which partner a column goes together with otherwise, and how."""
        return tuple(self._tell(state, look, profile, at) for at in which)

    # ------------------------------------------------------------------------------------------

    def _tell(self, state: DependenceState, look: Look, profile: Profile, at: int) -> Finding:
        held, plan = self.watch.held, self.watch.held.series.plan
        column, evidence = self.streams[at].column, float(look.evidence[at])
        verdict = live_verdict(self.terms.weights[at] * evidence / self.terms.threshold)
        base: dict[str, Any] = {
            "monitor": MONITOR, "column": column, "n_baseline": plan.rows, "window": look.window,
            "evidence": log10(max(evidence, LEAST)),
            "min_effect": self.terms.effect_of(column) if column else self.terms.min_effect,
        }  # fmt: skip
        reason = self._cannot(profile, at, look)
        if reason:
            return Finding(component="association", reason=reason, **base)
        lead = self.watch.lead(state, at)
        base |= {"n_window": int(state.n[lead.at]), "verdict": verdict}
        if lead.at >= held.pairs:
            said = self._of_table(state, lead)
        elif lead.part == SHAPE:
            said = self._of_pattern(state, profile, lead, column)
        else:
            said = self._of_correlation(state, look, profile, lead, column)
        text = said.pop("reason")
        if said.get("detectable") is None:
            said["detectable"] = self._shape_detectable(profile, lead.at)
        if verdict == "notable":
            text += WAITING
        elif verdict == "calm":
            text = f"{ORDINARY}{_noticed(said['detectable'], said['unit'])}"
        return Finding(**base, **said, reason=text)

    def _cannot(self, profile: Profile, at: int, look: Look) -> str:
        if not profile.rows:
            return "no rows in this window"
        if self.watch.read(profile) is None:
            return "pairs of columns were not counted in this window"
        return "too few rows of it in this window" if np.isnan(look.effect[at]) else ""

    def _of_correlation(
        self, state: DependenceState, look: Look, profile: Profile, lead: Lead, column: str
    ) -> dict[str, Any]:
        held = self.watch.held
        one, two = self._columns(lead.at, column)
        usual = float(np.nan_to_num(held.series.reference.y[lead.at]))
        usual += float(held.expected(look.window)[lead.at])
        off, sd = float(state.r[lead.at]), float(state.sd[lead.at])
        lasting = not lead.alone and state.since[lead.at, lead.part] < look.window.start
        if lasting and state.since[lead.at, lead.part] > 0:
            effect, spread = pooled.mean_and_sd(state.pool[lead.at, lead.part])
            if effect * (1 if lead.part == 0 else -1) > 0:
                off, sd = float(effect), float(np.hypot(spread, held.error[lead.at]))
        before, now = tanh(usual), tanh(usual + off)
        ends = sorted(tanh(usual + off + way * Z95 * sd) - before for way in (-1, 1))
        rows = 0 if lasting else state.n[lead.at]
        return {
            "component": "association", "category": two, "observed": now, "expected": before,
            "effect": now - before, "unit": "correlation", "low": ends[0], "high": ends[1],
            "magnitude": abs(now - before), "detectable": self._detectable(lead.at, state),
            "reason": words.associated(
                one, two, before, now, rows, self._where(profile, lead.at).statement
            ),
        }  # fmt: skip

    def _of_pattern(
        self, state: DependenceState, profile: Profile, lead: Lead, column: str
    ) -> dict[str, Any]:
        one, two = self._columns(lead.at, column)
        where = self._where(profile, lead.at)
        size = float(state.w[lead.at])
        return {
            "component": "pattern", "category": two, "observed": where.now,
            "expected": where.expected, "effect": size, "unit": "w", "magnitude": size,
            "reason": words.patterned(one, two, where.statement, state.n[lead.at]),
        }  # fmt: skip

    def _of_table(self, state: DependenceState, lead: Lead) -> dict[str, Any]:
        if lead.part == SHAPE:
            size, reason = float(state.w[lead.at]), words.BEYOND_PAIRS
        else:
            size, reason = abs(float(state.r[lead.at])), words.MANY
        return {
            "component": "together", "effect": size, "unit": "w", "magnitude": size,
            "reason": reason,
        }  # fmt: skip

    def _where(self, profile: Profile, pair: int) -> Neighbourhood:
        """The neighbourhood of a pair that gained or lost most in this window."""
        held, counts = self.watch.held.series, profile.pairwise[WHOLE]
        (found,) = neighbourhoods(held, self.baseline.binnings, counts, np.array([pair]))
        return found

    def _columns(self, pair: int, column: str) -> tuple[str, str]:
        """The two columns of a pair, the stream's own first."""
        plan = self.watch.held.series.plan
        first, second = (plan.columns[side[pair]] for side in plan.pairs)
        return (first, second) if first == column else (second, first)

    def _detectable(self, pair: int, state: DependenceState) -> float | None:
        """The smallest change of a correlation that a day of such windows tells four times in
        five."""
        held, n = self.watch.held, float(state.n[pair])
        if not held.ready[pair] or n <= 0:
            return None
        weight = max(float(held.weights[pair]), 1e-300)
        share = (1 - JUMP) * float(held.shares[pair, 0]) / 2 / len(BETS)
        found = noticed_shift(
            float(held.unit[pair] / n + held.floor[pair]), float(held.t2[pair]),
            float(held.phi[pair]), float(held.allow[pair]), float(held.eps[pair]),
            DAY / max(self.terms.width, 1), log(self.terms.threshold / (weight * share)),
            float(level_once(np.array([PARTS]), held.weights[pair : pair + 1],
                             self.terms.threshold)[0]),
        )  # fmt: skip
        usual = float(np.nan_to_num(held.series.reference.y[pair]))
        return None if found is None else tanh(abs(usual)) - tanh(abs(usual) - found)

    def _shape_detectable(self, profile: Profile, at: int) -> float | None:
        """The smallest distance of a table, as Cohen's w, that one such window tells four times in
        five."""
        held, seen = self.watch.held, self.watch.read(profile)
        n = 0.0 if seen is None else float(seen.rows[at])
        if seen is None or n <= 0:
            return None
        alpha = level_once(np.array([PARTS]), held.weights[at : at + 1], self.terms.threshold)
        far = POWER_SD - float(ndtri(alpha[0]))
        spread = float(np.sqrt(seen.shape.variance[at])) * (1 + n * float(held.excess[at]))
        return float(np.sqrt(far * spread / n + held.tolerated(seen)[at]))


def _noticed(limit: float | None, unit: str) -> str:
    """What would have been noticed, as the end of a sentence."""
    if limit is None:
        return ""
    told = number(limit, 2)
    size = f"a correlation changed by {told}" if unit == "correlation" else f"w {told}"
    return f"; {size} would be noticed within a day four times in five"
