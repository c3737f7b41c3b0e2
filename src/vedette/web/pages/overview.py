"""Every model on one line, the worst first."""

from typing import Any

from vedette.alerts.incident import SEVERITIES
from vedette.web import documents, lookup
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import LISTED, render
from vedette.web.query import Query


def page_models(call: Call) -> Answer:
    """Every model, worst first, with what is open."""
    views = [view for view in call.service.models() if call.key.may("read", view.name)]
    active = Query(None, None, LISTED, None, {"state": "active"})
    opened = lookup.incidents(call.service.store, None, active, call.key)[0]
    worst = {incident["model"]: _rank(incident) for incident in sorted(opened, key=_rank)}
    models = sorted(
        map(documents.model_document, views),
        key=lambda model: (-worst.get(model["name"], -1), -_share(model), model["name"]),
    )
    opened.sort(key=_rank, reverse=True)
    return render(call, "models.html.jinja", models=models, incidents=opened)


def _rank(incident: dict[str, Any]) -> int:
    severity = incident["severity"]
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def _share(model: dict[str, Any]) -> float:
    shares = [clock.get("share") or 0.0 for clock in model["evidence"].values()]
    return max(shares, default=0.0)
