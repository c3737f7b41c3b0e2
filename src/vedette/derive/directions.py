"""Directions of rows, and how near they lie to those of a reference.

Owns: unit vectors of rows, exact products with fixed directions, the halves that are held against
one another, the mean direction.  Does not own: where vectors come from (`derive.vectors`).

**Exact.** Unit vectors and directions are rounded to multiples of 2^-23.  By Cauchy and Schwarz no
partial sum of a product of 4,096 terms exceeds 2^7, all are multiples of 2^-46, so float64 holds
each of them: any order of summing gives the same bits, whatever rows lie beside, on every machine.

**Halves.** A mean is nearer to the rows that it was made of than to new ones: of 2,000 vectors
without a common direction the cosine would move by half a standard deviation in an unchanged
table.  So every row belongs to a half by a hash of its values, and is held against what was learnt
of the other one (cross-fitting: Chernozhukov et al. 2018).
"""

import numpy as np
from numpy.typing import NDArray

STEPS = 2.0**23
TERMS = 4_096  # summed at once: more, and sums may need more than 53 bits
HALVES = 2

Matrix = NDArray[np.float64]


def units(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """Lengths of rows and their directions; that of a row without length is zero.

    Shapes: float64[n], float64[n, d].
    """
    norm = np.sqrt(squares(matrix))
    return norm, rounded(matrix / np.where(norm > 0, norm, 1.0)[:, None])


def rounded(directions: Matrix) -> Matrix:
    """The nearest directions whose products are exact."""
    made: Matrix = directions * STEPS
    np.rint(made, out=made)
    made /= STEPS
    return made


def squares(matrix: Matrix) -> Matrix:
    """Sum of squares of every row, whatever rows lie beside it."""
    return sum(
        (np.einsum("ij,ij->i", matrix[:, part], matrix[:, part]) for part in _parts(matrix)),
        np.zeros(len(matrix)),
    )


def products(directions: Matrix, table: Matrix) -> Matrix:
    """Multiply rounded directions of rows with rounded fixed ones.

    Shapes: float64[n, d], float64[d, k] -> float64[n, k].
    """
    return sum(
        (directions[:, part] @ table[part] for part in _parts(directions)),
        np.zeros((len(directions), table.shape[1])),
    )


def halves(matrix: Matrix) -> NDArray[np.intp]:
    """The half that each row belongs to, by its values alone: equal rows to the same one.

    Shapes: intp[n] of 0 and 1.
    """
    odd = np.random.Generator(np.random.PCG64(1)).integers(0, 2**63, matrix.shape[1], np.uint64)
    odd = odd * np.uint64(2) + np.uint64(1)
    bits = np.einsum("ij,j->i", np.ascontiguousarray(matrix).view(np.uint64), odd)
    # SplitMix64 (Steele, Lea & Flood 2014): every bit of the sum has its say in the last one.
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    half: NDArray[np.intp] = ((bits ^ (bits >> np.uint64(31))) & np.uint64(1)).astype(np.intp)
    return half


def mean_directions(directions: Matrix, half: NDArray[np.intp]) -> Matrix:
    """The mean direction that the rows of each half are held against: that of the other one.

    Shapes: float64[2, d].  Where all rows are of one half, copies of few values as a rule, theirs.
    """
    means = [directions[half == which].sum(axis=0) for which in (1, 0)]
    alone = [not (half == which).any() for which in (1, 0)]
    if alone[0] or alone[1]:
        means = [means[0] + means[1]] * HALVES
    return rounded(np.stack([mean / (np.sqrt((mean**2).sum()) or 1.0) for mean in means]))


def _parts(matrix: Matrix) -> list[slice]:
    return [slice(start, start + TERMS) for start in range(0, matrix.shape[1], TERMS)]
