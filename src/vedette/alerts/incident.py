"""Findings with one cause over time.

Owns: the Incident value and its parts.  Does not own: how it moves (`alerts.lifecycle`), what joins
it (`alerts.grouping`), telling people (`alerts.notify`).
"""

import msgspec

from vedette.alerts.harm import Harm
from vedette.alerts.separation import Separation
from vedette.monitors.finding import Finding

SEVERITIES = ("info", "warning", "critical")
AXES = ("drift", "anomalies", "skew", "infrastructure", "fairness and security")


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What explains an incident, the likeliest first.

    Bounds: `share` of the incident's evidence, in [0, 1]; all causes together hold 1.
    `since` names the deploy that its change began with, "" for none.
    """

    column: str
    segment: str = ""
    component: str = ""
    share: float = 0.0
    statement: str = ""
    since: str = ""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an incident's life, or a note on it.  Units: UTC nanoseconds."""

    at: int
    action: str
    by: str = ""
    note: str = ""
    state: str  # the state it led to
    severity: str = ""  # the incident's, after it


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Findings with one cause over time.

    Units: UTC nanoseconds, all in event time but those of `history`, which are the server's clock:
    `onset` is when the change began, as far as the evidence tells, `opened` the end of the window
    in which it was detected, `closed` that of the window that ended it.  `streams` are
    monitor, column and segment of the members.
    """

    id: str
    model: str
    state: str
    severity: str
    axis: str
    title: str
    onset: int
    opened: int
    closed: int | None = None
    muted_until: int | None = None
    version: str = ""  # of the model, when it opened
    streams: tuple[tuple[str, str, str], ...] = ()
    findings: tuple[Finding, ...] = ()  # the strongest of every member, strongest first
    causes: tuple[Cause, ...] = ()
    history: tuple[Move, ...] = ()
    evidence: float = 0.0  # log10 of the model's evidence when it opened
    threshold: float = 0.0  # log10 of what it had to reach
    harm: Harm | None = None  # what it does to the model's predictions, where that can be told
    separation: Separation | None = None  # how well its rows can be told from the reference's
