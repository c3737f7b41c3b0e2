"""What both encodings of OTLP have in common.

Owns: the form of a body once it is cut into pieces, what an encoding must be able to do.  Does not
own: the encodings (`protobuf`, `plain_json`), what the pieces say (`spans`, `points`, `records`).

A body is cut before it is decoded: two bytes can make an object, so what is decoded at once is
bounded; and one broken piece costs its neighbours nothing.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from vedette.ingest.limits import Limits, Refused, too_large

PROTOBUF_TYPE, JSON_TYPE = "application/x-protobuf", "application/json"
SPANS, METRICS, LOG_RECORDS = "spans", "metrics", "log_records"
PIECE = 4 << 20  # bytes of one span, metric, record or resource


class Batch(NamedTuple):
    """The pieces of one scope of one resource.

    Shapes: `resource` is equal for all batches of one; `pieces` are not decoded yet.
    """

    resource: Any
    scope: Any
    pieces: list[Any]


class Form(Protocol):
    """One encoding."""

    content_type: str

    def batches(self, body: bytes, signal: str, limits: Limits) -> Iterator[Batch]:
        """Cut a body.  Errors: Refused when it is broken or has too many pieces."""
        ...

    def piece(self, raw: Any, signal: str) -> Any:
        """Decode one piece.  Errors: ValueError."""
        ...

    def attributes(self, pairs: Any) -> dict[str, Any]:
        """Attributes as plain values: text, numbers, booleans, lists, dicts."""
        ...

    def value(self, value: Any) -> Any:
        """One value likewise."""
        ...

    def number(self, point: Any) -> float | None:
        """What a point of a gauge or a sum says; None for nothing."""
        ...

    def identity(self, given: Any) -> str:
        """An id of a trace or a span in hexadecimal; "" for none."""
        ...


def counted(pieces: int, limits: Limits) -> None:
    """See that a body has not too many pieces.  Errors: Refused, 413."""
    if pieces > limits.rows:
        raise too_large("items", pieces, limits.rows)


def broken(why: str) -> Refused:
    """Refuse a body that is not what its content type says."""
    return Refused(400, "is no OTLP", got=why[:120])
