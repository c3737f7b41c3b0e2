"""What every stream of a distribution is held to in time.

Owns: turning natural variation, terms and a training sample into the constants of a step.  Does not
own: the step.

Held against the reference, a window is expected where its season has it.  Held against training,
it is expected that far from the training sample as its season lies from all windows together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.natural import ENOUGH, SPECIALS, Variation
from vedette.profiles.streams import Seen, Streams
from vedette.profiles.training import Training
from vedette.stats import residual
from vedette.stats.bets import level_once
from vedette.stats.season import Season, mixed
from vedette.stats.shape import noncentral_tail
from vedette.stats.tolerance import tolerated
from vedette.stats.window_scores import SCORES, window_scores
from vedette.stats.wobble import long_run

Array = NDArray[np.float64]

# Shares of a stream's evidence (tuned together with the rest in the design's simulations).
LEVEL, SPREAD, SKEW, SHAPE, RATES = 0.40, 0.15, 0.10, 0.12, 0.23
PARTS = ("level", "spread", "skew", "shape", *SPECIALS)
GROSS = 0.3  # Cohen's w that alarms before variation is known
REQUIRED = 0.01  # min_effect of missing values where the schema requires one
UNSEEN_WEEK = 0.4  # of min_effect: sd of a weekly pattern not seen yet
ERRORS_SEEN, ERRORS_SHORT = 1.5, 2.5  # standard errors of the level that are forgiven


@dataclass(frozen=True, eq=False)
class Fitted:
    """Constants per stream.

    Shapes: eps (C,); ready (C,): enough windows to bet on scores; beta (C, k, J); level (C, J): how
    far what windows are held against lies from all windows together; t2, phi, nu,
    floor, allow, error, long_run (C, J): noise that n does not explain, what is forgiven of the
    level's error, that error; excess (C,); lasting (C,): how much longer a wobble of the shape
    lasts than noise; thin (C,): error of the usual shares, per row; mixed int64[N], mix (N, k, K):
    those of nominal streams; r0, rate, dispersion (C, 3), rows (C,): of special values; shares
    (C, J + 1 + 3); once, frail (C, 2 J + 1): parts of the bet on one window, those not bet on with
    few rows; alpha (C,): the level of one such part.
    """

    season: Season
    eps: Array
    ready: NDArray[np.bool_]
    beta: Array
    level: Array
    t2: Array
    phi: Array
    nu: Array
    floor: Array
    allow: Array
    error: Array
    long_run: Array
    excess: Array
    nominal: NDArray[np.bool_]
    lasting: Array
    thin: Array
    mixed: NDArray[np.int64]
    mix: Array
    r0: Array
    rate: Array
    rows: Array
    dispersion: Array
    shares: Array
    once: NDArray[np.bool_]
    frail: NDArray[np.bool_]
    alpha: Array
    windows: int

    @classmethod
    def of(
        cls, baseline: Baseline, layout: Streams, terms: Terms, training: Training | None = None
    ) -> "Fitted":
        """Gather what is known of the streams; `training` is what the layout holds them against,
        None where that is the reference."""
        eps = np.array([terms.effect_of(column) for column, _ in layout.keys], np.float64)
        v = _Known.of(baseline.variation, layout, terms.width, own=training is None)
        long = long_run(v.t2, v.phi)
        week = v.week if v.season.weekly else np.broadcast_to(
            (UNSEEN_WEEK * eps[:, None]) ** 2, v.t2.shape
        )  # fmt: skip
        T = np.maximum(v.used, 1)[:, None]
        uncertain = (long + v.inverse[:, None]) / T + week
        if training is not None:  # its level has an error of its own
            uncertain = uncertain + long / (training.windows or T) + layout.unit / _rows(layout)
        error = np.sqrt(uncertain)
        times = ERRORS_SEEN if v.season.weekly else ERRORS_SHORT
        m = np.maximum(v.rows, 1)[:, None]
        matters = np.repeat(eps[:, None], len(SPECIALS), axis=1)
        for i, (column, _) in enumerate(layout.keys):
            if column in baseline.schema and baseline.schema[column].constraints.required:
                matters[i, 0] = min(REQUIRED, matters[i, 0])
        r0 = tolerated(v.hits, v.rows[:, None], layout.least, v.dispersion, matters)
        ready = layout.able & (v.used >= ENOUGH)
        shares, once, frail = _shares(layout, ready)
        at, mix = _mix(baseline.variation, layout)
        level = np.zeros_like(v.t2)
        if training is not None:
            mean, share = _together(baseline.variation, layout)
            level, mix[:, 0] = layout.level - mean, mix[:, 0] - share[at]
        return cls(
            season=v.season,
            eps=eps,
            ready=ready,
            beta=v.beta,
            level=level,
            t2=v.t2,
            phi=v.phi,
            nu=v.nu,
            floor=(eps[:, None] / 3) ** 2 + v.misfit,
            allow=times * error,
            error=error,
            long_run=long,
            excess=v.excess,
            nominal=~layout.ordered,
            lasting=_lasting(v, layout),
            thin=_thin(layout, v, at),
            mixed=at,
            mix=mix,
            r0=r0,
            rate=v.hits / m,
            rows=v.rows,
            dispersion=v.dispersion,
            shares=shares,
            once=once,
            frail=frail,
            alpha=level_once(np.maximum(once.sum(1), 1), terms.weights, terms.threshold),
            windows=v.windows,
        )

    def expected(self, window: Window) -> Array:
        """The scores to be expected in a window.  Shapes: (C, J)."""
        X = self.season.design(np.array([window.start], np.int64))
        expected: Array = (X[None] @ self.beta)[:, 0] + self.level
        return expected

    def usual(self, window: Window, layout: Streams) -> residual.Places:
        """The places with the shares that nominal streams usually have in a window."""
        if not len(self.mixed):
            return layout.places
        X = self.season.design(np.array([window.start], np.int64))
        p = layout.held.copy()
        p[self.mixed] = mixed(p[self.mixed], X[0], self.mix)
        return layout.places._replace(p=p)

    def steadied(self, z: Array, unrest: Array) -> Array:
        """The z of nominal streams' shape, less what a wobble of many categories adds in the long
        run: its share of the variance has the scores' own persistence.

        Shapes: (C,), (C,) overdispersion without noise.
        """
        share = unrest / (1 + unrest)
        return np.where(self.nominal, z / np.sqrt(1 + share**2 * self.lasting), z)

    def gross(self, seen: Seen, layout: Streams) -> Array:
        """Before variation is known: the bet that one window is grossly different, w above GROSS.

        Shapes: (C,).  Source: noncentral chi-square of the variance-stabilised distance.
        """
        e = np.zeros(len(seen.n))
        asked = layout.able & ~self.ready & (seen.n >= residual.FEWEST)
        if not asked.any():
            return e
        n = np.maximum(seen.n, 1)
        Q = residual.distance(seen.counts, n[:, None] * layout.held)
        spread = 1 + n / np.maximum(layout.m, 1)
        limit = np.maximum(GROSS, self.eps)
        far = layout.sizes - 1 + n * limit**2 < Q
        for i in np.flatnonzero(asked & far):
            df = float(layout.sizes[i] - 1)
            centre = float(n[i] * limit[i] ** 2 / spread[i])
            p = noncentral_tail(float(Q[i] / spread[i]), df, centre)
            e[i] = 1.0001 / self.alpha[i] if p <= self.alpha[i] else 0.0
        return e


@dataclass(frozen=True, eq=False)
class _Known:
    """Variation of the chosen streams; zeros, and the reference's own rates, where there is
    none."""

    season: Season
    windows: int
    used: NDArray[np.int64]
    beta: Array
    t2: Array
    phi: Array
    misfit: Array
    week: Array
    nu: Array
    inverse: Array
    excess: Array
    hits: Array
    rows: Array
    dispersion: Array

    @classmethod
    def of(cls, variation: Variation | None, layout: Streams, width: int, *, own: bool) -> "_Known":
        """`own` says that the windows show what the streams are held against: their rates tell."""
        C = len(layout.keys)
        if variation is None:
            zero, none = np.zeros((C, SCORES)), np.zeros(C)
            return cls(
                Season(max(width, 1), 0, False), 0, np.zeros(C, np.int64), np.zeros((C, 1, SCORES)),
                zero, zero, zero, zero, zero + 5, none, none, layout.special, layout.rows,
                np.ones((C, len(SPECIALS))),
            )  # fmt: skip
        at = variation.at(layout.keys)
        known = at >= 0

        def pick(x: NDArray[Any]) -> Array:
            wide = known.reshape(-1, *[1] * (x.ndim - 1))
            chosen: Array = np.where(wide, x[at], 0)
            return chosen

        v = variation
        seen = known & (v.rows[at] > 0)  # a stream that no window showed has its reference's rates
        some = seen & own
        return cls(
            v.season, v.windows, pick(v.used).astype(np.int64), pick(v.beta), pick(v.t2),
            pick(v.phi), pick(v.misfit), pick(v.week), np.maximum(pick(v.nu), 5.0),
            pick(v.inverse), pick(v.excess), np.where(some[:, None], v.hits[at], layout.special),
            np.where(some, v.rows[at], layout.rows),
            np.where(seen[:, None], v.dispersion[at], 1.0),
        )  # fmt: skip


def _rows(layout: Streams) -> Array:
    """Rows behind what windows are held against.  Shapes: (C, 1)."""
    rows: Array = np.maximum(layout.m, 1)[:, None]
    return rows


def _together(variation: Variation | None, layout: Streams) -> tuple[Array, Array]:
    """What all windows together show: their scores, and how far the shares of their places lie from
    the reference's.

    Shapes: (C, J), (C, K).
    """
    mean, share = np.zeros_like(layout.level), np.zeros_like(layout.p)
    if variation is None:
        return mean, share
    at = variation.at(layout.keys)
    if not variation.total.size:  # of a file from before these were kept
        if not variation.flat:
            return mean, share  # they are the reference
        return np.where((at >= 0)[:, None], variation.beta[at, 0], 0.0), share  # about the same
    wide = layout.p.shape[1]
    total = np.zeros_like(layout.p)
    kept = variation.total[at, :wide] * (at >= 0)[:, None]
    total[:, : kept.shape[1]] = kept
    n = total.sum(1)
    mean = window_scores(total, n, layout.phi, layout.ordered, layout.live)
    share = np.where((n > 0)[:, None], total / np.maximum(n, 1)[:, None] - layout.p, 0.0)
    return mean, share


def _mix(variation: Variation | None, layout: Streams) -> tuple[NDArray[np.int64], Array]:
    """Which streams have usual shares of their own, and these."""
    wide = layout.p.shape[1]
    if variation is None or not len(variation.mixed):
        return np.zeros(0, np.int64), np.zeros((0, 1, wide))
    rows = {int(at): row for row, at in enumerate(variation.mixed)}
    found = [(i, rows[at]) for i, at in enumerate(variation.at(layout.keys).tolist()) if at in rows]
    mix = variation.mix[[row for _, row in found]][:, :, :wide]
    padded = np.pad(mix, ((0, 0), (0, 0), (0, wide - mix.shape[2])))
    return np.array([i for i, _ in found], np.int64), padded


def _thin(layout: Streams, v: _Known, at: NDArray[np.int64]) -> Array:
    """What the reference's own counting noise adds to the shape, per row of a window.

    Usual shares with a season have as many errors as coefficients, and the overdispersion beside
    them was measured on the very windows that they were fitted to: they count twice.
    """
    thin: Array = 1 / np.maximum(layout.m, 1)
    thin[at] = np.maximum(thin[at], 2 * v.season.size / np.maximum(v.rows[at], 1))
    return thin


def _lasting(v: _Known, layout: Streams) -> Array:
    """2 rho^2 / (1 - rho^2) of an AR(1) with the scores' mean persistence: what squares of it add
    to their long-run variance."""
    live = layout.live & (v.t2 > 0)
    rho = (v.phi * live).sum(1) / np.maximum(live.sum(1), 1)
    added: Array = 2 * rho**2 / (1 - rho**2)
    return added


def _shares(
    layout: Streams, ready: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """How a stream's evidence is split over its parts, and which parts bet on one window."""
    live = layout.live
    shaped = layout.places.used.sum(1) > np.where(layout.ordered, live.sum(1) + 1, 0)
    shares = np.zeros((len(live), SCORES + 1 + len(SPECIALS)))
    own = np.array([LEVEL, SPREAD, SKEW])
    shares[:, :3] = np.where(layout.ordered[:, None], own, 0.0)
    named = (LEVEL + SPREAD + SKEW) / np.maximum(live.sum(1), 1)
    shares[:, :SCORES] = np.where(layout.ordered[:, None], shares[:, :SCORES], named[:, None])
    shares[:, :SCORES] *= live
    shares[:, SCORES] = SHAPE * shaped
    shares[:, SCORES + 1 :] = RATES / len(SPECIALS)
    shares /= shares.sum(1, keepdims=True)
    # What cannot be told yet keeps its share, unused: too little is known to bet it elsewhere.
    shares[:, : SCORES + 1] *= ready[:, None]
    once = np.concatenate([live, live, shaped[:, None]], axis=1)
    frail = layout.ordered[:, None] & (np.arange(SCORES) > 0)
    return shares, once, np.concatenate([frail, frail, np.full((len(live), 1), True)], axis=1)
