"""Labels as numbers: the place of the class, or the loss.

Owns: what an auditor learns from a labelled row.  Does not own: learning it
(`derive.expected.fit`).
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.derive.expected.aims import class_places
from vedette.derive.expected.places import numbers, whole
from vedette.profiles.grading import Grading

Array = NDArray[np.float64]


def target(rows: pa.Table, labels: pa.Array, grading: Grading) -> Array:
    """What is known of each row.

    Shapes: float64[n, 1], the place of the class; of a regression float64[n, 3], absolute error,
    squared error and loss; of a ranking float64[n, 1], the loss.  NaN where there is no label.
    """
    if grading.task == "regression":
        said = numbers(whole(rows, grading.prediction or ""))
        error = np.abs(said - numbers(labels))
        error[~np.isfinite(error)] = np.nan
        return np.column_stack([error, error**2, np.minimum(error / grading.scale, 1.0)])
    if grading.task == "ranking":
        return _ranking(rows, labels, grading)[:, None]
    return class_places(labels, grading.classes)[:, None]


def _ranking(rows: pa.Table, labels: pa.Array, grading: Grading) -> Array:
    """1 - NDCG of each list (Jaervelin & Kekaelaeinen 2002), gains as they are."""
    name = grading.scores[0] if grading.scores else None
    shown = whole(rows, name).to_pylist() if name else [None] * len(labels)
    return np.array(
        [_missed(gains, scores) for gains, scores in zip(labels.to_pylist(), shown, strict=True)]
    )


def _missed(gains: list[float | None] | None, scores: list[float | None] | None) -> float:
    gain = np.array(gains or [], np.float64)  # None becomes NaN
    if not gain.max(initial=-np.inf) > 0:
        return float("nan")
    weight = 1 / np.log2(np.arange(2, len(gain) + 2))
    best = float((np.sort(gain)[::-1] * weight).sum())
    if scores is None:
        return 1 - float((gain * weight).sum()) / best
    if len(scores) != len(gain) or None in scores:
        return float("nan")
    order = np.argsort(-np.array(scores, np.float64), kind="stable")
    return 1 - float((gain[order] * weight).sum()) / best
