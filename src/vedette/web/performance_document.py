"""A model's performance over a stretch as JSON.

Owns: the document.  Does not own: what is asked for (`web.performance`), its tables
(`web.performance_tables`).
"""

from typing import Any

from vedette.core.durations import SECOND
from vedette.engine.delays import Labelling
from vedette.profiles.profile import WHOLE
from vedette.web.asked import Asked
from vedette.web.documents import finite, instant
from vedette.web.history import labels, performance
from vedette.web.history.performance import Step, Sums
from vedette.web.performance import Performed
from vedette.web.performance_tables import (
    THRESHOLDS,
    calibration_rows,
    confusion_table,
    segment_rows,
    threshold_rows,
    told_document,
)


def performance_document(asked: Performed) -> dict[str, Any]:
    """Everything that is known of a model's performance over a stretch."""
    judge, metric = asked.judge, asked.metric
    total, reference = asked.mature(), asked.reference()
    late = delays_of(asked)
    document = {
        "model": asked.one.past.model,
        "task": judge.grading.task,
        "classes": list(judge.grading.classes),
        "metric": metric.name,
        "better": metric.better,
        "metrics": [
            {"name": one.name, "better": one.better, "estimated": one.expected}
            for one in judge.metrics
        ],
        "segment": asked.segment,
        "start": instant(asked.span.start),
        "end": instant(asked.span.end),
        "step_s": asked.span.width / SECOND,
        "labels": labels_document(asked, total),
        "reference": told_document(judge.tell(reference, metric)),
        "steps": [
            step_document(asked, step, trusted, late.get(step.start))
            for step, trusted in zip(asked.steps, asked.trusted(), strict=True)
        ],
        "total": {
            one.name: {
                "realised": told_document(judge.tell(total.realised, one)),
                "estimated": told_document(judge.estimate(total.expected, one, asked.far)),
                "trusted": judge.trusts(total.realised, total.labelled, one, asked.far),
                "reference": told_document(judge.tell(reference, one)),
            }
            for one in judge.metrics
        },
        "confusion": confusion_table(asked, total),
        "calibration": calibration_rows(asked, total),
        "thresholds": threshold_rows(asked, total, THRESHOLDS),
        "costs": None if judge.cost is None else judge.cost.tolist(),
        "segments": segment_rows(asked),
    }
    plain: dict[str, Any] = finite(document)
    return plain


def nothing_document(one: Asked, reason: str) -> dict[str, Any]:
    """The same where nothing is known, and why."""
    view = one.call.view()
    return {
        "model": one.past.model, "task": None, "classes": [], "metric": None, "better": None,
        "metrics": [], "segment": one.segment or WHOLE, "start": instant(one.span.start),
        "end": instant(one.span.end), "step_s": None,
        "labels": {
            "predictions": 0, "labelled": 0, "coverage": None, "reason": reason, "selective": None,
            **delay_document(view.labelling),
        },
        "reference": None, "steps": [], "total": {}, "confusion": None, "calibration": [],
        "thresholds": [], "costs": None, "segments": [],
    }  # fmt: skip


def labels_document(asked: Performed, total: Sums) -> dict[str, Any]:
    """How many labels came, how late, and whether they stand for all."""
    return {
        "predictions": total.predictions,
        "labelled": total.labels,
        "coverage": share(total.labels, total.predictions),
        "reason": "" if total.labels else "no label has come for a prediction of this stretch",
        "selective": asked.how.selective or None,
        **delay_document(asked.how),
    }


def delay_document(how: Labelling) -> dict[str, Any]:
    """How late labels come, over the life of the model.  Units: seconds."""
    known = how.labels > 0
    return {
        "delay_median_s": how.median / SECOND if known else None,
        "delay_q90_s": how.most / SECOND if known else None,
        "usual_coverage": how.usual,
        "waiting": how.waiting,
        "lost": how.lost,
    }


def step_document(
    asked: Performed, step: Step, trusted: bool | None, late: tuple[int, int] | None
) -> dict[str, Any]:
    """One step: labels, metrics, how mature they are."""
    judge, metric, sums = asked.judge, asked.metric, step.sums
    estimated = told_document(judge.estimate(sums.expected, metric, asked.far_at(step)))
    return {
        "start": instant(step.start),
        "end": instant(step.start + asked.span.width),
        "predictions": sums.predictions,
        "labelled": sums.labels,
        "coverage": share(sums.labels, sums.predictions),
        "delay_median_s": None if late is None else late[0] / SECOND,
        "delay_q90_s": None if late is None else late[1] / SECOND,
        "mature": step.is_mature,
        "immature": performance.come_in_words(step, asked.how),
        "realised": told_document(judge.tell(sums.realised, metric)),
        "estimated": estimated and {**estimated, "trusted": trusted},
    }


def delays_of(asked: Performed) -> dict[int, tuple[int, int]]:
    """Median and 0.9 quantile of the delays of every step, where they were counted."""
    return {
        step.start: (step.median, step.most)
        for step in counted(asked) or ()
        if step.median is not None and step.most is not None
    }


def counted(asked: Performed) -> list[labels.Coverage] | None:
    """Events of every step joined to their labels; None where they are too many."""
    past, span = asked.one.past, asked.span
    key = ("coverage", past.model, *span)
    return past.memo.get(key, lambda: labels.coverage(past, span))


def share(part: int, whole: int) -> float | None:
    """A part of the whole; None of nothing."""
    return part / whole if whole else None
