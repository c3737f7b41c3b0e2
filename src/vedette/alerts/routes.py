"""Who is told what.

Owns: the settings of channels and routes, and the messages that an event of an incident becomes.
Does not own: reading secrets and sending (`alerts.notify`), the document (`alerts.document`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from vedette.alerts.incident import AXES, SEVERITIES, Incident
from vedette.alerts.lifecycle import MUTED
from vedette.alerts.message import Message
from vedette.core.errors import SettingsError, nearest

CHANNELS = ("webhook", "alertmanager", "slack", "pagerduty", "teams", "email", "apprise")
UPDATES = 3600 * 1_000_000_000  # ns: of one incident at most one update in so long
EVENTS = ("opened", "updated", "acknowledged", "muted", "resolved", "reopened")


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a secret is to be read, never the secret itself: an environment variable or a file."""

    env: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        if bool(self.env) == bool(self.file):
            raise SettingsError("secret", "must name one place", want="{env: NAME} or {file: PATH}")


Address = str | Secret | tuple[str, ...]


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One place that messages go to: exactly one of the kinds, with its address.

    The address is a URL (for e-mail the recipients), or the secret that holds it: the URLs of Slack
    and Teams are secrets.  `secret` signs a webhook (`whsec_...`), routes to a PagerDuty service,
    or is the password of the mail server; `old_secret` signs as well while a secret is replaced.
    `smtp` is `smtp://user@host:587` (STARTTLS) or `smtps://user@host:465`; `plain` allows a mail
    server without TLS.  Private addresses are refused unless `allow_private`, or their host is in
    `allow_hosts`.
    Errors: SettingsError for none or two kinds, or what that kind cannot do without.
    """

    webhook: Address | None = None
    alertmanager: Address | None = None
    slack: Address | None = None
    pagerduty: Address | None = None
    teams: Address | None = None
    email: Address | None = None
    apprise: Address | None = None
    secret: Secret | None = None
    old_secret: Secret | None = None
    smtp: str = ""
    sender: str = ""
    plain: bool = False
    allow_private: bool = False
    allow_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = [name for name in CHANNELS if getattr(self, name) is not None]
        if len(given) != 1:
            raise SettingsError(
                "channel",
                "must have exactly one kind",
                got=" and ".join(given) or "none",
                want=f"one of {', '.join(CHANNELS)}",
            )
        if self.email is not None and not (self.smtp and self.sender):
            raise SettingsError("channel", "e-mail needs smtp and sender")
        if self.smtp and not self.smtp.startswith(("smtp://", "smtps://")):
            raise SettingsError("channel", "smtp must be smtp://HOST:587 or smtps://HOST:465")
        if self.pagerduty is not None and self.secret is None:
            raise SettingsError("channel", "PagerDuty needs its routing key as a secret")

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return next(name for name in CHANNELS if getattr(self, name) is not None)

    @property
    def address(self) -> Address:
        """Where it goes to."""
        found: Address = getattr(self, self.kind)
        return found

    @property
    def place(self) -> str:
        """Its host alone: the rest of an address may be a secret."""
        address = self.address
        if isinstance(address, Secret):
            return f"from {address.env or address.file}"
        if self.kind in ("email", "apprise"):
            return "..."
        first = address if isinstance(address, str) else ", ".join(address[:1])
        return first.partition("://")[2].partition("/")[0].rpartition("@")[2] or "..."

    def __repr__(self) -> str:
        return f"Channel({self.kind}: {self.place})"


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which events of which incidents go to which channels.

    `models` are names with wildcards; `axes` and `events` empty are all of them.  An incident goes
    along every route that it matches, to each channel once.
    """

    to: tuple[str, ...]
    models: tuple[str, ...] = ("*",)
    min_severity: str = "info"
    axes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _known("severity", [self.min_severity], SEVERITIES)
        _known("axis", self.axes, AXES)
        _known("event", self.events, EVENTS)

    def takes(self, incident: Incident, event: str) -> bool:
        """Whether an event of an incident goes this way."""
        return (
            any(fnmatchcase(incident.model, pattern) for pattern in self.models)
            and SEVERITIES.index(incident.severity) >= SEVERITIES.index(self.min_severity)
            and (not self.axes or incident.axis in self.axes)
            and (not self.events or event in self.events)
        )


def check_routes(routes: Sequence[Route], channels: Mapping[str, Channel]) -> None:
    """Refuse a route to a channel that does not exist.  Errors: SettingsError."""
    for route in routes:
        for name in route.to:
            if name not in channels:
                raise SettingsError(
                    "routes",
                    f"there is no channel {name!r}",
                    hint=nearest(name, channels) or f"channels are {', '.join(channels) or 'none'}",
                )


def messages_for(
    incident: Incident,
    event: str,
    routes: Sequence[Route],
    channels: Mapping[str, Channel],
    *,
    made: int,
    document: Mapping[str, Any],
) -> list[Message]:
    """Write the messages of one event, one for each channel that a route leads to.

    Ids follow from the incident, the event, the number of its moves and the channel: a replay makes
    the same ones, and those of one incident sort in the order in which they were made.  While an
    incident is muted, nothing is told but that it was.  Of streams that keep joining people hear
    once an hour, and at once when it grows more severe.
    Units: `made` in UTC nanoseconds, the server's clock.
    """
    if not event or (incident.state == MUTED and event != "muted"):
        return []
    if event == "updated" and _was_told(incident):
        return []
    taken = [route for route in routes if route.takes(incident, event)]
    names = dict.fromkeys(name for route in taken for name in route.to if name in channels)
    return [
        Message(
            id=message_id(incident.id, event, len(incident.history), name),
            model=incident.model,
            incident=incident.id,
            channel=name,
            event=event,
            made=made,
            due=made,
            document=dict(document),
        )
        for name in names
    ]


def message_id(incident: str, event: str, moves: int, channel: str) -> str:
    """Name a message.

    Example:
        >>> message_id("ab12", "opened", 1, "oncall")
        'ab12-00001-6aef3763b58c'
    """
    about = "\x1f".join([incident, event, str(moves), channel])
    return f"{incident}-{moves:05d}-{hashlib.sha256(about.encode()).hexdigest()[:12]}"


def _was_told(incident: Incident) -> bool:
    """Whether others joined in the same hour since the opening, and it is as severe as before."""
    first, last = incident.history[:1], incident.history[-1:]
    if not last or last[0].action != "attach":
        return False
    hours = [
        (one.at - first[0].at) // UPDATES for one in incident.history if one.action == "attach"
    ]
    return hours.count(hours[-1]) > 1 and last[0].severity == incident.history[-2].severity


def _known(what: str, given: Sequence[str], words: Sequence[str]) -> None:
    for word in given:
        if word not in words:
            raise SettingsError(
                "route",
                f"unknown {what}",
                got=repr(word),
                want=f"one of {', '.join(words)}",
                hint=nearest(word, words),
            )
