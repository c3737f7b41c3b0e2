"""API keys: who may send, look and act.

Owns: their form, what is kept of them, checking one, whether a server may listen where it is told
to.  Does not own: HTTP (`web.guard`), the command line (`cli.keys`).

A key is 256 random bits, so its SHA-256 needs no salt and no slow hash; only the digest is kept.
"""

import hashlib
import hmac
import ipaddress
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from vedette.core.errors import SettingsError, nearest
from vedette.stores.store import Entry, StateStore

INGEST, READ, ADMIN = "ingest", "read", "admin"
SCOPES = (INGEST, READ, ADMIN)
KIND = "key"
FRESH_S = 1.0  # how long what was read of the store is believed
_FORM = re.compile(r"vdt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key.

    Shapes: `digest` SHA-256 of the whole key in hexadecimal; `models` a pattern of the models that
    it may touch.  Units: `made`, `expires` and `ended` UTC nanoseconds.

    One that was revoked stays, without its digest: a server that ever had a key is never open.
    """

    id: str
    digest: str
    scopes: tuple[str, ...]
    models: str = "*"
    note: str = ""
    made: int = 0
    expires: int | None = None
    ended: int | None = None  # when it was revoked

    def may(self, scope: str, model: str | None = None) -> bool:
        """Whether it allows something; `admin` allows everything to its models.

        Example:
            >>> key = Key(id="1", digest="", scopes=("ingest",), models="fraud*")
            >>> key.may("ingest", "fraud-eu"), key.may("ingest", "churn"), key.may("read")
            (True, False, False)
        """
        granted = scope in self.scopes or ADMIN in self.scopes
        return granted and (model is None or fnmatchcase(model, self.models))


EVERYTHING = Key(id="", digest="", scopes=SCOPES)  # of a loopback server that has no keys


def make_key(
    identity: bytes,
    secret: str,
    *,
    scopes: Sequence[str],
    models: str = "*",
    note: str = "",
    made: int,
    expires: int | None = None,
) -> tuple[str, Key]:
    """Make a key of random parts: the text to hand out once, and what is kept.

    Shapes: `identity` 6 random bytes, `secret` 43 characters of URL-safe base64.
    Errors: SettingsError for a scope that does not exist.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise SettingsError(
                "key", "there is no such scope", got=repr(scope),
                want=", ".join(SCOPES), hint=nearest(scope, SCOPES),
            )  # fmt: skip
    if not scopes:
        raise SettingsError("key", "needs a scope", want=", ".join(SCOPES))
    text = f"vdt_{identity.hex()}_{secret}"
    assert _FORM.fullmatch(text), "the random parts do not make a key"
    return text, Key(
        id=identity.hex(), digest=_digest(text), scopes=tuple(scopes), models=models, note=note,
        made=made, expires=expires,
    )  # fmt: skip


def entry_of(key: Key) -> Entry:
    """A key as the store keeps it."""
    return Entry(KIND, "", key.id, key.made, msgspec.json.encode(key))


def ended(key: Key, at: int) -> Key:
    """A key that was revoked: what is kept of it opens nothing."""
    return msgspec.structs.replace(key, digest="", ended=at)


def read_keys(store: StateStore) -> list[Key]:
    """Every key, oldest first, those that have expired or were revoked too."""
    return [msgspec.json.decode(entry.body, type=Key) for entry in store.read(KIND)]


class KeyRing:
    """The keys in force, read anew every second.

    Units: `wall` gives UTC nanoseconds, `clock` monotonic seconds.
    """

    def __init__(
        self,
        store: StateStore,
        *,
        wall: Callable[[], int] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._wall, self._clock = store, wall, clock
        self._keys: Mapping[str, Key] = {}
        self._is_open = False
        self._until = float("-inf")

    def keys(self) -> Mapping[str, Key]:
        """The keys by id, those that have expired too, without those that were revoked."""
        self._read()
        return self._keys

    @property
    def is_open(self) -> bool:
        """Whether there has never been a key."""
        self._read()
        return self._is_open

    def _read(self) -> None:
        now = self._clock()
        if now >= self._until:
            every = read_keys(self._store)
            self._keys = {key.id: key for key in every if key.ended is None}
            self._is_open = not every
            self._until = now + FRESH_S

    def refresh(self) -> None:
        """Read the keys anew at once: one was made or revoked here."""
        self._until = float("-inf")

    def find(self, text: str) -> Key | None:
        """The key that a text is, if it is one in force."""
        form = _FORM.fullmatch(text)
        key = self.keys().get(form[1]) if form else None
        # An unknown id costs the same comparison as a known one.
        same = hmac.compare_digest(_digest(text), key.digest if key else "0" * 64)
        if key is None or not same:
            return None
        return None if key.expires is not None and key.expires <= self._wall() else key


def is_loopback(host: str) -> bool:
    """Whether a bind address can be reached from this machine alone.

    Example:
        >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", "db")]
        [True, True, True, False, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_bind(host: str, keys: Sequence[Key], data: str = "") -> None:
    """Refuse to listen to others without keys in force; `data` is the server's folder, where it is
    not the usual one.

    Errors: SettingsError when the address is not of this machine alone and there is no key.
    """
    if not is_loopback(host) and not keys:
        where = f" --data {shlex.quote(data)}" if data else ""
        make = f"vedette keys create --scope admin{where}"
        raise SettingsError(
            "server", "listens to other machines, and nothing says who may", got=f"host {host}",
            want="an API key",
            hint=f"make one with `{make}`, or keep host 127.0.0.1",
        )  # fmt: skip


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
