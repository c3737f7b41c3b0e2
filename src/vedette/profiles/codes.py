"""Which bin each value of a column falls into, as one small number, and what a bin is called.

Owns: the codes of a column under its binning, their number, their words.  Does not own: where bins
lie (`profiles.binning`), what is summed by code (`sketches.joint`, `sketches.losses`).

Ordered columns: 0 is below the reference's range, then the bins, then above it.  Nominal ones: the
names in their order, all others, one that is never used here (unseen, which only whole counts can
tell), and last, for both: no usable value.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.words import number
from vedette.profiles.binning import Binning, NumericBinning
from vedette.profiles.columns import as_codes
from vedette.profiles.numbers import finite


def code_count(binning: Binning) -> int:
    """How many codes a column has, "no usable value" included.

    Example:
        >>> code_count(NumericBinning(np.array([0.0, 1.0, 2.0])))
        5
    """
    places = binning.bins if isinstance(binning, NumericBinning) else len(binning.names) + 2
    return places + 1


def codes_of(column: pa.Array, binning: Binning) -> NDArray[np.intp]:
    """The code of every value.

    Shapes: n values -> intp[n], 0 <= code < `code_count(binning)`.
    Example:
        >>> edges = NumericBinning(np.array([0.0, 1.0, 2.0]))
        >>> codes_of(pa.array([-1.0, 1.0, 1.5, 9.0, None]), edges).tolist()
        [0, 1, 2, 3, 4]
    """
    nothing = code_count(binning) - 1
    if isinstance(binning, NumericBinning):
        values = finite(column)
        return np.where(np.isnan(values), nothing, binning.edges.searchsorted(values))
    read = as_codes(column)
    places = np.full(len(read.dictionary) + 2, nothing)
    places[:-2] = [binning.places.get(v, len(binning.names)) for v in read.dictionary.to_pylist()]
    chosen: NDArray[np.intp] = places[read.codes]
    return chosen


def is_ordered(binning: Binning) -> bool:
    """Whether neighbouring codes lie beside each other, so that they can be joined to a range."""
    return isinstance(binning, NumericBinning)


def range_words(column: str, binning: Binning, low: int, high: int) -> str:
    """Say in words that a column's code lies between two codes, both included.

    Bounds: `low` <= `high`; on a nominal column both are the same.
    Example:
        >>> edges = NumericBinning(np.array([0.0, 1.0, 2.0]))
        >>> [range_words("age", edges, *ends) for ends in ((0, 1), (2, 2), (2, 3), (3, 3), (4, 4))]
        ['age <= 1', '1 < age <= 2', 'age > 1', 'age > 2', 'age has no usable value']
        >>> range_words("age", NumericBinning(np.array([0.0, np.nextafter(1, 0), 1.0])), 2, 2)
        'age = 1'
    """
    last = code_count(binning) - 1
    if low == last:
        return f"{column} has no usable value"
    if not isinstance(binning, NumericBinning):
        if low < len(binning.names):
            return f"{column} = {binning.names[low]}"
        return f"{column} is none of the {len(binning.names)} named categories"
    edges, top = binning.edges, len(binning.edges)
    if low == 0 and high >= top:
        return f"{column} has any value"
    if low == 0:
        return f"{column} <= {_edge(edges[high])}"
    if high >= top:
        return f"{column} > {_edge(edges[low - 1])}"
    if np.nextafter(edges[low - 1], np.inf) >= edges[high]:  # a bin of one value that is frequent
        return f"{column} = {_edge(edges[high])}"
    return f"{_edge(edges[low - 1])} < {column} <= {_edge(edges[high])}"


def _edge(value: float) -> str:
    """An edge in words; the one just beside 0 reads as 0."""
    return number(float(value) if abs(value) > np.finfo(np.float64).tiny else 0.0)
