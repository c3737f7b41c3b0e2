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
from vedette.engine.live import ModelSettings
from vedette.engine.plan import QUICK, Plan, Rung
from vedette.engine.saved import Kept, Saved, in_force
from vedette.profiles.profile import Profile

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
    parts: tuple[float, ...] = ()  # of it, by monitor


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

    @property
    def of_file(self) -> ModelSettings:
        """The settings without what was saved: baselines are fitted under these."""
        return self.settings if self.file is None else self.file

    def watch(self, clock: str) -> Watch:
        """One of the two clocks."""
        return self.fast if clock == QUICK else self.drift

    def with_watch(self, clock: str, watch: Watch) -> Self:
        """The state with one of the two clocks replaced."""
        return replace(self, fast=watch) if clock == QUICK else replace(self, drift=watch)


def begin(name: str, file: ModelSettings, saved: Kept) -> ModelState:
    """A model before its first record, under the settings of the file and what was saved."""
    return ModelState(name, in_force(file, saved), file=file, saved=dict(saved))


def begin_watch(rung: Rung, closed: int, kept: Mapping[str, Any]) -> Watch:
    """A clock before its first window; `kept` are states of monitors that go on."""
    states = tuple(
        kept[name] if name in kept else monitor.start() for name, monitor in rung.monitors
    )
    size = len(rung.streams)
    return Watch(closed, {}, states, start(size), ("",) * size)
