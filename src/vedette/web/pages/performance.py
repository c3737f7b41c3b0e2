"""The part of a model's page that asks whether it is still right.

Owns: what its template is filled with.  Does not own: the rest of the page (`web.pages.model`), the
numbers (`web.performance`), the answer (`web.performance_verdict`).
"""

from typing import Any

from vedette.core.words import count, percent
from vedette.engine.performance import Told
from vedette.report.figures.calibration import HEIGHT as CALIBRATION
from vedette.report.figures.labels import HEIGHT as LABELS
from vedette.report.figures.performance import HEIGHT
from vedette.report.performance_words import bounded, difference, named, spelt
from vedette.web.asked import Asked
from vedette.web.performance import Performed, performed, why_unknown
from vedette.web.performance_tables import confusion_table, segment_rows, threshold_rows
from vedette.web.performance_verdict import is_right

MOST_CLASSES = 12  # that a table of predicted x label shows
HEIGHTS = {"performance": HEIGHT, "labels": LABELS, "calibration": CALIBRATION}


def performance_part(one: Asked) -> dict[str, Any]:
    """Everything that the part shows; `known` is false where nothing is, for the `why`."""
    asked = performed(one, one.metric or None)
    baseline = one.past.baseline
    if asked is None:
        return {"known": False, "why": why_unknown(one.past), "heights": HEIGHTS}
    incidents = one.past.incidents(asked.span.start, asked.span.end)
    total, judge, metric = asked.sums(), asked.judge, asked.metric
    names = [] if baseline is None else list(baseline.segments.items())
    return {
        "known": True,
        "right": is_right(asked, incidents),
        "metric": metric.name,
        "called": named(metric.name),
        "metrics": [(known.name, named(known.name)) for known in judge.metrics],
        "segment": asked.segment,
        "segments": [f"{column}={name}" for column, known in names for name in known],
        "labels": labels_in_words(asked),
        "selective": asked.how.selective,
        "weakest": [_line(metric.name, row) for row in segment_rows(asked)],
        "table": _table(asked),
        "confusion": _confusion(asked),
        "thresholds": [_threshold(row) for row in threshold_rows(asked, asked.mature(), 11)],
        "has_cost": judge.cost is not None,
        "has_scores": bool(judge.grading.scores) and judge.facts.chances
        and judge.grading.task in ("binary", "multiclass"),
        "is_binary": judge.grading.task == "binary" and bool(judge.grading.scores),
        "labelled": total.labels,
        "query": {"metric": metric.name, "segment": asked.segment},
        "heights": HEIGHTS,
    }  # fmt: skip


def labels_in_words(asked: Performed) -> str:
    """How many labels came, how late, how many are still under way."""
    total, how = asked.sums(), asked.how
    if not total.predictions:
        return ""
    if not total.labels:
        return f"None of {count(total.predictions)} predictions of this time has a label yet."
    share = percent(total.labels / total.predictions)
    said = f"{count(total.labels)} of {count(total.predictions)} predictions of this time have a "
    said += f"label ({share}). {how.said}"
    young = sum(
        step.sums.predictions - step.sums.labels for step in asked.steps if not step.is_mature
    )
    if young:
        said += (
            f" For {count(young)} of these predictions labels are still under way: hollow marks."
        )
    return said


def told(metric: str, value: Told | None) -> str:
    """A metric with its interval and the rows that it rests on.

    Example:
        >>> told("accuracy", Told(0.836, 0.82, 0.851, 2000)), told("accuracy", None)
        ('83.6 % (82 to 85.1 %), n\xa0=\xa02000', '–')
    """
    if value is None:
        return "–"
    return f"{bounded(metric, *value[:3])}, n\u00a0=\u00a0{count(value.n)}"


def _table(asked: Performed) -> list[tuple[str, str, str, str]]:
    """Every metric: its name, by labels, as estimated, in the reference."""
    judge, total, reference = asked.judge, asked.mature(), asked.reference()
    rows = []
    for one in judge.metrics:
        guess = told(one.name, judge.estimate(total.expected, one, asked.far))
        if guess != "–" and judge.trusts(total.realised, total.labelled, one, asked.far) is False:
            guess += ", no longer trusted"
        real, before = (judge.tell(sums, one) for sums in (total.realised, reference))
        rows.append((named(one.name), told(one.name, real), guess, told(one.name, before)))
    return rows


def _line(metric: str, row: dict[str, Any]) -> dict[str, Any]:
    """A segment on its line."""
    by_labels = row["realised"] is not None
    now, moved = row["realised"] or row["estimated"], row["difference"]
    return {
        "segment": row["segment"],
        "by": "labels" if by_labels else "estimate",
        "value": "–" if now is None else bounded(metric, now["value"], now["low"], now["high"]),
        "n": "–" if now is None else count(now["n"]),
        "reference": "–" if row["reference"] is None else spelt(metric, row["reference"]["value"]),
        "difference": "–" if moved is None else difference(metric, moved["value"]),
        "interval": "" if moved is None else
        f"{difference(metric, moved['low']).removesuffix(' points')} to "
        f"{difference(metric, moved['high'])}",
        "matters": moved is not None and not moved["low"] <= 0 <= moved["high"],
    }  # fmt: skip


def _confusion(asked: Performed) -> dict[str, Any] | None:
    """Predicted x label with shares of what was predicted, and the reference's."""
    table = confusion_table(asked, asked.mature())
    if table is None or len(table["classes"]) > MOST_CLASSES:
        return None
    rows = []
    for at, name in enumerate(table["classes"]):
        own = table["counts"][at]
        before = None if table["reference"] is None else table["reference"][at]
        cells = [
            (count(n), _part(n, sum(own)), "" if before is None else _part(before[to], sum(before)))
            for to, n in enumerate(own)
        ]
        rows.append((name, cells, count(sum(own))))
    return {"classes": table["classes"], "rows": rows}


def _part(n: int, whole: int) -> str:
    return percent(n / whole) if whole else "–"


def _threshold(row: dict[str, Any]) -> dict[str, str]:
    """One threshold in words."""
    shares = {name: spelt("recall", row[name]) for name in
              ("precision", "recall", "specificity", "accuracy")}  # fmt: skip
    return {
        "threshold": f"{row['threshold']:.3g}",
        "positive": count(row["positive"]),
        "n": count(row["n"]),
        "f1": spelt("f1", row["f1"]),
        "cost": "–" if row["cost"] is None else spelt("cost", row["cost"]),
        **shares,
    }
