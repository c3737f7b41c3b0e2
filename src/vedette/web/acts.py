"""The JSON API: acting.

Owns: the handlers that change something, and the reading of their bodies.  Does not own: what an
act does (`engine.acts`).
"""

from typing import Any

import msgspec

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import PEOPLES
from vedette.core.errors import nearest
from vedette.ingest.moments import moment
from vedette.web import lookup
from vedette.web.answers import Answer, Problem, json_answer
from vedette.web.call import Call
from vedette.web.guard import permit
from vedette.web.keys import ADMIN
from vedette.web.veil import veil_of

LONGEST = 4_000  # characters of a note


class Action(msgspec.Struct, forbid_unknown_fields=True):
    """What a person does to an incident."""

    act: str
    by: str = ""
    note: str = ""
    until: str | int | None = None


class Deploy(msgspec.Struct, forbid_unknown_fields=True):
    """A deploy, or a remark when it has no version."""

    version: str = ""
    text: str = ""
    time: str | int | None = None


class Range(msgspec.Struct, forbid_unknown_fields=True):
    """A stretch of event time."""

    start: str | int
    end: str | int


async def act_on_incident(call: Call) -> Answer:
    """Move an incident along its lifecycle."""
    return json_answer(await act(call, call.json(Action)))


async def act(call: Call, action: Action) -> dict[str, Any]:
    """Do it.  Errors: Problem; UsageError for an action that the state does not allow."""
    incident = allowed_incident(call, ADMIN)
    if action.act not in PEOPLES:
        hint = nearest(action.act, PEOPLES) or f"actions are {', '.join(PEOPLES)}"
        raise Problem(400, "wrong_action", f"There is no action {action.act[:40]!r}; {hint}", "act")
    done: dict[str, Any] = {
        "act": action.act,
        "incident": incident.id,
        "by": by_whom(call, action.by),
        "note": action.note[:LONGEST],
    }
    if action.until is not None:
        done["until"] = instant_of(action.until, "until")
    return await call.service.act(incident.model, done)


async def mark_deploy(call: Call) -> Answer:
    """Put a deploy on the time line."""
    return json_answer(await mark(call, call.json(Deploy)))


async def mark(call: Call, deploy: Deploy) -> dict[str, Any]:
    """Do it."""
    done: dict[str, Any] = {
        "act": "deploy" if deploy.version else "remark",
        **_signed(call),
        "version": deploy.version[:200],
        "text": deploy.text[:LONGEST],
    }
    if deploy.time is not None:
        done["time"] = instant_of(deploy.time, "time")
    return await call.service.act(call.view().name, done)


async def make_baseline(call: Call) -> Answer:
    """Fit a baseline to logged events."""
    return json_answer(await promote(call, call.json(Range)))


async def promote(call: Call, wanted: Range) -> dict[str, Any]:
    """Do it.  Errors: Problem; UsageError when nothing can be fitted to that time."""
    start, end = instant_of(wanted.start, "start"), instant_of(wanted.end, "end")
    if start >= end:
        raise Problem(400, "wrong_body", "start is not before end.", "start")
    act = {"act": "baseline", **_signed(call), "start": start, "end": end}
    return await call.service.act(call.view().name, act)


def by_whom(call: Call, given: str = "") -> str:
    """Who acts: the name given, and whose key it is, where there are keys."""
    key = call.key.note or call.key.id
    return f"{given[:100]} (key {key[:60]})" if given and key else (given or key)[:100]


def _signed(call: Call) -> dict[str, str]:
    """Who acts, where there are keys to know it by."""
    by = by_whom(call)
    return {"by": by} if by else {}


def allowed_incident(call: Call, scope: str) -> Incident:
    """The incident that the path names, as the caller may see it.

    Errors: Problem, 404, also when it may not be seen at all.
    """
    found = lookup.incident(call.service.store, call.path["incident"])
    if found is None or not call.key.may("read", found.model):
        raise Problem(404, "no_incident", "There is no such incident.", "incident")
    permit(call.caller, scope, found.model)
    return veil_of(call).incident(found)


def instant_of(value: str | int, field: str) -> int:
    """An instant in a body.  Errors: Problem, 400."""
    try:
        return moment(value)
    except (ValueError, OverflowError):
        raise Problem(400, "wrong_body", f"{field} is no instant.", field) from None
