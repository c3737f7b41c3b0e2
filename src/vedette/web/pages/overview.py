"""Every model on one line, the worst first."""

from typing import Any, NamedTuple

from vedette.alerts.incident import AXES, SEVERITIES
from vedette.core.words import count, number
from vedette.engine.recently import Recently
from vedette.engine.views import ModelView
from vedette.monitors.finding import VERDICTS
from vedette.report.drawings import sparkline
from vedette.report.performance_words import spelt
from vedette.report.words import MARKS
from vedette.web import documents, lookup
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import LISTED, render
from vedette.web.query import Query
from vedette.web.veil import Veil, veil_of

SHOWN = 20  # incidents; the rest are named by their models
SHORT = {"anomalies": "anom.", "infrastructure": "infra", "fairness and security": "fair"}


class Line(NamedTuple):
    """A model on its line.

    Shapes: `axes` (axis, verdict, mark, reason); `traffic` and `losses` the paths of sparklines;
    `wrong` the mean loss by the last labels, in words; `budget` the incidents of the period as a
    share of the false alarms that are allowed.
    """

    name: str
    state: str
    why: str
    axes: list[tuple[str, str, str, str]]
    traffic: str
    losses: str
    wrong: str
    open: int
    budget: float
    spent: str
    rows: int
    last: str | None


def page_models(call: Call) -> Answer:
    """Every model, worst first, with what is open."""
    veil = veil_of(call)
    views = [view for view in call.service.models() if call.key.may("read", view.name)]
    active = Query(None, None, LISTED, None, {"state": "active"})
    opened = lookup.incidents(call.service.store, None, active, veil)[0]
    opened.sort(key=lambda incident: rank(incident["severity"]), reverse=True)
    views.sort(key=badness)
    return render(
        call,
        "models.html.jinja",
        axes=[(axis, SHORT.get(axis, axis)) for axis in AXES],
        lines=[line_of(view, veil) for view in views],
        incidents=opened[:SHOWN],
        open=sum(view.open_incidents for view in views),
        counts=_counts(views),
        url=call.settings.server.url or "http://127.0.0.1:8642",
    )


def line_of(view: ModelView, veil: Veil) -> Line:
    """Put a model on its line."""
    budget = view.opened / view.budget if view.budget else 0.0
    return Line(
        view.name,
        view.state,
        view.why,
        [
            (axis, seen.verdict, MARKS[seen.verdict], seen.reason)
            for axis, seen in veil.axes(view.name, view.axes).items()
        ],
        sparkline(view.traffic),
        sparkline(view.recently.losses),
        _wrong(view.recently),
        view.open_incidents,
        budget,
        f"{view.opened} of {number(view.budget)} in {view.period}",
        view.rows,
        documents.instant(view.last_time),
    )


def _wrong(recently: Recently) -> str:
    """The mean loss by the last labels, and what it rests on.

    Example:
        >>> _wrong(Recently((0.1,), 0.125, 400, 0.1)), _wrong(Recently())
        ('12.5 % of 400 labelled, 10 % in the reference', '')
    """
    if recently.loss is None or not recently.labels:
        return ""
    said = f"{spelt('accuracy', recently.loss)} of {count(recently.labels)} labelled"
    if recently.reference is None:
        return said
    return f"{said}, {spelt('accuracy', recently.reference)} in the reference"


def badness(view: ModelView) -> tuple[Any, ...]:
    """Sort key: the worse, the smaller."""
    verdicts = sorted(VERDICTS.index(seen.verdict) for seen in view.axes.values())
    shares = [clock.get("share") or 0.0 for clock in view.evidence.values()]
    known = [verdict for verdict in verdicts if verdict != VERDICTS.index("unknown")]
    worst = max(map(rank, view.incidents_by_severity), default=-1)
    return (-worst, -view.open_incidents, known[:1] or [len(VERDICTS)],
            -max(shares, default=0.0), view.name)  # fmt: skip


def _counts(views: list[ModelView]) -> dict[str, int]:
    """How many models are alarming, notable, calm or unknown, each by its worst known axis."""
    counts = dict.fromkeys(VERDICTS, 0)
    for view in views:
        verdicts = {seen.verdict for seen in view.axes.values()}
        known = [verdict for verdict in VERDICTS if verdict in verdicts and verdict != "unknown"]
        counts[known[0] if known else "unknown"] += 1
    return counts


def rank(severity: str) -> int:
    """How bad a severity is."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0
