"""How many events of a window count for an objective, and how many of them went wrong.

Owns: counting rows.  Does not own: readings that say it (`monitors.objectives`), what is made of
the counts.

An event counts for as many as it stands for.  One without a number says nothing of how long things
took: it is not counted, neither as good nor as bad.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core import rows as columns
from vedette.engine.class_shares import as_text
from vedette.profiles.objective import Objective
from vedette.sketches.readings import Readings


def reached(
    batches: Sequence[pa.RecordBatch], objectives: Sequence[Objective]
) -> dict[str, Readings]:
    """Of every objective about rows, the weights of those that count, and of those that went wrong.

    Example:
        >>> rows = pa.record_batch({"latency_s": [0.1, 0.4, None]})
        >>> fast = Objective("fast", 0.99, 1, "latency_s", most=0.3)
        >>> found = reached([rows], [fast])
        >>> found[fast.key].total, found[fast.wrong_key].total
        (2.0, 1.0)
    """
    found: dict[str, Readings] = {}
    for one in objectives if batches else ():
        if one.of:
            continue
        parts = [(*_judged(batch, one), weights_of(batch)) for batch in batches]
        counted = np.concatenate([weights[counts] for counts, _, weights in parts])
        wrong = np.concatenate([weights[counts & bad] for counts, bad, weights in parts])
        if len(counted):
            found[one.key] = Readings.of(counted)
            found[one.wrong_key] = Readings.of(wrong)
    return found


def _judged(batch: pa.RecordBatch, one: Objective) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows count, and which went wrong.  Shapes: bool[rows] both."""
    n, place = batch.num_rows, batch.schema.get_field_index(one.column)
    none = np.zeros(n, np.bool_)
    if one.most is None:
        every = np.ones(n, np.bool_)
        return every, none if place < 0 else _of_classes(batch.column(place), one.classes)
    if place < 0:
        return none, none
    try:
        values = pc.cast(batch.column(place), pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return none, none
    numbers = values.to_numpy(zero_copy_only=False)
    return ~np.isnan(numbers), numbers > one.most


def _of_classes(values: pa.Array, classes: Sequence[str]) -> NDArray[np.bool_]:
    text = as_text(values)
    if classes:
        inside = pc.is_in(text, value_set=pa.array(classes, pa.string()))
    elif text.null_count == len(text):  # of a type that cannot be spelt, or no value at all
        inside = pc.is_valid(values)
    else:
        inside = pc.fill_null(pc.not_equal(text, ""), False)
    found: NDArray[np.bool_] = inside.to_numpy(zero_copy_only=False)
    return found


def weights_of(batch: pa.RecordBatch) -> NDArray[np.float64]:
    """How many events each row stands for."""
    place = batch.schema.get_field_index(columns.WEIGHT)
    if place < 0:
        return np.ones(batch.num_rows)
    weights = pc.fill_null(pc.cast(batch.column(place), pa.float64()), 1.0)
    found: NDArray[np.float64] = weights.to_numpy(zero_copy_only=False)
    return found
