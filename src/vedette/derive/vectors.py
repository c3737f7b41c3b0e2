"""Embeddings as plain numbers: the norm and eight fixed random projections of the direction.

Owns: these nine numbers.  Does not own: learning a projection.  The projections are drawn from the
column's name and dimension alone, so they
are the same on every machine and for every table; a change of distribution moves almost all of them
(Johnson & Lindenstrauss 1984).
"""

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Field

PROJECTIONS = 8
TERMS = 4_096  # summed at once: numpy cuts longer sums where its buffer ends, which other rows fill


class VectorProjections:
    """Nine numeric columns per vector column.

    Shapes: `NAME.norm` and `NAME.projection_0` … `_7`, missing where the vector is missing, empty,
    or holds a null or a value that is
    not finite. Every length has its own projections.
    """

    def adds(self, field: Field) -> tuple[Field, ...]:
        if field.kind != "vector":
            return ()
        names = ("norm", *(f"projection_{i}" for i in range(PROJECTIONS)))
        return tuple(Field(f"{field.name}.{name}", "numeric", field.role) for name in names)

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        n = len(column)
        norm, projected = np.zeros(n), np.zeros((n, PROJECTIONS))
        usable = np.zeros(n, np.bool_)
        for rows, matrix in _groups(column):
            finite = np.asarray(np.isfinite(matrix).all(axis=1))
            matrix = np.where(finite[:, None], matrix, 0.0)
            norm[rows] = np.sqrt(_squares(matrix))
            direction = matrix / np.where(norm[rows] > 0, norm[rows], 1.0)[:, None]
            projected[rows] = _times(direction, projections(field.name, matrix.shape[1]))
            usable[rows] = finite
        out = {f"{field.name}.norm": pa.array(norm, mask=~usable)}
        for i in range(PROJECTIONS):
            out[f"{field.name}.projection_{i}"] = pa.array(projected[:, i], mask=~usable)
        return out


def projections(name: str, dimension: int) -> NDArray[np.float64]:
    """Fixed directions for a column: standard normal entries drawn from a hash of name and
    dimension.

    Shapes: float64[dimension, PROJECTIONS]; scaled so that a projection of a random direction has
    variance 1.
    """
    seed = hashlib.blake2b(f"{name}/{dimension}".encode(), digest_size=8).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "little")))
    drawn: NDArray[np.float64] = generator.standard_normal((dimension, PROJECTIONS))
    return drawn


def _times(matrix: NDArray[np.float64], directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply row by row: a linear algebra library would round a row by how many lie beside it."""
    turned = np.ascontiguousarray(directions.T)
    return sum(
        (np.einsum("ij,kj->ik", matrix[:, part], turned[:, part]) for part in _parts(matrix)),
        np.zeros((len(matrix), len(turned))),
    )


def _squares(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of squares of every row, whatever rows lie beside it."""
    return sum(
        (np.einsum("ij,ij->i", matrix[:, part], matrix[:, part]) for part in _parts(matrix)),
        np.zeros(len(matrix)),
    )


def _parts(matrix: NDArray[np.float64]) -> list[slice]:
    return [slice(start, start + TERMS) for start in range(0, matrix.shape[1], TERMS)]


def _groups(
    column: pa.Array,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Rows of equal length as matrices: positions intp[r] and float64[r, length], nulls inside as
    NaN; none of lists that hold no numbers."""
    kind = column.type
    if pa.types.is_fixed_size_list(kind):
        column = column.cast(pa.list_(kind.value_type))
    elif not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return
    if not _is_number(kind.value_type):
        return
    lengths = np.asarray(column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False))
    for length in np.unique(lengths[lengths > 0]):
        rows = np.flatnonzero(lengths == length)
        flat = column.take(pa.array(rows)).flatten().cast(pa.float64())
        yield rows, flat.to_numpy(zero_copy_only=False).reshape(-1, int(length))


def _is_number(kind: pa.DataType) -> bool:
    t = pa.types
    real = t.is_floating(kind) or t.is_decimal(kind)
    return bool(t.is_integer(kind) or real or t.is_boolean(kind) or t.is_null(kind))
