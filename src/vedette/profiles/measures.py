"""Numbers of a row that are compared between groups: a score, an error, a latency.

Owns: which bins a number has, reading a column as a number.  Does not own: sums by group
(`sketches.measured`), the groups (`profiles.groups`), figures (`stats.fairness`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.classes import is_truth
from vedette.profiles.columns import as_codes
from vedette.profiles.numbers import are_numbers, finite
from vedette.sketches.measured import Binned

BINS = 200  # of a number: quantiles are told to half a point of a hundred


@dataclass(frozen=True, eq=False)
class Measure:
    """A number of every row that is compared between groups.

    Shapes: `edges` float64[K - 1], a bin holds its lower edge.  Units: `centre` is subtracted
    before squares are summed, in the number's own unit; `share` says that it is yes or no, so that
    its mean is a rate.
    """

    name: str
    edges: NDArray[np.float64]
    centre: float = 0.0
    share: bool = False


def fit_measure(name: str, values: NDArray[np.float64], share: bool = False) -> Measure:
    """Choose bins for a number at order statistics of a sample; a value that many rows hold, or any
    of few values, is alone in its bin.

    Shapes: n values, NaN none.
    Example:
        >>> fit_measure("stars", np.array([1.0, 2.0, 2.0, np.nan])).edges.round(9).tolist()
        [1.0, 1.0, 2.0, 2.0]
    """
    known = np.sort(values[np.isfinite(values)]) + 0.0
    if not len(known):
        return Measure(name, np.zeros(0), 0.0, share)
    different = np.unique(known)
    if len(different) > BINS // 2:
        cuts = np.append(known[np.arange(BINS) * len(known) // BINS], known[-1])
        different, times = np.unique(cuts, return_counts=True)
        heavy = np.append(different[times > 1], known[-1:])
    else:
        heavy = different
    edges = np.unique(np.append(different, np.nextafter(heavy, np.inf)))
    return Measure(name, edges, float(known.mean()), share)


def binned(measure: Measure, values: NDArray[np.float64]) -> Binned:
    """Bin the values of a batch.  Shapes: n values, NaN none."""
    known = np.flatnonzero(np.isfinite(values))
    own = values[known]
    bins = measure.edges.searchsorted(own, side="right")
    return Binned(known, bins, own - measure.centre, len(measure.edges) + 1)


def is_numeric(column: pa.Array) -> bool:
    """Whether a column holds numbers, or Arrow's own yes and no."""
    return bool(pa.types.is_boolean(column.type)) or are_numbers(column)


def numbers_of(column: pa.Array) -> NDArray[np.float64]:
    """The numbers of a column; yes and no are 1 and 0, all else is NaN.

    Example:
        >>> numbers_of(pa.array(["yes", "no", None, "maybe"])).tolist()
        [1.0, 0.0, nan, nan]
    """
    if is_numeric(column):
        return finite(column)
    read = as_codes(column)
    told = [is_truth(text) if text is not None else None for text in read.dictionary.to_pylist()]
    table = np.array([np.nan if one is None else float(one) for one in told] + [np.nan] * 2)
    values: NDArray[np.float64] = table[read.codes]
    return values


def is_share(column: pa.Array) -> bool:
    """Whether a column says yes or no.

    Example:
        >>> is_share(pa.array([0, 1, None])), is_share(pa.array([0, 2]))
        (True, False)
    """
    if pa.types.is_boolean(column.type) or not are_numbers(column):
        return True
    values = finite(column)
    return set(np.unique(values[np.isfinite(values)]).tolist()) <= {0.0, 1.0}
