"""Quantiles of a training sample, by which a transformation of its values is recognised.

Owns: which are taken, of which rows.  Does not own: the value (`training`), what they are compared
with (`stats.transformed`).
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NumericBinning
from vedette.profiles.build import segment_rows
from vedette.profiles.columns import as_numbers
from vedette.profiles.profile import WHOLE
from vedette.profiles.training import Quantiles

POINTS, OF_SEGMENT = 129, 33  # quantiles kept of a column, and of it in a segment
FEWEST = 50  # values that quantiles are taken of


def quantiles_of(sample: pa.RecordBatch, baseline: Baseline, columns: Sequence[str]) -> Quantiles:
    """Quantiles of ordered columns, over all rows and in the baseline's segments.

    Shapes: `sample` holds rows with derived columns; those of fewer than FEWEST values are left
    out.
    """
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    segments = segment_rows(sample, baseline.segments)
    for name in columns:
        at = sample.schema.get_field_index(name)
        if at < 0 or not isinstance(baseline.binnings[name], NumericBinning):
            continue
        read = as_numbers(sample.column(at))
        values = read.values.astype(np.float64)
        usable = np.isfinite(values) & (True if read.usable is None else read.usable)
        parts = {WHOLE: np.flatnonzero(usable)}
        parts |= {segment: rows[usable[rows]] for segment, rows in segments.items()}
        for segment, rows in parts.items():
            if len(rows) >= FEWEST:
                points = POINTS if segment == WHOLE else OF_SEGMENT
                found[name, segment] = np.quantile(values[rows], np.linspace(0, 1, points))
    return found
