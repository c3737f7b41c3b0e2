"""The life of an incident, as a table.

Owns: the states, the actions, where each leads, and moving.  Does not own: what opens an incident
or joins it (`alerts.grouping`), who may act (web), telling (`alerts.routes`).

Two rules.  A pair that is not in the table cannot happen, and says so.  Every move is written into
the incident's history, with who made it.

Only `settle` and `attach` come from the evidence: the change is over, or more streams show it.  All
others come from people.  A muted incident is watched like any other; it is silent until the mute
ends.  `docs/lifecycle.svg` is drawn from this table.
"""

from collections.abc import Mapping

import msgspec

from vedette.alerts.incident import Incident, Move
from vedette.core.errors import UsageError, nearest

OPEN, ACKNOWLEDGED, MUTED = "open", "acknowledged", "muted"
RESOLVED, REOPENED = "resolved", "reopened"

TABLE: Mapping[str, Mapping[str, str]] = {
    OPEN: {
        "acknowledge": ACKNOWLEDGED,
        "mute": MUTED,
        "resolve": RESOLVED,
        "settle": RESOLVED,
        "attach": OPEN,
        "note": OPEN,
    },
    ACKNOWLEDGED: {
        "mute": MUTED,
        "resolve": RESOLVED,
        "settle": RESOLVED,
        "attach": ACKNOWLEDGED,
        "note": ACKNOWLEDGED,
    },
    MUTED: {
        "acknowledge": ACKNOWLEDGED,
        "mute": MUTED,
        "unmute": OPEN,
        "resolve": RESOLVED,
        "settle": RESOLVED,
        "attach": MUTED,
        "note": MUTED,
    },
    RESOLVED: {
        "reopen": REOPENED,
        "attach": REOPENED,
        "note": RESOLVED,
    },
    REOPENED: {
        "acknowledge": ACKNOWLEDGED,
        "mute": MUTED,
        "resolve": RESOLVED,
        "settle": RESOLVED,
        "attach": REOPENED,
        "note": REOPENED,
    },
}
STATES = tuple(TABLE)
ACTIONS = ("acknowledge", "mute", "unmute", "resolve", "settle", "reopen", "attach", "note")
PEOPLES = tuple(action for action in ACTIONS if action not in ("settle", "attach"))


def allowed(state: str) -> tuple[str, ...]:
    """What can be done in a state, in the order of the table."""
    return tuple(TABLE[state])


def is_open(incident: Incident) -> bool:
    """Whether the change still goes on, as far as anybody said."""
    return incident.state != RESOLVED


def is_silent(incident: Incident, at: int) -> bool:
    """Whether an incident is muted at an instant.  Units: UTC nanoseconds, the server's clock."""
    return incident.state == MUTED and (incident.muted_until is None or at < incident.muted_until)


def is_overdue(incident: Incident, at: int) -> bool:
    """Whether a mute has run out and the incident is to be unmuted."""
    return incident.state == MUTED and not is_silent(incident, at)


def move(
    incident: Incident,
    action: str,
    *,
    at: int,
    by: str = "",
    note: str = "",
    until: int | None = None,
    closed: int | None = None,
) -> Incident:
    """Act on an incident.

    Units: `at` and `until` in nanoseconds of the server's clock, `closed` in event time (`at` when
    it is not given).  `until` is of a mute; without one it lasts until somebody ends it.
    Errors: UsageError for an action that the state does not allow, a note without text, or a mute
    that ends before it begins.
    Example:
        >>> incident = Incident(
        ...     id="1", model="m", state="open", severity="info", axis="drift", title="", onset=0,
        ...     opened=0,
        ... )
        >>> moved = move(incident, "acknowledge", at=5, by="Ann")
        >>> moved.state, moved.history[-1].by
        ('acknowledged', 'Ann')
    """
    row = TABLE[incident.state]
    if action not in row:
        raise UsageError(
            f"incident {incident.id}",
            f"cannot {action} while it is {incident.state}",
            want=f"one of {', '.join(name for name in row if name in PEOPLES)}",
            hint=nearest(action, ACTIONS) if action not in ACTIONS else "",
        )
    if action == "note" and not note.strip():
        raise UsageError(f"incident {incident.id}", "a note needs text")
    if action == "mute" and until is not None and until <= at:
        raise UsageError(f"incident {incident.id}", "the mute ends before it begins", got=until)
    state = row[action]
    ends = {RESOLVED: at if closed is None else closed}.get(state)
    return msgspec.structs.replace(
        incident,
        state=state,
        muted_until=until if action == "mute" else incident.muted_until if state == MUTED else None,
        closed=incident.closed if action == "note" else ends,
        history=(
            *incident.history,
            Move(at=at, action=action, by=by, note=note, state=state, severity=incident.severity),
        ),
    )
