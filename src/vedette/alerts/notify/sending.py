"""What passes between a channel's words and a transport.

Owns: the request, the ways to fail.  Does not own: any channel or transport.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from vedette.alerts.message import Message
from vedette.alerts.routes import Channel


class Request(NamedTuple):
    """One HTTP request."""

    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    method: str = "POST"


class DeliveryError(Exception):
    """A message did not get through.

    `is_final` says that the very same message will never get through.  The reason names no secret.
    Units: `retry_after_s` seconds, as the receiver asked for.
    """

    def __init__(self, reason: str, *, retry_after_s: float = 0.0, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.retry_after_s, self.is_final = reason, retry_after_s, is_final


@dataclass(frozen=True)
class Target:
    """A channel with its secrets read.  It shows none of them."""

    name: str
    channel: Channel
    addresses: tuple[str, ...]
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Target({self.name}: {self.channel!r})"


class Kind(NamedTuple):
    """How one kind of channel speaks.

    `render` is pure: message, target and now (UTC nanoseconds) to what is to be sent, in order.
    `send` sends one of them and returns a remark, "" if there is none; it raises DeliveryError.
    With `any_of` they are copies for several receivers of which one is enough; with `pictures` it
    takes one, in the message's document, as base64 of a PNG.
    """

    render: Callable[[Message, Target, int], Sequence[Any]]
    send: Callable[[Any, Target], str]
    any_of: bool = False
    pictures: bool = False
