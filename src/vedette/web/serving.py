"""The socket: how long and how much it waits for.

Owns: the settings of the HTTP server, and patience with slow senders.  Does not own: the
application (`web.app`).
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 16 << 10  # of a request line with its headers
HEAD_S = 15.0  # for them to arrive
IDLE_S = 15  # that a connection is kept for another request
DRAIN_S = 10  # for requests under way when the server is told to stop
CONNECTIONS = 1_000  # at once; a further one is told 503


class Patience(HttpToolsProtocol):
    """A connection that is closed when its headers come too slowly or are too many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        self._head = 0
        self._reading = True
        self._waits: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head = 0
        self._reading = True
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._reading = False
        self._rest()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Count what comes before the headers end."""
        super().data_received(data)
        if self._reading:
            self._head += len(data)
            if self._head > HEAD_BYTES:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._rest()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._rest()
        self._waits = self.loop.call_later(HEAD_S, self.transport.close)

    def _rest(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None


def server_config(app: Any, host: str, port: int, **more: Any) -> uvicorn.Config:
    """The HTTP server of an application: one process, one loop.

    `more` overrides settings of uvicorn.
    """
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "http": Patience,
        "ws": "none",
        "lifespan": "off",
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "date_header": True,
        "timeout_keep_alive": IDLE_S,
        "timeout_graceful_shutdown": DRAIN_S,
        "limit_concurrency": CONNECTIONS,
        "backlog": 1024,
        "proxy_headers": False,
    }
    return uvicorn.Config(app, **(given | more))
