"""A small part of the reference, row by row, as bins only: what weighing rows needs.

Owns: the Sample value.  Does not own: choosing its rows, codes (`profiles.codes`), weighing
(`stats.shapley`).

No value of the reference can be read from it, only the bin that it fell into.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError

MOST = 20_000  # rows: a segment of 1 % has 200, which is what weak segments are held against


@dataclass(frozen=True, eq=False)
class Sample:
    """Coded rows of the reference with what each of them cost.

    Shapes: `codes` uint8[n, C] in the order of `columns`; `loss` float64[n], realised;
    `expected` float64[n], what the auditor expects of a row that it did not learn from.
    Units: losses lie in [0, 1]; NaN where a row has no label, or nothing was expected of it.
    """

    columns: tuple[str, ...]
    codes: NDArray[np.uint8]
    loss: NDArray[np.float64]
    expected: NDArray[np.float64]

    def __post_init__(self) -> None:
        rows = len(self.loss)
        if self.codes.shape != (rows, len(self.columns)) or self.expected.shape != (rows,):
            raise UsageError(
                "sample of the reference",
                "its parts do not belong together",
                got=f"codes {self.codes.shape}, {rows} and {len(self.expected)} losses",
                want=f"({rows}, {len(self.columns)}) and {rows} twice",
            )

    @property
    def rows(self) -> int:
        """Rows in the sample."""
        return len(self.loss)

    def chosen(self, columns: Sequence[str]) -> NDArray[np.uint8]:
        """The codes of these columns, in this order.  Shapes: uint8[n, len(columns)]."""
        places = [self.columns.index(name) for name in columns]
        return np.ascontiguousarray(self.codes[:, places])

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        codes: NDArray[np.integer],
        loss: NDArray[np.float64],
        expected: NDArray[np.float64],
        most: int = MOST,
    ) -> Self:
        """Keep at most that many rows, spread evenly over the table.

        Example:
            >>> codes = np.arange(100).reshape(100, 1)
            >>> sample = Sample.of(["age"], codes, np.zeros(100), np.zeros(100), most=10)
            >>> sample.rows, sample.codes.dtype.name
            (10, 'uint8')
        """
        n = len(loss)
        # Every row has a place in a sequence that is even but follows no period of the table
        # (steps of the golden ratio); the rows with the lowest places are kept, in their order.
        place = (np.arange(n, dtype=np.uint64) * np.uint64(11400714819323198485)).argsort()
        keep = np.sort(place[:most])
        return cls(tuple(columns), codes[keep].astype(np.uint8), loss[keep], expected[keep])
