"""Finding what the API and the pages show.

Owns: reading the stores through the filters of a request.  Does not own: the JSON
(`web.documents`), the stores.  Everything here may block; it runs in a thread.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from vedette.alerts.axis import Served
from vedette.alerts.grouping import OF_GROUPS
from vedette.alerts.incident import AXES, SEVERITIES, Incident
from vedette.alerts.lifecycle import TABLE, is_open
from vedette.alerts.message import DEAD, PENDING, SENT
from vedette.alerts.notify.outbox import state_of
from vedette.core.errors import StoreError
from vedette.engine import strips
from vedette.engine.looks import read_look
from vedette.engine.plan import BASE, DRIFT, QUICK
from vedette.monitors.catalog import MONITORS
from vedette.monitors.finding import VERDICTS, Finding
from vedette.profiles import codec
from vedette.profiles.baseline import Baseline
from vedette.stores.store import Entry, StateStore
from vedette.web import documents
from vedette.web.query import Query, page
from vedette.web.redaction import Redaction
from vedette.web.veil import Veil

STATES = ("active", *TABLE)  # of incidents; active: all but resolved
MESSAGES = (PENDING, SENT, DEAD)  # states of messages
CLOCKS = (BASE, QUICK, DRIFT)
Page = tuple[list[dict[str, Any]], str | None]
Rules = Callable[[str], Redaction]


def incidents(store: StateStore, model: str | None, query: Query, veil: Veil) -> Page:
    """Incidents, the newest first, as the caller may see them."""
    severity, axis = query.choice("severity", SEVERITIES), query.choice("axis", AXES)
    state = query.choice("state", STATES)

    def read(entry: Entry) -> dict[str, Any] | None:
        incident = veil.incident(msgspec.json.decode(entry.body, type=Incident))
        wanted = (
            veil.caller.may("read", incident.model)
            and query.word("model") in (None, incident.model)
            and severity in (None, incident.severity)
            and axis in (None, incident.axis)
            and _in_state(incident, state)
            and _of_stream(incident, query.word("column"), query.word("segment"))
        )
        return documents.incident_document(incident, whole=False) if wanted else None

    return page(store, "incident", model, query, read)


def incident(store: StateStore, identity: str) -> Incident | None:
    """One incident, of whatever model."""
    for entry in store.read("incident", prefix=identity, limit=8):
        if entry.key == identity:
            return msgspec.json.decode(entry.body, type=Incident)
    return None


def findings(
    store: StateStore,
    model: str,
    query: Query,
    veil: Veil,
    served: Served = Served(),  # noqa: B008
) -> Page:
    """Findings, the newest window first, as the caller may see them; `served` tells metrics of the
    service from others."""
    choices = (("monitor", MONITORS), ("verdict", VERDICTS), ("axis", AXES))
    chosen = {name: query.choice(name, known) for name, known in choices}

    def read(entry: Entry) -> dict[str, Any] | None:
        finding = veil.finding(msgspec.json.decode(entry.body, type=Finding), model)
        wanted = all(
            chosen.get(name, query.word(name)) in (None, value)
            for name, value in (
                ("column", finding.column),
                ("segment", finding.segment),
                ("monitor", finding.monitor),
                ("verdict", finding.verdict),
                ("axis", served.axis_of(finding.monitor, finding.column)),
            )
        )
        return documents.finding_document(finding) if wanted else None

    return page(store, "finding", model, query, read)


def profiles(store: StateStore, model: str, query: Query, veil: Veil) -> Page:
    """Profiles of windows, the newest first, without the columns that the caller may not see."""
    clock = query.choice("clock", CLOCKS) or DRIFT
    column, segment = query.word("column"), query.word("segment")

    def read(entry: Entry) -> dict[str, Any]:
        profile = (
            strips.whole(store, entry) if column is None else strips.some(store, entry, [column])
        )
        document = documents.profile_document(profile, clock, column, segment)
        hidden = veil.hidden(model)
        document["columns"] = [one for one in document["columns"] if one["column"] not in hidden]
        return document

    return page(store, "profile", model, query, read, prefix=f"{clock}/")


def looks(store: StateStore, model: str, query: Query, veil: Veil) -> Page:
    """What the monitors saw of every window, the newest first: the evidence of the model, and of
    one column when it is named."""
    clock, column = query.choice("clock", CLOCKS) or DRIFT, query.word("column")

    def read(entry: Entry) -> dict[str, Any]:
        look = read_look(entry.body)
        document = {
            "clock": look["clock"],
            "start": documents.instant(look["window"].start),
            "end": documents.instant(look["window"].end),
            "rows": look["rows"],
            "evidence": look["total"],
            "threshold": look["threshold"],
        }
        if column is not None:
            document["streams"] = [
                {
                    "monitor": stream[0],
                    "column": stream[1],
                    "segment": stream[2],
                    "evidence": float(look["evidence"][at]),
                    "effect": float(look["effect"][at]),
                    "weight": float(look["weights"][at]),
                }
                for at, stream in enumerate(look["streams"])
                if stream[1] == column and query.word("segment") in (None, stream[2])
                if stream[0] not in OF_GROUPS or not veil.hides(model, stream[1])
                if stream[0] in OF_GROUPS or not veil.hides_segment(model, stream[2])
            ]
        plain: dict[str, Any] = documents.finite(document)
        return plain

    return page(store, "look", model, query, read, prefix=f"{clock}/")


def entries(store: StateStore, kind: str, model: str | None, query: Query, veil: Veil) -> Page:
    """Entries of plain data, the newest first; a `state` is one of messages."""
    state = query.choice("state", MESSAGES)

    def read(entry: Entry) -> dict[str, Any] | None:
        if not veil.caller.may("read", entry.model or None):
            return None
        if state is not None and state_of(entry) != state:
            return None  # a message holds a whole incident: most need not be read
        document = documents.entry_document(entry)
        if kind == "message":
            document = veil.message(store, entry, document)
        wanted = query.word("model") in (None, entry.model)
        return document if wanted else None

    return page(store, kind, model, query, read)


def refused(store: StateStore, query: Query, veil: Veil, rules: Rules) -> Page:
    """Refused events with reasons, the newest first; `rules` say of a model what may be shown."""
    found, more = entries(store, "quarantine", None, query, veil)
    known: dict[str, Redaction] = {}
    for entry in found:
        model = entry["model"]
        if model not in known:
            known[model] = rules(model)
        if isinstance(entry.get("event"), str):
            entry["event"] = known[model].sent(entry["event"])
    return found, more


def baselines(store: StateStore, model: str, query: Query, veil: Veil) -> Page:
    """Baselines, the newest first, without their counts, and segments that the caller may not look
    into."""

    def read(entry: Entry) -> dict[str, Any] | None:
        if not entry.body.startswith(codec.MAGIC):
            return None  # the answer to a request: the id of another entry
        found = codec.decode(entry.body)[0]
        return {
            "id": entry.key,
            "made": documents.instant(entry.time),
            "rows": found.profile.rows,
            "columns": list(found.columns),
            "segments": {
                name: list(values)
                for name, values in found.segments.items()
                if name not in veil.hidden(model)
            },
            "left_out": dict(found.excluded),
            "binning": found.profile.binning_id,
        }

    return page(store, "baseline", model, query, read)


def baseline(store: StateStore, model: str, identity: str) -> Baseline | None:
    """One baseline; None when it is not kept, or cannot be read."""
    entry = store.get("baseline", model, identity) if identity else None
    if entry is None:
        return None
    try:
        return codec.decode(entry.body)[0]
    except StoreError:
        return None


def _in_state(incident: Incident, state: str | None) -> bool:
    if state in (None, incident.state):
        return True
    return state == "active" and is_open(incident)


def _of_stream(incident: Incident, column: str | None, segment: str | None) -> bool:
    if column is None and segment is None:
        return True
    return any(
        column in (None, stream[1]) and segment in (None, stream[2]) for stream in incident.streams
    )
