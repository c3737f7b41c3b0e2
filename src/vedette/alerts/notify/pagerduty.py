"""PagerDuty: Events API, version 2.

Owns: the body.  Does not own: services and escalation.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from vedette.alerts.message import Message
from vedette.alerts.notify import telling
from vedette.alerts.notify.sending import Request, Target

PATH = "/v2/enqueue"
SUMMARY, KEY = 1024, 255  # characters that PagerDuty takes
ACTIONS = {"acknowledged": "acknowledge", "muted": "acknowledge", "resolved": "resolve"}


def render(message: Message, target: Target, at: int) -> Sequence[Request]:
    """Write the event; a test triggers and resolves at once, so that it wakes nobody for long."""
    actions = [ACTIONS.get(message.event, "trigger")]
    if message.event == "test":
        actions.append("resolve")
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
    return [
        Request(_url(url), headers, msgspec.json.encode(body_of(message, target, action)))
        for action in actions
        for url in target.addresses
    ]


def body_of(message: Message, target: Target, action: str) -> dict[str, Any]:
    """One event of PagerDuty; the incident is the key that joins them."""
    said = telling.own(message)
    body: dict[str, Any] = {
        "routing_key": target.secrets[0],
        "event_action": action,
        "dedup_key": f"vedette:{message.incident}:{message.model}"[:KEY],
    }
    if action != "trigger":
        return body
    body["payload"] = {
        "summary": telling.subject(message, SUMMARY),
        "source": "vedette",
        "severity": said.get("severity", "warning"),
        "timestamp": said.get("opened", ""),
        "component": said.get("model", ""),
        "group": said.get("model", ""),
        "class": said.get("axis", ""),
        "custom_details": {
            **dict(telling.facts(message)),
            "Causes": telling.causes(message),
            "Replay": telling.replay(message),
        },
    }
    body["client"] = "vedette"
    if url := telling.link(message):
        body["client_url"] = url
        body["links"] = [{"href": url, "text": "Incident"}]
    if url := telling.picture_url(message):
        body["images"] = [{"src": url, "alt": "Before and after"}]
    return body


def _url(url: str) -> str:
    return url if url.endswith(PATH) else url.rstrip("/") + PATH
