"""Sums of graded rows as the metrics read them.

Owns: what of a grading the metrics must know, and reading terms by name.  Does not own: the sums
(`sketches.graded`), the grading (`profiles.grading`).
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Graded(Protocol):
    """What `sketches.graded.Graded` holds."""

    @property
    def rows(self) -> int: ...
    @property
    def confusion(self) -> NDArray[Any]: ...
    @property
    def ranked(self) -> NDArray[Any]: ...
    @property
    def inside(self) -> NDArray[np.float64]: ...
    @property
    def moments(self) -> NDArray[np.float64]: ...


@dataclass(frozen=True, eq=False)
class Facts:
    """What of a grading the metrics must know.

    Shapes: `terms` names M terms of a row; `edges` float64[K - 1] per score, a bin holding its
    lower edge.  Units: `chances` says that scores are probabilities.
    """

    task: str
    terms: tuple[str, ...]
    classes: tuple[str, ...] = ()
    edges: tuple[NDArray[Any], ...] = ()
    chances: bool = True


@dataclass(frozen=True, eq=False)
class Sums:
    """Graded rows with the names of their terms, at a threshold or at the model's own."""

    graded: Graded
    facts: Facts
    threshold: float | None = None
    cost: NDArray[np.float64] | None = None  # [L, L], predicted x label, of one row

    @property
    def expected(self) -> bool:
        """Whether labels are only expected."""
        return self.graded.ranked.dtype.kind == "f" or self.graded.confusion.dtype.kind == "f"

    @property
    def rows(self) -> float:
        return float(self.graded.rows)

    @property
    def sound(self) -> bool:
        """Whether the sums are those of some rows, not of a difference."""
        tables = (self.graded.confusion, self.graded.ranked)
        return self.graded.rows > 0 and all(t.min(initial=0) > -1e-6 for t in tables)

    def total(self, term: str) -> float:
        """The sum of a term; 0 for one that is not kept."""
        return self.product("one", term)

    def product(self, first: str, second: str) -> float:
        """The sum of the product of two terms."""
        terms, M = self.facts.terms, self.graded.moments
        if first not in terms or second not in terms:
            return 0.0
        return float(M[terms.index(first), terms.index(second)])

    def mean_variance(self, term: str, count: str = "one") -> tuple[float, float, float]:
        """Mean of a term over the rows that `count` marks, its variance, and those rows.

        Realised rows: of rows drawn like these.  Expected ones: of labels given their chances.
        """
        n = self.total(count)
        if n <= 0:
            return float("nan"), float("nan"), 0.0
        mean = self.total(term) / n
        if self.expected:
            of = "variance" if term == "loss" else f"{term}_variance"
            return mean, max(self.total(of), 0.0) / n**2, n
        squares = max(self.product(term, term) - n * mean**2, 0.0)
        return mean, squares / (n * max(n - 1, 1)), n
