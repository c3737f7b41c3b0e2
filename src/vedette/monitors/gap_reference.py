"""What is known of the gaps between groups, and reading them in a window.

Owns: which groups are watched, for which questions, the gap of the reference and its natural
variation.  Does not own: evidence (`monitors.gap_watch`), fitting (`profiles.gap_variation`).

Two questions: whether a group's rate differs from that of the rest (DISPARITY), and whether it does
so by another amount than in the reference (CHANGE).  Where the reference itself surely shows a gap
the first is answered: what stood before stands, and only the second is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.monitor import Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.gap_counts import METRICS, gap_counts, refused_gaps
from vedette.profiles.gap_variation import gap_name
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.loss_variation import BEYOND, COVERED, ENOUGH
from vedette.profiles.profile import Profile
from vedette.stats.fairness.verdict import Limits
from vedette.stats.gap_bets import Sides, gap_batch, matters, surely
from vedette.stats.loss_bets import BETS, MAIN, SMALLEST, Batch, Usual
from vedette.stats.season import Season
from vedette.stats.wobble import long_run

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SHARE = "fairness"  # part of the budget
DISPARITY, CHANGE = "disparity", "change"
LEAST = 30  # rows below which nothing is said of a group
ERRORS = 2.0  # standard errors of the reference's gap that are forgiven a change of it
UNKNOWN, UNKNOWN_PHI = 0.25, 0.8  # unrest not learnt yet: its sd in units of the bets


class Entry(NamedTuple):
    """One series that is bet on: `stream` is its place among the streams, `share` its part there,
    `place` its place among all counts of the sets."""

    stream: int
    groups: Groups
    group: int
    metric: str
    question: str
    share: float
    place: int


@dataclass(frozen=True, eq=False)
class GapReference:
    """C series of gaps.

    Shapes: (C,) each: `rows`, `rate` and `other` of the reference, nan where it has none; `gap`
    that is expected, `error` of it, `t2`, `phi` of its unrest, `learnt` whether windows showed it,
    `beta` (C, k) its cycles of `season`; `stood` whether the reference surely has a gap; `by_ratio`
    whether the ratio of its rates counts; `selective` whether labels came for one decision only.
    """

    grouping: Grouping
    metrics: tuple[str, ...]
    entries: tuple[Entry, ...]
    rows: Array
    rate: Array
    other: Array
    gap: Array
    error: Array
    t2: Array
    phi: Array
    learnt: Flags
    beta: Array
    stood: Flags
    by_ratio: Flags
    selective: Flags
    season: Season | None = None

    def usual(self, terms: Terms) -> Usual:
        """What the bets hold a window against."""
        base = np.where(np.isfinite(self.other), self.other, 0.5)
        up, down = matters(base, terms.limits, self.by_ratio)
        unit = np.minimum(up, down) / BETS[MAIN]
        t2 = np.where(self.learnt, self.t2, (UNKNOWN * unit) ** 2)
        phi = np.where(self.learnt, self.phi, UNKNOWN_PHI)
        scatter = np.nan_to_num(base * (1 - base)) / np.maximum(self.rows, 1)
        least = SMALLEST * np.sqrt(long_run(t2, phi) + scatter)
        return Usual(t2, phi, ERRORS * self.error, np.maximum(unit, least))

    def read(self, profile: Profile, window: Window) -> Batch:
        """The gaps of a window; a series whose labels came for selected rows only has no rows."""
        return self.batch(self.counted(profile), window)

    def batch(self, sides: Sides, window: Window) -> Batch:
        """Counts of a window beside the gaps that are expected."""
        return gap_batch(sides, self.gap + self.cycle(window.start))

    def counted(self, profile: Profile) -> Sides:
        """k of n rows of every series and of the rest.  Shapes: (C,) each."""
        table = _every(profile, self.grouping, self.metrics).take(self._places)
        gone = self.refused(profile)
        return Sides(*(np.where(gone, 0.0, part) for part in table))

    def refused(self, profile: Profile) -> Flags:
        """Which series cannot be told, as labels came for one decision only: now, or already in the
        reference, where a window is too small to show it.  Shapes: (C,)."""
        found: Flags = _refused(profile, self.grouping, self.metrics)[self._places]
        return found | self.selective

    @property
    def _places(self) -> NDArray[np.intp]:
        return np.array([entry.place for entry in self.entries], np.intp)

    def cycle(self, start: int) -> Array:
        """How far the day and the week take each gap off its level."""
        if self.season is None:
            return np.zeros(len(self.gap))
        found: Array = self.beta @ self.season.design(np.array([start]))[0, 1:]
        return found


def streams_of(baseline: Baseline, monitor: str, *, labelled: bool) -> tuple[Stream, ...]:
    """A stream for every named group of enough rows; sets of single columns weigh twice what those
    of two together do.  None without groups, nor without labels where they are needed."""
    grouping = baseline.grouping
    if grouping is None or (labelled and not grouping.labelled):
        return ()
    found = []
    for groups in grouping.sets:
        told = _told(baseline, groups)
        weight = 0.5 ** (len(groups.columns) - 1) / max(len(told), 1)
        found += [Stream(monitor, groups.key, groups.labels[at], SHARE, weight) for at in told]
    return tuple(found)


def gap_reference(
    baseline: Baseline, metrics: tuple[str, ...], parts: Sequence[float], limits: Limits
) -> GapReference:
    """Take gaps from the reference's cubes, and their unrest from its windows.

    `parts` are the metrics' shares of every stream.
    """
    grouping = baseline.grouping
    assert grouping is not None
    table = _every(baseline.profile, grouping, metrics)
    known = grouping.variation
    entries: list[Entry] = []
    rows: list[tuple[float, ...]] = []
    betas: list[Array] = []
    stream, offset = 0, 0
    for groups in grouping.sets:
        told = _told(baseline, groups)
        for group in told:
            for at, metric in enumerate(metrics):
                place = offset + at * len(groups) + group
                found = _learnt(grouping, table, place, metric, groups.labels[group])
                stood = surely(found.gap, found.error, len(told))
                for question, part in _questions(found, stood):
                    entries.append(
                        Entry(stream, groups, group, metric, question, parts[at] * part, place)
                    )
                    rows.append(found.row(question, stood))
                    betas.append(found.beta)
            stream += 1
        offset += len(metrics) * len(groups)
    (size, rate, other, gap, error, t2, phi, learnt, before) = (
        np.array(rows, np.float64).reshape(len(rows), 9).T
    )
    beta = np.array(betas).reshape(len(rows), 0 if known is None else known.beta.shape[2])
    by_ratio = np.array([METRICS[entry.metric].ratio for entry in entries], np.bool_)
    places = [entry.place for entry in entries]
    selective = _refused(baseline.profile, grouping, metrics)[places]
    return GapReference(
        grouping, metrics, tuple(entries), size, rate, other, gap, error, t2, phi, learnt > 0,
        beta, before > 0, by_ratio, selective, None if known is None else known.season,
    )  # fmt: skip


class _Learnt(NamedTuple):
    """What the reference says of one gap."""

    rows: float
    rate: float
    other: float
    gap: float
    error: float
    t2: float
    phi: float
    learnt: bool
    beta: Array

    def row(self, question: str, stood: bool) -> tuple[float, ...]:
        gap, error = (self.gap, self.error) if question == CHANGE else (0.0, 0.0)
        return (self.rows, self.rate, self.other, gap, error, self.t2, self.phi,
                float(self.learnt), float(stood))  # fmt: skip


def _questions(found: _Learnt, stood: bool) -> tuple[tuple[str, float], ...]:
    """What is asked of a gap, and the parts of the evidence."""
    if not np.isfinite(found.error):
        return ((DISPARITY, 1.0),)
    return ((CHANGE, 1.0),) if stood else ((DISPARITY, 0.7), (CHANGE, 0.3))


def _learnt(grouping: Grouping, table: Sides, place: int, metric: str, label: str) -> _Learnt:
    k, n, other_k, other_n = (float(part[place]) for part in table)
    known, nan = grouping.variation, float("nan")
    beta = np.zeros(0 if known is None else known.beta.shape[2])
    if n < LEAST or other_n < LEAST:
        return _Learnt(n, nan, nan, 0.0, np.inf, 0.0, 0.0, False, beta)
    rate, other = k / n, other_k / other_n
    one = gap_batch(table.take(np.array([place])), np.zeros(1))
    error = float(np.sqrt(one.variance[0] / n)) if one.n[0] else 1 / n
    at = -1 if known is None else known.at(gap_name(metric, label))
    if known is None or at < 0 or not np.isfinite(known.mean[at, BEYOND]):
        return _Learnt(n, rate, other, rate - other, error, 0.0, 0.0, False, beta)
    gap, error = float(known.mean[at, BEYOND]), float(known.error[at, BEYOND])
    if known.rows[at] < COVERED * n:  # its windows showed too few of the rows to know their level
        gap = rate - other
    return _Learnt(
        n, rate, other, gap, error, float(known.t2[at, BEYOND]), float(known.phi[at, BEYOND]),
        bool(known.used[at] >= ENOUGH), known.beta[at, BEYOND],
    )  # fmt: skip


def _told(baseline: Baseline, groups: Groups) -> list[int]:
    """The named groups of enough rows, beside a rest of enough rows."""
    cube = baseline.profile.cubes.get(groups.key)
    if cube is None:
        return []
    rows = cube.counts.sum(axis=(1, 2, 3))
    named = range(len(groups.names))
    return [at for at in named if rows[at] >= LEAST and rows.sum() - rows[at] >= LEAST]


def _every(profile: Profile, grouping: Grouping, metrics: Sequence[str]) -> Sides:
    """All counts of all sets, one behind the other: sets, metrics, groups."""
    parts: list[list[Array]] = [[], [], [], []]
    for groups in grouping.sets:
        cube = profile.cubes.get(groups.key)
        counts = gap_counts(cube, groups, grouping.positive, metrics)
        for kept, part in zip(parts, counts, strict=True):
            kept.append(part.ravel())
    return Sides(*(np.concatenate(kept) if kept else np.zeros(0) for kept in parts))


def _refused(profile: Profile, grouping: Grouping, metrics: Sequence[str]) -> Flags:
    """What cannot be told, in the order of `_every`."""
    parts = [
        refused_gaps(profile.cubes.get(one.key), one, grouping.positive, metrics).ravel()
        for one in grouping.sets
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.bool_)
