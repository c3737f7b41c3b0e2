"""How long answers took and how many failed, as JSON.

Owns: the document.  Does not own: what is asked for (`web.tails`).
"""

from typing import Any

from vedette.core.durations import SECOND
from vedette.engine.paces import Key
from vedette.sketches.loglinear import LogLinear
from vedette.web.documents import instant
from vedette.web.history.service import Step
from vedette.web.tails import Tails

SHOWN = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
NONE = "no window with rows has ended in this time"
UNTIMED = "no row of this time says how long anything took"


def tails_document(found: Tails) -> dict[str, Any]:
    """The stretch as a whole, and every column in every part of the rows, step by step."""
    whole = found.whole
    return {
        "model": found.model,
        "start": instant(found.start),
        "end": instant(found.end),
        "complete": found.complete,
        "reason": "" if found.keys else UNTIMED if found.steps else NONE,
        **_traffic(whole),
        "steps": [{**_span(step), **_traffic(step)} for step in found.steps],
        "tails": [_tail(found, key, whole.tails[key]) for key in found.keys],
    }


def _tail(found: Tails, key: Key, own: LogLinear) -> dict[str, Any]:
    steps = [step for step in found.steps if key in step.tails]
    return {
        "column": key[0],
        "segment": key[1],
        "unit": "s",
        "count": own.count,
        **_quantiles(own),
        "steps": [
            {**_span(step), "count": step.tails[key].count, **_quantiles(step.tails[key])}
            for step in steps
        ],
    }


def _quantiles(own: LogLinear) -> dict[str, float | None]:
    return {name: own.quantile(q) for name, q in SHOWN.items()}


def _traffic(step: Step) -> dict[str, Any]:
    failed = sum(step.errors.values())
    return {
        "rows": step.rows,
        "rows_per_s": step.rows / ((step.end - step.start) / SECOND),
        "errors": dict(step.errors),
        "error_rate": failed / step.rows if step.rows else None,
    }


def _span(step: Step) -> dict[str, str | None]:
    return {"start": instant(step.start), "end": instant(step.end)}
