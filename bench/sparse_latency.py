"""Latencies of services with few requests, and what the monitor `tail` tells of them.

Owns: what such services are like, how soon a lasting change is told, how often nothing is.  Does
not own: the service with many requests (`bench.bench_latency_alarms`).

Requests by the hour: 40 to 60, none from midnight to five; or 400 round the clock.  The level goes
up and down by 30 % with the day, at another hour for each service; answers are lognormal with a
Pareto tail.  In one clean world it also wanders by 5 % over three hours, in one it has weekends, in
one it stays 30 % below for two days of every thirty, undeclared holidays.  Every service is a
segment of one model, its stream with the weight and threshold that `tail` has in a model of ten
columns.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from bench.table import Promise, aligned

from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.core.field import Field
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.engine.fitting import without_columns
from vedette.monitors.monitor import Terms
from vedette.monitors.tail import Tail
from vedette.monitors.tail_state import TailState
from vedette.profiles.metering import Metering
from vedette.profiles.profile import Profile
from vedette.sketches.loglinear import LogLinear

SEED = 20_270_401
START = 2_900 * 7 * DAY  # a Thursday
SWING = float(np.log(1.3))
BODY, INDEX = 0.3, 3.5  # of the logarithm's normal part; of the Pareto tail
WEIGHT, THRESHOLD = 0.13, 216_000.0
FIRST = 28  # days before the first change
ONSETS = (4, 13)  # hours of the day at which a change begins
PATIENCE = 96  # hours
SERVICES, QUICK_SERVICES = 8, 3
DAYS, QUICK_DAYS = 60, 32  # of a clean world
WITHIN, SOON = 60, 24  # hours
AGAIN = 24  # hours in which alarms of one service are one
Array = np.ndarray


@dataclass(frozen=True)
class World:
    """What services are like.  Units: requests an hour by day, at most; `wander` of the logarithm
    over three hours, `weekend` and `holiday` what it is lower by."""

    name: str
    requests: float = 60.0
    sleeps: bool = True
    wander: float = 0.0
    weekend: float = 0.0
    holiday: float = 0.0

    def drawn(self, hours: int, services: int) -> tuple[Array, Array]:
        """The logarithm of the level; requests.  Shapes: [hours, services], [hours]."""
        rng = np.random.default_rng([SEED, *self.name.encode()])
        t = np.arange(hours)
        hour, day = t % 24, t // 24
        peak = 14 + rng.uniform(-2, 2, services)
        level = np.log(0.08) + SWING * np.cos(2 * np.pi * (hour[:, None] - peak) / 24)
        level -= self.weekend * ((day + 3) % 7 >= 5)[:, None]
        level -= self.holiday * (day % 30 // 2 == 8)[:, None]  # days 16 and 17
        phi, x = np.exp(-1 / 3), np.zeros(services)
        for i in range(hours):
            x = phi * x + self.wander * np.sqrt(1 - phi * phi) * rng.normal(size=services)
            level[i] += x
        busy = 5 / 6 + np.cos(2 * np.pi * (hour - 14) / 24) / 6
        return level, self.requests * np.where(self.sleeps & (hour < 5), 0.0, busy)


CHANGES = (
    (World("60 an hour, nights empty"), (1.4, 1.5, 1.8)),
    (World("60 an hour, nights empty, wandering", wander=0.05), (1.4, 1.5, 1.8)),
    (World("400 an hour", 400.0, sleeps=False), (1.3,)),
)
CLEAN = (
    World("60 an hour, nights empty", wander=0.05),
    World("60 an hour, nights empty, weekends", wander=0.05, weekend=0.3),
    World("60 an hour, nights empty, two holidays a month", wander=0.05, holiday=0.3),
    World("400 an hour", 400.0, sleeps=False, wander=0.05),
)


@dataclass(frozen=True)
class Services:
    """Some services of a world under watch."""

    monitor: Tail
    level: Array
    requests: Array

    @classmethod
    def of(cls, world: World, days: int, services: int) -> "Services":
        """Draw what they are like for so many days."""
        names = tuple(f"{at:02d}" for at in range(services))
        baseline = replace(
            without_columns(), schema=Schema((Field("latency_s", "numeric", role="latency"),)),
            segments={"service": names}, metering=Metering(),
        )  # fmt: skip
        streams = Tail.streams_of(baseline)
        terms = Terms(np.full(len(streams), WEIGHT), THRESHOLD, MINUTE)
        return cls(Tail.of(baseline, terms), *world.drawn(days * 24, services))

    def watched(
        self, state: TailState, first: int, last: int, slower: float = 1.0
    ) -> tuple[TailState, list[Array]]:
        """The state after some hours, and which streams alarmed in each."""
        alarms = []
        for at in range(first, last):
            end = START + (at + 1) * HOUR
            rows = self._rows(at, slower)
            profile = replace(Profile.zero("", ""), tails=rows)
            state, look = self.monitor.step(state, profile, Window(end - HOUR, end))
            over = look.evidence * self.monitor.terms.weights >= THRESHOLD
            if over.any():
                state = self.monitor.reset(state, over)
            alarms.append(over)
        return state, alarms

    def _rows(self, at: int, slower: float) -> Mapping[tuple[str, str], LogLinear]:
        rng = np.random.default_rng([SEED, at])
        found = {}
        for own, n in enumerate(rng.poisson(self.requests[at], self.level.shape[1]).tolist()):
            if n:
                log = rng.normal(0, BODY, n) + rng.exponential(1 / INDEX, n) + self.level[at, own]
                found["latency_s", f"service={own:02d}"] = LogLinear.of(slower * np.exp(log))
        return found


def delays(world: World, slower: tuple[float, ...], services: int) -> list[tuple[float, Array]]:
    """For each change the hours until it is told, infinite where it is not in time: of every
    service, from each hour of the day."""
    own = Services.of(world, FIRST + 1 + PATIENCE // 24 + 1, services)
    state, at, told = own.monitor.start(), 0, {by: [] for by in slower}
    for onset in ONSETS:
        begin = FIRST * 24 + onset
        state, _ = own.watched(state, at, begin)
        at = begin
        for by in slower:
            _, alarms = own.watched(state, begin, begin + PATIENCE, by)
            over = np.array(alarms)[:, 1:]  # the first stream is that of all rows, which has none
            told[by] += np.where(over.any(axis=0), over.argmax(axis=0) + 1, np.inf).tolist()
    return [(by, np.array(found)) for by, found in told.items()]


def alarms(world: World, days: int, services: int) -> int:
    """Alarms of services whose latencies are as they always are, those of a day counted once."""
    own = Services.of(world, days, services)
    _, found = own.watched(own.monitor.start(), 0, days * 24)
    told, last = 0, np.full(services + 1, -AGAIN)
    for at, over in enumerate(found):
        told += int((over & (at - last >= AGAIN)).sum())
        last = np.where(over, at, last)
    return told


def promised(quick: bool) -> list[Promise]:
    """Print how soon changes are told and how often nothing is; and what is promised of it."""
    services, days = (QUICK_SERVICES, QUICK_DAYS) if quick else (SERVICES, DAYS)
    changes, clean = (CHANGES[:1], CLEAN[:1]) if quick else (CHANGES, CLEAN)
    rows, kept = [], []
    for world, slower in changes:
        print(f"{world.name} ...", file=sys.stderr)
        for by, found in delays(world, slower, services):
            at = [float(np.quantile(found, q, method="inverted_cdf")) for q in (0.5, 0.9)]
            rows.append([
                world.name, f"x {by}", *(f"{x:.0f}" if np.isfinite(x) else "-" for x in at),
                f"{(found <= SOON).sum()}", f"{(found <= WITHIN).sum()}", f"{len(found)}",
            ])  # fmt: skip
            wanders = world.wander > 0
            kept += [] if wanders else [(world, by, int((found <= WITHIN).sum()), len(found))]
    titles = ["services", "slower", "median, h", "9 of 10", "in a day", f"in {WITHIN} h", "of"]
    print(f"\n{aligned(titles, rows)}\n")
    told = []
    for world in clean:
        print(f"clean: {world.name} ...", file=sys.stderr)
        told.append((world, alarms(world, days, services)))
    months = f"{services * days / 30:.0f}"
    lines = [[world.name, f"{many}", months] for world, many in told]
    print(aligned(["nothing changed", "alarms", "months"], lines), "\n")
    ordinary = sum(many for world, many in told if not world.holiday)
    promises = [
        Promise(f"{world.name}, x {by}: told within {WITHIN} hours, 9 of 10",
                f"{many} of {of}", many >= 0.9 * of)
        for world, by, many, of in kept
    ]  # fmt: skip
    return [
        *promises,
        Promise("few requests: no alarm where nothing changed", f"{ordinary}", ordinary == 0),
    ]
