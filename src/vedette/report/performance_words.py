"""Metrics of performance in words.

Owns: what a metric is called, how its values and differences are spelt.  Does not own: metrics
(`stats.performance`), the sentence of how a model stands (`web.performance_verdict`), drawing.
"""

from collections.abc import Mapping
from math import isfinite

from vedette.core.words import number

NAMES: Mapping[str, str] = {
    "roc_auc": "ROC AUC",
    "roc_auc_weighted": "ROC AUC, weighted",
    "f1": "F1",
    "f1_macro": "F1, mean of classes",
    "f1_micro": "F1, all rows",
    "f1_weighted": "F1, weighted",
    "precision_macro": "precision, mean of classes",
    "precision_micro": "precision, all rows",
    "precision_weighted": "precision, weighted",
    "recall_macro": "recall, mean of classes",
    "recall_micro": "recall, all rows",
    "recall_weighted": "recall, weighted",
    "brier": "Brier score",
    "ece": "calibration error (ECE)",
    "cost": "mean cost",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "mape": "mean absolute percentage error",
    "r2": "R²",
    "bias": "mean error",
    "ndcg": "NDCG",
    "map": "MAP",
}
SHARES = ("accuracy", "balanced_accuracy", "precision", "recall", "specificity", "mape",
          "hit_rate")  # fmt: skip


def named(metric: str) -> str:
    """A metric as people call it.

    Example:
        >>> named("roc_auc"), named("balanced_accuracy"), named("hit_rate@5"), named("pinball@0.9")
        ('ROC AUC', 'balanced accuracy', 'hit rate at 5', 'pinball loss at 0.9')
    """
    name, _, at = metric.partition("@")
    told = "pinball loss" if name == "pinball" else NAMES.get(name, name.replace("_", " "))
    return f"{told} at {at}" if at else told


def is_share(metric: str) -> bool:
    """Whether a metric is told in percent."""
    return metric.partition("@")[0].startswith(SHARES)


def spelt(metric: str, value: float | None) -> str:
    """A value of a metric.

    Example:
        >>> spelt("accuracy", 0.83625), spelt("roc_auc", 0.91234), spelt("mae", 1234.56)
        ('83.6 %', '0.912', '1235')
        >>> spelt("recall", 1.0), spelt("mae", None)
        ('100 %', 'n/a')
    """
    if value is None or not isfinite(value):
        return "n/a"
    if is_share(metric):
        return f"{100 * value:.1f}".removesuffix(".0") + " %"
    return f"{value:.3f}" if abs(value) < 1 else number(value, 4)


def bounded(metric: str, value: float, low: float, high: float) -> str:
    """A value with its 95 % interval.

    Example:
        >>> bounded("accuracy", 0.836, 0.82, 0.851)
        '83.6 % (82 to 85.1 %)'
    """
    first = spelt(metric, low).removesuffix(" %")
    return f"{spelt(metric, value)} ({first} to {spelt(metric, high)})"


def size_of(metric: str, value: float) -> str:
    """The size of a difference of two values; of shares in points of a hundred.

    Example:
        >>> size_of("accuracy", 0.0312), size_of("mae", 2.5)
        ('3.1 points', '2.5')
    """
    if is_share(metric):
        return f"{100 * value:.1f} points"
    return f"{value:.3f}" if value < 1 else number(value, 4)


def difference(metric: str, value: float) -> str:
    """A difference of two values, with its sign; of shares in points of a hundred.

    Example:
        >>> difference("accuracy", -0.0312), difference("roc_auc", 0.01)
        ('-3.1 points', '+0.010')
    """
    if is_share(metric):
        return f"{100 * value:+.1f} points"
    return f"{value:+.3f}" if abs(value) < 1 else f"{'+' if value > 0 else ''}{number(value, 4)}"
