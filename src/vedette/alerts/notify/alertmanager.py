"""Alertmanager: alerts through its API, version 2.

Owns: the body.  Does not own: repeating it while an incident is open (`deliver`).

Alertmanager forgets an alert that is not repeated within its `resolve_timeout` (5 minutes), and
takes an end in the past for the end.  A muted incident is not repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from vedette.alerts.document import instant
from vedette.alerts.message import Message
from vedette.alerts.notify.sending import Request, Target

PATH = "/api/v2/alerts"
OVER = ("resolved", "muted", "test")  # events after which nothing fires


def render(message: Message, target: Target, at: int) -> Sequence[Request]:
    """Write the alert of one event; what is over ends now."""
    ends = at if message.event in OVER else None
    return post_of([message.document], target, ends, message.id)


def post_of(
    documents: Iterable[Mapping[str, Any]], target: Target, ends: int | None, key: str = ""
) -> Sequence[Request]:
    """Write the alerts of some documents, one request per Alertmanager."""
    alerts = [_alert(alert, ends) for document in documents for alert in document["alerts"]]
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    body = msgspec.json.encode(alerts)
    return [Request(f"{url.rstrip('/')}{PATH}", headers, body) for url in target.addresses]


def _alert(alert: Mapping[str, Any], ends: int | None) -> dict[str, Any]:
    said = {name: alert[name] for name in ("labels", "annotations", "startsAt")}
    if ends is not None:
        said["endsAt"] = instant(ends)
    if alert.get("generatorURL"):
        said["generatorURL"] = alert["generatorURL"]
    return said
