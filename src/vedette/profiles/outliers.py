"""What rows of the reference look like, for a single row to be held against.

Owns: the fitted value, plain arrays that are stored with the baseline.  Does not own: fitting it,
and scoring rows (`derive.outliers`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Outliers:
    """Sampled rows of a reference, how rows are encoded to be near or far from them, and how far
    ordinary ones are.

    Shapes: `numeric` and `nominal` are the columns that it reads of a row; `categories` the named
    ones of each nominal column; `parts` its arrays by name; `rows` of the reference it rests on;
    `windows` what windows of the reference show of rows so scored (`derive.outliers.ordinary`).
    """

    numeric: tuple[str, ...]
    nominal: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    rows: int = 0
    windows: Mapping[str, NDArray[Any]] = field(default_factory=dict)
