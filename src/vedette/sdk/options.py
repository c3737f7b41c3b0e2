"""How a client is set up.

Owns: the settings of a client, their defaults and limits, and the environment they may come from.
Does not own: what they do.
"""

import os
from collections.abc import Callable
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from vedette.core.errors import UsageError

if TYPE_CHECKING:
    import ssl


class Options(msgspec.Struct, frozen=True):
    """The settings of a client.  Units: bytes, seconds.

    Errors: UsageError for a value that cannot be meant.
    """

    url: str
    model: str
    api_key: str | None = None
    version: str = ""
    sample: float = 1.0
    queue_events: int = 100_000
    queue_bytes: int = 64 << 20
    spool: Path | None = None
    spool_bytes: int = 2 << 30
    flush_interval: float = 1.0
    timeout: float = 10.0
    on_error: Callable[[str], object] | None = None
    ssl_context: "ssl.SSLContext | None" = None

    def __repr__(self) -> str:
        return f"Options(url={self.url!r}, model={self.model!r})"  # never the key

    def __post_init__(self) -> None:
        if not self.model or type(self.model) is not str:
            raise UsageError("client", "needs the name of a model", got=repr(self.model))
        if not 0 < self.sample <= 1:
            raise UsageError("client", "sample is out of range", got=self.sample, want="(0, 1]")
        for name in ("queue_events", "queue_bytes", "spool_bytes", "flush_interval", "timeout"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise UsageError("client", f"{name} is out of range", got=value, want="above 0")


def checked_url(url: str) -> str:
    """A server's address without a slash at its end.

    Errors: UsageError when it is no http or https address.

    Example:
        >>> checked_url("http://127.0.0.1:8642/")
        'http://127.0.0.1:8642'
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_good = is_good and (parts.port is None or parts.port > 0)
    except (ValueError, AttributeError, TypeError):
        is_good = False
    if not is_good or any(letter <= " " or letter > "~" for letter in url):
        raise UsageError("client", "url is no address", got=repr(url), want="http(s)://host:port")
    return url.rstrip("/")


def spool_folder(spool: str | PathLike[str] | bool | None) -> Path | None:
    """Where to spool: a folder, True for the usual one, False or None for nowhere."""
    if spool is None or spool is False:
        return None
    if spool is not True:
        return Path(spool)
    try:
        return usual_spool(dict(os.environ))
    except RuntimeError:  # a user without a home
        return None


def usual_spool(environment: dict[str, str]) -> Path:
    """Where spools lie when nobody says: `$VEDETTE_SPOOL`, or the user's folder for state.

    Example:
        >>> usual_spool({"XDG_STATE_HOME": "state"}).as_posix()
        'state/vedette/spool'
    """
    if environment.get("VEDETTE_SPOOL"):
        return Path(environment["VEDETTE_SPOOL"])
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else Path("~/.local/state").expanduser()) / "vedette" / "spool"
