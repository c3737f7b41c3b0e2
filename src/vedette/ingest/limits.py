"""How large a request may be.

Owns: the limits, and how a body that breaks one as a whole is refused.  Does not own: checking them
(`ingest.unpack`, `ingest.body`).
"""

import msgspec

from vedette.core.errors import SchemaError


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The most that one request may hold.

    Units: bytes, except `ratio` (expanded over sent bytes, looked at from `ratio_from` expanded
    bytes on), `depth` (of nested JSON), `features` (of one event), and `columns`, `rows` and
    `cells` (of one body).  `string` is the longest value and `text` the longest of `text`.  A
    column of one body has at most as many categories as the body has rows.
    """

    body: int = 8 << 20
    expanded: int = 64 << 20
    ratio: int = 100
    ratio_from: int = 1 << 20
    depth: int = 32
    features: int = 512
    columns: int = 2_000
    rows: int = 50_000
    cells: int = 10_000_000
    string: int = 64_000
    text: int = 1 << 20
    name: int = 256
    ahead_s: int = 86_400  # how far a sender's clock may run before the server's, seconds


class Refused(SchemaError):  # noqa: N818 - it says what happened to the body
    """A body of which nothing can be kept.

    Shapes: `status` is the HTTP status: 400 broken, 413 too large, 415 of an unknown type.
    """

    def __init__(self, status: int, problem: str, *, got: object = None, want: str = "") -> None:
        super().__init__("body", problem, got=got, want=want)
        self.status = status


def too_large(what: str, got: int, limit: int) -> Refused:
    """Refuse a body that breaks a limit.

    Example:
        >>> str(too_large("rows", 60_000, 50_000))
        'body: has too many rows; got 60000; wanted at most 50000'
    """
    return Refused(413, f"has too many {what}", got=got, want=f"at most {limit}")
