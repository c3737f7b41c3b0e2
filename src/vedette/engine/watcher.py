"""Watching windows in a process of one's own: a few lines, no server.

Owns: the `Watcher`.  Does not own: the monitors, the budget, incidents: they are those of the
server.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

import pyarrow as pa

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.durations import nanoseconds
from vedette.core.errors import UsageError
from vedette.core.windows import Window
from vedette.engine.batch import derived_batches
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.look import look
from vedette.engine.model import ModelState, begin_watch
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outputs import Changed, Output, Told
from vedette.engine.plan import DRIFT, QUICK, make_plan
from vedette.engine.timed import timed
from vedette.ingest.source import open_source
from vedette.monitors.finding import Finding
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import build
from vedette.profiles.profile import Profile
from vedette.profiles.together import counted
from vedette.profiles.windowed import profile_windows


class Watcher:
    """Looks at one window after another under one budget of false alarms.

    `window` is how long a window is; `budget` alarms are allowed in `period` over all columns,
    segments and monitors; `min_effect` is the smallest change that matters, in reference standard
    deviations.

    Errors: SettingsError for values out of range.
    Example:
        >>> from vedette.engine.api import Baseline
        >>> baseline = Baseline.fit({"x": [float(i % 10) for i in range(2000)]})
        >>> watcher = Watcher(baseline)
        >>> watcher.update({"x": [float(i % 10) for i in range(500)]})
        []
        >>> findings = watcher.update({"x": [None] * 500})
        >>> watcher.incidents[0].title, watcher.incidents[0].severity, watcher.budget_spent
        ('`x` did not arrive: every value is missing, was 0 %', 'critical', 1.0)
    """

    def __init__(
        self,
        baseline: Baseline,
        budget: float = 1.0,
        period: str = "30d",
        min_effect: float = 0.05,
        *,
        window: str = "1h",
        importance: Mapping[str, float] | None = None,
    ) -> None:
        if not isinstance(baseline, Baseline):
            raise UsageError(
                "watcher", "needs a baseline", got=type(baseline).__name__,
                want="what Baseline.fit returns",
            )  # fmt: skip
        settings = ModelSettings(
            budget=budget,
            period=period,
            min_effect=min_effect,
            clocks=ClockSettings(base=window, fast=window, drift=window),
            importance=dict(importance or {}),
            without=("volume",),  # a table says nothing of traffic
        )
        self.baseline, self.settings = baseline, settings
        self._width = nanoseconds(window, "window")
        self._plan = make_plan(settings, baseline, baseline.id)
        self._state = replace(
            ModelState("watcher", settings),
            plan=self._plan,
            fast=begin_watch(self._plan.fast, 0, {}),
            drift=begin_watch(self._plan.drift, 0, {}),
            labels=begin_watch(self._plan.labels, 0, {}),
        )
        self._next = 0
        self._opened: list[int] = []
        self._incidents: dict[str, Incident] = {}
        self.last: list[Finding] = []

    def update(self, data: Any) -> list[Finding]:
        """Look at new rows, or at a profile of them; what stands out.

        A table with the baseline's time column is split into its windows; any other, and a profile,
        is one window.  Findings are those that are alarming or notable, the worst first; all of
        them, calm ones included, are in `last`.
        Errors: UsageError for a window that lies before one already looked at, or a profile of
        another baseline.
        """
        found: list[Finding] = []
        for window, profile in self._windows(data):
            found += self._look(window, profile)
        self.last = sorted(found, key=lambda finding: finding.rank)
        return [f for f in self.last if f.verdict in ("alarming", "notable")]

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents so far, the newest first."""
        return tuple(reversed(self._incidents.values()))

    @property
    def ok(self) -> bool:
        """Whether no incident is open."""
        return not any(is_open(incident) for incident in self._incidents.values())

    @property
    def budget_spent(self) -> float:
        """Incidents opened in the last period, as a share of those it allows."""
        since = self._next - self.settings.period_ns
        return sum(at > since for at in self._opened) / self.settings.budget

    @property
    def evidence(self) -> dict[str, float]:
        """How near to an alarm, by clock: weighted evidence over its threshold."""
        return {
            clock: self._state.watch(clock).total / self._plan.rung(clock).threshold
            for clock in (QUICK, DRIFT)
            if self._plan.rung(clock).monitors
        }

    def _look(self, window: Window, profile: Profile) -> list[Finding]:
        if window.start < self._next:
            raise UsageError(
                "watcher", "windows must come in order, each once",
                got=window.isoformat()[0], hint="late rows belong to a server's log",
            )  # fmt: skip
        out: list[Output] = []
        for clock in (QUICK, DRIFT):
            rung = self._plan.rung(clock)
            if rung.monitors:
                watch = replace(self._state.watch(clock), closed=window.end)
                watch, incidents = look(self._state, rung, watch, profile, window, window.end, out)
                self._state = replace(self._state, incidents=incidents).with_watch(clock, watch)
        self._next = window.end
        for output in out:
            if isinstance(output, Changed):
                if output.event == "opened":
                    self._opened.append(window.end)
                self._incidents[output.incident.id] = output.incident
        return [output.finding for output in out if isinstance(output, Told)]

    def _windows(self, data: Any) -> list[tuple[Window, Profile]]:
        if isinstance(data, Profile):
            if data.binning_id != self.baseline.id:
                raise UsageError("watcher", "the profile was made with another baseline")
            return [self._one(data)]
        source = open_source(data)
        times = self.baseline.schema.with_role("time")
        batches = derived_batches(source, self.baseline)
        if times and times[0].name in source.arrow_schema.names:
            name = times[0].name
            return profile_windows(timed(batches, name), self.baseline, name, self._width)
        parts = map(self._counted, batches)  # one batch after another: memory stays small
        return [self._one(reduce(Profile.merge, parts, build([], self.baseline)))]

    def _counted(self, batch: pa.RecordBatch) -> Profile:
        made = build([batch], self.baseline)
        return replace(made, pairwise=counted([batch], self.baseline))

    def _one(self, profile: Profile) -> tuple[Window, Profile]:
        start = self._next
        if profile.window is not None and profile.window.start >= self._next:
            start = profile.window.start // self._width * self._width
        window = Window(max(start, self._next), max(start, self._next) + self._width)
        return window, replace(profile, window=window)
