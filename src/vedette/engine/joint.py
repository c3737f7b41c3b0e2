"""Rows for the domain classifier: choosing and encoding them.

Owns: a spread sample of both tables as matrices.  Does not own: the classifier (`monitors.joint`).
"""

import numpy as np
import pyarrow as pa
import sklearn.ensemble  # noqa: F401 - only threads of libraries that are loaded can be limited
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from vedette.engine.batch import deriving, raw_schema
from vedette.ingest.source import Source
from vedette.monitors.joint import ROWS, JointDrift, joint_drift
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NominalBinning
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent


def compare_jointly(reference: Source, current: Source, baseline: Baseline) -> JointDrift:
    """Run the domain classifier on a sample of both sources over the compared columns."""
    names = list(baseline.columns)
    nominal = np.array([isinstance(baseline.binnings[n], NominalBinning) for n in names])
    one, two = (_matrix(source, baseline, names) for source in (reference, current))
    # One thread: trees this small gain next to nothing from two, and where other work runs
    # OpenMP's threads wait for one another by spinning: 47 s were measured in the place of 1 s.
    with threadpool_limits(1, user_api="openmp"):
        return joint_drift(one, two, names, nominal)


def _matrix(source: Source, baseline: Baseline, names: list[str]) -> NDArray[np.float64]:
    raw, deriver = raw_schema(baseline.schema), deriving(baseline)
    arriving = [name for name in source.arrow_schema.names if name in raw]
    table = source.sample(ROWS, arriving)
    parts = [_encode(deriver.apply(batch), baseline, names) for batch in table.to_batches()]
    return np.concatenate(parts)[:ROWS] if parts else np.empty((0, len(names)))


def _encode(batch: pa.RecordBatch, baseline: Baseline, names: list[str]) -> NDArray[np.float64]:
    matrix = np.full((batch.num_rows, len(names)), np.nan)
    for j, name in enumerate(names):
        binning = baseline.binnings[name]
        column = column_or_absent(batch, name)
        if isinstance(binning, NominalBinning):
            read = as_codes(column)
            other = len(binning.names)
            places = [float(binning.places.get(v, other)) for v in read.dictionary.to_pylist()]
            matrix[:, j] = np.array([*places, np.nan, np.nan])[read.codes]
        else:
            numbers = as_numbers(column)
            values = numbers.values.astype(np.float64)
            keep = np.isfinite(values) & (np.abs(values) < 1e300)
            if numbers.usable is not None:
                keep &= numbers.usable
            matrix[keep, j] = values[keep]
    return matrix
