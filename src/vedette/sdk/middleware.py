"""ASGI middleware: log the predictions of a web service without touching its code.

Owns: copying what passes by, and reading JSON bodies as predictions.  Does not own: logging.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from time import perf_counter, time_ns
from typing import Any

import msgspec

from vedette.sdk.client import Client

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

BODY_BYTES = 1 << 20  # of a request or response, longer ones are not read


class Exchange(msgspec.Struct, frozen=True):
    """One request and its response.  Units: `time` in nanoseconds, `latency_s` seconds.

    Shapes: header names are in lower case; a body is cut off, and `is_whole` False, beyond 1 MiB.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    response: bytes
    time: int
    latency_s: float
    is_whole: bool = True

    def json(self) -> Any:
        """The request's body.  Errors: msgspec.DecodeError."""
        return msgspec.json.decode(self.body)

    def response_json(self) -> Any:
        """The response's body.  Errors: msgspec.DecodeError."""
        return msgspec.json.decode(self.response)


Extract = Callable[[Exchange], Mapping[str, Any] | None]


class Middleware:
    """Logs what `extract` makes of each request and its response, in the background.

    Shapes: `extract` returns what `Client.log` takes, by name, or None for no event; the default is
    `json_prediction`.  `paths`, when given, are the only ones looked at.

    Example:
        >>> async def app(scope, receive, send): ...
        >>> client = Client("http://127.0.0.1:9", model="fraud", spool=False)
        >>> app = Middleware(app, client, paths=["/predict"])
    """

    def __init__(
        self,
        app: App,
        client: Client,
        extract: Extract | None = None,
        paths: Collection[str] | None = None,
    ) -> None:
        self.app, self.client = app, client
        self.extract = extract or json_prediction
        self.paths = None if paths is None else frozenset(paths)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass everything on, and look at it."""
        is_looked_at = scope.get("type") == "http" and (
            self.paths is None or scope.get("path") in self.paths
        )
        if not is_looked_at:
            await self.app(scope, receive, send)
            return
        seen = _Seen()

        async def receiving() -> Message:
            message = await receive()
            seen.asked.add(message.get("body"))
            return message

        async def sending(message: Message) -> None:
            if message.get("type") == "http.response.start":
                seen.status = message.get("status", 0)
            seen.told.add(message.get("body"))
            await send(message)

        try:
            await self.app(scope, receiving, sending)
        finally:
            seen.latency_s = perf_counter() - seen.start
            self.client.log_later(lambda: self.extract(seen.exchange(scope)))


def json_prediction(exchange: Exchange) -> Mapping[str, Any] | None:
    """A POST of a JSON object as an event: the object is the features.

    Shapes: `features` inside it, if it has them, are the features instead, and `id` its id; the
    response's `prediction` and `score` (or `probability`) are taken, or the whole response if it is
    one value.  A status of 400 or above is told as the attribute `status`.
    """
    if exchange.method != "POST" or not exchange.is_whole:
        return None
    try:
        asked = exchange.json()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(asked, dict):
        return None
    event: dict[str, Any] = {"time": exchange.time, "latency_s": exchange.latency_s}
    if isinstance(asked.get("features"), dict):
        event |= {"features": asked["features"], "id": asked.get("id")}
    else:
        event |= {"features": asked}
    if exchange.status >= 400 or not exchange.status:
        return {**event, "attributes": {"status": exchange.status or 500}}
    try:
        told = exchange.response_json()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return event
    if isinstance(told, dict):
        score = told.get("score", told.get("probability"))
        return {**event, "prediction": told.get("prediction"), "score": score}
    return {**event, "prediction": told}


class _Body:
    """The beginning of a body as it passes by."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.room = BODY_BYTES
        self.is_whole = True

    def add(self, part: object) -> None:
        if not isinstance(part, bytes) or not part:
            return
        if len(part) > self.room:
            self.is_whole = False
            part = part[: self.room]
        self.parts.append(part)
        self.room -= len(part)


class _Seen:
    """What has passed by of one exchange so far."""

    def __init__(self) -> None:
        self.time, self.start = time_ns(), perf_counter()
        self.asked, self.told = _Body(), _Body()
        self.status = 0
        self.latency_s = 0.0

    def exchange(self, scope: Any) -> Exchange:
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope.get("headers", ())}
        return Exchange(
            method=scope.get("method", ""),
            path=scope.get("path", ""),
            headers=headers,
            body=b"".join(self.asked.parts),
            status=self.status,
            response=b"".join(self.told.parts),
            time=self.time,
            latency_s=self.latency_s,
            is_whole=self.asked.is_whole and self.told.is_whole,
        )
