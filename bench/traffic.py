"""Simulated months of a live model, as counts: what is ordinary, and changes planted into it.

Owns: the worlds of the null-stream and delay benches, and watching them with the real monitor and
the real budget. Does not judge.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from bench.counted import HOUR, baseline_of, nominal_cell, ordered_cell, profile_of, window_of
from scipy.special import ndtr, ndtri

from vedette.alerts.alarms import judge, start
from vedette.alerts.budget import FAST, allot
from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.monitors.shift import Shift
from vedette.monitors.skew import Skew
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.profile import Profile
from vedette.profiles.variation import fit_variation
from vedette.stats.quantiles import CUT_QUANTILES

MONTH = 720  # hours
EDGES = ndtri(np.array(CUT_QUANTILES))
CATEGORIES = (3, 5, 5, 8, 8, 12, 12, 20, 30, 30)  # of the nominal columns
REFITS = (72, 168, 336, 672)  # windows after which variation is learnt anew
DAY_AFTER = 24  # windows in which streams join an incident


M = TypeVar("M", Shift, Skew)


@dataclass(frozen=True)
class World:
    """What is ordinary. Units: reference standard deviations, hours.

    `wobble` is the sd of an AR(1) of correlation 0.8 per column; `daily` the largest amplitude of a
    column's day; `weekly` the sd of its weekdays; with `busy`, traffic follows the day and weekends
    bring a tenth.
    """

    name: str
    wobble: float = 0.0
    daily: float = 0.0
    weekly: float = 0.0
    busy: bool = False


WORLDS = (
    World("iid"),
    World("wobble", wobble=0.05),
    World("season", wobble=0.05, daily=0.3, weekly=0.03, busy=True),
)


@dataclass(frozen=True)
class Planted:
    """A change of one numeric column, or of one category column (`fresh`)."""

    name: str
    column: int = 0
    shift: float = 0.0
    missing: float = 0.0
    outliers: float = 0.0  # share of rows moved by 6 sd
    fresh: float = 0.0  # share of rows in a category never seen


@dataclass
class Model:
    """One model's traffic, drawn hour by hour."""

    world: World
    rng: np.random.Generator
    numeric: int = 40
    nominal: int = 10
    state: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        rng, C = self.rng, self.numeric + self.nominal
        self.state = rng.normal(size=(C, 30))
        self.swing = rng.uniform(0, self.world.daily, (C, 30))
        self.phase = rng.uniform(0, 2 * np.pi, (C, 30))
        self.days = rng.normal(0, self.world.weekly, (7, C, 30))
        sizes = np.resize(CATEGORIES, self.nominal)
        self.shares = [rng.dirichlet(np.full(k, 3.0)) for k in sizes]

    def rows(self, t: int, n: int) -> int:
        """Rows of an hour that has n on average."""
        if not self.world.busy:
            return n
        day = 1 + 0.8 * np.sin(2 * np.pi * t / 24)
        return max(1, int(n * day * (0.1 if t // 24 % 7 >= 5 else 1.0)))

    def cells(self, t: int, n: int, planted: Planted | None = None) -> list[Cell]:
        """Draw one hour; the wobble moves on."""
        rng, w = self.rng, self.world
        n = self.rows(t, n)
        self.state = 0.8 * self.state + 0.6 * rng.normal(size=self.state.shape)
        off = w.wobble * self.state + self.swing * np.sin(2 * np.pi * t / 24 + self.phase)
        off = off + self.days[t // 24 % 7]
        mean = off[: self.numeric, 0].copy()
        rows, missing = np.full(self.numeric, n), 0
        if planted and planted.missing:
            missing = int(rng.binomial(n, planted.missing))
            rows[planted.column] -= missing
        if planted and planted.shift:
            mean[planted.column] += planted.shift
        cuts = ndtr(EDGES - mean[:, None])
        if planted and planted.outliers:
            at, share = planted.column, planted.outliers
            cuts[at] = (1 - share) * cuts[at] + share * ndtr(EDGES - mean[at] - 6)
        whole = np.concatenate([np.zeros((len(cuts), 1)), cuts, np.ones((len(cuts), 1))], axis=1)
        drawn = rng.multinomial(rows, np.diff(whole, axis=1))
        cells = [ordered_cell(row) for row in drawn]
        if missing and planted:
            cells[planted.column] = ordered_cell(drawn[planted.column], missing)
        for i, p in enumerate(self.shares):
            # Log weights that move by d move the shares by Cohen's w = d, as d sd does a mean.
            tilted = p * np.exp(off[self.numeric + i, : len(p)])
            unseen = 0
            if planted and planted.fresh and planted.column == self.numeric + i:
                unseen = int(rng.binomial(n, planted.fresh))
            cells.append(
                nominal_cell(rng.multinomial(n - unseen, tilted / tilted.sum()), 0, unseen)
            )
        return cells

    def hours(
        self, first: int, count: int, n: int, planted: Planted | None = None
    ) -> Iterator[tuple[Window, Profile]]:
        """Draw hours one after the other."""
        for t in range(first, first + count):
            yield window_of(t), profile_of(self.cells(t, n, planted))


def reference_of(
    model: Model, first: int, windows: int, n: int, planted: Planted | None = None
) -> tuple[Baseline, list[tuple[Window, Profile]]]:
    """Draw a reference of some hours; its variation is fitted where there are enough of them."""
    drawn = list(model.hours(first, windows, n, planted))
    names = list(drawn[0][1].cells)
    cells = []
    for name in names:
        total = drawn[0][1].cells[name]
        for _, profile in drawn[1:]:
            total = total.merge(profile.cells[name])
        cells.append(total)
    baseline = baseline_of(cells)
    return replace(baseline, variation=fit_variation(baseline, drawn, HOUR)), drawn


def monitor_of(baseline: Baseline, kind: type[M] = Shift) -> M:  # type: ignore[assignment]
    """Return a monitor with the drift clock's part of one false alarm a month."""
    streams = kind.streams_of(baseline)
    weights, threshold = allot(streams, HOUR, MONTH * HOUR, 1 - FAST)
    return kind.of(baseline, Terms(weights, threshold, HOUR))


@dataclass(frozen=True)
class Alarm:
    """An incident: the window's place, and the columns that opened it."""

    at: int
    columns: tuple[str, ...]


def watch(
    baseline: Baseline,
    windows: Sequence[tuple[Window, Profile]] | Iterator[tuple[Window, Profile]],
    *,
    learnt: list[tuple[Window, Profile]] | None = None,
    flat: bool = False,
    kind: type[Shift | Skew] = Shift,
) -> list[Alarm]:
    """Watch hours as the server does: alarm, freeze, reset, join, release; with `learnt`, fit the
    variation anew as more incident-free hours have passed."""
    monitor = monitor_of(baseline, kind)
    state, alarms = monitor.start(), start(len(monitor.streams))
    found: list[Alarm] = []
    opened = -DAY_AFTER - 1
    for at, (window, profile) in enumerate(windows):
        state, look = monitor.step(state, profile, window)
        attach = at - opened <= DAY_AFTER and bool(alarms.frozen.any())
        alarms, judged = judge(
            alarms, monitor.terms.weights, monitor.terms.threshold, look.evidence, look.quiet,
            attach=attach,
        )  # fmt: skip
        gone = np.zeros(len(monitor.streams), bool)
        gone[[*judged.members, *judged.released]] = True
        if gone.any():
            state = monitor.reset(state, gone)
        if judged.members and not attach:
            opened = at
            named = tuple(monitor.streams[i].column for i in judged.members)
            found.append(Alarm(at, named))
        if learnt is None:
            continue
        if not alarms.frozen.any():
            learnt.append((window, profile))
            if len(learnt) in REFITS:
                fresh = fit_variation(baseline, learnt, HOUR, flat=flat)
                monitor = monitor_of(replace(baseline, variation=fresh), kind)
                state = monitor.start()
    return found
