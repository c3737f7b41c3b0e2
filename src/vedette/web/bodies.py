"""Bodies of requests, read no further than the limits.

Owns: how many bytes of one body and of all at once, patience with slow senders, how many large
bodies are decoded at a time.  Does not own: what is in them (`ingest`), who may send (`web.guard`).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from vedette.ingest.limits import Limits
from vedette.ingest.receipt import Busy
from vedette.web.answers import Problem, header

INLINE_BYTES = 64 << 10  # decoded on the spot; a larger body must not hold the others up
PENDING_BYTES = 256 << 20  # of bodies being read or decoded
DECODING = 2  # large bodies at once: each may need several times its expanded size
IDLE_S = 15.0  # the longest pause in the middle of a body
PASSED_OVER = 8  # times the limit: what is read of a body that is too large before it is refused
PASSING_S = 1.0  # the longest pause in what is read and not kept

T = TypeVar("T")


class Bodies:
    """What the bodies of all requests under way share.  For one event loop.

    Units: `wall` gives UTC nanoseconds.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        wall: Callable[[], int] = time.time_ns,
        idle_s: float = IDLE_S,
    ) -> None:
        self.limits, self.wall = limits, wall
        self._idle_s = idle_s
        self._pending = 0
        self._decoding = asyncio.Semaphore(DECODING)

    async def read(self, scope: Any, receive: Any, held: list[int]) -> bytes | None:
        """The whole body, None when the sender went away.

        Shapes: `held` counts its bytes, to be given back with `release` once it is answered.
        Errors: Problem, 413 above the limit, 408 after a long pause; Busy when there are too many.
        """
        limit = self.limits.body
        said = header(scope, b"content-length")
        if said.isdigit() and int(said) > limit:
            await self._pass_over(receive)
            raise _too_large(limit)
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._heard(receive)
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                if message.get("more_body", False):
                    await self._pass_over(receive)
                raise _too_large(limit)
            self.hold(len(piece), held)
            pieces.append(piece)
            if not message.get("more_body", False):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def hold(self, size: int, held: list[int]) -> None:
        """Count bytes that are under way.  Errors: Busy when there are too many."""
        if self._pending + size > PENDING_BYTES:
            raise Busy(1.0, "too many bodies are on their way")
        self._pending += size
        held[0] += size

    def release(self, held: list[int]) -> None:
        """Give back what a body held."""
        self._pending -= held[0]
        held[0] = 0

    async def beside(self, work: Callable[..., T], *args: Any, **given: Any) -> T:
        """Do what takes long beside the loop, not too much of it at a time."""
        async with self._decoding:
            return await asyncio.to_thread(work, *args, **given)

    async def _pass_over(self, receive: Any) -> None:
        """Read on for a while and keep nothing: who is hung up on while sending hears no reason."""
        left = PASSED_OVER * self.limits.body
        while left > 0:
            try:
                async with asyncio.timeout(PASSING_S):
                    message = await receive()
            except TimeoutError:
                return  # it waits for the answer
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return
            left -= len(message.get("body", b""))

    async def _heard(self, receive: Any) -> Any:
        try:
            async with asyncio.timeout(self._idle_s):
                return await receive()
        except TimeoutError:
            raise Problem(408, "too_slow", f"Nothing came for {self._idle_s:g} s.") from None


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"A body has at most {limit} bytes; send smaller batches.")
