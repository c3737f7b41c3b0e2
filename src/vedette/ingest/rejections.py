"""The refused events of one body.

Owns: collecting them with reasons, and how much of each is kept to be looked at.  Does not own: the
checks (`ingest.rows`, `ingest.arrow_body`), the quarantine (`engine.service`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from vedette.ingest.decoded import Rejected
from vedette.ingest.sent import Bad, Sent, SentLabel, SentReading, SentSide

EVENT_BYTES = 8 << 10  # of a refused event, kept to be looked at
EVENTS_KEPT = 100  # of one body; of the others only the reason
REASON = 400  # characters


class Rejections:
    """The refused events of one body; the first of them with what was sent."""

    def __init__(self, bad: Sequence[Bad] = ()) -> None:
        self.all: list[Rejected] = []
        for one in bad:
            sent = one.event.get("id", "") if isinstance(one.event, dict) else ""
            self.add(one.row, one.reason, one.event, str(sent))

    def add(self, row: int, reason: str, event: Any = None, identity: str = "") -> None:
        """Note one."""
        text = _shown(event) if len(self.all) < EVENTS_KEPT and event is not None else None
        self.all.append(Rejected(row, reason[:REASON], text, valid_text(identity)[:200]))


def valid_text(text: str) -> str:
    """Text that every codec takes: half characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shown(event: Any) -> str:
    try:
        plain = msgspec.to_builtins(event)
        if isinstance(event, Sent | SentLabel | SentReading | SentSide):
            plain = {key: value for key, value in plain.items() if value not in (None, {})}
        text = plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        text = valid_text(repr(event))
    return text[:EVENT_BYTES].encode()[:EVENT_BYTES].decode("utf-8", "ignore")
