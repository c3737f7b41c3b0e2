"""How good a model's predictions are, told from the sums that are kept: one metric or all.

Owns: which metrics a model has, what they are of some sums, how far an estimate may be wrong and
whether it is still to be trusted.  Does not own: keeping sums (`engine.kept_performance`), metrics
(`stats.performance`), stretches of time (`web.history.performance`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.engine.performance_settings import PerformanceSettings
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.grading import Grading, facts_of
from vedette.sketches.graded import Graded
from vedette.stats.performance.measured import Measured
from vedette.stats.performance.metrics import Metric, metrics_of
from vedette.stats.performance.sums import Facts, Sums
from vedette.stats.trust import NEAR, Distance, interval, trusted, widened

UNIT = ("mae", "rmse", "bias", "cost", "log_loss", "mape")  # metrics that may exceed 1


class Told(NamedTuple):
    """A metric with its 95 % interval.  Units: `n` rows it rests on; `se` its standard error."""

    value: float
    low: float
    high: float
    n: int
    se: float = 0.0


@dataclass(frozen=True, eq=False)
class Judge:
    """How the predictions of a model are told.

    Shapes: `noise` by metric, the standard deviation of an estimate beyond sampling; `cost`
    float64[L, L], predicted x label, None where none is set.
    """

    grading: Grading
    facts: Facts
    noise: Mapping[str, float] = field(default_factory=dict)
    cost: NDArray[np.float64] | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every metric that can be told, the leading one first."""
        found = metrics_of(self.facts)
        return tuple(one for one in found if one.name != "cost" or self.cost is not None)

    def metric(self, name: str) -> Metric | None:
        """A metric by its name."""
        return next((one for one in self.metrics if one.name == name), None)

    def tell(self, graded: Graded | None, metric: Metric) -> Told | None:
        """A metric of some rows; None where they say nothing of it."""
        if graded is None:
            return None
        sums = Sums(graded, self.facts, None, self.cost)
        if not sums.sound or (sums.expected and not metric.expected):
            return None
        return _told(metric.of(sums), graded.rows)

    def estimate(self, graded: Graded | None, metric: Metric, far: Distance = NEAR) -> Told | None:
        """The same of rows whose labels are only expected, with what the auditor itself may be
        wrong by: the more, the farther the rows lie from the reference."""
        found = self.tell(graded, metric)
        if found is None:
            return None
        noise, far = self.noise.get(metric.name, 0.0), self._scaled(far, metric)
        low, high = interval(found.value, found.se, noise, far)
        low, high = min(found.low, low), max(found.high, high)
        if metric.name not in UNIT and not metric.name.startswith("pinball"):
            low, high = max(low, 0.0 if metric.name != "r2" else low), min(high, 1.0)
        return Told(found.value, low, high, found.n, widened(found.se, noise, far))

    def trusts(
        self,
        realised: Graded | None,
        labelled: Graded | None,
        metric: Metric,
        far: Distance = NEAR,
    ) -> bool | None:
        """Whether labels that came agree with what had been expected of the same rows; None where
        too few came to say."""
        real, guess = self.tell(realised, metric), self.tell(labelled, metric)
        if real is None or guess is None:
            return None
        noise = self.noise.get(metric.name, 0.0)
        return trusted(real.value, guess.value, guess.se, noise, self._scaled(far, metric))

    def _scaled(self, far: Distance, metric: Metric) -> Distance:
        """A distance whose share of rows beyond the reference counts in the metric's own unit: of
        those rows nothing is known."""
        size = 1.0
        if metric.name in ("mae", "rmse", "bias"):
            size = self.grading.scale
        elif metric.name == "cost" and self.cost is not None:
            size = float(np.ptp(self.cost))
        return far._replace(outside=far.outside * size)


def judge_of(appraisal: Appraisal | None, settings: PerformanceSettings) -> Judge | None:
    """How a model is told; None where the reference had no labels to learn it from."""
    if appraisal is None:
        return None
    return replace(judge_with(appraisal.grading, settings), noise=appraisal.auditor.noise)


def judge_with(grading: Grading, settings: PerformanceSettings) -> Judge:
    """The same where nothing is estimated."""
    cost = _costs(grading.classes, settings.costs)
    return Judge(grading, facts_of(grading), cost=cost)


def _costs(
    classes: tuple[str, ...], costs: Mapping[str, Mapping[str, float]]
) -> NDArray[np.float64] | None:
    if not costs or not classes:
        return None
    table = np.zeros((len(classes), len(classes)))
    for at, predicted in enumerate(classes):
        for to, actual in enumerate(classes):
            table[at, to] = costs.get(predicted, {}).get(actual, 0.0)
    return table


def _told(found: Measured, rows: int) -> Told | None:
    if not isfinite(found.value):
        return None
    n = round(found.n) if isfinite(found.n) else rows
    se = float(found.se) if isfinite(found.se) else 0.0
    return Told(float(found.value), float(found.low), float(found.high), n, se)
