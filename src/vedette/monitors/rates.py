"""Rates in time: values go missing, break, or lie where the reference never showed any.

Owns: what is tolerated of the special rates of every column, minute by minute, and saying which one
rose.  Does not own: how (`monitors.rate_watch`), the words (`monitors.rate`), the distribution of
the values (`monitors.shift`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.schema import Field
from vedette.core.windows import Window
from vedette.monitors import rate
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import IMPORTANCE, Look, Stream, Terms
from vedette.monitors.pair import Pair
from vedette.monitors.rate_watch import RatesState, RateWatch
from vedette.monitors.rates_reference import (
    KINDS,
    SHARES,
    RateReference,
    counts_of,
    rate_reference,
    watched_columns,
)
from vedette.monitors.said import Beside, Said
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.intervals import newcombe
from vedette.stats.rate_bets import tolerated_rate
from vedette.stats.rates import rate_tolerance
from vedette.stats.two_sample import Component

MONITOR = "rates"
HOURS = 3.0  # standard deviations of a rate between ordinary windows that are tolerated
REQUIRED_EPS = 0.01  # the smallest change that matters of values declared as required

Words = Callable[[Pair, Component, Beside], Said]
WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "missing": rate.missing,
        "not_finite": rate.not_finite,
        "broken": rate.broken,
        "range": rate.outside,
        "unseen": rate.unseen,
    }
)


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates of every column against a baseline."""

    streams: tuple[Stream, ...]
    baseline: Baseline
    terms: Terms
    reference: RateReference
    watch: RateWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every column that events bring: no label, no id, none of training alone."""
        return tuple(
            Stream(MONITOR, name, WHOLE, "quality", IMPORTANCE.get(role, 1.0))
            for name, role in watched_columns(baseline).items()
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fix what is tolerated, and what to bet on."""
        streams = cls.streams_of(baseline)
        known = rate_reference(baseline, [s.column for s in streams])
        eps = np.array([[terms.effect_of(s.column)] * len(KINDS) for s in streams])
        eps = eps.reshape(-1, len(KINDS))
        eps[:, 0] = np.where(known.required, np.minimum(eps[:, 0], REQUIRED_EPS), eps[:, 0])
        scale = known.rate * (1 - known.rate)
        usual = HOURS * np.sqrt((known.dispersion - 1) * scale / known.window_rows)
        tolerated = tolerated_rate(known.rate, known.rows, known.dispersion, eps) + usual
        spare = np.maximum(eps * np.sqrt(scale), eps**2) + usual
        shares = np.where(known.applies, np.array(SHARES), 0.0)
        watch = RateWatch.of(
            terms, known.rate, tolerated, spare, shares, known.dispersion, known.window_rows
        )
        return cls(streams, baseline, terms, known, watch)

    def start(self) -> RatesState:
        """Know nothing yet."""
        return self.watch.start()

    def step(self, state: RatesState, profile: Profile, window: Window) -> tuple[RatesState, Look]:
        """Count the window's rates and bet on them; a window without rows changes nothing."""
        return self.watch.step(state, *counts_of(profile, self.reference), window)

    def reset(self, state: RatesState, which: NDArray[np.bool_]) -> RatesState:
        """Forget the evidence of some columns; what was counted lately stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: RatesState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say which rate of a column rose most, from where to where."""
        return tuple(self._tell(state, look, profile, at) for at in which)

    def _tell(self, state: RatesState, look: Look, profile: Profile, at: int) -> Finding:
        known, column = self.reference, self.streams[at].column
        if not self.watch.shares[at].any() or np.isnan(look.effect[at]):
            why = "no rows in this window"
            if not self.watch.shares[at].any():
                why = "the reference has no values of it to compare with"
            m = int(known.rows[at, 0])
            return Finding(
                monitor=MONITOR,
                component="missing",
                column=column,
                reason=why,
                n_baseline=m,
                window=look.window,
            )
        lead = int(self.watch.parts(state)[at].argmax())
        x, n = float(state.hits[at, lead]), float(state.rows[at, lead])
        k, m = int(known.hits[at, lead]), int(known.rows[at, lead])
        kind, eps = known.kind(at, lead), self.terms.effect_of(column)
        observed, expected = x / max(n, 1.0), k / max(m, 1)
        low, high = newcombe(x, n, k, m)
        effect = observed - expected
        c = Component(kind, None, observed, expected, effect, low, high, 0.0, 1.0, 1.0)
        said = WORDS[kind](self._pair(column, profile, eps), c, {kind: c})
        evidence = float(look.evidence[at])
        limit = self.watch.detectable(at, lead, profile.rows, look.window)
        return Finding(
            monitor=MONITOR,
            component=said.name or kind,
            column=column,
            observed=observed,
            expected=said.expected,
            effect=effect,
            unit=said.unit,
            low=low,
            high=high,
            magnitude=said.magnitude,
            evidence=float(np.log10(max(evidence, 1e-30))),
            detectable=None if limit is None else limit - expected,
            n_baseline=m,
            n_window=int(n),
            min_effect=rate_tolerance(expected, eps),
            verdict=self.watch.verdict(at, evidence),
            reason=said.statement,
            window=look.window,
        )

    def _pair(self, column: str, profile: Profile, eps: float) -> Pair:
        """The column on both sides, for the words."""
        cell = self.baseline.profile.cells[column, WHOLE]
        fields = {f.name: f for f in self.baseline.schema.fields}
        known = fields.get(column) or Field(column, "numeric" if cell.bins else "category")
        return Pair(
            field=known,
            segment=WHOLE,
            binning=self.baseline.binnings[column],
            reference=cell,
            current=profile.cells.get((column, WHOLE), cell),
            fitted=True,
            rare=self.baseline.rare.get(column, (0, 0)),
            rate_effect=eps,
        )
