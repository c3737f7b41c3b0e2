"""The last points of a sender's series as bytes.

Owns: both ways.  Does not own: points (`streams`), where bytes are kept (`engine.kept_streams`).
"""

from collections.abc import Iterable

import msgspec

from vedette.ingest.otlp.exponential import Exponential
from vedette.ingest.otlp.streams import Counts, Point

_FORM = msgspec.msgpack.Decoder(
    list[tuple[bytes, list[tuple[int, int, tuple[float, ...] | Exponential]]]]
)


def points_written(series: Iterable[tuple[bytes, tuple[Point, ...]]]) -> bytes:
    """Points of series by their keys, as bytes.

    Example:
        >>> points = (Point(0, 5, Counts((1.0, 2.0))), Point(0, 9, Exponential(0, 0.0, {3: 1}, {})))
        >>> points_read(points_written([(b"a", points)])) == [(b"a", points)]
        True
    """
    return msgspec.msgpack.encode(list(series))


def points_read(body: bytes) -> list[tuple[bytes, tuple[Point, ...]]]:
    """Points out of bytes.

    Errors: ValueError, when they are none.
    """
    return [
        (key, tuple(Point(start, time, _amount(amount)) for start, time, amount in points))
        for key, points in _FORM.decode(body)
    ]


def _amount(amount: tuple[float, ...] | Exponential) -> Counts | Exponential:
    return amount if isinstance(amount, Exponential) else Counts(amount)
