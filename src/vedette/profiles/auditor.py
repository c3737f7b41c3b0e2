"""The auditor: what a labelled reference says of rows whose label is not known yet.

Owns: the fitted value, plain arrays that are stored with the baseline.  Does not own: fitting it,
and applying it to rows (`derive.expected`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Auditor:
    """A fitted model of the label given a row and its score, or of the loss.

    Shapes: `kind` is the candidate that was chosen (`score`, `isotonic` or `trees`); `columns` are
    what it reads of a row; `parts` its arrays by name; `log_loss` out of fold, by candidate (of a
    loss: as if it were a chance); `noise` by metric, the standard deviation of estimate minus truth
    between parts of the reference, beyond sampling; `rows` labelled ones it was fitted on.
    """

    kind: str
    columns: tuple[str, ...]
    parts: Mapping[str, NDArray[Any]]
    log_loss: Mapping[str, float] = field(default_factory=dict)
    noise: Mapping[str, float] = field(default_factory=dict)
    rows: int = 0
