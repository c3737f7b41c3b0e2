"""What every pair of columns is held to in time.

Owns: turning what is known of ordinary windows, and terms, into the constants of a step.  Does not
own: the step (`dependence_watch`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.profiles.associations import Associations, Shown
from vedette.profiles.dependence import Dependence
from vedette.profiles.natural import ENOUGH
from vedette.stats.wobble import long_run

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SCORE = 0.5  # share of a pair's evidence that its correlation gives; its table gives the rest
SUMMED = 0.7  # the same of a direction: the sum of the pairs' correlations
GROSS = 0.3  # change of a transformed correlation that alarms before variation is known
UNSEEN_WEEK = 0.4  # of what matters: sd of a weekly pattern not seen yet
ERRORS_SEEN, ERRORS_SHORT = 1.5, 2.5  # standard errors of the level that are forgiven
# What columns that move by themselves do to a correlation and to a table, per unit of their own
# distance and of the strength of the pair (measured: docs/decisions/0037).
MOVES, MOVES_SHAPE = 0.15, 0.2


@dataclass(frozen=True, eq=False)
class Held:
    """Constants of K = P + R series; S streams, the columns and the whole table.

    Shapes: eps, unit, t2, phi, nu, floor, allow, error, long_run, excess, lasting (K,) alike; ready
    (K,): enough windows to bet; shares (K, 2) of correlation and shape; beta (K, k); of (S, K) the
    parts of series in the evidence of streams; weights (K,) what they count for in all.
    """

    series: Associations
    of: Array
    weights: Array
    eps: Array
    unit: Array
    ready: Flags
    shares: Array
    beta: Array
    t2: Array
    phi: Array
    nu: Array
    floor: Array
    allow: Array
    error: Array
    long_run: Array
    excess: Array
    lasting: Array

    @classmethod
    def of_plan(cls, plan: Dependence, terms: Terms) -> "Held":
        """Gather what is known."""
        series = Associations(plan)
        K, live = len(series.live), series.live
        parts, season = plan.parts, plan.season
        zero = np.zeros(K)
        eps = _matters(series, terms)
        unit = np.where(live, parts["unit"], 1.0)
        known = season is not None
        t2, phi, misfit = (parts[name] if known else zero for name in ("t2", "phi", "misfit"))
        used = parts["used"] if known else zero
        inverse = parts["inverse"] if known else zero
        week = parts["week"] if known and season is not None and season.weekly else None
        unseen = (UNSEEN_WEEK * eps) ** 2 if week is None else week
        long = long_run(t2, phi)
        error = np.sqrt((long + inverse) / np.maximum(used, 1) + unseen)
        times = ERRORS_SHORT if week is None else ERRORS_SEEN
        rho = np.where(t2 > 0, phi, 0.0)
        of = _members(series)
        pairs = len(series.reference.n)
        score = np.where(np.arange(K) < pairs, SCORE, SUMMED) * live
        return cls(
            series,
            of,
            terms.weights @ of,
            eps,
            unit,
            used >= ENOUGH,
            np.stack([score, 1 - score], axis=1),
            parts["beta"] if known else np.zeros((K, 1)),
            t2,
            phi,
            np.maximum(parts["nu"], 5.0) if known else zero + 5.0,
            (eps / 3) ** 2 + misfit,
            times * error,
            error,
            long,
            parts["excess"] if known else zero,
            2 * rho**2 / (1 - rho**2),
        )

    @property
    def pairs(self) -> int:
        """How many of the series are pairs; they come first."""
        return len(self.series.reference.n)

    def expected(self, window: Window) -> Array:
        """How far the correlations usually lie off the reference's at that time.  Shapes: (K,)."""
        season = self.series.plan.season
        if season is None:
            return np.zeros(len(self.eps))
        found: Array = self.beta @ season.design(np.array([window.start], np.int64))[0]
        return found

    def forgiven(self, seen: Shown) -> Array:
        """What columns that moved by themselves may do to a correlation.  Shapes: (K,)."""
        return MOVES * seen.moved * self.series.strength

    def tolerated(self, seen: Shown) -> Array:
        """The squared distance of a table that does not matter.  Shapes: (K,)."""
        by_moves: Array = (MOVES_SHAPE * seen.moved * self.series.strength) ** 2
        return self.eps**2 + by_moves


def _matters(series: Associations, terms: Terms) -> Array:
    """The smallest change of a transformed correlation that matters.

    Where columns go together closely the same change of the correlation is a larger one of what is
    transformed.  Of the sum of P correlations along a direction it is P^(1/4) of one's: between one
    pair that changes and all that do.
    """
    plan = series.plan
    own = np.array([terms.effect_of(name) for name in plan.columns])
    first, second = plan.pairs
    r = np.nan_to_num(series.reference.r)
    pairs = np.maximum(own[first], own[second]) / np.sqrt(np.maximum(1 - r**2, 1e-3))
    along = np.full(len(series.signs), terms.min_effect * max(len(first), 1) ** 0.25)
    return np.concatenate([pairs, along])


def _members(series: Associations) -> Array:
    """Every column's evidence is the mean of its pairs', the table's that of the directions.

    Shapes: (C + 1, K).
    """
    own = series.members.astype(np.float64)
    of = own / np.maximum(own.sum(axis=1, keepdims=True), 1.0)
    whole = np.zeros((1, of.shape[1]))
    whole[0, len(series.reference.n) :] = 1 / max(len(series.signs), 1)
    return np.concatenate([of, whole])
