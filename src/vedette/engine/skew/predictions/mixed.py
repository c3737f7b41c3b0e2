"""Rows of which some features are as they were online and the others as they are offline.

Owns: bringing both sides to one type, mixing them.  Does not own: which mixtures are asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.skew.predictions.unlike import Tolerances, is_number, unlike
from vedette.ingest.columns import unify


@dataclass(frozen=True)
class Sides:
    """The features of rows on both sides.

    Shapes: `online` every feature of the model, `offline` those that both sides have, in the order
    of `shared`; each of n rows.
    """

    online: pa.RecordBatch
    offline: tuple[pa.Array, ...]
    shared: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.online.num_rows)

    def apart(self, tolerances: Tolerances) -> NDArray[np.bool_]:
        """Where features differ.  Shapes: bool[n, m] in the order of `shared`."""
        found = np.zeros((len(self), len(self.shared)), np.bool_)
        for at, name in enumerate(self.shared):
            found[:, at] = unlike(self.online.column(name), self.offline[at], tolerances.of(name))
        return found

    def take(self, rows: NDArray[np.integer]) -> "Sides":
        """Only these rows, in this order."""
        chosen = pa.array(rows)
        offline = tuple(column.take(chosen) for column in self.offline)
        return Sides(self.online.take(chosen), offline, self.shared)

    def mixed(self, rows: NDArray[np.integer], swapped: NDArray[np.bool_]) -> pa.RecordBatch:
        """These rows with the swapped features as offline, the others as online.

        Shapes: rows [e], swapped bool[e, m] -> e rows.
        """
        columns = [self.online.column(name).take(pa.array(rows)) for name in self._names]
        for at, name in enumerate(self.shared):
            if swapped[:, at].any():
                place = self._names.index(name)
                both = pa.concat_arrays([self.online.column(name), self.offline[at]])
                columns[place] = both.take(pa.array(rows + swapped[:, at] * len(self)))
        return pa.RecordBatch.from_arrays(columns, names=self._names)

    @property
    def _names(self) -> list[str]:
        return list(self.online.schema.names)


def concatenated(parts: Sequence[Sides]) -> Sides:
    """Rows of several parts as one."""
    table = pa.Table.from_batches([part.online for part in parts]).combine_chunks()
    offline = [pa.concat_arrays(pieces) for pieces in zip(*(p.offline for p in parts), strict=True)]
    return Sides(table.to_batches()[0], tuple(offline), parts[0].shared)


def common(first: pa.DataType, second: pa.DataType) -> pa.DataType | None:
    """The type in which values of both sides can stand in one column; None when there is none.

    Example:
        >>> common(pa.int32(), pa.float64()), common(pa.bool_(), pa.int8())
        (DataType(double), DataType(double))
    """
    kinds = [one.value_type if pa.types.is_dictionary(one) else one for one in (first, second)]
    found = unify(*kinds)
    return pa.float64() if found is None and all(is_number(kind) for kind in kinds) else found


def cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column in the type of both sides."""
    if column.type == kind:
        return column
    if pa.types.is_boolean(column.type) and pa.types.is_floating(kind):
        column = column.cast(pa.uint8())
    return column.cast(kind, safe=False)
