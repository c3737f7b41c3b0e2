"""Rows for the domain classifier: choosing and encoding them.

Owns: a spread sample of both tables as matrices.  Does not own: the classifier (`monitors.joint`).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import sklearn.ensemble  # noqa: F401 - only threads of libraries that are loaded can be limited
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from vedette.core.schema import Schema
from vedette.derive.deriver import Deriver
from vedette.engine.batch import deriving, raw_schema
from vedette.ingest.source import Source
from vedette.monitors.joint import ROWS, JointDrift, joint_drift
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NominalBinning
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent


def compare_jointly(reference: Source, current: Source, baseline: Baseline) -> JointDrift:
    """Run the domain classifier on a sample of both sources over the compared columns."""
    names, deriver = list(baseline.columns), deriving(baseline)
    nominal = np.array([isinstance(baseline.binnings[n], NominalBinning) for n in names])
    raw = raw_schema(baseline.schema)
    one, two = (
        encoded(deriver, _sampled(source, raw).to_batches(), baseline, names)
        for source in (reference, current)
    )
    return told_apart(one[:ROWS], two[:ROWS], names, nominal)


def told_apart(
    one: NDArray[np.float64],
    two: NDArray[np.float64],
    names: Sequence[str],
    nominal: NDArray[np.bool_],
) -> JointDrift:
    """Run the domain classifier on encoded rows."""
    # One thread: trees this small gain next to nothing from two, and where other work runs
    # OpenMP's threads wait for one another by spinning: 47 s were measured in the place of 1 s.
    with threadpool_limits(1, user_api="openmp"):
        return joint_drift(one, two, names, nominal)


def encoded(
    deriver: Deriver, batches: Iterable[pa.RecordBatch], baseline: Baseline, names: Sequence[str]
) -> NDArray[np.float64]:
    """Rows as numbers, categories by their place in the baseline, NaN for missing.

    Shapes: float64[n, columns].
    """
    parts = [_encode(deriver.apply(batch), baseline, names) for batch in batches]
    return np.concatenate(parts) if parts else np.empty((0, len(names)))


def _sampled(source: Source, raw: Schema) -> pa.Table:
    arriving = [name for name in source.arrow_schema.names if name in raw]
    return source.sample(ROWS, arriving)


def _encode(batch: pa.RecordBatch, baseline: Baseline, names: Sequence[str]) -> NDArray[np.float64]:
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
