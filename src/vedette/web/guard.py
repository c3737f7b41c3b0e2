"""What stands before every request.

Owns: who a caller is, which hosts and origins are answered, the headers that keep a browser safe.
Does not own: keys themselves (`web.keys`), what each route needs (`web.routes`).

On loopback without keys everything is open to this machine, so a page from elsewhere must not get
in through the browser: names of this machine alone are answered (DNS rebinding), and what changes
something must come from our own pages or from no browser at all (forged requests).
"""

from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from vedette.web.answers import Headers, Problem, error_answer, header, send_answer
from vedette.web.keys import EVERYTHING, Key, KeyRing, is_loopback

COOKIE = "vedette_key"
SAFE = ("GET", "HEAD", "OPTIONS")
SECURITY: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: with it a browser sends its own forms with `Origin: null`.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
SECURED = frozenset(name for name, _ in SECURITY)
HOSTS = 256  # spellings of this machine's names that are remembered


class Guard:
    """An ASGI app around another."""

    def __init__(self, app: Any, ring: KeyRing, *, host: str, url: str = "") -> None:
        self._app, self._ring = app, ring
        self._loopback = is_loopback(host)
        self._hosts: set[str] = set()  # Host headers that were found to name this machine
        self._names = frozenset(
            name
            for name in ("localhost", "127.0.0.1", "::1", host.strip("[]").lower(), _name(url))
            if name
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Check, then pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = {key for key, _ in message["headers"]}
                added = SECURITY
                if not SECURED.isdisjoint(own):
                    added = [pair for pair in SECURITY if pair[0] not in own]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        try:
            self._check(scope)
        except Problem as problem:
            await send_answer(guarded, error_answer(problem))
            return
        caller = caller_of(self._ring, scope["headers"], self._loopback)
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, guarded)

    def _check(self, scope: Mapping[str, Any]) -> None:
        host = header(scope, b"host")
        if self._loopback and host not in self._hosts and self._ring.is_open:
            if _name(f"//{host}") not in self._names:
                raise Problem(
                    421, "wrong_host", "This server answers to names of its own machine only; set "
                    "server.url, or make a key.", "Host",
                )  # fmt: skip
            if len(self._hosts) < HOSTS:
                self._hosts.add(host)
        if scope["method"] in SAFE:
            return
        origin = header(scope, b"origin")
        site = header(scope, b"sec-fetch-site")
        foreign = bool(origin) and urlsplit(origin).netloc.lower() != host.lower()
        if foreign or site in ("cross-site", "same-site"):
            raise Problem(
                403, "foreign_origin", "A page of another site may not do this.", "Origin"
            )


def caller_of(
    ring: KeyRing, headers: Iterable[tuple[bytes, bytes]], is_loopback: bool
) -> Key | None:
    """Who asks: the key they show, anybody on a server that never had one, else None.

    Shapes: names of headers are in lower case; the first of a name counts.
    """
    if ring.is_open:
        return EVERYTHING if is_loopback else None
    scope = {"headers": headers}
    shown = header(scope, b"authorization")
    if shown[:7].lower() == "bearer ":
        return ring.find(shown[7:].strip())
    other = header(scope, b"x-api-key")
    if other:
        return ring.find(other.strip())
    cookie = cookie_key(header(scope, b"cookie"))
    return ring.find(cookie) if cookie else None


def permit(caller: Key | None, scope: str, model: str | None = None) -> Key:
    """Let a caller do something, or say why not.

    Errors: Problem, 401 without a key in force, 403 when it does not allow this.
    """
    if caller is None:
        raise Problem(
            401, "no_key", "An API key is needed: Authorization: Bearer vdt_...", "Authorization",
            [(b"www-authenticate", b"Bearer")],
        )  # fmt: skip
    if not caller.may(scope, model):
        what = f"of model {model!r}" if model and caller.may(scope) else f"scope {scope!r}"
        raise Problem(403, "not_allowed", f"This key does not allow it: {what}.", "Authorization")
    return caller


def cookie_key(text: str) -> str:
    """The key in a Cookie header; "" when there is none."""
    try:
        morsel = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
