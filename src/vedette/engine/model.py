"""Everything remembered of a model between two records of the log.

Owns: the state that `engine.step` maps to the next one.  Does not own: its bytes
(`engine.snapshot`), the step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import pyarrow as pa

from vedette.alerts.alarms import Alarms, start
from vedette.alerts.incident import Incident
from vedette.engine.delays import Delays
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import DRIFT, LABELS, PAIRS, QUICK, Plan, Rung
from vedette.engine.rare_event import RareEvent
from vedette.engine.saved import Kept, Saved, in_force
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile

LEAST_LABELS = 500  # from which the reference says how good the predictions are
COLLECTING, LEARNING, WATCHING = "collecting", "warming up", "watching"  # phases


@dataclass(frozen=True, eq=False)
class Watch:
    """One clock under way.

    Shapes: `monitors` the state of each monitor of the rung; `owners` the incident of each stream,
    "" for none.  Units: `closed` in UTC nanoseconds: every window that ends by then has ended.
    """

    closed: int
    open: Mapping[int, Profile] = field(default_factory=dict)  # by start
    monitors: tuple[Any, ...] = ()
    alarms: Alarms = field(default_factory=lambda: start(0))
    owners: tuple[str, ...] = ()
    total: float = 0.0  # the model's evidence after the last window
    looks: int = 0
    parts: tuple[float, ...] = ()  # of it, by monitor; then of metrics about the service


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Labels under way.

    `position` is that of the log up to which outcomes have found their events; `waiting` came since
    then, `unmatched` (as Arrow bytes) are those whose event has not come.  `windows` are sums of
    the terms of graded rows by the start of their window: those that were not judged yet, and those
    whose labels may still change the evidence.  `anchor` are the monitors' states before them, ()
    at the start; `changed` says that one that was judged got other labels.  `lost` labels never
    found their event.
    """

    position: int = 0
    waiting: int = 0
    unmatched: bytes = b""
    windows: Mapping[int, Profile] = field(default_factory=dict)
    anchor: tuple[Any, ...] = ()
    delays: Delays = field(default_factory=Delays)
    changed: bool = False
    lost: int = 0
    try_at: int = LEAST_LABELS  # labels from which it is asked how rows are to be graded
    unexplained: tuple[str, ...] = ()  # incidents whose windows wait for their labels
    begin: int = 0  # windows from here on are graded under the plan's baseline
    anew: int = -1  # labels joined before, of events from here on, are to be joined again
    fresh_at: int = -1  # evidence begins anew with the window that ends after this: a new version
    selective: str = ""  # for which scores labels are lacking, in words


@dataclass(frozen=True, eq=False)
class Twins:
    """Offline values under way to the events that they are of.

    `position` is that of the log up to which twins have found their events; `waiting` came since
    then, `unmatched` are ids of those whose event has not come.  `sample` are ids of the window
    under way, by column, whose pairs disagree.  `came` and `pairs` are counted since the first one;
    `lost` twins never found their event; `watched` says that there were pairs.
    """

    position: int = 0
    waiting: int = 0
    unmatched: tuple[str, ...] = ()
    sample: tuple[tuple[str, tuple[str, ...]], ...] = ()
    came: int = 0
    pairs: int = 0
    lost: int = 0
    watched: bool = False


@dataclass(frozen=True, eq=False)
class Metered:
    """Logged metrics of a model.

    `names` in the order in which they first came, of which the plan watches the first `planned`
    since event time `planned_at`; `came` readings, `late` of them after their window had ended.
    `deploys` are the last ones that were marked: when, and of which version.
    """

    names: tuple[str, ...] = ()
    came: int = 0
    late: int = 0
    planned: int = 0
    planned_at: int = 0
    deploys: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Tally:
    """Counts for people, since the first event.  Units: rows."""

    rows: int = 0
    weight: float = 0.0  # rows before sampling
    late: int = 0
    labels: int = 0


@dataclass(frozen=True)
class Clock:
    """What time it is for the model's events.

    A live stream trails the server's clock by seconds, a replayed one by years: `lag` is the
    smallest distance seen lately.  Units: nanoseconds; `newest` and `received` since 1970.
    """

    first: int = -1
    newest: int = -1
    received: int = -1
    lag: int = 0


@dataclass(frozen=True, eq=False)
class ModelState:
    """A model between two records.

    `pending` are rows not yet counted: (start of their base window, rows).  `unsent` says, by the
    start of its base window, for how many events more than themselves its rows stand.  `incidents`
    are those that are open or ended within a day.  `learnt` is the number of ordinary windows since
    `learnt_from`, from which natural variation is, or can be, known; at `refit_at` of them it is
    learnt anew (0: never).  `wanted` is the event time from which a baseline may be asked for.
    `rare` are the rarest events of drift windows under way, by start.
    """

    name: str
    settings: ModelSettings
    phase: str = COLLECTING
    plan: Plan | None = None
    clock: Clock = Clock()
    tally: Tally = Tally()
    base: Mapping[int, Profile] = field(default_factory=dict)  # windows under way, by start
    base_closed: int = 0
    fast: Watch = Watch(0)
    drift: Watch = Watch(0)
    labels: Watch = Watch(0)
    unsent: Mapping[int, float] = field(default_factory=dict)  # events left out by sampling
    pending: tuple[tuple[int, pa.RecordBatch], ...] = ()
    pending_rows: int = 0
    incidents: tuple[Incident, ...] = ()
    version: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)  # rows of the newest base window
    learnt_from: int = 0
    learnt: int = 0
    refit_at: int = 0
    wanted: int = 0
    traffic: tuple[tuple[int, int], ...] = ()  # start and rows of the last drift windows
    opened: tuple[int, ...] = ()  # when incidents of the last period were opened, in event time
    file: ModelSettings | None = None  # what the settings file says, where more was saved
    saved: Mapping[str, Saved] = field(default_factory=dict)  # by place (`engine.saved`)
    outcomes: Outcomes = field(default_factory=Outcomes)
    twins: Twins = field(default_factory=Twins)
    pairs: Watch = Watch(0)
    rare: Mapping[int, tuple[RareEvent, ...]] = field(default_factory=dict)
    metered: Metered = field(default_factory=Metered)

    @property
    def baseline(self) -> Baseline | None:
        """What events are watched under; None while nothing of them is known."""
        return None if self.plan is None or self.phase == COLLECTING else self.plan.baseline

    @property
    def of_file(self) -> ModelSettings:
        """The settings without what was saved: baselines are fitted under these."""
        return self.settings if self.file is None else self.file

    def watch(self, clock: str) -> Watch:
        """One of the clocks."""
        return {
            QUICK: self.fast, DRIFT: self.drift, LABELS: self.labels, PAIRS: self.pairs,
        }[clock]  # fmt: skip

    def with_watch(self, clock: str, watch: Watch) -> Self:
        """The state with one of the clocks replaced."""
        if clock == QUICK:
            return replace(self, fast=watch)
        if clock == PAIRS:
            return replace(self, pairs=watch)
        return replace(self, drift=watch) if clock == DRIFT else replace(self, labels=watch)


def begin(name: str, file: ModelSettings, saved: Kept) -> ModelState:
    """A model before its first record, under the settings of the file and what was saved."""
    return ModelState(name, in_force(file, saved), file=file, saved=dict(saved))


def renewed(outcomes: Outcomes, closed: int, anchor: tuple[Any, ...] = ()) -> Outcomes:
    """Labels under way, for monitors that begin anew after an instant, from the states `anchor`, ()
    for those at the start: nothing of before comes back."""
    later = {at: profile for at, profile in outcomes.windows.items() if at >= closed}
    return replace(outcomes, windows=later, anchor=anchor, changed=False)


def begin_watch(rung: Rung, closed: int, kept: Mapping[str, Any]) -> Watch:
    """A clock before its first window; `kept` are states of monitors that go on."""
    states = tuple(
        kept[name] if name in kept else monitor.start() for name, monitor in rung.monitors
    )
    size = len(rung.streams)
    return Watch(closed, {}, states, start(size), ("",) * size)
