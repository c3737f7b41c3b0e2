"""What every monitor of a live model promises.

Owns: the protocol, and the values between monitors and the budget.  Does not own: any monitor; the
budget (`alerts.budget`).

A monitor turns windows into evidence.  Per stream (a column in a segment, or the model itself) it
keeps an e-detector M: without a change that matters, the mean of M after t windows is at most t,
whatever came before (Shin, Ramdas & Rinaldo 2024).  Averages of such are such, whatever the
dependence between them, which is what lets all monitors share one budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.stats.fairness.verdict import Limits

LIMITS = Limits()  # of gaps between groups, where none are set
# Of columns by role: what the model says matters more; others count 1.
IMPORTANCE: Mapping[str, float] = MappingProxyType({"prediction": 3.0, "score": 3.0})
MISMATCH = 0.001  # share of pairs that may disagree, where none is set


class Stream(NamedTuple):
    """Something that can raise the alarm.

    `share` names the part of the budget it lives on (`alerts.budget.SHARES`): drift, predictions,
    performance, quality, service, fairness, skew or anomalies.  `column` is "" for the model
    itself.
    `importance` is relative to the other streams of its share.
    """

    monitor: str
    column: str
    segment: str = ""
    share: str = "drift"
    importance: float = 1.0


@dataclass(frozen=True, eq=False)
class Terms:
    """What a monitor is held to.

    Shapes: `weights` one per stream of this monitor, in its order; over all streams of a clock they
    sum to 1.  `threshold`: the model alarms when the weighted sum of M reaches it (windows per
    period over alarms allowed).  `limits` say which gaps between groups matter; `mismatch` which
    share of pairs may disagree, by column where it was set.  Units: `width` of a window in
    nanoseconds; `min_effect` in reference standard deviations, by column where it differs.
    """

    weights: NDArray[np.float64]
    threshold: float
    width: int
    min_effect: float = 0.05
    effects: Mapping[str, float] = field(default_factory=dict)
    limits: Limits = LIMITS
    mismatch: Mapping[str, float] = field(default_factory=dict)

    def effect_of(self, column: str) -> float:
        return self.effects.get(column, self.min_effect)

    def mismatch_of(self, column: str) -> float:
        return self.mismatch.get(column, MISMATCH)


@dataclass(frozen=True, eq=False)
class Course:
    """What series of numbers were in one window, to be shown.

    Shapes: an entry per series, in the user's unit; nan where there was no value; `score` in [0, 1]
    how unusual; `state` 0 where too little is known, 1 where it was judged, 2 beyond a limit.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    value: NDArray[np.float64]
    expected: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    score: NDArray[np.float64]
    state: NDArray[np.int8]


def side_by_side(courses: Sequence[Course]) -> Course:
    """The series of several monitors in one window, as those of one."""
    whole = {
        part.name: np.concatenate([getattr(one, part.name) for one in courses])
        for part in fields(Course)
        if part.name not in ("names", "columns")
    }
    names = tuple(name for one in courses for name in one.names)
    return Course(names, tuple(name for one in courses for name in one.columns), **whole)


@dataclass(frozen=True, eq=False)
class Look:
    """What a monitor saw in one window, an entry per stream.

    Shapes: `evidence` float64[S], the e-detector M; `effect` float64[S], the size of what was seen
    in units of the stream's finding, nan where nothing could be seen; `quiet` bool[S], every score
    lies within twice the smallest effect of what was expected; `onset` int64[S], UTC nanoseconds
    since when the evidence points to a change.  `course` is what series were, of a monitor that
    has some.
    """

    window: Window
    evidence: NDArray[np.float64]
    effect: NDArray[np.float64]
    quiet: NDArray[np.bool_]
    onset: NDArray[np.int64]
    course: Course | None = None


S = TypeVar("S")


class Monitor(Protocol[S]):
    """A monitor fitted to one model.  It never changes; its state does, by being replaced.

    A state is a frozen dataclass of numpy arrays and plain numbers, so that it can be stored.
    """

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What it watches, in the order of every array."""
        ...

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """The streams this monitor would watch; none when the baseline has nothing for it."""
        ...

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fit to a baseline, its natural variation included."""
        ...

    def start(self) -> S:
        """The state before the first window."""
        ...

    def step(self, state: S, profile: Profile, window: Window) -> tuple[S, Look]:
        """Take one window in; windows come in order, empty ones included."""
        ...

    def reset(self, state: S, which: NDArray[np.bool_]) -> S:
        """Forget the evidence of some streams; what is known of their wobble stays."""
        ...

    def tell(
        self, state: S, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say in words what some streams show in the window just stepped, one finding each."""
        ...
