"""Outliers: more single rows than usual are unlike anything in the reference.

Owns: what share of rows may be unlike it, in all and by segment; the words.  Does not own: evidence
(`rate_watch`), scoring and counting rows (`derive.outliers`), single rows (`engine.rare`).

One unusual row is no reason to wake anybody, many at once are.  By its calibration one row in a
hundred is unlike the reference; tolerated beyond that is what ordinary windows show, and the
smallest change that matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.core.words import percent
from vedette.derive.outliers.counted import COLUMN, LEAD, columns_of, within
from vedette.derive.outliers.ordinary import Ordinary
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.rate_watch import RatesState, RateWatch
from vedette.monitors.shift_streams import segments_of
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.intervals import cohen_h, wilson
from vedette.stats.rate_bets import tolerated_rate
from vedette.stats.rates import rate_tolerance

MONITOR = "outliers"
KINDS = ("unlike", "far")  # the levels of p that are watched
SHARES = (0.6, 0.4)  # of a stream's evidence
HOURS = 3.0  # standard deviations of a rate between ordinary windows that are tolerated
WHOLES = 0.5  # importance of all rows; segments share the other half
NAMED, LEADS = 2, 0.2  # columns that a sentence names, and the part of unlike rows that one leads
_SAID = ("unlike the reference", "far from anything in the reference")


@dataclass(frozen=True, eq=False)
class Outliers:
    """How many rows are unlike the reference of one model."""

    streams: tuple[Stream, ...]
    terms: Terms
    columns: tuple[str, ...]  # that may lead a row
    ordinary: Ordinary
    watch: RateWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """All rows, and every segment that has enough; none where rows are not scored."""
        if baseline.outliers is None:
            return ()
        segments = segments_of(baseline)
        whole = WHOLES if segments else 1.0
        part = (1 - WHOLES) / max(len(segments), 1)
        return tuple(
            Stream(MONITOR, "", segment, "anomalies", part if segment else whole)
            for segment in (WHOLE, *segments)
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fix what is tolerated, and what to bet on."""
        streams, fitted = cls.streams_of(baseline), baseline.outliers
        assert fitted is not None
        every = [f"{c}={name}" for c, names in baseline.segments.items() for name in names]
        known = Ordinary.of(fitted, [s.segment for s in streams], every)
        rate, eps = known.rate, terms.effect_of("")
        tolerated = tolerated_of(known, eps)
        spare = np.maximum(eps * np.sqrt(rate * (1 - rate)), eps**2) + _scatter(known)
        shares = np.broadcast_to(np.array(SHARES), rate.shape)
        sizes = np.broadcast_to(known.window_rows[:, None], rate.shape)
        watch = RateWatch.of(terms, rate, tolerated, spare, shares, known.dispersion, sizes)
        return cls(streams, terms, columns_of(fitted), known, watch)

    def start(self) -> RatesState:
        """Know nothing yet."""
        return self.watch.start()

    def step(self, state: RatesState, profile: Profile, window: Window) -> tuple[RatesState, Look]:
        """Count rows that are unlike the reference and bet on them; without rows nothing
        changes."""
        found = [within(profile.cells.get((COLUMN, s.segment))) for s in self.streams]
        x = np.array([hits for hits, _ in found], np.float64).reshape(-1, len(KINDS))
        n = np.array([[rows] * len(KINDS) for _, rows in found], np.float64).reshape(x.shape)
        return self.watch.step(state, x, n, window)

    def reset(self, state: RatesState, which: NDArray[np.bool_]) -> RatesState:
        """Forget the evidence of some streams; what was counted lately stays."""
        return self.watch.reset(state, which)

    def tell(
        self, state: RatesState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say what share of rows is unlike the reference, what was to be expected, and by which
        columns."""
        return tuple(self._tell(state, look, profile, at) for at in which)

    def _tell(self, state: RatesState, look: Look, profile: Profile, at: int) -> Finding:
        segment, rows = self.streams[at].segment, int(self.ordinary.rows[at])
        if np.isnan(look.effect[at]):
            why = "no rows in this window"
            if not self.watch.shares[at].any():
                why = "the reference has too few rows of it to compare with"
            return Finding(
                monitor=MONITOR, component=KINDS[0], column="", segment=segment,
                reason=why, n_baseline=rows, window=look.window,
            )  # fmt: skip
        lead = int(self.watch.parts(state)[at].argmax())
        x, n = float(state.hits[at, lead]), float(state.rows[at, lead])
        expected, observed = float(self.watch.rate[at, lead]), x / max(n, 1.0)
        low, high = wilson(x, n)
        evidence = float(look.evidence[at])
        limit = self.watch.detectable(at, lead, profile.rows, look.window)
        cell = profile.cells.get((LEAD, segment))
        led = None if cell is None or cell.counts is None else cell.counts.counts
        return Finding(
            monitor=MONITOR,
            component=KINDS[lead],
            column="",
            segment=segment,
            observed=observed,
            expected=expected,
            effect=observed - expected,
            unit="share",
            low=low - expected,
            high=high - expected,
            magnitude=abs(cohen_h(observed, expected)),
            evidence=float(np.log10(max(evidence, 1e-30))),
            detectable=None if limit is None else limit - expected,
            n_baseline=rows,
            n_window=int(n),
            min_effect=rate_tolerance(expected, self.terms.effect_of("")),
            verdict=self.watch.verdict(at, evidence),
            reason=self._reason(segment, lead, observed, expected, led),
            window=look.window,
        )

    def _reason(
        self,
        segment: str,
        lead: int,
        observed: float,
        expected: float,
        led: NDArray[np.int64] | None,
    ) -> str:
        column, _, value = segment.partition("=")
        where = f" where {column} = {value}" if segment else ""
        said = f"{percent(observed)} of rows{where} are {_SAID[lead]}"
        said += f" (expected {percent(expected)})"
        if led is None or not led.any():
            return said
        named = [f"`{name}`" for name in leaders(self.columns, led)]
        return f"{said}, mostly by {' and '.join(named)}" if named else f"{said}, by no one column"


def leaders(columns: Sequence[str], led: NDArray[np.int64]) -> list[str]:
    """The columns that lead many of the rows that are unlike, the most often first; none where no
    column does.

    Shapes: `led` one more than columns, the last where no column is odd by itself.
    Example:
        >>> leaders(["a", "b", "c"], np.array([1, 6, 2, 9]))
        ['b']
    """
    order = np.argsort(-led[:-1], kind="stable")[:NAMED].tolist()
    return [columns[i] for i in order if led[i] and led[i] >= LEADS * led.sum()]


def tolerated_of(known: Ordinary, eps: float) -> NDArray[np.float64]:
    """What share of rows may be within each level of p, of every segment: what ordinary windows
    show, and the smallest change that matters.

    Shapes: [S, L], like `known.rate`.
    """
    return tolerated_rate(known.rate, known.held[:, None], known.dispersion, eps) + _scatter(known)


def _scatter(known: Ordinary) -> NDArray[np.float64]:
    """How far ordinary windows stray from their rate.  Shapes: [S, L]."""
    variance = known.rate * (1 - known.rate) / known.window_rows[:, None]
    strays: NDArray[np.float64] = HOURS * np.sqrt((known.dispersion - 1) * variance)
    return strays
