"""Rows by group of many windows, added up at once.

Owns: the sums of a stretch by step, from what `profiles.codec_sums.cube_parts` read, and over all
of it by bin of the score.  Does not own: which windows, and which of them wait for labels (whoever
asks), figures (`stats.fairness`).

A step needs no class but the one that counts as selected: kept whole, a month of a model of many
classes would not fit into memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.codec_sums import PackedArray, PackedCube
from vedette.profiles.groups import Grouping
from vedette.sketches.cube import Cube
from vedette.stats.fairness.tally import Tally

SLIM = (2, 4, 2)  # selected or not x label (see `_slim`) x with a score or without
Part = tuple[int, bool, PackedCube]  # the step of a window, whether its labels have come, its rows
Shape = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Rows by group of the steps of a stretch.

    Shapes, with S steps and G groups: `counts` int64[S, 2, G, 2, 4, 2], steps by whether the labels
    of their windows have come; `scores` float64[S, 2, G, 2, 2], sums of score and score squared of
    rows with a label and without.  `flipped`: the score is the chance of the class that does not
    count as selected.
    """

    counts: NDArray[np.int64]
    scores: NDArray[np.float64]
    flipped: bool = False

    def tally(self, steps: slice | int = slice(None), *, mature: bool = False) -> Tally:
        """The tally of some steps together; `mature`: only of windows whose labels have come."""
        first = 1 if mature else 0
        chosen = slice(steps, steps + 1) if isinstance(steps, int) else steps
        counts = self.counts[chosen, first:].sum(axis=(0, 1))
        scores = self.scores[chosen, first:].sum(axis=(0, 1))
        return Tally.of(counts, scores, 1, 0 if self.flipped else 1)

    def rows(self) -> NDArray[np.int64]:
        """Rows of every step.  Shapes: int64[S, G]."""
        found: NDArray[np.int64] = self.counts.sum(axis=(1, 3, 4, 5))
        return found


def group_sums(parts: Sequence[Part], grouping: Grouping, steps: int) -> Mapping[str, GroupSums]:
    """Add up the rows by group of windows; those of another shape than the grouping's are left out.

    Shapes: steps 0 <= s < `steps`; cubes without bins of the score (`Cube.unbinned`).
    """
    found = {}
    for one in grouping.sets:
        shape = shape_of(grouping, len(one))
        own = [p for p in parts if p[2].key == one.key and p[2].shape == shape]
        found[one.key] = _stepwise(own, grouping, shape, steps)
    return found


def whole_cube(parts: Sequence[PackedCube], shape: Shape) -> Cube:
    """Add up cubes of one shape over all windows; those of another are left out."""
    own = [part for part in parts if part.shape == shape]
    rows = _joined([part.counts for part in own], "<i8")
    size = int(np.prod(shape))
    # Counts are far below 2**53: adding them up as floats is exact.
    total = np.bincount(_places(own), rows, size).astype(np.int64)
    return Cube(total.reshape(shape), _scores(own, shape).sum(axis=0))


def labels_come(parts: Sequence[PackedCube]) -> NDArray[np.int64]:
    """Rows of every window, and those of them with a label.  Shapes: int64[n, 2]."""
    if not parts:
        return np.zeros((0, 2), np.int64)
    lengths = [len(one.places.data) // 4 for one in parts]
    window = np.repeat(np.arange(len(parts)), lengths)
    Y, K = (np.repeat([one.shape[at] for one in parts], lengths) for at in (2, 3))
    rows = _joined([one.counts for one in parts], "<i8")
    known = _places(parts) // K % Y < Y - 1
    both = [np.bincount(window, rows * part, len(parts)) for part in (1, known)]
    return np.stack(both, axis=1).astype(np.int64)


def shape_of(grouping: Grouping, groups: int, *, binned: bool = False) -> Shape:
    """The shape of the cubes of a set, with bins of the score or without."""
    decisions, labels, bins = grouping.shape
    return groups, decisions, labels + 1, bins if binned else min(bins, 2)


def _stepwise(parts: Sequence[Part], grouping: Grouping, shape: Shape, steps: int) -> GroupSums:
    groups, cubes = shape[0], [one for _, _, one in parts]
    slim, flipped = groups * int(np.prod(SLIM)), grouping.positive == 0
    side = np.array([2 * step + mature for step, mature, _ in parts], np.int64)
    each = np.repeat(side, [len(one.places.data) // 4 for one in cubes])
    place = each * slim + _slim(grouping, shape)[_places(cubes)]
    rows = _joined([one.counts for one in cubes], "<i8")
    counts = np.bincount(place, rows, 2 * steps * slim).astype(np.int64)
    own = _scores(cubes, shape)
    halves = np.stack([own[:, :, :-1].sum(axis=2), own[:, :, -1]], axis=2)
    scores = np.zeros((2 * steps, groups, 2, 2))
    np.add.at(scores, side, halves)
    return GroupSums(
        counts.reshape(steps, 2, groups, *SLIM),
        scores.reshape(steps, 2, groups, 2, 2),
        flipped and grouping.grading.task == "binary",
    )


def _places(parts: Sequence[PackedCube]) -> NDArray[np.int64]:
    return _joined([part.places for part in parts], "<u4")


def _scores(parts: Sequence[PackedCube], shape: Shape) -> NDArray[np.float64]:
    """The sums of scores of every window.  Shapes: float64[n, G, Y + 1, 2]."""
    joined = np.frombuffer(b"".join(part.scores.data for part in parts), "<f8")
    return joined.astype(np.float64).reshape(len(parts), shape[0], shape[2], 2)


def _joined(arrays: Sequence[PackedArray], kind: str) -> NDArray[np.int64]:
    return np.frombuffer(b"".join(one.data for one in arrays), kind).astype(np.int64)


def _slim(grouping: Grouping, shape: Shape) -> NDArray[np.int64]:
    """Where every place of a table goes.

    A decision is the class that counts as selected (1) or another (0); a label that class (1), else
    0 if it is as decided or if the selected class was decided, 2 if neither; 3 where none is known.
    """
    G, D, Y, K = shape
    group, decided, label, score = np.indices((G, D, Y, K), np.int64, sparse=True)
    selected = decided == grouping.positive
    other = np.where(selected | (decided == label), 0, 2)
    known = np.where(label == grouping.positive, 1, other)
    told = np.where(label == Y - 1, 3, known)
    scored = np.where(score == K - 1, 1, 0)
    flat = ((group * SLIM[0] + selected) * SLIM[1] + told) * SLIM[2] + scored
    return np.asarray(flat, np.int64).reshape(-1)
