"""Sending one HTTP request, to the open internet only unless it is allowed to go elsewhere.

Owns: connecting to a judged address, TLS, time limits, what an answer means.  Does not own: bodies
(one file per channel), when to try again (`deliver`).
"""

import email.utils
import http.client
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from vedette.alerts.document import plain
from vedette.alerts.notify.guard import Pinned, Place, Resolve, pin, place_of
from vedette.alerts.notify.sending import DeliveryError, Request, Target
from vedette.core.version import __version__

TIMEOUT_S = 10.0  # of connecting, and of every wait for bytes
WHOLE_S = 30.0  # of all of it: an answer that drips is cut off
TRIED = 3  # addresses of one host
ANSWER_BYTES = 64 * 1024
REFUSED = (400, 405, 410, 411, 413, 414, 415, 422)  # the same body will be refused again


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    retry_after_s: float
    content_type: str = ""


def send(request: Request, target: Target) -> str:
    """Send a request over a channel's transport.  Errors: DeliveryError unless it was accepted."""
    channel = target.channel
    answer = exchange(
        request,
        allow_private=channel.allow_private,
        allow_hosts=channel.allow_hosts,
    )
    check(answer)
    return ""


def check(answer: Answer) -> None:
    """Take 2xx for success; a redirect is none, since nobody follows it."""
    if 200 <= answer.status < 300:
        return
    said = plain(answer.body.decode("utf-8", "replace"), 200)
    raise DeliveryError(
        f"the receiver answered {answer.status}" + (f": {said}" if said else ""),
        retry_after_s=answer.retry_after_s,
        is_final=answer.status in REFUSED,
    )


def exchange(
    request: Request,
    *,
    allow_private: bool = False,
    allow_hosts: tuple[str, ...] = (),
    resolve: Resolve = socket.getaddrinfo,
    context: ssl.SSLContext | None = None,
    timeout_s: float = TIMEOUT_S,
    whole_s: float = WHOLE_S,
    most: int = ANSWER_BYTES,
) -> Answer:
    """Send a request to the address its host has now.

    Bounds: at most `most` bytes of an answer are read.
    Errors: DeliveryError when it may not, cannot, or does not answer in time.
    """
    place = place_of(request.url)
    pinned = pin(
        place.host,
        place.port,
        allow_private=allow_private,
        allow_hosts=allow_hosts,
        resolve=resolve,
    )
    try:
        bare = _connect(pinned[:TRIED], timeout_s)
    except OSError as error:
        raise DeliveryError(f"{place.host} does not take the connection ({_why(error)})") from None
    watched = [bare]
    is_late = threading.Event()
    late = threading.Timer(whole_s, _cut, [watched, is_late])
    late.daemon = True
    late.start()
    try:
        if place.is_tls:
            secured = context or ssl.create_default_context()
            watched[0] = secured.wrap_socket(bare, server_hostname=place.host)
        answer: Answer | None = _exchanged(watched[0], place, request, most)
    except (OSError, http.client.HTTPException) as error:
        if not is_late.is_set():
            raise DeliveryError(f"{place.host} did not answer ({_why(error)})") from None
        answer = None
    finally:
        late.cancel()
        watched[0].close()
    if answer is None or is_late.is_set():  # what was cut off may look whole
        raise DeliveryError(f"{place.host} did not answer within {whole_s:g} s")
    return answer


def _connect(pinned: list[Pinned], timeout_s: float) -> socket.socket:
    """Connect to the first address that answers."""
    failed: OSError = OSError("no address")
    for family, address in pinned:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed


def _exchanged(wire: socket.socket, place: Place, request: Request, most: int) -> Answer:
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.sock = wire
    headers = {"User-Agent": f"vedette/{__version__}", "Connection": "close", **request.headers}
    try:
        # Left to itself the library would add the port of plain http to a host under https.
        connection.putrequest(request.method, place.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", _host(place))
        if request.body or request.method == "POST":
            headers["Content-Length"] = str(len(request.body))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(request.body)
        answer = connection.getresponse()
        body = answer.read(most)
        waits = retry_after(answer.getheader("Retry-After") or "")
        return Answer(answer.status, body, waits, answer.getheader("Content-Type") or "")
    finally:
        connection.close()


def retry_after(text: str, now: datetime | None = None) -> float:
    """Seconds that a receiver asks to wait: a number, or a date.

    Example:
        >>> retry_after("120"), retry_after(""), retry_after("soon")
        (120.0, 0.0, 0.0)
    """
    if text.strip().isdigit():
        return float(text.strip()[:9])
    with suppress(ValueError, TypeError):
        then = email.utils.parsedate_to_datetime(text)
        since = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max((since - (now or datetime.now(UTC))).total_seconds(), 0.0)
    return 0.0


def _host(place: Place) -> str:
    name = f"[{place.host}]" if ":" in place.host else place.host
    return name if place.port == (443 if place.is_tls else 80) else f"{name}:{place.port}"


def _cut(watched: list[socket.socket], is_late: threading.Event) -> None:
    is_late.set()
    with suppress(OSError):
        watched[0].shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    """An error without what it may have been given: a URL can be a secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or type(error).__name__
