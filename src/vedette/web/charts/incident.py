"""A column of an incident, before and after.

Owns: its drawing at the incident's address.  Does not own: which windows are added up
(`engine.change`).
"""

from vedette.engine.change import during, pair_of
from vedette.report.figures.change import change
from vedette.report.figures.figure import Figure
from vedette.web import acts
from vedette.web.answers import Answer
from vedette.web.asked import baseline_of
from vedette.web.call import Call
from vedette.web.charts.column import change_of
from vedette.web.charts.forms import in_form
from vedette.web.keys import READ
from vedette.web.veil import check_column, check_open, veil_of


def incident_chart(call: Call) -> Answer:
    """A column of an incident, before and after, in the form that the ending names."""
    incident = acts.allowed_incident(call, READ)
    query = call.query()
    store, column = call.service.store, query.word("column") or ""
    check_column(call, incident.model, column)
    check_open(veil_of(call), incident.model, query.word("segment"))
    view = call.service.model(incident.model)
    baseline = None if view is None else baseline_of(call, view)
    profile = during(store, incident, baseline, [column]) if baseline else None
    pair = None
    if baseline is not None and profile is not None:
        pair = pair_of(baseline, profile, column, query.word("segment") or "")
    component = next((c.component for c in incident.causes if c.column == column), "")
    figure = (
        Figure(f"`{column}`", "", empty="The windows of that time are kept no longer.")
        if pair is None
        else change(change_of(pair, component), what="the incident's first day")
    )
    return in_form(figure, "change", call.path["form"])
