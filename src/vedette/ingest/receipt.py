"""What a sender is told about a body.

Owns: the answer to a body that was taken, and the refusal when there is no room for one.  Does not
own: HTTP (`web`), the queue (`engine.service`).
"""

from typing import NamedTuple

from vedette.core.errors import StoreError


class Receipt(NamedTuple):
    """How many rows of a body are durable, were known before, and were refused."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


class Busy(StoreError):  # noqa: N818 - it says how the server is
    """There is no room for a body now; it may be sent again.

    Units: `retry_after_s` seconds.
    """

    def __init__(self, retry_after_s: float, reason: str) -> None:
        super().__init__("server", reason, hint=f"send it again in {retry_after_s:g} s")
        self.retry_after_s = retry_after_s
