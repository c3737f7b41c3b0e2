"""One incident: what happened, since when, why, before and after, what to do."""

from urllib.parse import quote

from vedette.core.errors import VedetteError
from vedette.web import acts, documents, lookup
from vedette.web.answers import Answer, Problem, problem_of
from vedette.web.call import Call
from vedette.web.pages.page import away, read_form, render
from vedette.web.sketching import sketches

LONGEST_MUTE_H = 10_000


def page_incident(call: Call, said: str = "", status: int = 200) -> Answer:
    """One incident: what happened, since when, why, before and after, its history."""
    found = acts.allowed_incident(call, "read")
    document = documents.incident_document(found)
    view = call.service.model(found.model)
    baseline = lookup.baseline(call.service.store, found.model, view.baseline) if view else None
    return render(
        call,
        "incident.html.jinja",
        status,
        incident=document,
        may_act=call.key.may("admin", found.model),
        sketches=sketches(call.service.store, found, baseline),
        said=said,
    )


async def form_incident(call: Call) -> Answer:
    """Act on an incident from its page, then show it."""
    form = read_form(call)
    hours = form.get("hours", "")
    until: int | None = None
    if form.get("act") == "mute" and hours.isascii() and hours.isdigit():
        until = call.now() + min(int(hours[:5]), LONGEST_MUTE_H) * 3_600_000_000_000
    action = acts.Action(form.get("act", ""), form.get("by", ""), form.get("note", ""), until)
    try:
        await acts.act(call, action)
    except (VedetteError, Problem) as error:
        problem = problem_of(error)
        if problem.status != 400:
            raise
        return page_incident(call, problem.message, 400)
    return away(f"/incidents/{quote(call.path['incident'], safe='')}")
