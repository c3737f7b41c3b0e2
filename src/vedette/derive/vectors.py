"""Embeddings as plain columns: the norm, and where they point.

Owns: reading lists of numbers as matrices.  Does not own: what is told of a direction
(`derive.bearings`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Field
from vedette.derive.bearings import Bearings, bearing_fields, learn_bearings, thinned

BLOCK = 1 << 17  # values worked on at once, 1 MB


@dataclass(frozen=True, eq=False)
class VectorBearings:
    """Ten numeric columns and a category per vector column.

    Shapes: `NAME.norm`, `NAME.projection_0` … `_7`, `NAME.cosine` and `NAME.neighbourhood`, missing
    where the vector is missing, empty, or holds a null or a value that is
    not finite. Every length has its own projections; other lengths than that of the reference have
    no cosine and no neighbourhood.
    """

    learnt: NDArray[np.float64] | None = None

    def adds(self, field: Field) -> tuple[Field, ...]:
        if field.kind != "vector":
            return ()
        return (Field(f"{field.name}.norm", "numeric", field.role), *bearing_fields(field))

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        made, norm = Bearings.zero(len(column), self.learnt), np.zeros(len(column))
        for rows, matrix in _groups(column):
            finite = np.asarray(np.isfinite(matrix).all(axis=1))
            matrix = np.where(finite[:, None], matrix, 0.0)
            norm[rows] = made.fill(field.name, rows, matrix, finite)
        return {f"{field.name}.norm": pa.array(norm, mask=~made.usable), **made.columns(field.name)}

    def learn(self, column: pa.Array, field: Field) -> NDArray[np.float64] | None:
        """Of the vectors of the commonest length."""
        parts: dict[int, list[NDArray[np.float64]]] = {}
        for _, matrix in _groups(thinned(column)):
            usable = matrix[np.isfinite(matrix).all(axis=1)]
            parts.setdefault(matrix.shape[1], []).append(usable)
        found = max(parts.values(), key=lambda some: sum(map(len, some)), default=[])
        return learn_bearings(np.concatenate(found)) if found else None

    def knowing(self, learnt: NDArray[np.float64]) -> "VectorBearings":
        """With these directions."""
        return VectorBearings(learnt)


def _groups(
    column: pa.Array,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Rows of equal length as matrices that a processor's cache holds: positions intp[r] and
    float64[r, length], nulls inside as NaN; none of lists that hold no numbers."""
    kind = column.type
    if pa.types.is_fixed_size_list(kind):
        column = column.cast(pa.list_(kind.value_type))
    elif not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return
    if not _is_number(kind.value_type):
        return
    lengths = np.asarray(column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False))
    for length in np.unique(lengths[lengths > 0]):
        every = np.flatnonzero(lengths == length)
        for rows in np.array_split(every, -(-len(every) * int(length) // BLOCK)):
            flat = column.take(pa.array(rows)).flatten().cast(pa.float64())
            yield rows, flat.to_numpy(zero_copy_only=False).reshape(-1, int(length))


def _is_number(kind: pa.DataType) -> bool:
    t = pa.types
    real = t.is_floating(kind) or t.is_decimal(kind)
    return bool(t.is_integer(kind) or real or t.is_boolean(kind) or t.is_null(kind))
