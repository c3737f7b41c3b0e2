"""Every metric of performance, as one table to scan.

Owns: which metrics a task has, what they are of the sums, which way is better, and which can be
told of expected labels.  Does not own: their formulas, which the files beside hold.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.core.errors import UsageError
from vedette.stats.performance import averages, confusion, lists, ranked, regression
from vedette.stats.performance.calibration import Curve, calibration_curve, ece
from vedette.stats.performance.confusion import Table
from vedette.stats.performance.measured import Measured, positive, share, unmeasured
from vedette.stats.performance.sums import Facts, Graded, Sums
from vedette.stats.performance.thresholds import Sweep, sweep, table_at


class Metric(NamedTuple):
    """One metric.  Shapes: `better` is "higher", "lower" or "zero"; `expected` says that it can be
    told where labels are only expected."""

    name: str
    of: Callable[[Sums], Measured]
    better: str = "higher"
    expected: bool = True


# --- what a metric reads --------------------------------------------------------------------------


def confusion_of(sums: Sums) -> Table:
    """Predicted x label, at the threshold where one is asked for."""
    if sums.threshold is not None and sums.facts.task == "binary" and len(sums.graded.ranked):
        edges = np.asarray(sums.facts.edges[0], np.float64)
        return table_at(sums.graded.ranked[0], edges, sums.threshold, sums.expected)
    counts = sums.graded.confusion.astype(np.float64)
    if not sums.expected:
        return Table(counts)
    rows, right = counts.sum(axis=1), np.diagonal(counts)
    spread = right * (1 - np.divide(right, rows, out=np.zeros(len(rows)), where=rows > 0))
    if sums.facts.task == "binary":
        called = sums.total("positive_variance")
        spread = np.array([sums.total("variance") - called, called])
    return Table(counts, np.maximum(spread, 0.0))


def _table(of: Callable[[Table], Measured]) -> Callable[[Sums], Measured]:
    return lambda sums: of(confusion_of(sums)) if sums.graded.confusion.size else unmeasured()


def _macro(kind: str) -> Callable[[Sums], Measured]:
    return _table(lambda table: averages.macro(table, kind))


def _weighted(kind: str) -> Callable[[Sums], Measured]:
    return _table(lambda table: averages.weighted(table, kind))


def _accuracy(sums: Sums) -> Measured:
    """From the table; from the losses where only those are kept."""
    if sums.graded.confusion.size:
        return confusion.accuracy(confusion_of(sums))
    mean, variance, n = sums.mean_variance("loss")
    return share(1 - mean, n, variance if sums.expected else None)


def _loss(sums: Sums) -> Measured:
    mean, variance, n = sums.mean_variance("loss")
    return share(mean, n, variance)


def _scored(term: str) -> Callable[[Sums], Measured]:
    def of(sums: Sums) -> Measured:
        mean, variance, n = sums.mean_variance(term, "scored")
        return positive(mean, n, variance)

    return of


def _cost(sums: Sums) -> Measured:
    if sums.cost is None or not sums.graded.confusion.size:
        return unmeasured()
    return confusion.mean_cost(confusion_of(sums), sums.cost)


def bins_of(sums: Sums, c: int = 0) -> ranked.Bins:
    """The bins of one score."""
    edges = np.asarray(sums.facts.edges[c], np.float64)
    return ranked.Bins.of(sums.graded.ranked[c], sums.graded.inside[c], edges)


def _over_scores(
    of: Callable[[Sums, int], Measured], by_label: bool = False
) -> Callable[[Sums], Measured]:
    """One score, or the mean over the classes against the rest, plain or by their share of labels.

    Interval of a mean: as if all went up and down together, which they nearly do.
    """

    def mean(sums: Sums) -> Measured:
        each = [of(sums, c) for c in range(len(sums.graded.ranked))]
        if len(each) == 1:
            return each[0]
        table = sums.graded.ranked[:, :, 1].sum(axis=1).astype(np.float64)
        good = np.array([np.isfinite(m.value) for m in each], np.bool_)
        good &= table >= (confusion.LIKELY if sums.expected else 0.0)
        weight = np.where(good, table if by_label else 1.0, 0.0) if len(each) else np.zeros(0)
        if not good.any() or weight.sum() <= 0:
            return unmeasured(sums.rows)
        weight = weight / weight.sum()
        parts = np.array([m for m, fine in zip(each, good, strict=True) if fine])
        value, low, high, _, se = (weight[good] @ parts).tolist()
        return Measured(value, low, high, float(parts[0, 3]), se)

    return mean


def _auc(sums: Sums, c: int) -> Measured:
    own = sums.total("variance") if sums.facts.task == "binary" else 0.0
    return ranked.roc_auc(bins_of(sums, c), sums.expected, own)


def _average_precision(sums: Sums, c: int) -> Measured:
    return ranked.average_precision(bins_of(sums, c), sums.expected)


def _ece(sums: Sums, c: int) -> Measured:
    many, positives = len(sums.graded.ranked) > 1, sums.graded.ranked[c, :, 1].sum()
    if not sums.facts.chances or (many and positives <= 0):
        return unmeasured(sums.rows)
    return ece(calibration_curve(sums.graded.ranked[c], sums.graded.inside[c]))


def _listed(term: str) -> Callable[[Sums], Measured]:
    return lambda sums: lists.mean_of(sums, term)


# --- the table ------------------------------------------------------------------------------------

METRICS: Mapping[str, tuple[Metric, ...]] = MappingProxyType(
    {
        "binary": (
            Metric("accuracy", _accuracy),
            Metric("balanced_accuracy", _table(confusion.balanced_accuracy)),
            Metric("precision", _table(confusion.precision)),
            Metric("recall", _table(confusion.recall)),
            Metric("specificity", _table(confusion.specificity)),
            Metric("f1", _table(confusion.f1)),
            Metric("roc_auc", _over_scores(_auc)),
            Metric("average_precision", _over_scores(_average_precision)),
            Metric("log_loss", _scored("log_loss"), "lower"),
            Metric("brier", _scored("brier"), "lower"),
            Metric("ece", _over_scores(_ece), "lower"),
            Metric("cost", _cost, "lower"),
        ),
        "multiclass": (
            Metric("accuracy", _accuracy),
            Metric("balanced_accuracy", _table(confusion.balanced_accuracy)),
            Metric("precision_macro", _macro("precision")),
            Metric("recall_macro", _macro("recall")),
            Metric("f1_macro", _macro("f1")),
            Metric("precision_micro", _accuracy),
            Metric("recall_micro", _accuracy),
            Metric("f1_micro", _accuracy),
            Metric("precision_weighted", _weighted("precision")),
            Metric("recall_weighted", _weighted("recall")),
            Metric("f1_weighted", _weighted("f1")),
            Metric("roc_auc", _over_scores(_auc)),
            Metric("roc_auc_weighted", _over_scores(_auc, by_label=True)),
            Metric("average_precision", _over_scores(_average_precision)),
            Metric("log_loss", _scored("log_loss"), "lower"),
            Metric("brier", _scored("brier"), "lower"),
            Metric("ece", _over_scores(_ece), "lower"),
            Metric("cost", _cost, "lower"),
        ),
        "regression": (
            Metric("mae", regression.mae, "lower"),
            Metric("rmse", regression.rmse, "lower"),
            Metric("mape", regression.mape, "lower", expected=False),
            Metric("r2", regression.r2),
            Metric("bias", regression.bias, "zero", expected=False),
        ),
        "ranking": (
            Metric("ndcg", _listed("ndcg")),
            Metric("map", _listed("average_precision"), expected=False),
        ),
    }
)


def metrics_of(facts: Facts) -> tuple[Metric, ...]:
    """Every metric of a model: those of its task, its quantiles and its k.

    Example:
        >>> facts = Facts("ranking", ("one", "loss", "ndcg", "average_precision", "hit_rate@3"))
        >>> [metric.name for metric in metrics_of(facts)]
        ['ndcg', 'map', 'hit_rate@3']
    """
    more = tuple(
        Metric(term, _pinball(term), "lower", expected=False)
        if term.startswith("pinball@")
        else Metric(term, _listed(term), expected=False)
        for term in facts.terms
        if "@" in term
    )
    return (*METRICS[facts.task], *more)


def _pinball(term: str) -> Callable[[Sums], Measured]:
    return lambda sums: regression.pinball(sums, term)


# --- measuring ------------------------------------------------------------------------------------


def measure(
    graded: Graded,
    facts: Facts,
    *,
    threshold: float | None = None,
    cost: ArrayLike | None = None,
) -> dict[str, Measured]:
    """Give every metric of some graded rows, with its interval at 95 %.

    Of realised rows the interval is for rows drawn like these; of expected ones for labels drawn by
    their chances, without what the chances themselves may be wrong by.

    Shapes: cost [L, L], predicted x label, of one row; `threshold` replaces a binary model's own
    decisions, exactly at an edge of its score.
    Bounds: nan where there is nothing to tell from: no rows, one class, no scores, a difference of
    sums that is not the sum of any rows.  Metrics that cannot be told of expected labels are left
    out, and `cost` without a cost.
    Errors: UsageError for a cost of another shape.
    Example:
        >>> from vedette.sketches.graded import Graded
        >>> terms = [np.ones(4), np.array([0.0, 0.0, 1.0, 0.0])]
        >>> none = np.zeros((0, 4))
        >>> y, said = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
        >>> sums = Graded.of(y, said, none.astype(int), none, terms, 2, 0)
        >>> measure(sums, Facts("binary", ("one", "loss"), ("no", "yes")))["recall"].value
        0.5
    """
    sums = Sums(graded, facts, threshold, _cost_table(cost, len(facts.classes)))
    found = {}
    for metric in metrics_of(facts):
        if (sums.expected and not metric.expected) or (metric.name == "cost" and cost is None):
            continue
        found[metric.name] = metric.of(sums) if sums.sound else unmeasured(graded.rows)
    return found


def measure_classes(graded: Graded, facts: Facts) -> dict[str, dict[str, Measured]]:
    """Give precision, recall, F1, ROC AUC and average precision class by class, against the rest.

    Shapes: {class: {metric: value}}; without scores the last two are left out.
    """
    sums = Sums(graded, facts)
    if not sums.sound or not graded.confusion.size:
        return {}
    table = confusion_of(sums)
    kinds = {kind: averages.by_class(table, kind) for kind in averages.KINDS}
    found = {
        name: {k: each[c] for k, each in kinds.items()} for c, name in enumerate(facts.classes)
    }
    if len(graded.ranked) == len(facts.classes):
        for c, name in enumerate(facts.classes):
            found[name] |= {
                "roc_auc": _auc(sums, c),
                "average_precision": _average_precision(sums, c),
            }
    return found


def curve_of(graded: Graded, facts: Facts, c: int = 0) -> Curve:
    """The calibration curve of one score."""
    return calibration_curve(graded.ranked[c], graded.inside[c])


def sweep_of(graded: Graded, facts: Facts) -> Sweep:
    """The table of a binary model at every threshold that is exact."""
    return sweep(graded.ranked[0], np.asarray(facts.edges[0], np.float64))


def _cost_table(cost: ArrayLike | None, classes: int) -> NDArray[np.float64] | None:
    if cost is None:
        return None
    table = np.asarray(cost, np.float64)
    if table.shape != (classes, classes):
        raise UsageError(
            "cost",
            "it is not a table of predicted x label",
            got=f"shape {table.shape}",
            want=f"{(classes, classes)}, classes in the order of the model's",
        )
    return table
