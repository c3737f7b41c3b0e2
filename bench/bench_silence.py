"""Promise: what breaks is told within minutes, and ordinary traffic raises no alarm.

Simulated months by the minute, through the real monitors of the fast clock (rates and volume, of
ten columns) under a fifth of a budget of one alarm a month. Traffic follows the hour and the
weekday ten to one; `plain` is Poisson, `unruly` has bursts (variance twice the mean), a level that
wanders by 15 % within hours, and missing values that come three times as often by day. Learning
counts: every month begins with nothing known of the traffic. Beside it what people write by hand:
an alarm when nothing arrived for five minutes. Faults are planted in a busy hour of a Wednesday,
after the traffic has been learnt. An alarm silences its stream for a day.

    python -m bench.bench_silence [--quick]
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from bench.counted import HOUR, baseline_of, ordered_cell, profile_of, window_of
from bench.table import Promise, aligned, promises, verdict_code
from scipy.stats import chi2, poisson

from vedette.alerts.budget import FAST, allot
from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.monitors.rates import Rates
from vedette.monitors.volume import Volume
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.profile import Profile
from vedette.profiles.variation import fit_variation
from vedette.sketches.bins import Bins

SEED = 20_261_125
MINUTE, DAY = 60_000_000_000, 1440  # a window; windows in a day
MONTH = 30 * DAY
PEAKS = (1, 10, 100, 1000)  # rows a minute in the busiest hour
BUSY = 0.5  # of the peak: by day
MISSING = np.array([0.0, 0.0, 0.001, 0.001, 0.01, 0.01, 0.05, 0.05, 0.2, 1.0])
FAULT = 13 * DAY + 14 * 60 + 7  # a Wednesday, 14:07
PATIENCE = 240  # minutes after which a fault counts as not told
SOON = 2  # minutes that are promised
GAP = 5  # minutes of the rule by hand


@dataclass(frozen=True)
class World:
    """How traffic scatters: variance over mean, sd of its level, whether rates follow the day."""

    name: str
    scatter: float
    wander: float
    by_day: bool


WORLDS = (World("plain", 1.0, 0.0, False), World("unruly", 2.0, 0.15, True))


@dataclass(frozen=True)
class Fault:
    """Something that breaks. `traffic` times as many rows, `gone` and `holes` in the third column.
    Promised to be told within two minutes from so many rows a minute on, in each world."""

    name: str
    traffic: float = 1.0
    missing: float | None = None
    promised: tuple[int, int] | None = None


FAULTS = (
    Fault("column gone", missing=1.0, promised=(10, 10)),
    Fault("5 % missing", missing=0.05),
    Fault("traffic stopped", traffic=0.0, promised=(10, 100)),
    Fault("traffic fell by 60 %", traffic=0.4),
    Fault("traffic tenfold", traffic=10.0),
)


def expected_rows(peak: int, minutes: np.ndarray) -> np.ndarray:
    """Rows a minute: ten to one over the day, and over the week."""
    hour, weekday = minutes / 60 % 24, (minutes // DAY + 3) % 7
    daily = 0.1 + 0.9 * np.exp(-(((hour - 14) / 4.5) ** 2))
    return peak * daily * np.where(weekday >= 5, 0.1, 1.0)


def draw_rows(world: World, peak: int, minutes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of every minute."""
    mean = expected_rows(peak, minutes)
    if world.wander:
        keep, level = np.exp(-1 / 120), 0.0
        shocks = rng.normal(0, world.wander * np.sqrt(1 - keep**2), len(minutes))
        levels = np.empty(len(minutes))
        for i, shock in enumerate(shocks):
            levels[i] = level = keep * level + shock
        mean = mean * np.exp(levels)
    if world.scatter == 1:
        return rng.poisson(mean)
    return rng.negative_binomial(mean / (world.scatter - 1), 1 / world.scatter)


def missing_shares(world: World, busy: np.ndarray) -> np.ndarray:
    """Shares of missing values by minute and column."""
    swing = np.where(busy, 1.5, 0.5) if world.by_day else np.ones(len(busy))
    return np.where(MISSING == 1, 1.0, MISSING * swing[:, None])


def fitted(world: World) -> Baseline:
    """A baseline of numeric columns, learnt from four weeks of hours of 1,000 rows."""
    rng = np.random.default_rng(SEED)
    hours = np.arange(28 * 24)
    shares = missing_shares(world, expected_rows(1, hours * 60) > BUSY)
    places = np.full(30, 1 / 30)
    cells = [
        [ordered_cell(rng.multinomial(1000 - k, places), k) for k in own]
        for own in rng.binomial(1000, shares)
    ]
    whole = [reduce(Cell.merge, column) for column in zip(*cells, strict=True)]
    baseline = baseline_of(whole)
    windows = [
        (window_of(int(hour)), profile_of(own, baseline.schema.fingerprint, baseline.id))
        for hour, own in zip(hours, cells, strict=True)
    ]
    return replace(baseline, variation=fit_variation(baseline, windows, HOUR))


class Watched:
    """The fast clock of one model: both monitors under one budget. It changes as it steps."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        kinds = (Rates, Volume)
        streams = [kind.streams_of(baseline) for kind in kinds]
        weights, self.threshold = allot(
            [s for own in streams for s in own], MINUTE, MONTH * MINUTE, FAST
        )
        self.weights = np.split(weights, [len(streams[0])])
        self.monitors = [
            kind.of(baseline, Terms(own, self.threshold, MINUTE))
            for kind, own in zip(kinds, self.weights, strict=True)
        ]
        self.states = [monitor.start() for monitor in self.monitors]
        self.until = [np.zeros(len(own), int) for own in streams]
        self.zeros = {s.column: self._zeros(s.column) for s in streams[0]}

    def _zeros(self, column: str) -> np.ndarray:
        cell = self.baseline.profile.cells[column, ""]
        return np.zeros(len(cell.bins.counts), np.int64)

    def profile(self, rows: int, missing: np.ndarray) -> Profile:
        """A window of so many rows; values lie in the reference's range."""
        if rows == 0:
            return Profile("", "")
        cells = {}
        for (column, zeros), gone in zip(self.zeros.items(), missing.tolist(), strict=True):
            counts = zeros.copy()
            counts[len(counts) // 2] = rows - gone
            cells[column, ""] = Cell(rows, gone, bins=Bins(counts))
        return Profile("", "", rows, cells)

    def step(self, minute: int, profile: Profile) -> str:
        """Take a minute in; the finding that raises an alarm, or nothing."""
        window = Window(minute * MINUTE, (minute + 1) * MINUTE)
        worth = []
        for i, monitor in enumerate(self.monitors):
            self.states[i], look = monitor.step(self.states[i], profile, window)
            worth.append(np.where(self.until[i] > minute, 0, self.weights[i] * look.evidence))
            if i == 0:
                first = look
        if sum(own.sum() for own in worth) < self.threshold:
            return ""
        i = int(np.argmax([own.max() for own in worth]))
        at = int(worth[i].argmax())
        shown = first if i == 0 else look
        said = self.monitors[i].tell(self.states[i], shown, profile, [at])[0].reason
        for j, own in enumerate(worth):
            members = own >= self.threshold / 100
            self.states[j] = self.monitors[j].reset(self.states[j], members)
            self.until[j] = np.where(members, minute + DAY, self.until[j])
        return said


def months(
    world: World, peak: int, days: int, baseline: Baseline, rng: np.random.Generator
) -> Iterator[tuple[int, str, int, Watched]]:
    """Watch ordinary days: minute, alarm or "", rows, the watch."""
    minutes = np.arange(days * DAY)
    rows = draw_rows(world, peak, minutes, rng)
    gone = rng.binomial(rows[:, None], missing_shares(world, expected_rows(1, minutes) > BUSY))
    watched = Watched(baseline)
    for minute in minutes.tolist():
        said = watched.step(minute, watched.profile(int(rows[minute]), gone[minute]))
        yield minute, said, int(rows[minute]), watched


def delay(
    watched: Watched, world: World, fault: Fault, peak: int, rng: np.random.Generator
) -> float:
    """Plant a fault and count the minutes until it is told; infinite when it is not."""
    kept = list(watched.states), [own.copy() for own in watched.until]
    watched.until = [np.zeros_like(own) for own in watched.until]
    told = np.inf
    for after in range(PATIENCE):
        minute = FAULT + after
        ordinary = draw_rows(replace(world, wander=0.0), peak, np.array([minute]), rng)
        rows = round(fault.traffic * int(ordinary[0]))
        shares = missing_shares(world, np.array([True]))[0]
        if fault.missing is not None:
            shares[2] = fault.missing
        if watched.step(minute, watched.profile(rows, rng.binomial(rows, shares))):
            told = after + 1
            break
    watched.states, watched.until = list(kept[0]), kept[1]
    return told


def by_hand(rows: list[int]) -> int:
    """How often nothing arrived for five minutes."""
    alarms, gap = 0, 0
    for n in rows:
        gap = 0 if n else gap + 1
        alarms += gap == GAP
    return alarms


@dataclass
class Seen:
    """What one world at one rate showed."""

    world: World
    peak: int
    days: int
    said: list[str]
    hand: int
    told: dict[Fault, list[float]]


def observe(world: World, peak: int, days: int, repeats: int, baseline: Baseline) -> Seen:
    """Watch quiet days, and break things in the middle of a copy of them."""
    print(f"{world.name}, {peak} rows a minute ...", file=sys.stderr)
    rng = np.random.default_rng([SEED, WORLDS.index(world), peak])
    seen, rows = Seen(world, peak, days, [], 0, {}), []
    for minute, reason, n, watched in months(world, peak, days, baseline, rng):
        rows.append(n)
        if reason:
            seen.said.append(reason)
            print(f"  day {minute / DAY:.2f}: {reason}", file=sys.stderr)
        if minute == FAULT - 1:
            seen.told = {
                fault: [delay(watched, world, fault, peak, rng) for _ in range(repeats)]
                for fault in FAULTS
            }
    seen.hand = by_hand(rows)
    return seen


def judge(everything: list[Seen]) -> list[Promise]:
    """Hold delays and false alarms against what was promised."""
    kept = []
    for seen in everything:
        for fault, told in seen.told.items():
            least = fault.promised and fault.promised[WORLDS.index(seen.world)]
            if least and seen.peak >= least:
                title = f"{fault.name}, {seen.world.name}, {seen.peak:,} rows a minute"
                measured = f"median {np.median(told):.0f}, longest {max(told):.0f}"
                kept.append(
                    Promise(f"{title}: within {SOON} minutes", measured, np.median(told) <= SOON)
                )
    alarms, span = sum(len(s.said) for s in everything), sum(s.days for s in everything) / 30
    low = chi2.ppf(0.025, 2 * alarms) / 2 / span if alarms else 0.0
    high = chi2.ppf(0.975, 2 * alarms + 2) / 2 / span
    measured = f"{alarms} in {span:.1f} months: {alarms / span:.2f} ({low:.2f} to {high:.2f})"
    title = f"false alarms: at most {FAST:g} a month (a fifth of the budget)"
    return [*kept, Promise(title, measured, bool(alarms <= poisson.ppf(0.99, FAST * span)))]


def main() -> int:
    parser = argparse.ArgumentParser(description="Watch quiet months, then break things.")
    parser.add_argument("--quick", action="store_true", help="less time, fewer rates")
    quick = parser.parse_args().quick
    plain, unruly = WORLDS
    cases = [(world, peak) for world in WORLDS for peak in PEAKS]
    days, repeats = (21, 9)
    if quick:
        cases, days, repeats = [(plain, 10), (unruly, 10), (unruly, 100)], 14, 5
    fits = {world.name: fitted(world) for world in WORLDS}
    everything = [observe(w, peak, days, repeats, fits[w.name]) for w, peak in cases]
    quiet = [
        (s.world.name, f"{s.peak:,}", str(days), len(s.said) * 30 / days, s.hand * 30 / days)
        for s in everything
    ]
    header = (
        "traffic",
        "rows a minute at its peak",
        "days",
        "alarms a month",
        "five empty minutes",
    )
    print(aligned(header, quiet), end="\n\n")
    medians = [
        (fault.name, *(f"{np.median(s.told[fault]):.0f}".replace("inf", "-") for s in everything))
        for fault in FAULTS
    ]
    cases_named = [f"{s.world.name} {s.peak:,}" for s in everything]
    print(aligned(("minutes until told, median", *cases_named), medians), end="\n\n")
    kept = judge(everything)
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
