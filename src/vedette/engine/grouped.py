"""Rows of a model counted by group: as they are served, and what their labels change.

Owns: the cubes that a batch adds to its windows.  Does not own: counting (`profiles.cubes`),
grading (`engine.grade`), which groups there are (`engine.group_fit`), which windows
(`engine.outcomes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.engine.joining import BEFORE, LABEL
from vedette.profiles.baseline import Baseline
from vedette.profiles.cubes import cubes_of, measured_of
from vedette.profiles.graded_rows import Labels, read_labels
from vedette.profiles.groups import Grouping
from vedette.sketches.cube import Cube
from vedette.sketches.measured import Measured

Cubes = Mapping[str, Cube]
Numbers = Mapping[str, Measured]


def served(baseline: Baseline, batches: Sequence[pa.RecordBatch]) -> Cubes:
    """Rows that were just served, none with a label; nothing where no groups are told apart."""
    total: Cubes = {}
    if baseline.grouping is None:
        return total
    for batch in batches:
        total = together(total, cubes_of(batch, baseline.grouping))
    return total


def measured(baseline: Baseline, batches: Sequence[pa.RecordBatch]) -> Numbers:
    """What the numbers that are compared between groups are like; nothing where there are none."""
    total: dict[str, Measured] = {}
    grouping = baseline.grouping
    if grouping is None or not grouping.numbers:
        return total
    for batch in batches:
        for key, sums in measured_of(batch, grouping).items():
            total[key] = total[key].merge(sums) if key in total else sums
    return total


def changed(
    grouping: Grouping, rows: pa.RecordBatch, starts: NDArray[np.int64]
) -> dict[int, Cubes]:
    """What labels change, by window: their rows go from "none known", or from what was said before,
    to the label.

    Shapes: n rows as `engine.joining` gives them; `starts` int64[n] of the windows they lie in.
    """
    made: dict[int, Cubes] = {}
    for column, sign in ((LABEL, 1), (BEFORE, -1)):
        there = rows.column(column).is_valid()
        if not pc.any(there).as_py():
            continue
        own, at = rows.filter(there), starts[there.to_numpy(zero_copy_only=False)]
        labels = read_labels(own.column(column), grouping.grading)
        known = np.flatnonzero(labels.codes >= 0)
        for start in np.unique(at[known]).tolist():
            chosen = known[at[known] == start]
            cubes = cubes_of(own.take(pa.array(chosen)), grouping, _taken(labels, chosen))
            moved = {key: one.merge(one.unlabelled().negated()) for key, one in cubes.items()}
            if sign < 0:
                moved = {key: one.negated() for key, one in moved.items()}
            made[start] = together(made.get(start, {}), moved)
    return made


def _taken(labels: Labels, which: NDArray[np.intp]) -> Labels:
    """The labels of some rows."""
    return replace(
        labels, usable=labels.usable[which], codes=labels.codes[which],
        numbers=labels.numbers[which] if len(labels.numbers) else labels.numbers,
    )  # fmt: skip


def together(one: Cubes, two: Cubes) -> dict[str, Cube]:
    """The cubes of both."""
    total = dict(one)
    for key, cube in two.items():
        total[key] = total[key].merge(cube) if key in total else cube
    return total
