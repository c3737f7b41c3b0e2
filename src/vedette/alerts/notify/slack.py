"""Slack: an incoming webhook with blocks.

Owns: the body, its limits and its escaping.  Does not own: the words (`telling`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from vedette.alerts.document import plain
from vedette.alerts.message import Message
from vedette.alerts.notify import telling
from vedette.alerts.notify.sending import Request, Target

HEADER, TEXT, FIELD, FIELDS = 150, 3000, 2000, 10  # characters and number that Slack takes


def render(message: Message, target: Target, at: int) -> Sequence[Request]:
    """Write the event as blocks, and as one line for the notification."""
    title = telling.subject(message, HEADER)
    fields = [
        _mrkdwn(f"*{name}*\n{escape(value)}", FIELD) for name, value in telling.facts(message)
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
        {"type": "section", "fields": fields[:FIELDS]},
    ]
    causes = "\n".join(f"• {escape(line)}" for line in telling.causes(message))
    if causes:
        blocks.append({"type": "section", "text": _mrkdwn(causes, TEXT)})
    if url := telling.picture_url(message):
        blocks.append({"type": "image", "image_url": url, "alt_text": title})
    if command := telling.replay(message):
        blocks.append({"type": "context", "elements": [_mrkdwn(f"`{escape(command)}`", FIELD)]})
    if url := telling.link(message):
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": url}
        blocks.append({"type": "actions", "elements": [button]})
    body = {
        "text": escape(title),
        "blocks": blocks,
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
    return [Request(url, headers, msgspec.json.encode(body)) for url in target.addresses]


def escape(text: str) -> str:
    """Take away what Slack would read as a mention, a link or a channel.

    Example:
        >>> escape("<!here> & <https://x|y>")
        '&lt;!here&gt; &amp; &lt;https://x|y&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn(text: str, longest: int) -> dict[str, Any]:
    # Cut by lines, never through an entity; verbatim keeps Slack from finding links by itself.
    while len(text) > longest and "\n" in text:
        text = text.rpartition("\n")[0]
    if len(text) > longest:
        text = plain(text, longest - 10)
    return {"type": "mrkdwn", "text": text, "verbatim": True}
