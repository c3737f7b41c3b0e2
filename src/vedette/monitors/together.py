"""Two tables: do their columns go together alike?

Owns: testing every pair, which of them are told, the neighbourhoods that gained or lost rows.  Does
not own: rows (`engine.dependence`), the decision over everything compared (`family`).

All pairs together weigh a tenth of the columns: a change that is seen in one column is told by it
nearly as soon as without, and a correlation that turns about is far beyond what any price hides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import tanh
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.monitors import dependence_words as words
from vedette.monitors.control import Control
from vedette.monitors.finding import Finding
from vedette.monitors.neighbourhoods import Neighbourhood, neighbourhoods
from vedette.profiles.associations import Associations
from vedette.profiles.binning import Binning
from vedette.profiles.dependence import Dependence
from vedette.sketches.pairwise import Pairwise
from vedette.stats.association import FURTHEST
from vedette.stats.association_change import (
    Changes,
    Counts,
    Patterns,
    correlation_changes,
    pattern_changes,
)
from vedette.stats.detectable import detectable
from vedette.stats.holm import Decision
from vedette.stats.intervals import Z95

MONITOR = "dependence"
PART = 0.1  # of the columns' weight
TOLD = 10  # pairs that are told, the most changed; all are counted
POWER = 0.8  # "would have been noticed" means four times in five
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Side:
    """One table: rows, counts, and what scatters in them."""

    rows: int
    counts: Pairwise
    unit: Array
    skew: Array

    @property
    def plain(self) -> Counts:
        """The same for the tests."""
        c = self.counts
        return Counts(c.tables, c.known, c.firsts, c.seconds, self.unit, self.skew)


class Detectable(NamedTuple):
    """What a calm pair would have shown: the part of alpha that one test pays, and what matters."""

    share: float
    eps: float
    control: Control

    def of(self, n: int, m: int) -> float | None:
        """The smallest change of a correlation near 0 that alarms four times in five."""
        c = self.control
        levels = (c.alpha, c.alpha_margin, POWER, c.strict)
        found = detectable(n, m, self.share, 1, self.eps, *levels)
        return found if np.isfinite(found) else None


@dataclass(frozen=True, eq=False)
class Together:
    """Every test of every pair, before anything is decided.

    Shapes: p, margin (T,) of the tests: correlations of some pairs, then tables of some; `pairs`
    intp[T] of which pair, `tables` bool[T] whether of its table.  `weight` is that of one test,
    where columns weigh 1; `parents` the columns that derived ones come from.
    """

    plan: Dependence
    binnings: Mapping[str, Binning]
    sides: tuple[Side, Side]
    correlations: Changes
    patterns: Patterns
    pairs: NDArray[np.intp]
    tables: NDArray[np.bool_]
    p: Array
    margin: Array
    weight: float
    detectable: Detectable
    parents: Mapping[str, str]

    @property
    def weights(self) -> list[float]:
        """One per test."""
        return [self.weight] * len(self.p)

    @property
    def tested(self) -> int:
        """How many pairs could be told."""
        return len(np.unique(self.pairs))

    def told(self, decision: Decision) -> tuple[list[Finding], int]:
        """Findings, without a reason for being calm, of the tests worth telling: of each pair that
        changed the one that says most, where none did the one that came nearest.  Also how many
        pairs changed.

        What is derived of a text or a vector has dozens of pairs, and all of them move with it: of
        those of the same two columns the most changed is told, or they would crowd out others."""
        news = decision.alarming | decision.notable
        if not len(self.p):
            return [], 0
        order = np.lexsort((self.tables, ~decision.alarming)) if news.any() else np.argsort(self.p)
        chosen: dict[int, int] = {}
        for at in order.tolist():
            if news[at] or not news.any():
                chosen.setdefault(int(self.pairs[at]), at)
        if not news.any():
            chosen = dict(list(chosen.items())[:1])
        made = [(self._family(pair), self._finding(at, decision)) for pair, at in chosen.items()]
        first: dict[tuple[str, ...], Finding] = {}
        for family, finding in sorted(made, key=lambda one: one[1].rank):
            first.setdefault(family, finding)
        return list(first.values())[:TOLD], len(chosen) if news.any() else 0

    def neighbourhood(self, column: str) -> Neighbourhood | None:
        """That of a finding, by its column."""
        at = next((p for p in set(self.pairs.tolist()) if self._column(p) == column), None)
        return None if at is None else self._where(at)

    # ------------------------------------------------------------------------------------------

    def _finding(self, at: int, decision: Decision) -> Finding:
        pair = int(self.pairs[at])
        m, n = (int(side.counts.tables[pair].sum()) for side in self.sides)
        verdict = "alarming" if decision.alarming[at] else "notable"
        base = Finding(
            monitor=MONITOR,
            component="pattern" if self.tables[at] else "association",
            column=self._column(pair),
            n_baseline=m,
            n_window=n,
            min_effect=self.detectable.eps,
            p=float(self.p[at]),
            p_margin=float(self.margin[at]),
            p_adjusted=float(decision.adjusted[at]),
            evidence=float(-np.log10(max(decision.adjusted[at], 1e-300))) + 0.0,
            detectable=self.detectable.of(n, m),
            verdict=verdict if decision.alarming[at] or decision.notable[at] else "calm",
        )
        return self._pattern(base, pair) if self.tables[at] else self._correlation(base, pair)

    def _correlation(self, base: Finding, pair: int) -> Finding:
        found = self.correlations
        before, now = float(found.before[pair]), float(found.now[pair])
        usual = float(np.arctanh(np.clip(before, -FURTHEST, FURTHEST)))
        off, se = float(found.effect[pair]), float(found.se[pair])
        low, high = (tanh(usual + off + way * Z95 * se) - before for way in (-1, 1))
        effect = now - before
        return msgspec.structs.replace(
            base, observed=now, expected=before, effect=effect, unit="correlation",
            low=min(low, effect), high=max(high, effect), magnitude=abs(effect),
            reason=words.associated(*self._names(pair), before, now),
        )  # fmt: skip

    def _pattern(self, base: Finding, pair: int) -> Finding:
        where, size = self._where(pair), float(self.patterns.effect[pair])
        return msgspec.structs.replace(
            base, observed=where.now, expected=where.expected, effect=size, unit="w",
            magnitude=size, detectable=None,
            reason=words.patterned(*self._names(pair), where.statement),
        )  # fmt: skip

    def _where(self, pair: int) -> Neighbourhood:
        held, counts = Associations(self.plan), self.sides[1].counts
        (where,) = neighbourhoods(held, self.binnings, counts, np.array([pair]))
        return where

    def _names(self, pair: int) -> tuple[str, str]:
        """Both columns, in an order that is not that of the tables."""
        one, two = sorted(self.plan.columns[side[pair]] for side in self.plan.pairs)
        return one, two

    def _family(self, pair: int) -> tuple[str, ...]:
        """The columns of a table that a pair comes from."""
        return tuple(sorted(self.parents.get(name, name) for name in self._names(pair)))

    def _column(self, pair: int) -> str:
        return " & ".join(self._names(pair))


def test_pairs(
    plan: Dependence,
    binnings: Mapping[str, Binning],
    sides: tuple[Side, Side],
    columns: int,
    control: Control,
    eps: float,
    parents: Mapping[str, str],
) -> Together:
    """Test the correlation and the table of every pair of two samples.

    `columns` are those compared beside: their weights are 1 each; `parents` the columns that
    derived ones come from.
    """
    one, two = (side.plain for side in sides)
    correlations = correlation_changes(one, two, eps)
    patterns = pattern_changes(one.tables, two.tables, eps)
    able = [np.flatnonzero(np.isfinite(x.p)) for x in (correlations, patterns)]
    tests = len(able[0]) + len(able[1])
    weight = PART * columns / max(tests, 1)
    return Together(
        plan,
        binnings,
        sides,
        correlations,
        patterns,
        np.concatenate(able),
        np.arange(tests) >= len(able[0]),
        np.concatenate([correlations.p[able[0]], patterns.p[able[1]]]),
        np.concatenate([correlations.margin[able[0]], patterns.margin[able[1]]]),
        weight,
        Detectable(weight / (columns * (1 + PART)), eps, control),
        parents,
    )
