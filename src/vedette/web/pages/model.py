"""One model over time: five axes, traffic, columns, incidents."""

from itertools import islice
from typing import Any
from urllib.parse import quote

from vedette.alerts.grouping import OF_GROUPS
from vedette.core.durations import roughly
from vedette.core.errors import VedetteError
from vedette.report.figures import evidence, lines, traffic
from vedette.report.figures.heat import heat_height
from vedette.report.figures.timeline import timeline_height
from vedette.web import acts, documents, lookup
from vedette.web.answers import Answer, Problem
from vedette.web.asked import EVERY_ROW, MOST_ROWS, asked, check_segment
from vedette.web.call import Call
from vedette.web.history.traffic import latency_column
from vedette.web.pages.fairness import fairness_part
from vedette.web.pages.page import ALL, away, read_form, refusal, render
from vedette.web.pages.performance import performance_part
from vedette.web.pages.ranges import range_of
from vedette.web.veil import veil_of

READ, LISTED = 200, 20  # findings


def page_model(call: Call, said: str = "", status: int = 200) -> Answer:
    """One model over a stretch of time."""
    view, store, query, veil = call.view(), call.service.store, call.query(), veil_of(call)
    one = asked(call)
    past, span = one.past, one.span
    if past.baseline is not None:
        check_segment(past.baseline, one.segment)
    every = one.rows == EVERY_ROW
    path = f"/models/{quote(view.name, safe='')}"
    columns = [] if past.baseline is None else list(past.baseline.columns)
    shown = min(len(past.watched) or 1, EVERY_ROW if every else MOST_ROWS)
    cursor = ALL._replace(cursor=query.cursor)
    incidents, more = lookup.incidents(store, view.name, cursor, veil)
    return render(
        call,
        "model.html.jinja",
        status,
        model=documents.model_document(view, veil),
        age=roughly(max(call.now() - view.last_time, 0)) if view.last_time else "",
        range=range_of(path, span, past.now, rows="all" if every else None),
        heights={
            "timeline": timeline_height(len(view.axes)),
            "heat": heat_height(shown),
            "traffic": traffic.HEIGHT,
            "lines": lines.HEIGHT,
            "evidence": evidence.HEIGHT,
        },
        shown=shown,
        every=every,
        right=performance_part(one),
        fair=fairness_part(one),
        url=call.settings.server.url or "http://127.0.0.1:8642",
        latency=latency_column(past.baseline),
        columns=columns,
        watched=len(past.watched),
        incidents=incidents,
        more=more,
        deploys=lookup.entries(store, "note", view.name, ALL._replace(limit=10), veil)[0],
        findings=_telling(lookup.findings(store, view.name, ALL._replace(limit=READ), veil)[0]),
        may_act=call.key.may("admin", view.name),
        said=said,
    )


def _telling(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest findings that are not calm; of groups, those that can be told: most are too small
    for a window."""
    told = (one for one in findings if one["verdict"] != "calm")
    fits = (one for one in told if one["monitor"] not in OF_GROUPS or one["verdict"] != "unknown")
    return list(islice(fits, LISTED))


async def form_deploy(call: Call) -> Answer:
    """Put a deploy or a remark on the time line."""
    form = read_form(call)
    deploy = acts.Deploy(form.get("version", ""), form.get("text", ""), form.get("time") or None)
    try:
        if not (deploy.version or deploy.text):
            raise Problem(400, "wrong_body", "A mark needs a version or a text.", "version")
        await acts.mark(call, deploy)
    except (VedetteError, Problem) as error:
        return page_model(call, refusal(error), 400)
    return away(f"/models/{quote(call.path['model'], safe='')}")
