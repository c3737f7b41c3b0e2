"""What series that only ever grow said last, so that it can be told what came since.

Owns: the last two points of every cumulative series, restarts of its sender, which senders said
something new.  Does not own: what is made of a difference (`points`), keeping points over a restart
of the server (`kept`, `engine.kept_streams`).
"""

from collections import OrderedDict
from collections.abc import Iterable
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


class Point(NamedTuple):
    """What a series said.  Units: `start` and `time` UTC nanoseconds."""

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
        self._points: OrderedDict[bytes, tuple[bytes, tuple[Point, ...]]] = OrderedDict()
        self._of: dict[bytes, dict[bytes, None]] = {}  # the series of every sender
        self._moved: dict[bytes, None] = {}  # senders that said something new
        self._lock = Lock()

    def grown(
        self, key: bytes, start: int, time: int, amount: Amount, whose: bytes = b""
    ) -> Grown | None:
        """What a series grew by since its point before; None where that is not known.

        A point that comes again, as when its body could not be stored, is told again.
        Shapes: `whose` tells its sender from others.
        Units: `start`, at which the count was 0 (0: not known), and `time` UTC nanoseconds.
        """
        point = Point(start, time, amount)
        with self._lock:
            _, known = self._points.pop(key, (whose, ()))
            before = next((one for one in reversed(known) if one.time < time), None)
            if not known or time > known[-1].time:
                known = (*known[-1:], point)
                self._moved[whose] = None
            self._keep(key, whose, known)
        return _since(point, before)

    def moved(self) -> dict[bytes, list[tuple[bytes, tuple[Point, ...]]]]:
        """The points of every series of those senders that said something new since this was asked.

        Shapes: by sender, each series by its key; none of a sender that was forgotten.
        """
        with self._lock:
            moved, self._moved = self._moved, {}
            return {
                one: [(key, self._points[key][1]) for key in self._of.get(one, ())] for one in moved
            }

    def restore(self, whose: bytes, series: Iterable[tuple[bytes, tuple[Point, ...]]]) -> None:
        """Take up points as `moved` gave them, the sender longest unheard of first."""
        with self._lock:
            for key, points in series:
                self._keep(key, whose, points)

    def _keep(self, key: bytes, whose: bytes, points: tuple[Point, ...]) -> None:
        self._points[key] = whose, points
        self._of.setdefault(whose, {})[key] = None
        if len(self._points) > self._most:
            gone, (sender, _) = self._points.popitem(last=False)
            del self._of[sender][gone]
            if not self._of[sender]:
                del self._of[sender]
                self._moved[sender] = None


def _since(point: Point, before: Point | None) -> Grown | None:
    if before is None:
        is_young = 0 < point.start < point.time <= point.start + FRESH
        return Grown(point.amount, (point.time - point.start) / 1e9) if is_young else None
    added = None
    # Not begun anew in the meantime, nor become something else (a histogram of other buckets).
    if point.start <= before.time and type(point.amount) is type(before.amount):
        added = point.amount.since(before.amount)
    if added is not None:
        return Grown(added, (point.time - before.time) / 1e9)
    begun = point.start if before.time < point.start < point.time else before.time
    return Grown(point.amount, (point.time - begun) / 1e9)
