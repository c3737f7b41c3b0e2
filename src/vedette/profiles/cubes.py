"""Rows counted by group: one cube for every set of groups, and the numbers beside it.

Owns: reading the decision, label and score of a row beside its group.  Does not own: the groups
(`profiles.groups`), reading predictions (`profiles.graded_rows`), the counts (`sketches.cube`).
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.columns import column_or_absent
from vedette.profiles.graded_rows import Labels, Predictions, read_predictions
from vedette.profiles.groups import Grouping
from vedette.profiles.measures import binned, numbers_of
from vedette.sketches.cube import Cube
from vedette.sketches.measured import Measured


def cubes_of(
    batch: pa.RecordBatch,
    grouping: Grouping,
    labels: Labels | None = None,
    predictions: Predictions | None = None,
) -> dict[str, Cube]:
    """Count the rows of a batch in every set of groups; rows without a decision are left out.

    Shapes: `labels` and `predictions` n of each; without labels none is known.
    Example:
        >>> from vedette.profiles.grading import Grading
        >>> from vedette.profiles.groups import Groups
        >>> grading = Grading("binary", "said", classes=("no", "yes"))
        >>> grouping = Grouping(grading, (Groups(("sex",), (("F",), ("M",))),))
        >>> rows = pa.record_batch({"said": ["yes", "no", "yes"], "sex": ["F", "M", "M"]})
        >>> cubes_of(rows, grouping)["sex"].counts[:2, :, 2, 0].tolist()
        [[0, 1], [1, 1]]
    """
    classes, known, bins = grouping.shape
    said = read_predictions(batch, grouping.grading) if predictions is None else predictions
    if not len(grouping.grading.classes):
        return {}
    usable = np.flatnonzero(said.codes >= 0)
    places, scores = _scored(said, bins)
    label = np.full(len(said.codes), -1, np.intp) if labels is None else labels.codes
    decided, label = said.codes.take(usable), label.take(usable)
    places, scores = places.take(usable), scores.take(usable)
    found = {}
    for one in grouping.sets:
        own, shape = one.codes(batch).take(usable), (len(one), classes, known, bins)
        found[one.key] = Cube.of(own, decided, label, places, scores, shape)
    return found


def measured_of(batch: pa.RecordBatch, grouping: Grouping) -> dict[str, Measured]:
    """Sum the numbers of the rows of a batch in every set of groups."""
    rows = [binned(one, numbers_of(column_or_absent(batch, one.name))) for one in grouping.numbers]
    return {one.key: Measured.of(one.codes(batch), len(one), rows) for one in grouping.sets}


def _scored(said: Predictions, bins: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The bin and the value of the one score of a binary model; none otherwise."""
    n = len(said.codes)
    if bins == 1 or not len(said.places):
        return np.full(n, bins - 1, np.intp), np.zeros(n)
    return np.minimum(said.places[0], bins - 1), np.nan_to_num(said.scores[0])
