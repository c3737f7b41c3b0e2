"""How rows of a model are graded: which column is predicted, which classes there are, what a loss
is.

Owns: the Grading value.  Does not own: sums (`sketches.graded`), metrics (`stats.performance`),
labels that are only expected (`derive.expected`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

TASKS = ("binary", "multiclass", "regression", "ranking")
# Keys of `Profile.graded` and `Profile.losses`: what the sums are of.
EXPECTED = "expected"  # every prediction, by what the auditor expects of it
REALISED = "realised"  # the labelled ones, by their label
LABELLED = "labelled"  # the labelled ones, by what the auditor had expected
# The terms v of a row by task; the first is 1, the second the loss in [0, 1].
TERMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "binary": ("one", "loss", "log_loss", "brier", "variance"),
        "multiclass": ("one", "loss", "log_loss", "brier", "variance"),
        "regression": ("one", "loss", "error", "absolute", "squared", "percentage", "label",
                       "label_squared", "variance"),
        "ranking": ("one", "loss", "ndcg", "average_precision", "variance"),
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Grading:
    """How a model's rows are graded.

    Shapes: `prediction` and `scores` are columns of a row; binary and ranking have one score or
    none, multiclass one per class or none (`score.<class>`); `classes` as text, binary: (negative,
    positive); `edges` float64[K - 1] per score.  Units: `scale` is the error at which the loss of a
    regression is 1.
    """

    task: str
    prediction: str | None
    scores: tuple[str, ...] = ()
    label: str = "label"
    classes: tuple[str, ...] = ()
    edges: tuple[NDArray[Any], ...] = ()
    top: tuple[int, ...] = (1, 5, 10)
    quantiles: tuple[float, ...] = ()
    scale: float = 1.0
