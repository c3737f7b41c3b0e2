"""Counting how columns of some rows go together.

Owns: a row's places, values and directions under a plan, and the running counts.  Does not own: the
plan (`dependence`), the counts (`sketches.pairwise`).  A row is read whatever lies beside it:
everything that is added up is an integer.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NominalBinning
from vedette.profiles.columns import as_codes, column_or_absent
from vedette.profiles.dependence import ALONG, CLIP, PLACES, STEPS, Dependence
from vedette.profiles.numbers import finite
from vedette.profiles.profile import WHOLE
from vedette.sketches.pairwise import Pairwise


class Read(NamedTuple):
    """Rows under a plan.  Shapes: codes int8[n, C], -1 without a value; values int16[n, C];
    projected int64[n, R]."""

    codes: NDArray[np.int8]
    values: NDArray[np.int16]
    projected: NDArray[np.int64]

    @property
    def counts(self) -> Pairwise:
        """Count them."""
        return Pairwise.of(self.codes, self.values, self.projected, PLACES, ALONG)


def counted(batches: Iterable[pa.RecordBatch], baseline: Baseline) -> dict[str, Pairwise]:
    """Count rows under the plan of a baseline; nothing without one, and of no rows."""
    plan = baseline.dependence
    some = () if plan is None else (batch for batch in batches if batch.num_rows)
    found = [read(batch, plan, baseline.binnings).counts for batch in some if plan is not None]
    return {WHOLE: reduce(Pairwise.merge, found)} if found else {}


def read(batch: pa.RecordBatch, plan: Dependence, binnings: Mapping[str, Binning]) -> Read:
    """Find the places of rows.  A column that is absent has no value."""
    parts, shape = plan.parts, (len(plan.columns), batch.num_rows)
    numbers, codes = np.full(shape, np.nan), np.empty(shape, np.int8)
    for at, name in enumerate(plan.columns):
        column, binning = column_or_absent(batch, name), binnings[name]
        if isinstance(binning, NominalBinning):
            codes[at] = named(column, binning, parts["places"][at])
        else:
            numbers[at] = finite(column)
    ordered = parts["ordered"] > 0
    codes[ordered] = placed(numbers[ordered], parts["cuts"][ordered])
    values = standard(numbers, parts["centre"], parts["scale"])
    along = _along(values.T, parts["directions"], parts["steps"])
    return Read(codes.T, values.T, along)


def named(
    column: pa.Array, binning: NominalBinning, places: NDArray[np.integer]
) -> NDArray[np.int8]:
    """The place of every category, -1 without one."""
    look, other = as_codes(column), len(binning.names)
    at = [binning.places.get(value, other) for value in look.dictionary.to_pylist()]
    table = np.full(len(at) + 2, -1, np.int8)  # -1 and -2, missing and broken, pick the two last
    table[: len(at)] = places[at]
    found: NDArray[np.int8] = table[look.codes]
    return found


def placed(numbers: NDArray[np.floating], cuts: NDArray[np.float64]) -> NDArray[np.int8]:
    """The place of every number, -1 without one.

    Shapes: (C, n), (C, cuts) -> (C, n).
    Example:
        >>> placed(np.array([[1.0, 2.0, np.nan]]), np.array([[1.0, 5.0, np.inf]])).tolist()
        [[0, 1, -1]]
    """
    found = np.zeros(numbers.shape, np.int8)
    for at in range(cuts.shape[1]):
        found += numbers > cuts[:, at, None]
    found[np.isnan(numbers)] = -1
    return found


def standard(
    numbers: NDArray[np.float64], centre: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.int16]:
    """Numbers in sixteenths of a standard deviation, clipped; 0 without one.

    Shapes: (C, n), (C,), (C,) -> (C, n).
    Example:
        >>> standard(np.array([[1.0, 2.0, 1e300, np.nan]]), np.ones(1), 2 * np.ones(1)).tolist()
        [[0, 8, 64, 0]]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        z = numbers - centre[:, None]
        z *= (STEPS / scale)[:, None]
    np.clip(z, -CLIP * STEPS, CLIP * STEPS, out=z)
    np.rint(z, out=z)
    z[np.isnan(z)] = 0.0
    return z.astype(np.int16)


def _along(
    values: NDArray[np.int16], directions: NDArray[np.int64], steps: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Every row's place on every direction.  Shapes: (n, C), (R, C), (R, B - 1) -> (n, R)."""
    # Sums of at most 30 whole numbers up to 64: exact in any order.
    sums = np.einsum("rc,nc->rn", directions.astype(np.float32), values.astype(np.float32))
    return placed(sums, steps).astype(np.int64).T
