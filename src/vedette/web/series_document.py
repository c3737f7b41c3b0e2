"""The metric series of a model, as JSON.

Owns: the document.  Does not own: what is asked for (`web.series`).
"""

from typing import Any

from vedette.core.durations import SECOND
from vedette.engine.courses import Courses
from vedette.web.documents import finite, instant
from vedette.web.series import Charted

NONE = "no metric was logged, and no window of a prediction, score, time or cost has ended"


def series_document(found: Charted) -> dict[str, Any]:
    """Every series with its values, what was expected of each, and how unusual it is."""
    courses = found.courses
    document = {
        "model": found.model,
        "start": instant(found.start),
        "end": instant(found.end),
        "step_s": found.width / SECOND,
        "complete": found.complete,
        "reason": "" if len(courses.starts) else NONE,
        "series": [_one(courses, at) for at in range(len(courses.names))],
    }
    plain: dict[str, Any] = finite(document)
    return plain


def _one(courses: Courses, at: int) -> dict[str, Any]:
    points = [
        {
            "start": instant(int(courses.starts[row])),
            "end": instant(int(courses.ends[row])),
            "value": float(courses.value[row, at]),
            "expected": float(courses.expected[row, at]),
            "low": float(courses.low[row, at]),
            "high": float(courses.high[row, at]),
            "score": float(courses.score[row, at]),
            "verdict": courses.verdict(row, at),
        }
        for row in range(len(courses.starts))
    ]
    verdict = points[-1]["verdict"] if points else "unknown"
    name, column = courses.names[at], courses.columns[at]
    return {"name": name, "column": column, "verdict": verdict, "points": points}
