"""What pages load beside their HTML: one style sheet, one script, the drawing library.

Owns: their addresses, which change with their contents, so that a browser may keep them for ever.
Does not own: the contents (`static`; the drawing library comes from `report.bundle`).
"""

import gzip
import hashlib
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files

from vedette.report.bundle import vega_bundle
from vedette.web.answers import Answer, Headers, Problem, header
from vedette.web.call import Call

DRAWING = "vega.js"
KINDS = {
    "vedette.css": b"text/css; charset=utf-8",
    "vedette.js": b"text/javascript; charset=utf-8",
    DRAWING: b"text/javascript; charset=utf-8",
}
_EVER = (b"cache-control", b"public, max-age=31536000, immutable")


def path(name: str) -> str:
    """The address of an asset.

    Example:
        >>> path("vedette.css").startswith("/assets/"), path("vedette.css").endswith("/vedette.css")
        (True, True)
    """
    return f"/assets/{_print(name)}/{name}"


def asset(call: Call) -> Answer:
    """One asset; the address of an old one gives the new one, which is not kept."""
    name = call.path["name"]
    if name not in KINDS:
        raise Problem(404, "no_asset", "There is no such file.", "name")
    headers: Headers = [(b"content-type", KINDS[name]), (b"vary", b"accept-encoding")]
    if call.path["print"] == _print(name):
        headers.append(_EVER)
    if "gzip" in header(call.scope, b"accept-encoding"):
        return Answer(200, _packed(name), [*headers, (b"content-encoding", b"gzip")])
    return Answer(200, _content(name), headers)


@lru_cache
def _print(name: str) -> str:
    """What changes with the contents; that of the drawing library is its version."""
    text = version("vl-convert-python").encode() if name == DRAWING else _content(name)
    return hashlib.sha256(text).hexdigest()[:12]


@lru_cache
def _content(name: str) -> bytes:
    if name == DRAWING:
        return vega_bundle().encode()
    return (files("vedette.web") / "static" / name).read_bytes()


@lru_cache
def _packed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)
