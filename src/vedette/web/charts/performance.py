"""Whether a model is still right: a metric over time, labels under way, scores beside outcomes.

Owns: the drawing of what was kept of them.  Does not own: what was kept (`web.history`), drawings
(`report.figures`).
"""

from typing import Any

from vedette.core.durations import SECOND
from vedette.report.figures import calibration, labels, losses, performance
from vedette.report.figures.figure import Figure
from vedette.web.asked import Asked, ms
from vedette.web.charts.losses import losses_by_bin
from vedette.web.history.performance import Step, come_in_words
from vedette.web.performance import NOTHING, Performed, performed
from vedette.web.performance_document import counted, delays_of, share
from vedette.web.performance_tables import (
    calibration_rows,
    curve_rows,
    threshold_rows,
    told_document,
)
from vedette.web.performance_verdict import MONITORS

TRUST = {True: "yes", False: "no", None: "no labels to check it by"}


def metric_over_time(one: Asked) -> Figure:
    """A metric by labels and as estimated."""
    asked = performed(one, one.metric or None)
    if asked is None:
        return performance.performance("accuracy", (), None, (), (), step="", reason=NOTHING)
    reference = asked.judge.tell(asked.reference(), asked.metric)
    before = told_document(reference)
    rows = [
        _row(asked, step, trusted)
        for step, trusted in zip(asked.steps, asked.trusted(), strict=True)
    ]
    return performance.performance(
        asked.metric.name, rows, before, one.marks(),
        one.incidents(lambda s: s[0] in MONITORS and s[2] == asked.segment),
        step=asked.span.step, segment=asked.segment,
    )  # fmt: skip


def coverage(one: Asked) -> Figure:
    """The share of predictions whose label has come."""
    asked = performed(one)
    if asked is None:
        return labels.labels((), (), step="", reason=NOTHING)
    rows = [
        {**_stretch(asked, step), **_labels(asked, step),
         "coverage": share(step.sums.labels, step.sums.predictions)}
        for step in asked.steps
    ]  # fmt: skip
    return labels.labels(rows, one.marks(), step=asked.span.step)


def delays(one: Asked) -> Figure:
    """How long labels took."""
    asked = performed(one)
    if asked is None:
        return labels.delays((), (), step="", reason=NOTHING)
    known = delays_of(asked)
    rows = [
        {**_stretch(asked, step), "quantile": name, "seconds": known[step.start][at] / SECOND,
         "labelled": step.sums.labels}
        for step in asked.steps
        if step.start in known
        for at, name in enumerate(("median", "nine of ten"))
    ]  # fmt: skip
    why = (
        "There are too many labels to join them in time for this chart."
        if counted(asked) is None
        else ""
    )
    return labels.delays(rows, one.marks(), step=asked.span.step, reason=why)


def come_true(one: Asked) -> Figure:
    """Scores beside the share of positives."""
    asked = performed(one)
    if asked is None:
        return calibration.calibration((), (), of="positives", reason=NOTHING)
    grading, reference = asked.judge.grading, asked.reference()
    rows = calibration_rows(asked, asked.mature())
    of = grading.classes[1] if grading.task == "binary" else "the commonest class"
    why = "No label of this time has come." if grading.scores else "The model gives no scores."
    before = [] if reference is None else curve_rows(asked, reference)
    return calibration.calibration(rows, before, of=of, reason=why)


def thresholds(one: Asked) -> Figure:
    """What other thresholds would have given."""
    asked = performed(one)
    if asked is None:
        return calibration.thresholds((), own=None, reason=NOTHING)
    names = {"F1": "f1"}
    rows = [
        {"threshold": row["threshold"], "measure": name, "value": row[names.get(name, name)],
         "n": row["n"]}
        for row in threshold_rows(asked, asked.mature(), None)
        for name in calibration.SHOWN
        if row[names.get(name, name)] == row[names.get(name, name)]
    ]  # fmt: skip
    binary = asked.judge.grading.task == "binary" and bool(asked.judge.grading.scores)
    why = "No label of this time has come." if binary else "Only a score of two classes has one."
    return calibration.thresholds(rows, own=asked.judge.grading.threshold, reason=why)


def wrong_where(one: Asked) -> Figure:
    """The mean loss by bin of a column."""
    asked = performed(one)
    if asked is None:
        return losses.losses((), column=one.column, what="mean loss", reason=NOTHING)
    rows = losses_by_bin(asked, one.column)
    classes = bool(asked.judge.grading.classes)
    what = "share of wrong predictions by value" if classes else "mean loss by value"
    return losses.losses(rows, column=one.column, what=what)


def losses_drawn(one: Asked) -> int:
    """How high the drawing of a column's losses will be; 0 where there is nothing to draw."""
    asked = performed(one)
    rows = [] if asked is None else losses_by_bin(asked, one.column)
    return losses.losses_height(len({row["bin"] for row in rows})) if rows else 0


def _row(asked: Performed, step: Step, trusted: bool | None) -> dict[str, Any]:
    judge, metric, sums = asked.judge, asked.metric, step.sums
    real, guess = (
        judge.tell(sums.realised, metric),
        judge.estimate(sums.expected, metric, asked.far_at(step)),
    )
    row: dict[str, Any] = {**_stretch(asked, step), **_labels(asked, step)}
    for name, told in (("realised", real), ("estimated", guess)):
        row[name] = None if told is None else told.value
        row[f"{name}_low"] = None if told is None else told.low
        row[f"{name}_high"] = None if told is None else told.high
    return {**row, "trusted": None if guess is None else TRUST[trusted]}


def _labels(asked: Performed, step: Step) -> dict[str, Any]:
    return {
        "predictions": step.sums.predictions,
        "labelled": step.sums.labels,
        "mature": step.is_mature,
        "immature": come_in_words(step, asked.how) or None,
    }


def _stretch(asked: Performed, step: Step) -> dict[str, float]:
    """A step as a mark has it; windows of labels are wider than what a page may begin with."""
    start = max(step.start, asked.one.span.start)
    return {"t0": ms(start), "t1": ms(step.start + asked.span.width)}
