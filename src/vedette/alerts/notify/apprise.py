"""Some hundred further services, through the optional library of the same name.

Owns: one notification for it.  Does not own: its services and their addresses; it connects by
itself, so `alerts.notify.guard` cannot hold it back.  Hence the channel must say `allow_private`.
"""

import importlib
from collections.abc import Sequence
from typing import NamedTuple

from vedette.alerts.message import Message
from vedette.alerts.notify import telling
from vedette.alerts.notify.sending import DeliveryError, Target

TYPES = {"critical": "failure", "warning": "warning", "info": "info"}


class Notice(NamedTuple):
    """What the library is given."""

    urls: tuple[str, ...]
    title: str
    body: str
    type: str


def render(message: Message, target: Target, at: int) -> Sequence[Notice]:
    """Write the event as plain text."""
    rows = [f"{name}: {value}" for name, value in telling.facts(message)]
    rows += telling.causes(message)
    rows += [line for line in (telling.replay(message), telling.link(message)) if line]
    kind = TYPES.get(str(telling.own(message).get("severity")), "info")
    kind = "success" if message.event == "resolved" else kind
    return [Notice(target.addresses, telling.subject(message), "\n".join(rows), kind)]


def send(notice: Notice, target: Target) -> str:
    """Hand a notice to the library.  Errors: DeliveryError when it is not there, or fails."""
    if not target.channel.allow_private:
        why = "apprise connects by itself, past the guard; the channel must say allow_private"
        raise DeliveryError(why, is_final=True)
    try:
        library = importlib.import_module("apprise")
    except ImportError:
        why = 'the library apprise is not installed; try: pip install "vedette[notify]"'
        raise DeliveryError(why) from None
    sender = library.Apprise()
    taken = [sender.add(url) for url in notice.urls]
    if not all(taken):
        raise DeliveryError("apprise does not know one of the addresses", is_final=True)
    sent = sender.notify(
        title=notice.title, body=notice.body, notify_type=notice.type, body_format="text"
    )
    if not sent:
        raise DeliveryError("apprise could not deliver to every address")
    return ""
