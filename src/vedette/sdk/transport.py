"""One message to the server, and its answer.

Owns: the connection, headers, what an answer means.  Does not own: whether to try again.
"""

import http.client
import os
import ssl
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from vedette.core.times import SECOND, nanoseconds
from vedette.core.version import __version__
from vedette.sdk.batch import ROUTES, TYPES, Batch

ANSWER_BYTES = 1 << 20  # of an answer, more is not read
NO_ANSWER = 0  # in place of a status


class Answer(NamedTuple):
    """What the server said.  Units: `retry_after` in seconds, None when it does not say."""

    status: int
    reason: str = ""
    retry_after: float | None = None
    accepted: int | None = None
    duplicates: int = 0
    rejected: int = 0

    @property
    def is_taken(self) -> bool:
        """Whether the message needs no more sending."""
        return 200 <= self.status < 300


class Transport:
    """Posts messages over one connection that is kept open.  For one thread."""

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str | None,
        timeout: float,
        context: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._is_secure = parts.scheme == "https"
        self._path = f"{parts.path.rstrip('/')}/v1/models/{quote(model, safe='')}"
        self._timeout, self._context = timeout, context
        self._headers = {"User-Agent": f"vedette-sdk/{__version__}"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._connection: http.client.HTTPConnection | None = None

    def post(self, batch: Batch, dropped: int, now: int) -> Answer:
        """Send a message.  A connection that the server has closed meanwhile is opened anew.

        Units: `now` in nanoseconds, to read a `Retry-After` that is a date.
        """
        headers = {
            **self._headers,
            "Content-Type": TYPES[batch.kind],
            "Vedette-Client": f"{batch.process}/{batch.sequence}",
            "Vedette-Client-Dropped": str(dropped),
        }
        if batch.is_gzip:
            headers["Content-Encoding"] = "gzip"
        was_open = self._connection is not None
        try:
            return self._exchange(batch, headers, now)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            is_stale = was_open and not isinstance(error, TimeoutError)
            if not is_stale:
                return _no_answer(error)
        try:
            return self._exchange(batch, headers, now)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return _no_answer(error)

    def _exchange(self, batch: Batch, headers: dict[str, str], now: int) -> Answer:
        if self._connection is None:
            self._connection = self._opened()
        path = f"{self._path}/{ROUTES[batch.kind]}"
        self._connection.request("POST", path, batch.body, headers)
        response = self._connection.getresponse()
        said = response.read(ANSWER_BYTES)
        if response.will_close or response.length:
            self.close()
        return _answer(response.status, said, response.getheader("Retry-After"), now)

    def _opened(self) -> http.client.HTTPConnection:
        if not self._is_secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        context = self._context or ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout, context=context
        )

    def abandon(self) -> None:
        """Let go of the copy of the connection that a fork has made; the parent's stays open."""
        if self._connection is not None and self._connection.sock is not None:
            os.close(self._connection.sock.detach())
        self._connection = None

    def close(self) -> None:
        """Close the connection; the next message opens one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _no_answer(error: Exception) -> Answer:
    return Answer(NO_ANSWER, str(error) or type(error).__name__)


def _answer(status: int, said: bytes, retry_after: str | None, now: int) -> Answer:
    try:
        body: Any = msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = {}
    if not isinstance(body, dict):
        body = {}
    rejected = body.get("rejected")
    reason = ""
    if isinstance(rejected, list) and rejected and isinstance(rejected[0], dict):
        reason = str(rejected[0].get("reason", ""))
    error = body.get("error")
    if isinstance(error, dict):
        reason = str(error.get("message", ""))
    accepted = body.get("accepted")
    duplicates = body.get("duplicates")
    return Answer(
        status,
        reason[:500],
        _seconds(retry_after, now),
        accepted if isinstance(accepted, int) else None,
        duplicates if isinstance(duplicates, int) else 0,
        max(_count(body.get("rejected_count")), _count(rejected)),
    )


def _count(value: object) -> int:
    if isinstance(value, list):  # a server lists the first ones and says how many there are
        return len(value)
    return value if isinstance(value, int) else 0


def _seconds(retry_after: str | None, now: int) -> float | None:
    """The seconds that `Retry-After` asks for, given as such or as a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        moment = nanoseconds(parsedate_to_datetime(retry_after))
    except (TypeError, ValueError):
        return None
    return max(0.0, (moment - now) / SECOND)
