"""What one window says of how columns go together, beside the reference.

Owns: the series of every pair and direction, and how far the columns themselves moved.  Does not
own: the statistics (`stats.association`), what is to be expected (`dependence_variation`), evidence
(`monitors.dependence`).

A pair has two series: its transformed correlation less the reference's, and what is left of its
table beyond margins and correlation.  A direction has two alike: the sum of all pairs' correlations
along it, which shows what moves every pair a little, and its own places beyond level, spread and
skew, which show more than two columns together.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.dependence import Dependence
from vedette.sketches.pairwise import Pairwise
from vedette.stats import residual
from vedette.stats.association import Associated, associated, left_over, pair_signs
from vedette.stats.window_scores import ordered_basis

Array = NDArray[np.float64]

ENOUGH = 0.5  # of a direction's pairs that a window must show
SMOOTH = 0.5  # rows added to every place of the reference


class Shown(NamedTuple):
    """One window.

    Shapes: K = P + R series.  y, n (K,): correlations less the reference's, and the rows they rest
    on, 0 where they cannot be told; shape: distance, its mean and variance (K,) each, of `rows`
    (K,); moved float64[K]: how far the columns of a series moved by themselves, as the root of a
    chi-square distance; `now` the correlations of the pairs.
    """

    y: Array
    n: Array
    shape: residual.Shape
    rows: Array
    moved: Array
    now: Associated


@dataclass(frozen=True, eq=False)
class Associations:
    """What windows are held against."""

    plan: Dependence

    @cached_property
    def reference(self) -> Associated:
        """The pairs' correlations."""
        return _associated(self.plan.counts)

    @cached_property
    def signs(self) -> Array:
        """What each pair counts for along the directions.  Shapes: (R, P)."""
        return pair_signs(self.plan.parts["directions"])

    @cached_property
    def shares(self) -> Array:
        """Of the places of pairs, nowhere 0 but in rows and columns that no row has.  Shapes: (P,
        k, k)."""
        counts = self.plan.counts.tables.astype(np.float64)
        used = (counts.sum(2) > 0)[:, :, None] & (counts.sum(1) > 0)[:, None, :]
        smooth = np.where(used, counts + SMOOTH, 0.0)
        scaled: Array = smooth / np.maximum(smooth.sum((1, 2)), 1e-300)[:, None, None]
        return scaled

    @cached_property
    def scores(self) -> Array:
        """The product of the scores of a pair's places, 0 of pairs without an order.  Shapes: (P,
        k, k)."""
        first, second = self.plan.pairs
        ordered = self.plan.parts["ordered"] > 0
        margins = self._margins(self.plan.counts)[:, :-1]
        k = margins.shape[1]
        own = np.zeros((len(ordered), k))
        for at in np.flatnonzero(ordered):
            used = np.flatnonzero(margins[at])
            p = margins[at, used]
            if len(used) > 1:
                own[at, used] = ordered_basis(p / p.sum()).phi[:, 0]
        products: Array = own[first][:, :, None] * own[second][:, None, :]
        return products

    @cached_property
    def strength(self) -> Array:
        """How strongly the columns of a series go together in the reference, as Cohen's w.
        Shapes: (K,)."""
        p = self.shares
        alone = p.sum(2)[:, :, None] * p.sum(1)[:, None, :]
        off = np.divide((p - alone) ** 2, alone, out=np.zeros_like(p), where=alone > 0)
        w = np.sqrt(off.sum((1, 2)))
        return np.concatenate([w, np.sqrt(self.signs**2 @ w**2)])

    @property
    def live(self) -> NDArray[np.bool_]:
        """Series whose correlation can be told at all.  Shapes: (K,)."""
        found: NDArray[np.bool_] = self.plan.parts["unit"] > 0
        return found

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """Which columns a series is of.  Shapes: (C, K); a direction is of none."""
        first, second = self.plan.pairs
        at = np.arange(len(self.plan.columns))[:, None]
        of = (first == at) | (second == at)
        return np.concatenate([of, np.zeros((len(of), len(self.signs)), np.bool_)], axis=1)

    def shown(self, counts: Pairwise) -> Shown:
        """Read one window's counts."""
        first, second = self.plan.pairs
        pairs = len(first)
        live, ref = self.live, self.reference
        now = _associated(counts)
        known = np.isfinite(now.y) & np.isfinite(ref.y) & live[:pairs]
        y, n = np.where(known, now.y - ref.y, 0.0), np.where(known, now.n, 0.0)
        weight = self.signs**2
        part = weight @ known
        most = np.maximum(weight.sum(axis=1), 1e-300)
        along_y = self.signs @ y / np.sqrt(np.maximum(part, 1e-300))
        along_n = np.where(part >= ENOUGH * most, weight @ n / np.maximum(part, 1e-300), 0.0)
        along_n = np.where(live[pairs:], along_n, 0.0)
        shape = left_over(self.shares, counts.tables.astype(np.float64), self.scores)
        beyond = self._along(counts)
        moved = self._moved(counts)
        return Shown(
            np.concatenate([y, np.where(along_n > 0, along_y, 0.0)]),
            np.concatenate([n, along_n]),
            residual.Shape(*(np.concatenate(both) for both in zip(shape, beyond, strict=True))),
            np.concatenate([now.n, counts.projected.sum(axis=1).astype(np.float64)]),
            np.concatenate(
                [moved[first] + moved[second], np.full(len(self.signs), moved.max(initial=0.0))]
            ),
            now,
        )

    def _along(self, counts: Pairwise) -> residual.Shape:
        seen = counts.projected.astype(np.float64)
        return residual.shape_residual(seen, seen.sum(axis=1), self._places)

    @cached_property
    def _places(self) -> residual.Places:
        smooth = self.plan.counts.projected + SMOOTH
        p = smooth / smooth.sum(axis=1, keepdims=True)
        phi = np.stack([ordered_basis(row).phi for row in p])
        every = np.ones(len(p), np.bool_)
        sizes = np.full(len(p), p.shape[1])
        live = self.live[len(self.signs[0]) :]
        return residual.places(p, phi, every, np.repeat(live[:, None], p.shape[1], 1), sizes)

    def _moved(self, counts: Pairwise) -> Array:
        """How far every column moved by itself, missing values included.  Shapes: (C,)."""
        p, q = (self._margins(one) for one in (self.plan.counts, counts))
        m, n = np.maximum(p.sum(1), 1), np.maximum(q.sum(1), 1)
        p, q = (p + SMOOTH) / (p + SMOOTH).sum(1, keepdims=True), q / n[:, None]
        noise = (p.shape[1] - 1) * (1 / n + 1 / m)
        found: Array = np.sqrt(np.maximum(((q - p) ** 2 / p).sum(1) - noise, 0.0))
        return np.where(q.any(1), found, 0.0)

    def _margins(self, counts: Pairwise) -> Array:
        """Rows of every column by place, those without a value last.  Shapes: (C, k + 1)."""
        first, second = self.plan.pairs
        C, k = len(self.plan.columns), counts.tables.shape[1]
        found = np.zeros((C, k))
        np.add.at(found, first, counts.tables.sum(2))
        np.add.at(found, second, counts.tables.sum(1))
        rows = counts.projected.sum(axis=1).max(initial=0)
        scaled = found / np.maximum(found.sum(1), 1)[:, None] * counts.known[:, None]
        return np.column_stack([scaled, rows - counts.known])


def _associated(counts: Pairwise) -> Associated:
    return associated(counts.tables, counts.known, counts.firsts, counts.seconds)
