"""Rows of the models behind the bench of pages: a wide one, and small ones that differ in fate.

Owns: what their events look like hour by hour, and the changes planted into them.  Does not own:
stepping them (`crowd`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from bench.load import HOUR

DAY = 24 * HOUR
# Midnight, far off: a server takes its clock from the newest state it finds when that is ahead of
# the machine's, so that a folder made once is as fresh on any later day.
END = 4_102_444_800 * 10**9
WIDE, PER_HOUR = "wide", 300
NUMERIC, NOMINAL, SMALL_NUMERIC = 157, 40, 4  # with segment, prediction and score: 200
REGIONS = ("north", "south", "east", "west")


@dataclass(frozen=True)
class Change:
    """A change of some columns from one hour on to another.  Units: hours before the end."""

    begin: int
    end: int
    columns: tuple[str, ...]
    shift: float = 0.0
    missing: float = 0.0
    region: str = ""

    def holds(self, before: int) -> bool:
        """Whether it is under way so many hours before the end."""
        return self.begin >= before > self.end


@dataclass
class Traffic:
    """One model's events: values that wobble and follow the day, 1 % of them missing.

    Units: `begins` and `ends` hours before the end, of its first and last event.
    """

    name: str
    rng: np.random.Generator
    numeric: int
    nominal: int
    rows: int
    begins: int
    ends: int = 0
    changes: tuple[Change, ...] = ()
    versions: Mapping[int, str] = field(default_factory=lambda: {10**6: "1"})  # from hour on
    off: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        size, rng = self.numeric, self.rng
        self.off = rng.normal(size=size)
        self.swing, self.phase = rng.uniform(0, 0.3, size), rng.uniform(0, 2 * np.pi, size)
        self.scale, self.place = rng.lognormal(1, 2, size), rng.normal(0, 50, size)
        self.shares = [rng.dirichlet(np.full(3 + k % 9, 3.0)) for k in range(self.nominal)]

    def serves(self, before: int) -> bool:
        """Whether it has events so many hours before the end."""
        return self.begins >= before > self.ends

    def moved(self, before: int) -> None:
        """Let an hour pass: the wobble moves on."""
        self.off = 0.8 * self.off + 0.6 * self.rng.normal(size=self.numeric)

    def batch(self, start: int, end: int) -> pa.RecordBatch:
        """Events served in a stretch of time within one hour."""
        rng, before = self.rng, -(-(END - start) // HOUR)
        hour = start / HOUR
        mean = self.rows * (end - start) / HOUR * (1 + 0.5 * np.sin(2 * np.pi * hour / 24))
        n = max(int(rng.poisson(mean)), 1)
        off = 0.05 * self.off + self.swing * np.sin(2 * np.pi * hour / 24 + self.phase)
        version = self.versions[min(at for at in self.versions if at >= before)]
        regions = rng.integers(0, len(REGIONS), n)
        values = rng.normal(off, 1.0, (n, self.numeric))
        gone = rng.random((n, self.numeric)) < 0.01
        for change in (c for c in self.changes if c.holds(before)):
            at = [int(name[1:]) for name in change.columns]
            hit = np.ones(n, bool)
            if change.region:
                hit = regions == REGIONS.index(change.region)
            values[np.ix_(hit, at)] += change.shift
            gone[np.ix_(hit, at)] |= rng.random((int(hit.sum()), len(at))) < change.missing
        values = self.place + self.scale * values
        columns: dict[str, object] = {
            "_id": [f"{start:x}-{k:x}" for k in range(n)],
            "_time": pa.array(np.sort(rng.integers(start, end, n)), pa.timestamp("ns", "UTC")),
            "_version": pa.array([version] * n),
            "_weight": np.ones(n),
        }
        for j in range(self.numeric):
            columns[f"x{j:03d}"] = pa.array(values[:, j], mask=gone[:, j])
        for j, share in enumerate(self.shares):
            words = np.array([f"kind {k}" for k in range(len(share))])
            columns[f"k{j:03d}"] = pa.array(words[rng.choice(len(share), n, p=share)])
        score = 1 / (1 + np.exp(-values[:, 0] / self.scale[0]))
        columns["region"] = pa.array(np.array(REGIONS)[regions])
        columns["prediction"] = pa.array(np.where(score > 0.5, "yes", "no"))
        columns["score"] = pa.array(score)
        columns["latency_s"] = pa.array(rng.lognormal(-3, 0.5, n))
        return pa.record_batch(columns)


def wide(days: int) -> Traffic:
    """The model of 200 columns: two changes and two deploys."""
    hours = 24 * days
    return Traffic(
        WIDE, np.random.default_rng(1), NUMERIC, NOMINAL, PER_HOUR, hours,
        changes=(
            Change(hours * 3 // 5, hours * 3 // 5 - 30, ("x003", "x017"), 1.0, region="north"),
            Change(20, 0, tuple(f"x{j:03d}" for j in range(40, 48)), 0.8, missing=0.05),
        ),
        versions={hours: "2026.1", hours * 3 // 5 + 6: "2026.2", 21: "2026.3"},
    )  # fmt: skip


def small(days: int) -> list[tuple[Traffic, int]]:
    """A model of every fate, and how many of a thousand share it."""
    hours, last = 24 * days, 40

    def one(name: str, **given: object) -> Traffic:
        kept: dict[str, object] = {"rows": 60, "begins": hours, **given}
        rng = np.random.default_rng(len(name))
        return Traffic(f"{name}-0000", rng, SMALL_NUMERIC, 2, **kept)  # type: ignore[arg-type]

    def change(begin: int, end: int) -> tuple[Change, ...]:
        return (Change(begin, end, ("x001", "x002"), 1.0),)

    return [
        (one("alarming", changes=change(last, 0)), 20),
        (one("silent", ends=last), 10),
        (one("recovered", changes=change(hours * 2 // 3, hours * 2 // 3 - 20)), 100),
        (one("learning", begins=20), 50),
        (one("collecting", begins=1, rows=40), 20),
        (one("calm"), 799),
    ]
