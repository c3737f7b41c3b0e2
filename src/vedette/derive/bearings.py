"""Where the vectors of a column point: projections, cosine to the reference's mean direction, and
the neighbourhood of the reference that each is nearest to.

Owns: these ten columns, for any column whose rows are vectors.  Does not own: the vectors
(`derive.vectors`, `derive.hashed`), the arithmetic (`derive.directions`).  The projections are
drawn from the column's name and dimension alone, so they are the same on every machine and for
every table; a change of distribution moves almost all of them (Johnson & Lindenstrauss 1984).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Field
from vedette.derive.directions import (
    HALVES,
    Matrix,
    halves,
    mean_directions,
    products,
    rounded,
    units,
)
from vedette.derive.neighbourhoods import MOST, neighbourhoods

PROJECTIONS = 8
LEAST = 50  # vectors that have a mean direction
LEARNT_OF = 8_192  # vectors that are learnt of
NAMES = tuple(str(i + 1) for i in range(MOST))

COSINE, NEIGHBOURHOOD = "cosine", "neighbourhood"
TO_THE_MEAN = "cosine to the reference's mean"  # the unit of a cosine, which sentences tell


def bearing_fields(field: Field) -> tuple[Field, ...]:
    """The fields of a column of vectors."""
    projected = tuple(
        Field(f"{field.name}.projection_{i}", "numeric", field.role) for i in range(PROJECTIONS)
    )
    cosine = Field(f"{field.name}.{COSINE}", "numeric", field.role, unit=TO_THE_MEAN)
    return (*projected, cosine, Field(f"{field.name}.{NEIGHBOURHOOD}", "category", field.role))


@dataclass(frozen=True, eq=False)
class Bearings:
    """The columns of some rows, filled part by part.

    Shapes: `learnt` float64[2, 1 + k, d + 1] or None: for each half of the rows the mean direction
    and the functions of the neighbourhoods; of vectors of another length cosine and neighbourhood
    are missing, and so is the neighbourhood of a vector without direction, and where there are
    none.
    """

    learnt: Matrix | None
    projected: Matrix
    usable: NDArray[np.bool_]
    cosine: Matrix
    known: NDArray[np.bool_]
    place: NDArray[np.int8]  # -1: in none

    @classmethod
    def zero(cls, rows: int, learnt: Matrix | None) -> "Bearings":
        """Nothing of any row."""
        return cls(
            learnt, np.zeros((rows, PROJECTIONS)), np.zeros(rows, np.bool_), np.zeros(rows),
            np.zeros(rows, np.bool_), np.full(rows, -1, np.int8),
        )  # fmt: skip

    def fill(
        self, name: str, rows: NDArray[np.intp] | slice, matrix: Matrix, usable: NDArray[np.bool_]
    ) -> Matrix:
        """Work out some rows, and give the lengths of their vectors.

        Shapes: float64[r, d], finite; `usable` bool[r].
        """
        norm, directions = units(matrix)
        self.projected[rows] = products(directions, projections(name, matrix.shape[1]))
        self.usable[rows] = usable
        if self.learnt is None or self.learnt.shape[2] != matrix.shape[1] + 1:
            return norm
        near = self._near(directions, halves(matrix))
        self.cosine[rows] = near[:, 0]
        self.known[rows] = usable
        if near.shape[1] > 1:
            inside = usable & (norm > 0)
            self.place[rows] = np.where(inside, near[:, 1:].argmax(axis=1), -1)
        return norm

    def _near(self, directions: Matrix, half: NDArray[np.intp]) -> Matrix:
        """What the functions of its half say of each row.  Shapes: float64[r, 1 + k]."""
        assert self.learnt is not None
        table = self.learnt.reshape(-1, self.learnt.shape[2])
        both = products(directions, table[:, :-1].T) + table[:, -1]
        near: Matrix = both.reshape(len(both), HALVES, -1)[np.arange(len(both)), half]
        return near

    def columns(self, name: str) -> Mapping[str, pa.Array]:
        """All of them, in the order of the fields."""
        out = {
            f"{name}.projection_{i}": pa.array(self.projected[:, i], mask=~self.usable)
            for i in range(PROJECTIONS)
        }
        out[f"{name}.{COSINE}"] = pa.array(self.cosine, mask=~self.known)
        places = pa.array(self.place, mask=self.place < 0)
        out[f"{name}.{NEIGHBOURHOOD}"] = pa.DictionaryArray.from_arrays(places, pa.array(NAMES))
        return out


def learn_bearings(matrix: Matrix) -> Matrix | None:
    """The mean direction and the neighbourhoods of a reference; None of fewer than 50 vectors.

    Shapes: float64[n, d], finite -> float64[2, 1 + k, d + 1].
    """
    if len(matrix) < LEAST:
        return None
    _, directions = units(matrix)
    half = halves(matrix)
    means = np.pad(mean_directions(directions, half), ((0, 0), (0, 1)))
    return np.concatenate([means[:, None], neighbourhoods(directions, half)], axis=1)


def thinned(column: pa.Array) -> pa.Array:
    """An even part of many rows: what is learnt needs no more."""
    every = -(-len(column) // LEARNT_OF)
    return column if every <= 1 else column.take(pa.array(range(0, len(column), every)))


def projections(name: str, dimension: int) -> Matrix:
    """Fixed directions for a column: standard normal entries drawn from a hash of name and
    dimension.

    Shapes: float64[dimension, PROJECTIONS]; scaled so that a projection of a random direction has
    variance 1.
    """
    seed = hashlib.blake2b(f"{name}/{dimension}".encode(), digest_size=8).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "little")))
    return rounded(generator.standard_normal((dimension, PROJECTIONS)))
