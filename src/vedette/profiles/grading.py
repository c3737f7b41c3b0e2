"""How rows of a model are graded: which column is predicted, which classes there are, what a loss
is.

Owns: the Grading value and the names of the terms that are summed.  Does not own: fitting it
(`profiles.grading_fit`), reading rows (`profiles.graded_rows`), sums (`sketches.graded`), metrics
(`stats.performance`), labels that are only expected (`derive.expected`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from vedette.stats.performance.sums import Facts

TASKS = ("binary", "multiclass", "regression", "ranking")
# Keys of `Profile.graded` and `Profile.losses`: what the sums are of.
EXPECTED = "expected"  # every prediction, by what the auditor expects of it
REALISED = "realised"  # the labelled ones, by their label
LABELLED = "labelled"  # the labelled ones, by what the auditor had expected
OTHER = "other"  # the class of all texts that are no class of the reference's own
# The terms v of a row by task; the first is 1, the second the loss in [0, 1].  Terms that end in
# `variance` are what is not known of an expected row: 0 where the label is.
TERMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "binary": ("one", "loss", "scored", "log_loss", "brier", "variance", "positive_variance",
                   "log_loss_variance", "brier_variance"),
        "multiclass": ("one", "loss", "scored", "log_loss", "brier", "variance",
                       "log_loss_variance", "brier_variance"),
        "regression": ("one", "loss", "error", "absolute", "squared", "percentage", "measurable",
                       "label", "label_squared", "variance", "absolute_variance",
                       "squared_variance"),
        "ranking": ("one", "loss", "ndcg", "average_precision", "variance"),
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Grading:
    """How a model's rows are graded.

    Shapes: `prediction` and `scores` are columns of a row; binary and ranking have one score or
    none, multiclass one per class or none (`score.<class>`; "" where a class has no column and
    shares what the others leave of 1); `classes` as text, binary: (negative, positive), multiclass:
    the last is `OTHER`; `edges` float64[K - 1] per score, and a bin holds its lower edge, so that
    "score >= edge" is exact.
    Units: `scale` is the error at which the loss of a regression is 1; `centre` is subtracted from
    its labels before they are squared; `chances` says that scores are probabilities; `threshold` is
    the score from which a binary row without a prediction counts as positive.
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
    centre: float = 0.0
    chances: bool = True
    threshold: float = 0.5

    @property
    def bins(self) -> int:
        """Bins of the score with most edges: what `Graded.ranked` is wide."""
        return max((len(edges) for edges in self.edges), default=-1) + 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a prediction that are read."""
        first = () if self.prediction is None else (self.prediction,)
        return (*first, *(name for name in self.scores if name))


def terms_of(grading: Grading) -> tuple[str, ...]:
    """Name the terms of a row, in order: those of the task, and one for each quantile or k.

    Example:
        >>> terms_of(Grading("ranking", None, ("score",), top=(3,)))[-2:]
        ('ndcg@3', 'hit_rate@3')
    """
    terms = TERMS[grading.task]
    if grading.task == "regression":
        return (*terms, *(f"pinball@{q:g}" for q in grading.quantiles))
    if grading.task == "ranking":
        return (*terms, *(f"{name}@{k}" for name in ("ndcg", "hit_rate") for k in grading.top))
    return terms


def facts_of(grading: Grading) -> Facts:
    """Say of a grading what the metrics must know (`stats.performance.metrics.measure`)."""
    return Facts(grading.task, terms_of(grading), grading.classes, grading.edges, grading.chances)
