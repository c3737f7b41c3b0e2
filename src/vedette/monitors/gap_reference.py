"""What is known of the gaps between groups, and reading them in a window.

Owns: which groups are watched, for which questions, the gap of the reference and its natural
variation.  Does not own: evidence (`monitors.gap_watch`), fitting (`profiles.gap_variation`).

Two questions: whether a group's rate differs from that of the rest (DISPARITY), and whether it does
so by another amount than in the reference (CHANGE).  Where the reference itself surely shows a gap
the first is answered: what stood before stands, and only the second is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.gap_known import LEAST, Known, known_gaps
from vedette.monitors.monitor import Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.gap_counts import METRICS, Counts, refused_gaps
from vedette.profiles.gap_table import (
    by_set,
    every,
    flat,
    kinds_of,
    labels,
    left_open,
    split,
)
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.profile import Profile
from vedette.stats.fairness.running import next_kinds
from vedette.stats.gap_bets import Sides, gap_batch, matters
from vedette.stats.gap_open import SIDES, SUMS
from vedette.stats.loss_bets import BETS, MAIN, SMALLEST, Batch, Usual
from vedette.stats.season import Season
from vedette.stats.wobble import long_run

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SHARE = "fairness"  # part of the budget
DISPARITY, CHANGE = "disparity", "change"
ERRORS = 1.0  # standard errors of the reference's gap that are forgiven a change of it
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


class Counted(NamedTuple):
    """What a window holds of C series.

    Shapes: (C,) each: `sides` are k of n rows and of the rest, 0 where a series is `refused`;
    `left` (C, 2, 6), what missing labels leave open of them (`stats.gap_open`).
    """

    sides: Sides
    refused: Flags
    left: Array


@dataclass(frozen=True, eq=False)
class GapReference:
    """C series of gaps.

    Shapes: (C,) each: `rows`, `rate` and `other` of the reference, nan where it has none; `gap`
    that is expected, `error` of it, `t2`, `phi` of its unrest, `learnt` whether windows showed it,
    `beta` (C, k) its cycles of `season`; `stood` whether the reference surely has a gap; `changes`
    whether the question is CHANGE; `by_ratio` whether the ratio of rates counts; `selective`
    whether labels came for one decision only; `kind` [N] whose labels were known, as `labels` has
    it.
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
    changes: Flags
    by_ratio: Flags
    selective: Flags
    kind: Counts
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
        """The gaps of a window, of which labels are known of those whose the reference knows."""
        return self.batch(self.told(profile, self.kind).sides, window)

    def batch(self, sides: Sides, window: Window) -> Batch:
        """Counts of a window beside the gaps that are expected."""
        return gap_batch(sides, self.gap + self.cycle(window.start))

    @property
    def labelled(self) -> bool:
        """Whether labels count for any series."""
        return any(METRICS[name].labels for name in self.metrics)

    def labels(self, profile: Profile) -> Counts:
        """Rows of every group by decision, and those with a label; no group where none count.

        Shapes: int64[N, 4], set by set, each with a last one for all of its groups together.
        """
        return labels(profile, self.grouping) if self.labelled else np.zeros((0, 4), np.int64)

    def kinds(self, kind: Counts, since: Counts, profile: Profile) -> tuple[Counts, Counts]:
        """Whose labels are known after one more window, and rows since that was last told.

        Shapes: [N], [N, 4], as `labels` has them.
        """
        parts = (split(part, self.grouping) for part in (kind, since, self.labels(profile)))
        if not len(kind):
            return kind, since
        found = [next_kinds(*own) for own in zip(*parts, strict=True)]
        return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])

    def told(self, profile: Profile, kind: Counts) -> Counted:
        """Read a window once for all series; `kind` says whose labels are known, as `labels` has
        it.

        A series is refused where labels came for one decision only, now or already in the
        reference, and where nobody is left to hold it against.
        """
        sets, metrics, places = self.grouping, self.metrics, self._places
        kinds = by_set(kind if self.labelled else None, sets)
        sides = every(profile, sets, metrics, kinds).take(places)
        fell = [refused_gaps(own, metrics) for own in kinds]
        alone = flat([fall.any(axis=1, keepdims=True) | np.zeros_like(fall) for fall in fell])
        gone = flat(fell)[places] | self.selective | (alone[places] & (sides.other_n == 0))
        left = np.zeros((0, SIDES, SUMS))
        if self.labelled:
            left = left_open(profile, sets, metrics, kinds)[places]
        return Counted(Sides(*(np.where(gone, 0.0, part) for part in sides)), gone, left)

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


def gap_reference(baseline: Baseline, metrics: Mapping[str, float]) -> GapReference:
    """Take gaps from the reference's cubes, and their unrest from its windows.

    `metrics` with their shares of every stream.
    """
    grouping = baseline.grouping
    assert grouping is not None
    names, variation = tuple(metrics), grouping.variation
    kind = kinds_of(baseline.profile, grouping)
    kinds = by_set(kind, grouping)
    table = every(baseline.profile, grouping, names, kinds)
    entries: list[Entry] = []
    gaps: list[Known] = []
    stream, offset = 0, 0
    for groups in grouping.sets:
        told = _told(baseline, groups)
        for metric, part in metrics.items():
            sides = table.take(np.arange(offset, offset + len(groups)))
            found = known_gaps(sides, groups, told, metric, variation)
            for own, (group, known) in enumerate(zip(told, found, strict=True)):
                for question, share in _questions(known):
                    entries.append(
                        Entry(stream + own, groups, group, metric, question, part * share,
                              offset + group)
                    )  # fmt: skip
                    gaps.append(known)
            offset += len(groups)
        stream += len(told)
    asked = [entry.question == CHANGE for entry in entries]
    each = list(zip(gaps, asked, strict=True))
    places = np.array([entry.place for entry in entries], np.intp)
    return GapReference(
        grouping,
        names,
        tuple(entries),
        rows=np.array([one.rows for one in gaps]),
        rate=np.array([one.rate for one in gaps]),
        other=np.array([one.other for one in gaps]),
        gap=np.array([one.gap if change else one.shadow for one, change in each]),
        error=np.array([_finite(one.error) if change else 0.0 for one, change in each]),
        t2=np.array([one.t2 for one in gaps]),
        phi=np.array([one.phi for one in gaps]),
        learnt=np.array([one.learnt for one in gaps], np.bool_),
        beta=np.array([one.beta for one in gaps]).reshape(len(gaps), -1 if gaps else 0),
        stood=np.array([one.stood for one in gaps], np.bool_),
        changes=np.array(asked, np.bool_),
        by_ratio=np.array([METRICS[entry.metric].ratio for entry in entries], np.bool_),
        selective=flat([refused_gaps(own, names) for own in kinds])[places],
        kind=kind if any(METRICS[name].labels for name in names) else kind[:0],
        season=None if variation is None else variation.season,
    )


def _finite(error: float) -> float:
    return error if np.isfinite(error) else 0.0


def _questions(known: Known) -> tuple[tuple[str, float], ...]:
    """What is asked of a gap, and the parts of the evidence; 0 of what is not.

    Both always have their place: a state goes on under a baseline that learnt more.
    """
    if not np.isfinite(known.error):
        return (DISPARITY, 1.0), (CHANGE, 0.0)
    return ((DISPARITY, 0.0), (CHANGE, 1.0)) if known.stood else ((DISPARITY, 0.7), (CHANGE, 0.3))


def _told(baseline: Baseline, groups: Groups) -> list[int]:
    """The named groups of enough rows, beside a rest of enough rows."""
    cube = baseline.profile.cubes.get(groups.key)
    if cube is None:
        return []
    rows = cube.counts[:-1].sum(axis=(1, 2, 3))  # whose group is known
    named = range(len(groups.names))
    return [at for at in named if rows[at] >= LEAST and rows.sum() - rows[at] >= LEAST]
