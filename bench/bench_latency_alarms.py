"""Promise: a p99 that a deploy makes 30 % longer is one incident within three windows and names the
deploy; a year of the same latencies without it is none.

Latencies as a service has them: lognormal with a Pareto tail of index 3.5, a daily cycle of 25 %,
slower weekends, a level that wanders by 5 % over hours, and traffic that is four times as high by
day as by night.  A window is that of the fast clock, on which the monitor lives: here 15 minutes of
6,000 to 24,000 answers, the year 35,040 of them.  They go through the real look of the engine, with
its budget of one alarm in 30 days over all monitors: `tail` beside `metrics` and `volume`, deploys
marked as records of the log mark them.

The regression leaves the median as it is: the slowest twentieth of the answers takes 30 % longer,
and so does p99; in a second form all answers do.  Deploys in which nothing changes come every two
weeks.  Rows are drawn as counts: a window's latencies are drawn, then counted as the engine counts
them.

Services with few requests are those of `bench.sparse_latency`.

    python -m bench.bench_latency_alarms [--quick] [--sparse]
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from bench.sparse_latency import promised
from bench.table import Promise, aligned, promises, verdict_code

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.core.windows import Window
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.deploys import deployed
from vedette.engine.fitting import fit
from vedette.engine.look import look
from vedette.engine.model import WATCHING, ModelState, begin_watch
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outputs import Changed, Output
from vedette.engine.plan import make_plan
from vedette.ingest.source import open_source
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import build
from vedette.profiles.profile import Profile
from vedette.profiles.tails import tails

SEED = 20_270_301
WIDTH = 15 * MINUTE
START = 2_900 * 7 * DAY  # a Thursday
DAYS, QUICK_DAYS = 365, 35
FIRST = 28  # days before the first regression
BRANCHES, QUICK_BRANCHES = 20, 4
LASTS = DAY // WIDTH  # windows that a regression is watched for
WITHIN = 3  # windows
NIGHT, NOON = 6_000, 24_000  # answers of a window
BODY, INDEX = 0.3, 3.5  # of the logarithm's normal part; of the Pareto tail
SLOWEST = 2.73  # times the level: one answer in twenty takes longer
LONGER = 1.3
CALM_DEPLOYS = 14  # days apart
Array = np.ndarray


@dataclass(frozen=True)
class Service:
    """Latencies of a service.  Shapes: `level` float64[T], the logarithm of the median, `rows`
    int64[T] of T windows."""

    level: Array
    rows: Array

    @classmethod
    def of(cls, days: int) -> "Service":
        """Draw what a service is like for so many days."""
        rng = np.random.default_rng([SEED, 0])
        t = np.arange(days * DAY // WIDTH)
        day = 2 * np.pi * t * WIDTH / DAY
        weekend = (t * WIDTH // DAY + 3) % 7 >= 5
        phi, wander = np.exp(-WIDTH / (3 * HOUR)), np.zeros(len(t))
        shocks = 0.05 * np.sqrt(1 - phi * phi) * rng.normal(size=len(t))
        for i in range(1, len(t)):
            wander[i] = phi * wander[i - 1] + shocks[i]
        busy = 0.5 - 0.5 * np.cos(day)
        level = np.log(0.08) + 0.25 * busy - 0.1 * weekend + wander
        return cls(level, (NIGHT + (NOON - NIGHT) * busy).astype(int))

    def seconds(self, at: int, seed: int, form: str = "") -> Array:
        """The latencies of a window; under a regression those of the slowest, or of all."""
        rng = np.random.default_rng([SEED, seed, at])
        n = int(self.rows[at])
        own = np.exp(rng.normal(0, BODY, n) + rng.exponential(1 / INDEX, n))
        if form:
            own[own > (SLOWEST if form == "slowest" else 0.0)] *= LONGER
        found: Array = np.exp(self.level[at]) * own
        return found


def started(baseline: Baseline, settings: ModelSettings) -> ModelState:
    """A model that is watched under a baseline, before its first window."""
    plan = make_plan(settings, baseline, "bench")
    state = ModelState("service", settings, WATCHING, plan)
    return replace(state, fast=begin_watch(plan.fast, START, {}))


def reference(service: Service) -> Baseline:
    """A baseline of two days before."""
    parts = [service.seconds(at, 1) for at in range(0, 2 * DAY // WIDTH, 4)]
    table = pa.table({"latency_s": np.concatenate(parts)})
    return fit(open_source(table), ModelSettings())[0]


def counted(seconds: Array, baseline: Baseline, window: Window) -> Profile:
    rows = pa.record_batch({"latency_s": seconds})
    return replace(build([rows], baseline), window=window, tails=tails([rows], baseline))


def watched(
    state: ModelState, service: Service, baseline: Baseline, first: int, last: int, seed: int,
    form: str = "",
) -> Iterator[tuple[int, ModelState, list[Incident]]]:  # fmt: skip
    """Windows one by one, with the incidents that each opened."""
    for at in range(first, last):
        window = Window(START + at * WIDTH, START + (at + 1) * WIDTH)
        profile = counted(service.seconds(at, seed, form), baseline, window)
        out: list[Output] = []
        assert state.plan is not None
        watch, incidents = look(
            state, state.plan.fast, state.fast, profile, window, window.end, out
        )
        state = replace(state, fast=watch, incidents=incidents)
        opened = [o.incident for o in out if isinstance(o, Changed) and o.event == "opened"]
        yield at, state, opened


def year(
    service: Service, baseline: Baseline, settings: ModelSettings, days: int, branches: set[int]
) -> tuple[list[Incident], dict[int, ModelState], float]:
    """Incidents of the clean stretch, states at some windows, milliseconds a window."""
    state, kept, told = started(baseline, settings), {}, []
    windows, spent = days * DAY // WIDTH, 0.0
    for day in range(days):
        first, began = day * DAY // WIDTH, time.process_time()
        if day % CALM_DEPLOYS == CALM_DEPLOYS - 1:
            state = deployed(state, START + first * WIDTH, f"calm {day}")
        for at, new, opened in watched(state, service, baseline, first, first + LASTS, 2):
            state, told = new, told + opened
            if at + 1 in branches:
                kept[at + 1] = new
        spent += time.process_time() - began
        if day % 30 == 29:
            print(f"day {day + 1} ...", file=sys.stderr)
    return told, kept, 1e3 * spent / windows


@dataclass(frozen=True)
class Regression:
    """What came of a regression: windows to the incident, how many were opened in a day, whether
    the deploy is named, its title."""

    windows: float
    opened: int
    named: bool
    title: str


def regressed(
    state: ModelState, service: Service, baseline: Baseline, at: int, form: str
) -> Regression:
    """Deploy what is slower, and watch for a day."""
    state = deployed(state, START + at * WIDTH, "v2")
    found: list[Incident] = []
    delay = np.inf
    for k, _, opened in watched(state, service, baseline, at, at + LASTS, 2, form):
        if opened and not found:
            delay = k - at + 1
        found += opened
    title = found[0].title if found else ""
    return Regression(float(delay), len(found), title.endswith("since the deploy of v2"), title)


def main() -> int:
    parser = argparse.ArgumentParser(description="Watch simulated latencies for a year.")
    parser.add_argument("--quick", action="store_true", help="five weeks, fewer regressions")
    parser.add_argument("--sparse", action="store_true", help="only services with few requests")
    asked = parser.parse_args()
    found_promises = [] if asked.sparse else busy(asked.quick)
    found_promises += promised(asked.quick)
    print(promises(found_promises))
    return verdict_code(found_promises)


def busy(quick: bool) -> list[Promise]:
    """Print what is told of a service with many requests; and what is promised of it."""
    days, many = (QUICK_DAYS, QUICK_BRANCHES) if quick else (DAYS, BRANCHES)
    service = Service.of(days + 1)
    baseline = reference(service)
    settings = ModelSettings(clocks=ClockSettings("15min", "15min", "1h"))
    rng = np.random.default_rng([SEED, 3])
    branches = np.sort(rng.choice(np.arange(FIRST * LASTS, days * LASTS), many, replace=False))
    told, kept, ms = year(service, baseline, settings, days, set(branches.tolist()))
    rows, every = [], []
    for form in ("slowest", "all"):
        found = [regressed(kept[at], service, baseline, at, form) for at in branches.tolist()]
        every += found
        rows.append([
            f"{form} answers {LONGER - 1:.0%} longer", f"{max(one.windows for one in found):.0f}",
            f"{np.median([one.windows for one in found]):.0f}",
            f"{sum(one.opened == 1 for one in found)} of {many}",
            f"{sum(one.named for one in found)} of {many}",
        ])  # fmt: skip
        print(f"{form}: {found[0].title}")
    print(f"\n{days} days of windows of 15 minutes, {NIGHT} to {NOON} answers in each\n")
    print(aligned(["regression", "windows, at most", "median", "one incident", "named"], rows))
    print(f"\nincidents without a regression: {len(told)}")
    for one in told:
        print(f"  {one.title}")
    print(f"one window: {ms:.1f} ms, drawing and counting its answers included\n")
    late = sum(one.windows > WITHIN for one in every)
    good = sum(one.opened == 1 and one.named for one in every)
    return [
        Promise(f"an incident within {WITHIN} windows", f"{len(every) - late} of {len(every)}",
                late == 0),
        Promise("exactly one, which names the deploy", f"{good} of {len(every)}",
                good == len(every)),
        Promise(f"none in {days} clean days", str(len(told)), not told),
    ]  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
