"""Serving and training disagree, event by event: values differ from those reckoned offline.

Owns: what is tolerated of pairs that disagree, or lack one side, and saying how many do.  Does not
own: which rows are a pair, when two values agree (`derive.twins`), evidence that a rate rose
(`monitors.rate_watch`).

The rate that may be is what is tolerated plus the smallest change that matters, so no reference is
needed.  Pairs may disagree together (one stale value served many times): how far they do is learnt
from window to window, and evidence is counted accordingly.  A window without pairs, or without
those of a column, says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.core.words import percent
from vedette.derive.catalog import derived_fields
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import IMPORTANCE, Look, Stream, Terms
from vedette.monitors.rate_watch import RatesState, RateWatch
from vedette.monitors.rates_reference import watched_columns
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.twins import KINDS, SAME
from vedette.stats.intervals import cohen_h, wilson
from vedette.stats.rate_bets import TOO_COMMON
from vedette.stats.rates import rate_tolerance

Array = NDArray[np.float64]

MONITOR = "twins"
DISAGREE = KINDS[SAME + 1 :]  # the kinds of disagreement, each a rate
SHARES = (0.6, 0.2, 0.2)  # of a column's evidence
UNREST = 1.5  # dispersion of disagreements, as long as nothing is known of it
PRIOR = 4.0  # pairs that disagree, for which that stands
FADE = 0.99  # what a window counts for after the next one
WORDS = MappingProxyType(
    {
        "differs": "differ from the offline value",
        "missing_online": "are missing in serving and known offline",
        "missing_offline": "are missing offline and known in serving",
    }
)


@dataclass(frozen=True, eq=False)
class TwinsState:
    """Memory of C columns and three kinds of rates.

    Shapes: `last_hits` of `last_rows` pairs in the last window that had any; `moved` and `expected`
    the sums of squared changes from window to window, as they were and as independent pairs give
    them; all float64[C, 3].
    """

    rates: RatesState
    last_hits: Array
    last_rows: Array
    moved: Array
    expected: Array


@dataclass(frozen=True, eq=False)
class TwinsMonitor:
    """Rates of disagreement of every column against those tolerated."""

    streams: tuple[Stream, ...]
    terms: Terms
    watch: RateWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every column that events bring as it is."""
        made = {new.name for added in derived_fields(baseline.schema).values() for new in added}
        return tuple(
            Stream(MONITOR, name, WHOLE, "skew", IMPORTANCE.get(role, 1.0))
            for name, role in watched_columns(baseline).items()
            if name not in made
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fix what is tolerated, and what to bet on."""
        streams = cls.streams_of(baseline)
        shape = (len(streams), len(DISAGREE))
        each = np.array([terms.mismatch_of(stream.column) for stream in streams])
        eps = np.array([terms.effect_of(stream.column) for stream in streams]).reshape(-1, 1)
        rate = np.broadcast_to(each.reshape(-1, 1).astype(float), shape)
        spare = np.maximum(eps * np.sqrt(rate * (1 - rate)), eps**2)
        tolerated = np.minimum(rate + spare, TOO_COMMON)
        one = np.ones(shape)
        shares = np.broadcast_to(np.array(SHARES), shape)
        watch = RateWatch.of(terms, rate, tolerated, spare, shares, one, one)
        return cls(streams, terms, watch)

    def start(self) -> TwinsState:
        """Know nothing yet."""
        none = np.zeros((len(self.streams), len(DISAGREE)))
        return TwinsState(self.watch.start(), none, none, none, none)

    def step(self, state: TwinsState, profile: Profile, window: Window) -> tuple[TwinsState, Look]:
        """Count the pairs of a window and bet on them; one without pairs changes nothing."""
        x, n = self._counted(profile)
        rates, look = self._watch(state).step(state.rates, x, n, window)
        return _scattered(replace(state, rates=rates), x, n), look

    def reset(self, state: TwinsState, which: NDArray[np.bool_]) -> TwinsState:
        """Forget the evidence of some columns; what was counted lately stays."""
        return replace(state, rates=self.watch.reset(state.rates, which))

    def tell(
        self, state: TwinsState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say how many pairs disagree, and in which way most."""
        return tuple(self._tell(state, look, profile, at) for at in which)

    def _watch(self, state: TwinsState) -> RateWatch:
        """The watch, as far as it is known how pairs disagree together."""
        dispersion = (PRIOR * UNREST + state.moved) / (PRIOR + state.expected)
        return replace(self.watch, dispersion=np.maximum(dispersion, 1.0))

    def _counted(self, profile: Profile) -> tuple[Array, Array]:
        """Disagreements by kind, and pairs.  Shapes: float64[C, 3] each."""
        none = np.zeros(len(KINDS), np.int64)
        own = [profile.twins.get(stream.column) for stream in self.streams]
        table = np.array([none if one is None else one.counts for one in own])
        table = table.reshape(-1, len(KINDS)).astype(float)
        n = np.repeat(table.sum(axis=1, keepdims=True), len(DISAGREE), axis=1)
        return table[:, SAME + 1 :], n

    def _tell(self, state: TwinsState, look: Look, profile: Profile, at: int) -> Finding:
        column, evidence = self.streams[at].column, float(look.evidence[at])
        if np.isnan(look.effect[at]):
            why = "no pair of this window has it"
            return Finding(
                monitor=MONITOR, component=DISAGREE[0], column=column, reason=why,
                window=look.window,
            )  # fmt: skip
        rates, watch = state.rates, self._watch(state)
        lead = int(watch.parts(rates)[at].argmax())
        x, n = float(rates.hits[at, lead]), float(rates.rows[at, lead])
        expected, eps = float(watch.rate[at, lead]), self.terms.effect_of(column)
        observed, (low, high) = x / max(n, 1.0), wilson(x, n)
        limit = watch.detectable(at, lead, profile.rows, look.window)
        return Finding(
            monitor=MONITOR,
            component=DISAGREE[lead],
            column=column,
            observed=observed,
            expected=expected,
            effect=observed - expected,
            unit="share",
            low=low - expected,
            high=high - expected,
            magnitude=abs(cohen_h(observed, expected)) if observed > expected else 0.0,
            evidence=float(np.log10(max(evidence, 1e-30))),
            detectable=None if limit is None else limit - expected,
            n_window=int(n),
            min_effect=rate_tolerance(expected, eps),
            verdict=watch.verdict(at, evidence),
            reason=said(column, DISAGREE[lead], (observed, low, high), expected),
            window=look.window,
        )


def _scattered(state: TwinsState, x: Array, n: Array) -> TwinsState:
    """Learn from a window and the one before how far disagreements come together: by successive
    changes, which a lasting rise moves once only."""
    pairs = n + state.last_rows
    both = (n > 0) & (state.last_rows > 0)
    whole = np.where(both, pairs, 1.0)
    share = (x + state.last_hits) / whole
    change = x / np.maximum(n, 1.0) - state.last_hits / np.maximum(state.last_rows, 1.0)
    size = 2 * (n * state.last_rows / whole) ** 2
    fade = np.where(both, FADE, 1.0)
    return replace(
        state,
        last_hits=np.where(n > 0, x, state.last_hits),
        last_rows=np.where(n > 0, n, state.last_rows),
        moved=fade * state.moved + np.where(both, size * change**2, 0.0),
        expected=fade * state.expected
        + np.where(
            both, size * share * (1 - share) * whole / np.maximum(n * state.last_rows, 1.0), 0.0
        ),
    )


def said(column: str, kind: str, rate: tuple[float, float, float], tolerated: float) -> str:
    """How often pairs of a column disagree, with the interval.

    Example:
        >>> said("distance", "differs", (0.024, 0.019, 0.03), 0.001)
        '2.4 % of `distance` differ from the offline value (1.9-3), tolerated 0.1 %'
    """
    share, *ends = map(percent, rate)
    low, high = (end.removesuffix(" %") for end in ends)
    return f"{share} of `{column}` {WORDS[kind]} ({low}-{high}), tolerated {percent(tolerated)}"
