"""How unusual it is for a column to set a row apart from its nearest like.

Owns: for each column, how much of the distance it is worth in ordinary rows.  Does not own: the
distance (`derive.outliers.nearest`), single values (`derive.outliers.surprise`).

A value may be ordinary by itself and wrong beside the others: then its column is what separates the
row from the reference's nearest one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vedette.derive.outliers.encode import Encoding
from vedette.derive.outliers.nearest import Neighbours
from vedette.derive.outliers.read import Rows

Array = NDArray[np.float64]
STEPS = 14  # chances that are told apart: 1 in 2, 4, 8 ... 16,384


@dataclass(frozen=True, eq=False)
class Together:
    """What ordinary columns are worth.

    Shapes: `terms` float64[columns, STEPS], the squared difference that an ordinary row exceeds
    with a chance of 1/2, 1/4 ...; `rows` int64[1] that it was learnt from.
    """

    terms: Array
    rows: NDArray[np.int64]

    def of_terms(self, terms: Array) -> Array:
        """The surprise of each column's part in a distance.

        Shapes: float64[columns, n].  Units: nats.
        """
        most = np.log(float(self.rows[0]) + 1)
        found = np.zeros(terms.shape)
        for step in range(STEPS):
            level = self.terms[:, step : step + 1]
            found += np.where(terms > level, np.log(2.0), 0.0)
        last = np.maximum(self.terms[:, -1:], 1e-9)
        further = np.log1p(np.maximum(terms / last - 1, 0.0)) / 2
        return np.asarray(np.minimum(found, most) + np.where(terms > last, further, 0.0))

    @classmethod
    def fit(cls, terms: Array) -> Self:
        """Learn from rows that are none of the reference's sampled ones."""
        chances = 1 - 0.5 ** np.arange(1, STEPS + 1)
        levels = np.quantile(terms, chances, axis=1, method="higher").T
        return cls(np.ascontiguousarray(levels), np.array([terms.shape[1]], np.int64))

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        return {"together.terms": self.terms, "together.rows": self.rows}

    @classmethod
    def of(cls, parts: Mapping[str, NDArray[Any]]) -> Self:
        """Read what `parts` wrote."""
        return cls(parts["together.terms"], parts["together.rows"])


def terms_of(
    rows: Rows, odd: NDArray[np.bool_], encoding: Encoding, neighbours: Neighbours
) -> Array:
    """What each column of a row adds to its squared distance from the reference's nearest row.

    Columns that are odd by themselves do not choose that row: a single wild value would find a
    neighbour that is like it in nothing else.
    Shapes: odd bool[columns, n] -> float64[columns, n].
    """
    points = encoding.points(rows)
    hidden = odd[encoding.owners].T
    seeking = points._replace(at=np.where(hidden, np.float32(0), points.at))
    others = neighbours.across.T[neighbours.closest(seeking)]
    return encoding.terms(rows, points, others)
