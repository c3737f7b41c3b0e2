"""How a model treats groups over a stretch as JSON.

Owns: the document.  Does not own: what is asked for and what may be shown (`web.fairness`), its
tables (`web.fairness_tables`).
"""

from typing import Any

import numpy as np

from vedette.core.durations import SECOND
from vedette.engine.audit.rates import CONTEXT
from vedette.stats.fairness.metrics import GROUP_METRICS
from vedette.web.asked import Asked
from vedette.web.documents import finite, instant
from vedette.web.fairness import NO_RATES, Treated, grouping_of, limits_of, sets_for
from vedette.web.fairness_numbers import number_rows
from vedette.web.fairness_spread import spread_rows
from vedette.web.fairness_steps import Stepped, stepped
from vedette.web.fairness_tables import calibration_rows, fifths_rows, group_rows, label_rows
from vedette.web.fairness_verdict import Fair


def fairness_document(asked: Treated, answer: Fair, group: str | None) -> dict[str, Any]:
    """Everything that is known of a set of groups over a stretch, and that may be shown."""
    found, tally = asked.found, asked.alike
    labelled, rows = int(np.sum(tally.labelled)), int(np.sum(tally.rows))
    plain: dict[str, Any] = finite(
        {
            **_head(asked.one),
            "start": instant(found.span.start),
            "end": instant(found.span.end),
            "step_s": found.span.width / SECOND,
            "groups": asked.groups.key,
            "metric": asked.metric.name if asked.decides else None,
            "against": asked.against,
            "reason": "" if asked.decides else NO_RATES,
            "verdict": answer.verdict,
            "statement": answer.sentence,
            "incident": None if answer.incident is None else answer.incident.id,
            "rows": int(np.sum(asked.tally.rows)),
            "members": group_rows(asked),
            "labels": {
                "rows": rows,
                "labelled": labelled,
                "coverage": labelled / rows if rows else None,
                "waiting_windows": int(found.waiting.sum()),
                "selective": asked.selective or None,
                "refused": sorted(asked.refused),
                "by_group": label_rows(asked),
            },
            "rates": [_rate(asked, row) for row in asked.rows],
            "four_fifths": fifths_rows(asked),
            "calibration": calibration_rows(asked),
            "scores": spread_rows(asked),
            "measures": [
                {name: value for name, value in row.items() if name != "set"}
                for row in number_rows(asked)
            ],
            "group": group,
            "steps": [] if group is None else [_step(one) for one in stepped(asked, group)],
        }
    )
    return plain


def nothing_document(one: Asked, reason: str) -> dict[str, Any]:
    """The same where nothing is known, or may be told, and why."""
    return {
        **_head(one), "start": instant(one.span.start), "end": instant(one.span.end),
        "step_s": None, "groups": None, "metric": None, "against": None, "reason": reason,
        "verdict": "unknown", "statement": reason, "incident": None, "rows": 0, "members": [],
        "labels": {
            "rows": 0, "labelled": 0, "coverage": None, "waiting_windows": 0, "selective": None,
            "refused": [], "by_group": [],
        },
        "rates": [], "four_fifths": [], "calibration": [], "scores": [], "measures": [],
        "group": None, "steps": [],
    }  # fmt: skip


def _head(one: Asked) -> dict[str, Any]:
    """What does not depend on what was counted."""
    settings = one.call.service.settings_of(one.past.model).fairness
    limits, grouping = limits_of(settings), grouping_of(one.past)
    sets = [] if grouping is None else sets_for(one, grouping)
    classes = () if grouping is None else grouping.grading.classes
    return {
        "model": one.past.model,
        "positive": classes[grouping.positive] if classes and grouping else None,
        "sets": [{"groups": known.key, "columns": list(known.columns)} for known in sets],
        "metrics": [
            {"name": metric.name, "labels": metric.labels, "judged": metric.name not in CONTEXT,
             "by": "ratio" if metric.ratio else "difference"}
            for metric in GROUP_METRICS
        ],
        "limits": {
            "ratio": limits.ratio, "gap": limits.gap, "least": limits.enough,
            "minimum": limits.minimum, "level": limits.level,
        },
    }  # fmt: skip


def _rate(asked: Treated, row: dict[str, Any]) -> dict[str, Any]:
    """A comparison with what was so in the reference."""
    key = (row["metric"], row["group"])
    before, moved = asked.before.get(key), asked.changes.get(key)
    told = {name: value for name, value in row.items() if name != "set"}
    return {
        **told,
        "reference": before and {name: before[name] for name in ("rate", "low", "high", "n")},
        "change": moved and dict(moved),
    }


def _step(step: Stepped) -> dict[str, Any]:
    return {**step._asdict(), "start": instant(step.start), "end": instant(step.end)}
