"""One incident: what happened, since when, why, before and after, what to do."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from vedette.alerts.grouping import OF_GROUPS
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.durations import DAY, HOUR, roughly
from vedette.core.errors import VedetteError
from vedette.engine.change import during, pair_of
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.report.figures.change import change_height
from vedette.report.figures.course import HEIGHT as COURSE_HEIGHT
from vedette.report.figures.fairness import HEIGHT as GAP_HEIGHT
from vedette.report.figures.performance import HEIGHT as PERFORMANCE_HEIGHT
from vedette.web import acts, documents, lookup
from vedette.web.answers import Answer, Problem
from vedette.web.asked import baseline_of
from vedette.web.call import Call
from vedette.web.charts.column import change_of
from vedette.web.explanation import explanation_of, why_unexplained
from vedette.web.history.course import DRAWN, drawn_as
from vedette.web.pages.page import (
    ALL,
    away,
    is_of_service,
    read_form,
    refusal,
    render,
    subject_page,
)
from vedette.web.performance_verdict import MONITORS
from vedette.web.redaction import Redaction
from vedette.web.samples import sample_events
from vedette.web.veil import veil_of

LONGEST_MUTE_H = 10_000
DRAWN_CAUSES = 6
BEFORE, AFTER = 2 * DAY, 5 * DAY  # of the onset, at least this much is drawn
WINDOWS = 20  # ... and at least so many windows of the drift clock
RELATED = 2 * DAY  # before the onset, in which a deploy may have to do with it


class Before(NamedTuple):
    """A cause's column before and after: where its charts are, and how high they will be.

    Shapes: `course` the parameters of its component over time, None where that is not drawn.
    """

    column: str
    segment: str
    query: dict[str, Any]
    height: int
    course: dict[str, Any] | None


def page_incident(call: Call, said: str = "", status: int = 200) -> Answer:
    """One incident: what happened, since when, why, before and after, its history."""
    found = acts.allowed_incident(call, "read")
    store = call.service.store
    view = call.service.model(found.model)
    baseline = baseline_of(call, view) if view else None
    profile = during(store, found, baseline) if baseline is not None else None
    told = explanation_of(call, found)
    changes = _changes(call, found, baseline, profile)
    leading = next((cause.column for cause in found.causes if cause.column), "")
    related = ALL._replace(start=found.onset - RELATED, end=found.opened + 1, limit=10)
    return render(
        call,
        "incident.html.jinja",
        status,
        incident=documents.incident_document(found),
        told=told,
        why="" if told is not None else why_unexplained(call, found),
        lag=roughly(max(found.opened - found.onset, 0)),
        may_act=call.key.may("admin", found.model),
        changes=changes,
        pictured=any(one.column == leading for one in changes),
        deploys=lookup.entries(store, "note", found.model, related, veil_of(call))[0],
        course_height=COURSE_HEIGHT,
        call_flags=f" {call.tools.flags}" if call.tools.flags else "",
        stretch=_stretch(call, found),
        counted=set() if baseline is None else set(baseline.binnings),
        of_outcomes=_of_outcomes(found),
        of_service=_of_service(found),
        performance_height=PERFORMANCE_HEIGHT,
        of_groups=_of_groups(found),
        gap_height=GAP_HEIGHT,
        of_traffic=not any(cause.column for cause in found.causes) and not _is_of_groups(found),
        samples=_samples(call, found),
        said=said,
    )


async def form_incident(call: Call) -> Answer:
    """Act on an incident from its page, then show it."""
    form = read_form(call)
    until = _until(call, form) if form.get("act") == "mute" else None
    action = acts.Action(form.get("act", ""), form.get("by", ""), form.get("note", ""), until)
    try:
        await acts.act(call, action)
    except (VedetteError, Problem) as error:
        return page_incident(call, refusal(error), 400)
    return away(f"/incidents/{quote(call.path['incident'], safe='')}")


def _samples(call: Call, incident: Incident) -> dict[str, Any]:
    """A few events that show it, or why there are none."""
    rules = Redaction.of(call.service.schema_of(incident.model))
    return sample_events(call.service, incident, rules, now=call.now())


def _until(call: Call, form: Mapping[str, str]) -> str | int | None:
    """When a mute ends: the instant that was given, else so many hours from now."""
    if form.get("until"):
        return f"{form['until']}Z"
    hours = form.get("hours", "")
    if not (hours.isascii() and hours.isdigit()):
        return None
    return call.now() + min(int(hours[:5]), LONGEST_MUTE_H) * HOUR


def _changes(
    call: Call, incident: Incident, baseline: Baseline | None, profile: Profile | None
) -> list[Before]:
    """The columns of an incident, first cause first; none where their profiles are not kept."""
    if baseline is None or profile is None:
        return []
    stretch = _stretch(call, incident)
    hidden = {"", *veil_of(call).hidden(incident.model)}
    wanted = {(one.column, one.segment): one for one in incident.causes if one.column not in hidden}
    found = []
    for (column, segment), cause in list(wanted.items())[:DRAWN_CAUSES]:
        pair = pair_of(baseline, profile, column, segment)
        if pair is None:
            continue
        about = {"column": column, "segment": segment}
        height = change_height(change_of(pair, cause.component))
        component = drawn_as(cause.component)
        course = {**about, **stretch, "component": component}
        found.append(Before(column, segment, about, height, course if component in DRAWN else None))
    return found


def _of_outcomes(incident: Incident) -> dict[str, str] | None:
    """The segment in which outcomes moved, the leading finding's first; None where none did."""
    own = [one.segment for one in incident.findings if one.monitor in MONITORS]
    return {"segment": own[0]} if own else None


def _of_service(incident: Incident) -> dict[str, str]:
    """Where each column is looked at whose leading finding is about the service, or a metric."""
    leading = {one.column: one for one in reversed(incident.findings) if one.column}
    return {
        column: subject_page(incident.model, one.monitor, column, one.segment)
        for column, one in leading.items()
        if is_of_service(one.monitor)
    }


def _of_groups(incident: Incident) -> dict[str, str] | None:
    """The group that is treated unlike the rest, the leading one; None where none is, or may be
    named."""
    for one in incident.findings:
        if one.monitor in OF_GROUPS and one.column:
            return {"groups": one.column, "group": one.segment, "metric": one.component}
    return None


def _is_of_groups(incident: Incident) -> bool:
    return any(monitor in OF_GROUPS for monitor, _, _ in incident.streams)


def _stretch(call: Call, incident: Incident) -> dict[str, Any]:
    """From before an incident until it is over, or some days into it."""
    width = call.service.settings_of(incident.model).clocks.widths[2]
    start = incident.onset - max(BEFORE, WINDOWS * width)
    end = max(incident.opened + WINDOWS * width, incident.onset + AFTER)
    if not is_open(incident) and incident.closed is not None:
        end = max(end, incident.closed)
    return {"start": documents.instant(start), "end": documents.instant(end)}
