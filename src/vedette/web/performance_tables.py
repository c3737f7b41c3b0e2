"""Tables of a model's performance over a whole stretch, as plain data.

Owns: predicted x label, calibration, thresholds, segments.  Does not own: what is asked for
(`web.performance`), single metrics (`engine.performance`).
"""

from math import hypot
from typing import Any

import numpy as np

from vedette.engine.performance import Told
from vedette.sketches.graded import Graded
from vedette.stats.performance.metrics import curve_of, sweep_of
from vedette.web.history import performance
from vedette.web.history.performance import Sums
from vedette.web.performance import Performed

THRESHOLDS = 21  # that a table shows; a chart shows all


def confusion_table(asked: Performed, total: Sums) -> dict[str, Any] | None:
    """Predicted x label, of the stretch and of the reference."""
    classes, reference = list(asked.judge.grading.classes), asked.reference()
    if not classes or total.realised is None:
        return None
    return {
        "classes": classes,
        "counts": total.realised.confusion.tolist(),
        "reference": None if reference is None else reference.confusion.tolist(),
    }


def calibration_rows(asked: Performed, total: Sums) -> list[dict[str, Any]]:
    """Score and outcome in groups of about as many rows, of a model of two classes whose score is a
    chance; more classes: of the commonest."""
    return [] if total.realised is None else curve_rows(asked, total.realised)


def curve_rows(asked: Performed, graded: Graded) -> list[dict[str, Any]]:
    """The same of given sums."""
    facts = asked.judge.facts
    if not facts.chances or not len(graded.ranked):
        return []
    c = int(np.argmax(graded.ranked[:, :, 1].sum(axis=1))) if len(graded.ranked) > 1 else 0
    curve = curve_of(graded, facts, c)
    return [
        {"score": score, "rate": rate, "low": low, "high": high, "n": int(n)}
        for score, rate, low, high, n in zip(*(part.tolist() for part in curve), strict=True)
    ]


def threshold_rows(asked: Performed, total: Sums, most: int | None) -> list[dict[str, Any]]:
    """Two classes at thresholds of the score: at most so many, evenly spread over the rows."""
    graded, judge = total.realised, asked.judge
    if graded is None or judge.grading.task != "binary" or not len(graded.ranked):
        return []
    table = sweep_of(graded, judge.facts)
    places = np.arange(len(table.threshold))
    if most is not None and len(places) > most:
        if judge.facts.chances:
            wanted = np.linspace(0, 1, most)
            places = np.unique(
                table.threshold.searchsorted(wanted - 1e-12).clip(0, len(places) - 1)
            )
        else:
            places = np.unique(np.linspace(0, len(places) - 1, most).round().astype(np.intp))
    cost = None if judge.cost is None else table.cost(judge.cost)
    return [
        {
            "threshold": float(table.threshold[at]),
            "positive": int(table.true_positive[at] + table.false_positive[at]),
            "precision": float(table.precision[at]),
            "recall": float(table.recall[at]),
            "specificity": float(table.specificity[at]),
            "f1": float(table.f1[at]),
            "accuracy": float(table.accuracy[at]),
            "cost": None if cost is None else float(cost[at]),
            "n": graded.rows,
        }
        for at in places
    ]  # fmt: skip


def segment_rows(asked: Performed) -> list[dict[str, Any]]:
    """The metric in every segment, the weakest first: by what it may be at best."""
    judge, metric = asked.judge, asked.metric
    rows = []
    for name, sums in performance.by_segment(asked.one.past, asked.span).items():
        real = judge.tell(sums.realised, metric)
        guess = judge.estimate(sums.expected, metric, asked.far)
        reference = judge.tell(asked.reference(name), metric)
        rows.append(
            {
                "segment": name,
                "predictions": sums.predictions,
                "labelled": sums.labels,
                "realised": told_document(real),
                "estimated": told_document(guess),
                "trusted": judge.trusts(sums.realised, sums.labelled, metric, asked.far),
                "reference": told_document(reference),
                "difference": difference(real or guess, reference),
            }
        )
    return sorted(rows, key=lambda row: _best(row, metric.better))


def difference(now: Told | None, before: Told | None) -> dict[str, float] | None:
    """How far a metric lies from that of the reference, with its 95 % interval: the two intervals
    squared and added (Newcombe 1998, Statistics in Medicine 17, method 10)."""
    if now is None or before is None:
        return None
    value = now.value - before.value
    down = hypot(now.value - now.low, before.high - before.value)
    up = hypot(now.high - now.value, before.value - before.low)
    return {"value": value, "low": value - down, "high": value + up}


def told_document(told: Told | None) -> dict[str, Any] | None:
    """A metric as plain data."""
    if told is None:
        return None
    return {"value": told.value, "low": told.low, "high": told.high, "n": told.n}


def _best(row: dict[str, Any], better: str) -> tuple[int, float]:
    """Sort key: what a metric may be at best, the weakest first; what nothing is known of last."""
    told = row["realised"] or row["estimated"]
    if told is None:
        return (1, 0.0)
    if better == "zero":
        least = (
            0.0 if told["low"] <= 0 <= told["high"] else min(abs(told["low"]), abs(told["high"]))
        )
        return (0, -least)
    return (0, told["high"] if better == "higher" else -told["low"])
