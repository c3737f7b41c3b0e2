"""Promise: single unusual rows wake nobody, a burst of them is told within minutes.

Minutes of traffic of a model with 25 columns and four segments through the real monitor `outliers`,
its part of the budget and the alarm rule: the fast clock may raise 0.2 alarms a month in all. Rows
are drawn as the counts that scoring gives. Where nothing changes a hundredth of all rows is unlike
the reference on average: independently; with a day (half as much again at noon, half at night) and
weekends; with a wobble of 30 % from hour to hour besides. The reference is four weeks of that, or
three days. Alarms are counted over months; a promise fails where chance alone would count so many
in fewer than one bench of a hundred. Then 5 % of rows more are unlike, all or in one segment of a
tenth of the rows, or twice as many as usual: minutes to the alarm, medians over starts in the day.

    python -m bench.bench_outlier_alarms [--quick]
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import pyarrow as pa
from bench.table import Promise, aligned, promises, verdict_code
from numpy.typing import NDArray
from scipy.stats import poisson

import vedette as vd
from vedette.alerts.alarms import judge, start
from vedette.alerts.budget import FAST, allot
from vedette.core.windows import Window
from vedette.derive.outliers.counted import COLUMN, FAR, LEVELS, UNLIKE
from vedette.derive.outliers.fit import fit_outliers
from vedette.derive.outliers.ordinary import with_ordinary
from vedette.monitors.monitor import Stream, Terms
from vedette.monitors.outliers import Outliers
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.counts import Counts

MINUTE = 60_000_000_000
HOUR, DAY = 60, 1_440  # minutes
MONTH = 30 * DAY
BEGIN = 4 * 7 * DAY * 700  # a midnight, in minutes
PARTS = {"shop=a": 0.5, "shop=b": 0.3, "shop=c": 0.1, "shop=d": 0.1}
EVERY = tuple(PARTS)
COLUMNS = 25
PATIENCE = DAY
SEED = 20_260_801


@dataclass(frozen=True)
class World:
    """How the share of unlike rows moves where nothing changes."""

    name: str
    day: float = 0.0  # amplitude, as a share of the level
    weekend: float = 1.0
    wobble: float = 0.0  # sd of the logarithm, hour by hour, 0.8 from one to the next


WORLDS = (
    World("independent"),
    World("season", 0.5, 0.7),
    World("season and wobble", 0.5, 0.7, 0.3),
)


def rates(world: World, minutes: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The share of unlike rows of every minute."""
    t = np.arange(minutes)
    cycle = 1 + world.day * np.sin(2 * np.pi * t / DAY)
    cycle *= np.where((t // DAY) % 7 >= 5, world.weekend, 1.0)
    hours = np.zeros(minutes // HOUR + 1)
    for h in range(1, len(hours)):
        hours[h] = 0.8 * hours[h - 1] + 0.6 * world.wobble * rng.normal()
    wild = np.exp(hours[t // HOUR] - world.wobble**2 / 2)
    found: NDArray[np.float64] = UNLIKE * cycle * wild
    return found


def profile(n: int, rate: float, more: dict[str, float], rng: np.random.Generator) -> Profile:
    """Counts of n rows, of which a share is unlike the reference, and `more` in some segments."""
    cells, whole = {}, np.zeros(len(LEVELS) + 1, np.int64)
    sizes = rng.multinomial(n, list(PARTS.values()))
    for segment, size in zip(EVERY, sizes.tolist(), strict=True):
        extra = more.get(segment, more.get(WHOLE, 0.0))
        own = min(rate + extra, 1.0)
        # Places: above 0.03, up to 0.03, 0.01, 0.003, 0.001, 0.0001; extra rows are far off.
        far = min(rate * FAR / UNLIKE + 0.5 * extra, 1.0)
        chances = [max(1 - 3 * rate - extra, 0), 2 * rate, own - far, 0, far, 0]
        counts = rng.multinomial(size, np.array(chances) / sum(chances))
        cells[COLUMN, segment] = Cell(size, counts=Counts(counts))
        whole += counts
    cells[COLUMN, WHOLE] = Cell(n, counts=Counts(whole))
    return Profile("", "", n, cells)


def fitted(world: World, hours: int, rows: int, rng: np.random.Generator) -> Baseline:
    """A baseline that knows the ordinary hours of a world."""
    plain = np.random.default_rng(1)
    names = [segment.partition("=")[2] for segment in EVERY]
    table = pa.table({
        "x": plain.normal(size=20_000), "shop": plain.choice(names, 20_000, p=[*PARTS.values()]),
    })  # fmt: skip
    baseline = vd.Baseline.fit(table, segments=["shop"])
    (batch,) = table.combine_chunks().to_batches()
    outliers = fit_outliers(batch, baseline.schema)
    assert outliers is not None
    share = rates(world, hours * HOUR, rng).reshape(hours, HOUR).mean(axis=1)
    seen = [profile(rows, one, {}, rng) for one in share.tolist()]
    order = [f"shop={name}" for name in baseline.segments["shop"]]
    return replace(baseline, outliers=with_ordinary(outliers, order, seen))


def monitor_of(baseline: Baseline) -> Outliers:
    """The monitor with the part of the budget that it has beside rates and volume."""
    own = Outliers.streams_of(baseline)
    beside = [Stream("rates", f"c{i}", share="quality") for i in range(COLUMNS)]
    streams = [*own, *beside, Stream("volume", "", share="service")]
    weights, threshold = allot(streams, MINUTE, MONTH * MINUTE, FAST)
    return Outliers.of(baseline, Terms(weights[: len(own)], threshold, MINUTE))


def alarms(monitor: Outliers, drawn: Iterator[Profile], first: int) -> Iterator[int]:
    """The minutes at which an incident would open."""
    state, held = monitor.start(), start(len(monitor.streams))
    weights, threshold = monitor.terms.weights, monitor.terms.threshold
    for at, one in enumerate(drawn):
        begin = (first + at) * MINUTE
        state, look = monitor.step(state, one, Window(begin, begin + MINUTE))
        held, judged = judge(held, weights, threshold, look.evidence, look.quiet, attach=False)
        if judged.members:
            yield at
        gone = np.zeros(len(monitor.streams), np.bool_)
        gone[[*judged.members, *judged.released]] = True
        state = monitor.reset(state, gone) if gone.any() else state


def drawn(
    world: World, rows: int, minutes: int, more: dict[str, float], rng: np.random.Generator
) -> Iterator[Profile]:
    """Minutes of traffic."""
    for rate in rates(world, minutes, rng).tolist():
        yield profile(int(rng.poisson(rows)), rate, more, rng)


CASES: tuple[tuple[str, World, int, dict[str, float], int | None], ...] = (
    ("5 % more are unlike", WORLDS[0], 100, {WHOLE: 0.05}, 10),
    ("5 % more are unlike", WORLDS[2], 100, {WHOLE: 0.05}, 15),
    ("5 % more are unlike", WORLDS[2], 1_000, {WHOLE: 0.05}, 3),
    ("20 % more in a tenth of the rows", WORLDS[2], 100, {"shop=c": 0.2}, 30),
    ("20 % more in a tenth of the rows", WORLDS[2], 1_000, {"shop=c": 0.2}, 5),
    ("twice as many as usual", WORLDS[0], 1_000, {WHOLE: 0.01}, None),
)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a week a line, three starts")
    is_quick = parser.parse_args().quick
    minutes, starts = (7 * DAY, 3) if is_quick else (2 * MONTH, 15)
    kept, calm, told = list[Promise](), list[tuple[object, ...]](), list[tuple[object, ...]]()
    for world in WORLDS:
        for hours, rows in ((672, 100), (672, 1_000), (72, 100)):
            title = f"{world.name}, {rows} rows a minute, reference of {hours} hours"
            print(f"{title} ...", file=sys.stderr)
            rng = np.random.default_rng([SEED, WORLDS.index(world), hours, rows])
            monitor = monitor_of(fitted(world, hours, 300, rng))
            count = len(list(alarms(monitor, drawn(world, rows, minutes, {}, rng), BEGIN)))
            months = minutes / MONTH
            most = FAST if hours == 672 else 2 * FAST
            calm.append((title, f"{months:.2f}", count, count / months))
            fine = bool(count <= poisson.ppf(0.99, most * months))
            promise = f"{title}: at most {most:g} alarms a month (within Poisson noise)"
            kept.append(Promise(promise, f"{count / months:.2f}", fine))
    for title, world, rows, more, within in CASES:
        print(f"{title}, {world.name}, {rows} ...", file=sys.stderr)
        took = []
        for run in range(starts):
            rng = np.random.default_rng([SEED, run, rows, len(title)])
            monitor = monitor_of(fitted(world, 672, 300, rng))
            some = drawn(world, rows, PATIENCE, more, rng)
            took.append(next(alarms(monitor, some, BEGIN), PATIENCE) + 1)
        middle = median(took)
        told.append((title, world.name, rows, f"{middle:g}", f"{min(took)} to {max(took)}"))
        promise = f"{title}, {world.name}, {rows} rows a minute"
        promise += f": told within {within} minutes" if within else ""
        fine_ = None if within is None else middle <= within
        kept.append(Promise(promise, f"{middle:g} minutes (median of {len(took)})", fine_))
    print(aligned(("nothing changes", "months", "alarms", "a month"), calm), end="\n\n")
    headers = ("what", "traffic", "rows a minute", "median minutes", "range")
    print(aligned(headers, told), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    sys.exit(main())
