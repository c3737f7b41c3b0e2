"""How columns of the reference go together.

Owns: the fitted value: which columns are counted in pairs, in which bins, and what the reference
and ordinary windows show.  Does not own: counting (`sketches.pairwise`), fitting
(`dependence_fit`), evidence (`monitors.dependence`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Dependence:
    """The plan of pairwise counts and the reference's own.

    Shapes: `columns` in the order of every array in `parts`, by name.
    """

    columns: tuple[str, ...]
    parts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    rows: int = 0
