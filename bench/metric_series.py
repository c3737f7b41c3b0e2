"""Generated metric series with planted faults, and what a row of alarms is worth on them.

Owns: 2 clocks x 8 kinds of series, 5 kinds of faults, the windows in which a fault counts as found,
F1 by event.  Does not own: detectors.

Hourly series last 8 weeks, those of 5 minutes 3 weeks; the first 3 weeks, or 10 days, are never
judged.  Sizes of faults are in standard deviations of what lies beside the season, except the
season's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOUR = 3_600_000_000_000
CLOCKS = {"1h": (HOUR, 56, 21), "5min": (HOUR // 12, 21, 10)}  # interval, days, days not judged
SHAPES = ("white", "ar", "heavy", "counts", "share", "trend", "multiplicative", "flat")
FAULTS = ("spike", "level", "trend", "season", "missing")
TOLERANCE = 12 * HOUR  # after the end of a fault in which an alarm still belongs to it
MERGED = 5 * HOUR  # alarms as close to one another are one: 3 % of a week
APART = 2.2  # days at least between the faults of a series


@dataclass(frozen=True)
class Fault:
    """A planted fault. Units: places in the series, `end` not included."""

    kind: str
    begin: int
    end: int


@dataclass(frozen=True)
class Series:
    """A series with its faults."""

    name: str
    shape: str
    interval: int
    judged_from: int
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    faults: tuple[Fault, ...]


def make_series(count: int, seed: int) -> list[Series]:
    """Make `count` series: every clock with every shape in turn."""
    kinds = [(clock, shape) for shape in SHAPES for clock in CLOCKS]
    return [
        one_series(*kinds[k % len(kinds)], np.random.default_rng([seed, k])) for k in range(count)
    ]


def one_series(clock: str, shape: str, rng: np.random.Generator, faulty: bool = True) -> Series:
    """Make one series and plant three faults in it, unless it is to stay ordinary."""
    interval, days, warm = CLOCKS[clock]
    per_day = 24 * HOUR // interval
    n = days * per_day
    times = np.arange(n) * interval + 4 * 24 * HOUR  # begins on a Monday
    season = _season(times, rng, weekly=rng.random() < 0.5) if shape != "flat" else np.zeros(n)
    faults = _places(rng, shape, warm * per_day, n, per_day) if faulty else ()
    spread, noise = 1.0, _noise(shape, n, rng)
    pushed = np.zeros(n)
    for fault in faults:
        season, pushed = _planted(fault, season, pushed, per_day, rng)
    values = _composed(shape, season, pushed, noise, spread, days, rng)
    for fault in faults:
        if fault.kind == "missing":
            values[fault.begin : fault.end] = np.nan
    lost = rng.random(n) < 0.003  # single values are lost everywhere
    values[lost] = np.nan
    return Series(f"{clock} {shape}", shape, interval, warm * per_day, times, values, faults)


def _season(
    times: NDArray[np.int64], rng: np.random.Generator, weekly: bool
) -> NDArray[np.float64]:
    """A day of three harmonics, and weekends that are lower by half."""
    phase = 2 * np.pi * (times % (24 * HOUR)) / (24 * HOUR)
    found = np.zeros(len(times))
    for h, size in ((1, 1.0), (2, 0.5), (3, 0.25)):
        found += size * rng.normal() * np.sin(h * phase + rng.uniform(0, 2 * np.pi))
    found *= rng.uniform(1.5, 4.0) / max(found.std(), 1e-9)
    if weekly:  # weekends come and go within hours around midnight
        into = (times + 3 * 24 * HOUR) % (7 * 24 * HOUR) / (24 * HOUR) - 5  # days since Saturday
        hours = np.minimum(np.abs(into), np.minimum(np.abs(into - 2), np.abs(into + 5))) * 24
        inside = np.where((into >= 0) & (into < 2), hours, -hours)
        weekend = 0.5 + 0.5 * np.tanh(inside / 1.5)
        found += weekend * (-0.5 * found - rng.uniform(1.0, 3.0))
    return found


def _noise(shape: str, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Standardised noise of a shape."""
    if shape == "heavy":
        found = rng.standard_t(3, n)
        return found / np.sqrt(3)
    white = rng.normal(size=n)
    if shape == "ar":
        phi = rng.uniform(0.5, 0.9)
        found = np.zeros(n)
        for t in range(1, n):
            found[t] = phi * found[t - 1] + white[t] * np.sqrt(1 - phi * phi)
        return found
    return white


def _places(
    rng: np.random.Generator, shape: str, first: int, n: int, per_day: int
) -> tuple[Fault, ...]:
    """Three faults of different kinds, far enough from one another."""
    known = [kind for kind in FAULTS if kind != "season" or shape != "flat"]
    kinds = rng.permutation(known)[:3]
    room = (n - first) // 3
    hours = per_day / 24
    longest = {"spike": (0.0, 0.0), "level": (6, 36), "trend": (24, 48), "season": (30, 48),
               "missing": (5, 12)}  # fmt: skip
    found = []
    for k, kind in enumerate(kinds):
        length = max(int(rng.uniform(*longest[kind]) * hours), int(rng.integers(1, 4)))
        latest = room - length - int(APART * per_day / 2)
        begin = first + k * room + int(rng.integers(0, max(latest, 1)))
        found.append(Fault(str(kind), begin, begin + length))
    return tuple(found)


def _planted(
    fault: Fault,
    season: NDArray[np.float64],
    pushed: NDArray[np.float64],
    per_day: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    part = slice(fault.begin, fault.end)
    sign = rng.choice([-1.0, 1.0])
    if fault.kind == "spike":
        pushed[part] += sign * rng.uniform(5.0, 10.0)
    elif fault.kind == "level":
        pushed[part] += sign * rng.uniform(2.0, 5.0)
    elif fault.kind == "trend":
        pushed[part] += sign * rng.uniform(3.0, 6.0) * np.linspace(0, 1, fault.end - fault.begin)
    elif fault.kind == "season":
        way = rng.integers(3)
        own = season.copy()
        if way == 2:
            own[part] = np.roll(season, per_day // 4)[part]  # six hours late
        else:
            own[part] = season[part] * (0.2, 2.0)[way]
        season = own
    return season, pushed


def _composed(
    shape: str,
    season: NDArray[np.float64],
    pushed: NDArray[np.float64],
    noise: NDArray[np.float64],
    spread: float,
    days: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Season, fault and noise as values of a shape."""
    n = len(season)
    if shape == "counts":
        mean = rng.uniform(30, 200)
        rate = np.maximum(mean * (1 + 0.08 * season) + np.sqrt(mean) * pushed, 0.5)
        return rng.poisson(rate).astype(np.float64)
    if shape == "share":
        events = np.maximum(rng.uniform(100, 1000) * (1 + 0.2 * np.tanh(season)), 20).astype(int)
        sd = np.sqrt(0.24 / events.mean())
        share = np.clip(0.4 + sd * (0.5 * season + pushed), 0.001, 0.999)
        return rng.binomial(events, share) / events
    values = season + pushed + spread * noise
    if shape == "trend":
        return 50 + values + rng.choice([-1.0, 1.0]) * rng.uniform(2, 8) * np.arange(n) / n
    if shape == "multiplicative":
        level = rng.uniform(50, 500)
        return level * np.exp(0.1 * season) * (1 + 0.05 * (noise + pushed))
    return rng.uniform(-100, 100) + rng.uniform(0.1, 10) * values


def windows(series: Series) -> list[tuple[str, int, int]]:
    """The places in which an alarm belongs to a fault: kind, first, last + 1."""
    after = TOLERANCE // series.interval
    return [(fault.kind, fault.begin, fault.end + after) for fault in series.faults]


def onsets(alarming: NDArray[np.bool_], interval: int) -> list[int]:
    """The places at which alarms begin; what follows within `MERGED` belongs to it."""
    found, last = [], -(10**9)
    for place in np.flatnonzero(alarming).tolist():
        if (place - last) * interval > MERGED:
            found.append(place)
        last = place
    return found


@dataclass(frozen=True)
class Tally:
    """What alarms were worth: faults found and planted by kind, false alarms."""

    found: dict[str, int]
    planted: dict[str, int]
    false: int

    def f1(self, without: tuple[str, ...] = ()) -> float:
        """F1 by event, some kinds of faults left out."""
        kinds = [kind for kind in self.planted if kind not in without]
        hits = sum(self.found[kind] for kind in kinds)
        missed = sum(self.planted[kind] for kind in kinds) - hits
        return 2 * hits / max(2 * hits + self.false + missed, 1)


def tally(all_series: list[Series], alarms: list[NDArray[np.bool_]]) -> Tally:
    """Count; places before `judged_from` do not count. Only where an alarm begins matters: in the
    window of a fault it finds it, outside it is false."""
    found, planted = dict.fromkeys(FAULTS, 0), dict.fromkeys(FAULTS, 0)
    false = 0
    for series, alarming in zip(all_series, alarms, strict=True):
        told = alarming.copy()
        told[: series.judged_from] = False
        begun = onsets(told, series.interval)
        for kind, begin, end in windows(series):
            planted[kind] += 1
            hits = [place for place in begun if begin <= place < end]
            found[kind] += bool(hits)
            begun = [place for place in begun if place not in hits]
        false += len(begun)
    return Tally(found, planted, false)
