"""Microsoft Teams: an adaptive card for a Power Automate workflow.

Owns: the card and its size.  Does not own: the words (`telling`).

What comes from the data stands in text runs, which know no markup.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from vedette.alerts.message import Message
from vedette.alerts.notify import telling
from vedette.alerts.notify.sending import Request, Target

LIMIT = 28 * 1024  # bytes that Teams takes
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
COLOURS = {"critical": "attention", "warning": "warning", "info": "accent"}


def render(message: Message, target: Target, at: int) -> Sequence[Request]:
    """Write the event as a card, with as many causes as fit."""
    most = telling.CAUSES
    body = msgspec.json.encode(card_of(message, most))
    while len(body) > LIMIT and most:
        most -= 1
        body = msgspec.json.encode(card_of(message, most))
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
    return [Request(url, headers, body) for url in target.addresses]


def card_of(message: Message, most: int) -> dict[str, Any]:
    """The card, with at most so many causes."""
    severity = telling.own(message).get("severity", "")
    rows = [_run(telling.subject(message, 300), weight="bolder", color=COLOURS.get(severity))]
    rows += [_run(f"{name}: {value}") for name, value in telling.facts(message)]
    rows += [_run(line) for line in (telling.causes(message, most) if most else [])]
    if command := telling.replay(message):
        rows.append(_run(command, fontType="monospace"))
    if url := telling.picture_url(message):
        rows.append({"type": "Image", "url": url, "altText": "Before and after"})
    content: dict[str, Any] = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": rows,
    }
    if url := telling.link(message):
        content["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": url}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **style: str | None) -> dict[str, Any]:
    given = {name: value for name, value in style.items() if value}
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **given}]}
