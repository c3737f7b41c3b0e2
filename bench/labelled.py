"""Simulated months of labelled predictions, as sums, watched by the real monitors and budget.

Owns: the world of the concept-drift bench: a risk that wobbles, an auditor that knows part of it, a
planted change. Does not judge.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from bench.counted import HOUR, baseline_of, ordered_cell, window_of

from vedette.alerts.alarms import judge, start
from vedette.alerts.budget import allot
from vedette.core.windows import Window
from vedette.monitors.concept import Concept
from vedette.monitors.estimate import Estimate
from vedette.monitors.monitor import Terms
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.auditor import Auditor
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import LABELLED, REALISED, TERMS, Grading
from vedette.profiles.loss_variation import fit_loss_variation, loss_sums
from vedette.profiles.profile import Profile
from vedette.sketches.graded import Graded

MONTH = 720  # hours
PART = 0.2  # of one alarm a month: what labels and performance may spend
JOINED = 24  # windows in which streams join an incident
SHAPE = 0.5  # of the Beta of the chances that the auditor gives: it knows easy rows from hard ones
PERSISTENCE = 0.8
MONITORS = (Concept, Estimate)
BINARY = Grading("binary", "prediction", classes=("no", "yes"))
VARIANCE = TERMS["binary"].index("variance")


@dataclass
class Model:
    """One model's labelled batches.

    `wobble` is the sd of the risk's own AR(1), which the auditor does not see; with `segments`, as
    many equally frequent ones; `share` of the chance of error that varies from row to row.
    """

    rng: np.random.Generator
    rows: int = 100
    risk: float = 0.10
    wobble: float = 0.0
    segments: int = 0
    state: float = field(init=False)

    def __post_init__(self) -> None:
        self.state = float(self.rng.normal(0, self.wobble)) if self.wobble else 0.0

    def batches(self, count: int, change: float = 0.0) -> tuple[np.ndarray, ...]:
        """Draw batches: losses, chances the auditor gives, segments; all [count, rows]."""
        rng, shape = self.rng, (count, self.rows)
        fresh = rng.normal(0, self.wobble * np.sqrt(1 - PERSISTENCE**2), count)
        off = np.empty(count)
        for t in range(count):
            self.state = PERSISTENCE * self.state + fresh[t]
            off[t] = self.state + change
        chance = rng.beta(SHAPE, SHAPE * (1 / self.risk - 1), shape)
        step = off[:, None] / self.risk
        # The mean of the true chance is risk + off either way, and it stays within [0, 1].
        up = chance + off[:, None] * (1 - chance) / (1 - self.risk)
        true = np.where(off[:, None] > 0, up, chance * (1 + step))
        lost = rng.random(shape) < true
        return lost, chance, rng.integers(0, max(self.segments, 1), shape)


def graded_of(loss: float, expected: float, variance: float, rows: int) -> tuple[Graded, Graded]:
    """Return what is counted of rows, and what had been expected of them."""
    found = []
    for total, is_expected in ((loss, False), (expected, True)):
        one = Graded.zero(0, 0, 0, len(TERMS["binary"]), expected=is_expected)
        one.moments[0, 0], one.moments[0, 1], one.moments[1, 1] = rows, total, total
        one.moments[0, VARIANCE] = variance
        found.append(replace(one, rows=rows))
    return found[0], found[1]


def profile_of(lost: np.ndarray, chance: np.ndarray, where: np.ndarray, segments: int) -> Profile:
    """Return one batch as the monitors see it."""
    graded = {}
    parts = [("", slice(None))] + [(f"region=r{k}", where == k) for k in range(segments)]
    for name, chosen in parts:
        p = chance[chosen]
        if len(p):
            sums = graded_of(
                int(lost[chosen].sum()), float(p.sum()), float((p * (1 - p)).sum()), len(p)
            )
            graded[REALISED, name], graded[LABELLED, name] = sums
    return Profile("", "", len(lost), graded=graded)


def hours(
    model: Model, first: int, count: int, change: float = 0.0
) -> Iterator[tuple[Window, Profile]]:
    """Draw hours one after the other."""
    drawn = model.batches(count, change)
    for t in range(count):
        yield window_of(first + t), profile_of(*(one[t] for one in drawn), model.segments)


def reference_of(windows: Sequence[tuple[Window, Profile]]) -> Baseline:
    """Return the baseline of some labelled hours."""
    whole: dict[tuple[str, str], Graded] = {}
    for _, profile in windows:
        for key, one in profile.graded.items():
            whole[key] = whole[key].merge(one) if key in whole else one
    names = sorted(segment for kind, segment in whole if kind == REALISED)
    sums = [
        (window, {name: loss_sums(p.graded, "binary", name) for name in names})
        for window, p in windows
    ]
    plain = baseline_of([ordered_cell(np.full(4, 10))])
    appraisal = Appraisal(BINARY, Auditor("score", (), {}), fit_loss_variation(sums, HOUR))
    return replace(plain, profile=replace(plain.profile, graded=whole), appraisal=appraisal)


@dataclass
class Watching:
    """The monitors of one model under the performance clock's budget, alarms as the server counts
    them: frozen while they last, joined by others for a day."""

    baseline: Baseline

    def __post_init__(self) -> None:
        streams = [kind.streams_of(self.baseline) for kind in MONITORS]
        every = [one for some in streams for one in some]
        self.weights, self.threshold = allot(every, HOUR, MONTH * HOUR, PART)
        self.monitors, at = [], 0
        for kind, some in zip(MONITORS, streams, strict=True):
            own = self.weights[at : at + len(some)]
            at += len(some)
            self.monitors.append(kind.of(self.baseline, Terms(own, self.threshold, HOUR)))
        self.states = [monitor.start() for monitor in self.monitors]
        self.alarms, self.opened, self.at = start(len(every)), -JOINED - 1, 0
        self.streams = every

    def see(self, window: Window, profile: Profile) -> tuple[str, ...]:
        """Take one window in; the monitors that open an incident, if any."""
        pairs = [
            monitor.step(state, profile, window)
            for monitor, state in zip(self.monitors, self.states, strict=True)
        ]
        self.states = [state for state, _ in pairs]
        evidence = np.concatenate([look.evidence for _, look in pairs])
        quiet = np.concatenate([look.quiet for _, look in pairs])
        attach = self.at - self.opened <= JOINED and bool(self.alarms.frozen.any())
        self.alarms, judged = judge(
            self.alarms, self.weights, self.threshold, evidence, quiet, attach=attach
        )
        gone = np.zeros(len(self.streams), bool)
        gone[[*judged.members, *judged.released]] = True
        if gone.any():
            at = 0
            for i, monitor in enumerate(self.monitors):
                own = gone[at : at + len(monitor.streams)]
                at += len(own)
                self.states[i] = monitor.reset(self.states[i], own)
        self.at += 1
        if not judged.members or attach:
            return ()
        self.opened = self.at - 1
        return tuple(sorted({self.streams[i].monitor for i in judged.members}))
