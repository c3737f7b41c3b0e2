"""Simulated days of decisions about groups, as cubes, watched by the real monitors and budget.

Owns: the world of the fairness bench: rates by group, a planted disparity. Does not judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from bench.counted import HOUR, baseline_of, ordered_cell, window_of

from vedette.alerts.alarms import judge, start
from vedette.alerts.budget import FAST, LATE, allot
from vedette.monitors.monitor import Stream, Terms
from vedette.monitors.odds import Odds
from vedette.monitors.parity import Parity
from vedette.profiles.baseline import Baseline
from vedette.profiles.gap_variation import fit_gaps
from vedette.profiles.grading import Grading
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.profile import Profile
from vedette.sketches.cube import Cube

DAY = 24 * HOUR
MONTH = 30  # days, in which the default budget allows one alarm
BINARY = Grading("binary", "prediction", classes=("no", "yes"))
RIGHT = 0.6  # of the positives are selected
JOINED = 1  # days in which streams join an incident


@dataclass
class Model:
    """One model's decisions: `rate` of rows are selected, and `rate` have a positive label.

    `wobble` is the sd of the log odds of every group's own rate from day to day (AR(1), 0.7).
    """

    rng: np.random.Generator
    groups: int = 6
    rows: int = 200
    rate: float = 0.3
    wobble: float = 0.0
    state: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.rng.normal(0, 1, self.groups) * self.wobble

    def days(self, count: int, ratio: Sequence[float] = ()) -> np.ndarray:
        """Draw days: rows by group, decision and label; [count, groups, 2, 2]. `ratio` times the
        rate of the rest is that of the first groups."""
        times = np.ones(self.groups)
        times[: len(ratio)] = ratio
        found = np.empty((count, self.groups, 2, 2), int)
        for day in range(count):
            fresh = self.rng.normal(0, 1, self.groups) * self.wobble * np.sqrt(1 - 0.7**2)
            self.state = 0.7 * self.state + fresh
            odds = self.rate / (1 - self.rate) * np.exp(self.state)
            rate = times * odds / (1 + odds)
            for group, taken in enumerate(rate):
                both = RIGHT * taken  # as many are positive as are selected where all is equal
                shares = [1 - taken - self.rate + both, self.rate - both, taken - both, both]
                found[day, group] = self.rng.multinomial(self.rows, shares).reshape(2, 2)
        return found


def grouping_of(groups: int) -> Grouping:
    names = tuple((f"g{k}",) for k in range(groups))
    return Grouping(BINARY, (Groups(("race",), names),), labelled=True)


def cube_of(counts: np.ndarray) -> Cube:
    """Return rows by group, decision and label as a cube; [groups, 2, 2]."""
    groups = len(counts)
    cube = Cube.zero(groups + 2, 2, 2, 1)
    cube.counts[:groups, :, :2, 0] = counts
    return cube


def profile_of(counts: np.ndarray) -> Profile:
    """Return one day as the monitors see it."""
    return Profile("", "", int(counts.sum()), cubes={"race": cube_of(counts)})


def reference_of(days: np.ndarray) -> Baseline:
    """Return the baseline of some days."""
    grouping = grouping_of(days.shape[1])
    seen = [(window_of(t, DAY), {"race": cube_of(one)}) for t, one in enumerate(days)]
    plain = baseline_of([ordered_cell(np.full(4, 10))])
    profile = replace(plain.profile, cubes={"race": cube_of(days.sum(axis=0))})
    grouping = replace(grouping, variation=fit_gaps(grouping, seen, DAY))
    return replace(plain, profile=profile, grouping=grouping)


class Clock:
    """One monitor with its clock's part of the budget; `columns` others live on it."""

    def __init__(self, kind: type, baseline: Baseline, part: float, columns: int) -> None:
        own = kind.streams_of(baseline)
        beside = [Stream("shift", f"c{k}") for k in range(columns)]
        weights, self.threshold = allot([*own, *beside], DAY, MONTH * DAY, part)
        self.weights, self.name = weights[: len(own)], own[0].monitor
        self.streams = own
        self.monitor = kind.of(baseline, Terms(self.weights, self.threshold, DAY))
        self.state, self.alarms = self.monitor.start(), start(len(own))
        self.opened, self.at = -JOINED - 1, 0

    def see(self, profile: Profile, t: int) -> tuple[str, ...]:
        """Take one window in; the groups that open an incident, if any."""
        self.state, look = self.monitor.step(self.state, profile, window_of(t, DAY))
        attach = self.at - self.opened <= JOINED and bool(self.alarms.frozen.any())
        self.alarms, judged = judge(
            self.alarms, self.weights, self.threshold, look.evidence, look.quiet, attach=attach
        )
        gone = np.zeros(len(self.weights), bool)
        gone[[*judged.members, *judged.released]] = True
        if gone.any():
            self.state = self.monitor.reset(self.state, gone)
        self.at += 1
        if not judged.members or attach:
            return ()
        self.opened = self.at - 1
        return tuple(self.streams[i].segment for i in judged.members)


def clocks_of(baseline: Baseline, *, labels: bool, columns: int = 0) -> list[Clock]:
    """Return selection rates on the drift clock, and error rates on that of labels."""
    if not labels:
        return [Clock(Parity, baseline, 1 - FAST, columns)]
    return [
        Clock(Parity, baseline, 1 - FAST - LATE, columns),
        Clock(Odds, baseline, LATE, min(columns, 2)),
    ]
