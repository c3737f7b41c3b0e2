"""What series that only ever grow said last, so that it can be told what came since.

Owns: the last two points of every cumulative series, restarts of its sender.  Does not own: what
is made of a difference (`points`).

Kept in memory alone: after a restart of the server the first point of a series says nothing but
where it stands.
"""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple, Protocol, Self

MOST = 50_000  # series that are remembered; the longest unheard of is forgotten first
FRESH = 600 * 10**9  # ns since its start, up to which a whole count is told of a series


class Amount(Protocol):
    """What grows: numbers that are subtracted from one another."""

    def since(self, before: Self) -> "Self | None":
        """What was added; None where it is not this one grown."""
        ...


class Counts(tuple[float, ...]):
    """Numbers that grow together: one of a sum, one for each bucket of a histogram.

    Example:
        >>> Counts((5.0, 2.0)).since(Counts((3.0, 2.0))), Counts((1.0,)).since(Counts((2.0,)))
        ((2.0, 0.0), None)
    """

    __slots__ = ()

    def since(self, before: Self) -> "Counts | None":
        """What was added; None where one shrank, or there are more or fewer."""
        if len(self) != len(before):
            return None
        added = Counts(now - then for now, then in zip(self, before, strict=True))
        return None if any(one < 0 for one in added) else added


class _Point(NamedTuple):
    start: int
    time: int
    amount: Amount


class Grown(NamedTuple):
    """What came since the point before.  Units: seconds."""

    amount: Amount
    seconds: float


class Streams:
    """The series of one server.  For several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._points: OrderedDict[bytes, tuple[_Point, ...]] = OrderedDict()
        self._lock = Lock()

    def grown(self, key: bytes, start: int, time: int, amount: Amount) -> Grown | None:
        """What a series grew by since its point before; None where that is not known.

        A point that comes again, as when its body could not be stored, is told again.
        Units: `start`, at which the count was 0 (0: not known), and `time` UTC nanoseconds.
        """
        point = _Point(start, time, amount)
        with self._lock:
            known = self._points.pop(key, ())
            before = next((one for one in reversed(known) if one.time < time), None)
            if not known or time > known[-1].time:
                known = (*known[-1:], point)
            self._points[key] = known
            if len(self._points) > self._most:
                self._points.popitem(last=False)
        return _since(point, before)


def _since(point: _Point, before: _Point | None) -> Grown | None:
    if before is None:
        is_young = 0 < point.start < point.time <= point.start + FRESH
        return Grown(point.amount, (point.time - point.start) / 1e9) if is_young else None
    added = None
    if point.start <= before.time:  # not begun anew in the meantime
        added = point.amount.since(before.amount)
    if added is not None:
        return Grown(added, (point.time - before.time) / 1e9)
    begun = point.start if before.time < point.start < point.time else before.time
    return Grown(point.amount, (point.time - begun) / 1e9)
