"""What is to be told, to whom, and how far that got.

Owns: the Message value: one event of one incident for one channel.  Does not own: choosing
(`alerts.routes`), sending (`alerts.notify`).
"""

from typing import Any

import msgspec

PENDING, SENT, DEAD = "pending", "sent", "dead"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, at least once.

    `id` is the idempotency key: the same for every try, and for a replay of the log.  `document`
    is the plain incident with links, made when the event happened.  Units: `due` and `made` UTC
    nanoseconds by the server's clock.
    """

    id: str
    model: str
    incident: str
    channel: str
    event: str  # opened, updated, acknowledged, muted, resolved, reopened, test
    made: int
    due: int
    document: dict[str, Any]
    state: str = PENDING
    tries: int = 0
    error: str = ""
