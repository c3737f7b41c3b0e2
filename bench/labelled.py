"""Simulated months of labelled predictions, as sums, watched by the real monitors and budget.

Owns: the world of the concept-drift bench: a risk that wobbles, an auditor that knows part of it, a
planted change. Does not judge.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from bench.counted import HOUR, baseline_of, ordered_cell, window_of

from vedette.alerts.alarms import judge, start
from vedette.alerts.budget import LATE, allot
from vedette.core.windows import Window
from vedette.monitors.concept import Concept
from vedette.monitors.estimate import Estimate
from vedette.monitors.monitor import Terms
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.auditor import Auditor
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import LABELLED, REALISED, TERMS, Grading
from vedette.profiles.loss_variation import LossSums, fit_loss_variation
from vedette.profiles.profile import Profile
from vedette.sketches.graded import Graded

MONTH = 720  # hours
JOINED = 24  # windows in which streams join an incident
SHAPE = 0.5  # of the Beta of the chances that the auditor gives: it knows easy rows from hard ones
PERSISTENCE = 0.8
MONITORS = (Concept, Estimate)
BINARY = Grading("binary", "prediction", classes=("no", "yes"))
NOTHING = (np.zeros((0, 0)), np.zeros((0, 0, 2)), np.zeros((0, 0, 2)))
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

    def batches(self, count: int, change: float = 0.0) -> np.ndarray:
        """Draw batches: rows, losses, what the auditor expects and the variance that leaves, of all
        rows and of every segment; [count, 1 + segments, 4]."""
        rng, shape = self.rng, (count, self.rows)
        fresh = rng.normal(0, self.wobble * np.sqrt(1 - PERSISTENCE**2), count)
        off = np.empty((count, 1))
        for t in range(count):
            self.state = PERSISTENCE * self.state + fresh[t]
            off[t] = self.state + change
        chance = rng.beta(SHAPE, SHAPE * (1 / self.risk - 1), shape)
        # The mean of the true chance is risk + off either way, and it stays within [0, 1].
        up, down = chance + off * (1 - chance) / (1 - self.risk), chance * (1 + off / self.risk)
        lost = rng.random(shape) < np.where(off > 0, up, down)
        parts = [np.ones(shape), lost, chance, chance * (1 - chance)]
        whole = np.stack([part.sum(axis=1) for part in parts], axis=-1)[:, None]
        if not self.segments:
            return whole
        where = rng.integers(0, self.segments, shape) + self.segments * np.arange(count)[:, None]
        size = self.segments * count
        each = [np.bincount(where.ravel(), part.ravel(), size) for part in parts]
        split = np.stack(each, axis=-1).reshape(count, self.segments, len(parts))
        return np.concatenate([whole, split], axis=1)


def names(segments: int) -> list[str]:
    return ["", *(f"region=r{k}" for k in range(segments))]


def graded_of(sums: np.ndarray, *, expected: bool) -> Graded:
    """Return what is counted of rows, or what had been expected of them."""
    rows, lost, estimated, variance = sums.tolist()
    loss = estimated if expected else lost
    moments = np.zeros((len(TERMS["binary"]),) * 2)
    moments[0, 0], moments[0, 1], moments[1, 1] = rows, loss, loss
    moments[0, VARIANCE] = variance
    return Graded(int(rows), *NOTHING, moments)


def profile_of(sums: np.ndarray) -> Profile:
    """Return one batch as the monitors see it."""
    graded = {}
    for name, one in zip(names(len(sums) - 1), sums, strict=True):
        if one[0]:
            graded[REALISED, name] = graded_of(one, expected=False)
            graded[LABELLED, name] = graded_of(one, expected=True)
    return Profile("", "", int(sums[0, 0]), graded=graded)


def hours(
    model: Model, first: int, count: int, change: float = 0.0
) -> Iterator[tuple[Window, Profile]]:
    """Draw hours one after the other."""
    for t, sums in enumerate(model.batches(count, change)):
        yield window_of(first + t), profile_of(sums)


def reference_of(drawn: np.ndarray) -> Baseline:
    """Return the baseline of some labelled hours, [hours, 1 + segments, 4]."""
    called = names(drawn.shape[1] - 1)
    seen = [
        (window_of(t), {
            name: LossSums(*one[[0, 1, 1, 2, 3]].tolist())
            for name, one in zip(called, sums, strict=True) if one[0]
        })
        for t, sums in enumerate(drawn)
    ]  # fmt: skip
    plain = baseline_of([ordered_cell(np.full(4, 10))])
    appraisal = Appraisal(BINARY, Auditor("score", (), {}), fit_loss_variation(seen, HOUR))
    graded = profile_of(drawn.sum(axis=0)).graded
    return replace(plain, profile=replace(plain.profile, graded=graded), appraisal=appraisal)


@dataclass
class Watching:
    """The monitors of one model under the performance clock's budget, alarms as the server counts
    them: frozen while they last, joined by others for a day."""

    baseline: Baseline

    def __post_init__(self) -> None:
        streams = [kind.streams_of(self.baseline) for kind in MONITORS]
        every = [one for some in streams for one in some]
        self.weights, self.threshold = allot(every, HOUR, MONTH * HOUR, LATE)
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
