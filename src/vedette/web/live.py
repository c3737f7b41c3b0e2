"""Pages that follow what happens: one stream of server-sent events.

Owns: when a page is told that what it shows has changed.  Does not own: what changed: the page asks
for itself again and takes over what is new (`static/vedette.js`).
"""

import asyncio
from collections.abc import AsyncIterator

from vedette.web.answers import Headers, Problem, Streamed, retry_after
from vedette.web.call import Call
from vedette.web.pulse import EVERY_S

QUIET_S = 15.0  # after which a comment shows that the line still holds
STREAMS = 100  # at once; a further page asks every half minute instead
_HEADERS: Headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]


async def live(call: Call) -> Streamed:
    """Tell a page when what it shows has changed."""
    name = call.query().word("model")
    pulse = call.pulse
    if name is not None and not call.key.may("read", name):
        raise Problem(403, "not_allowed", f"This key does not allow it: model {name[:128]!r}.")
    if pulse.streams >= STREAMS:
        raise Problem(
            503, "busy", "Too many pages are followed at once.", headers=[retry_after(30)]
        )
    return Streamed(_changes(call, name), _HEADERS)


async def _changes(call: Call, name: str | None) -> AsyncIterator[bytes]:
    pulse = call.pulse
    pulse.streams += 1
    try:
        seen, quiet = pulse.of(_watched(call, name)), 0.0
        yield b"retry: 2000\n\n"
        while not pulse.is_over:
            await asyncio.sleep(EVERY_S)
            now, quiet = pulse.of(_watched(call, name)), quiet + EVERY_S
            if now != seen:
                seen, quiet = now, 0.0
                yield b"event: changed\ndata: {}\n\n"
            elif quiet >= QUIET_S:
                quiet = 0.0
                yield b": still here\n\n"
    finally:
        pulse.streams -= 1


def _watched(call: Call, name: str | None) -> list[str]:
    """The models whose changes a page hears of."""
    if name is not None:
        return [name]
    return [known for known in call.service.names() if call.key.may("read", known)]
