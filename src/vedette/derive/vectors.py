"""Embeddings as plain numbers: the norm, eight fixed random projections of the direction, and the
cosine to the reference's mean direction.

Owns: these ten numbers.  Does not own: the arithmetic of directions (`derive.directions`).  The
projections are drawn from the column's name and dimension alone, so they
are the same on every machine and for every table; a change of distribution moves almost all of them
(Johnson & Lindenstrauss 1984).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Field
from vedette.derive.directions import halves, mean_directions, products, rounded, units

PROJECTIONS = 8
BLOCK = 1 << 17  # values worked on at once, 1 MB
LEAST = 50  # vectors of one length that have a mean direction


@dataclass(frozen=True, eq=False)
class VectorProjections:
    """Ten numeric columns per vector column.

    Shapes: `NAME.norm`, `NAME.projection_0` … `_7` and `NAME.cosine`, missing where the vector is
    missing, empty, or holds a null or a value that is
    not finite. Every length has its own projections. The cosine, to the mean directions `learnt`
    float64[2, d] of the halves of the reference, is missing for other lengths, and 0 of a zero
    vector.
    """

    learnt: NDArray[np.float64] | None = None

    def adds(self, field: Field) -> tuple[Field, ...]:
        if field.kind != "vector":
            return ()
        names = ("norm", *(f"projection_{i}" for i in range(PROJECTIONS)), "cosine")
        return tuple(Field(f"{field.name}.{name}", "numeric", field.role) for name in names)

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        n = len(column)
        norm, cosine, projected = np.zeros(n), np.zeros(n), np.zeros((n, PROJECTIONS))
        usable, known = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        for rows, matrix in _groups(column):
            finite = np.asarray(np.isfinite(matrix).all(axis=1))
            matrix = np.where(finite[:, None], matrix, 0.0)
            norm[rows], directions = units(matrix)
            projected[rows] = products(directions, projections(field.name, matrix.shape[1]))
            usable[rows] = finite
            if self.learnt is not None and self.learnt.shape[1] == matrix.shape[1]:
                both = products(directions, self.learnt.T)
                cosine[rows] = both[np.arange(len(both)), halves(matrix)]
                known[rows] = finite
        out = {f"{field.name}.norm": pa.array(norm, mask=~usable)}
        for i in range(PROJECTIONS):
            out[f"{field.name}.projection_{i}"] = pa.array(projected[:, i], mask=~usable)
        out[f"{field.name}.cosine"] = pa.array(cosine, mask=~known)
        return out

    def learn(self, column: pa.Array, field: Field) -> NDArray[np.float64] | None:
        """The mean directions of the two halves of the rows of the commonest length; None of fewer
        than LEAST.  Shapes: float64[2, d]."""
        parts: dict[int, list[NDArray[np.float64]]] = {}
        for _, matrix in _groups(column):
            usable = matrix[np.isfinite(matrix).all(axis=1)]
            parts.setdefault(matrix.shape[1], []).append(usable)
        found = max(parts.values(), key=lambda some: sum(map(len, some)), default=[])
        if sum(map(len, found)) < LEAST:
            return None
        matrix = np.concatenate(found)
        return mean_directions(units(matrix)[1], halves(matrix))

    def knowing(self, learnt: NDArray[np.float64]) -> "VectorProjections":
        """With these mean directions."""
        return VectorProjections(learnt)


def projections(name: str, dimension: int) -> NDArray[np.float64]:
    """Fixed directions for a column: standard normal entries drawn from a hash of name and
    dimension.

    Shapes: float64[dimension, PROJECTIONS]; scaled so that a projection of a random direction has
    variance 1.
    """
    seed = hashlib.blake2b(f"{name}/{dimension}".encode(), digest_size=8).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "little")))
    return rounded(generator.standard_normal((dimension, PROJECTIONS)))


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
