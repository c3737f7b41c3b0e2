"""What passes between the caller's thread and the packer, beside plain events and labels.

Owns: the bell that wakes the packer, and the queue's rarer items.  Does not own: the queue.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from vedette.core.errors import UsageError
from vedette.sdk.batch import FRAMES
from vedette.sdk.values import named

MOMENT_S = 0.01  # other things than pieces make room as well
OPTIONAL = ("prediction", "score", "latency_s", "attributes", "text", "usage", "trace_id")
Attempt = Callable[[Callable[[Any], Any], Any], Any]  # calls, counts what is raised, gives None


class Bell:
    """Wakes one thread.  Unlike an Event it never waits for a lock: fit for signal handlers."""

    def __init__(self) -> None:
        self._silence = threading.Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """Wake the thread that listens, or the next one to listen."""
        if self._silence.locked():
            try:
                self._silence.release()
            except RuntimeError:  # another thread was quicker
                return

    def listen(self, timeout: float) -> None:
        """Sleep until it rings, at most so many seconds."""
        self._silence.acquire(timeout=timeout)


class Fence:
    """A place in the queue: everything before it is packed once `is_reached` is set."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.sequence = 0


class Deferred:
    """An event that is still to be made of something, in the background.

    Shapes: `make` returns what `Client.log` takes, with `time`, or None for no event.
    """

    __slots__ = ("item", "make")

    def __init__(
        self,
        make: Callable[[], Mapping[str, Any] | None],
        item: Callable[[Mapping[str, Any]], tuple[Any, ...]],
    ) -> None:
        self.make, self.item = make, item


class Twin:
    """What was reckoned offline for an event.  Shapes: `item` as that of the event itself."""

    __slots__ = ("item",)

    def __init__(self, item: tuple[Any, ...]) -> None:
        self.item = item


class Piece:
    """Some rows of a frame, to be written as one Arrow stream.  Units: `size` in bytes."""

    __slots__ = ("kind", "rows", "size", "write")

    def __init__(
        self, rows: int, size: int, write: Callable[[], bytes], kind: str = FRAMES
    ) -> None:
        self.rows, self.size, self.write, self.kind = rows, size, write, kind


class Load:
    """What the pieces in the queue weigh: rows beyond one each, and bytes."""

    def __init__(self) -> None:
        self.more_rows = self.size = 0
        self._change = threading.Condition()

    def add(self, piece: Piece) -> None:
        """Count a piece that comes in."""
        with self._change:
            self.more_rows += piece.rows - 1
            self.size += piece.size

    def remove(self, piece: Piece) -> None:
        """Count a piece that went out, and let others know."""
        with self._change:
            self.more_rows -= piece.rows - 1
            self.size -= piece.size
            self._change.notify_all()

    def wait(self, timeout: float) -> None:
        """Sleep until a piece goes out, a moment, or so many seconds."""
        with self._change:
            self._change.wait(min(timeout, MOMENT_S))


def snapshot(features: Any) -> Any:
    """Features that the caller may change afterwards.  Errors: TypeError when they are none."""
    return dict(features) if isinstance(features, Mapping) else named(features)


def made_item(made: Mapping[str, Any], key: str, now: int, weight: float) -> tuple[Any, ...]:
    """The queued form of an event that was made in the background.

    Errors: KeyError without features, UsageError for a key that `Client.log` does not take.
    """
    given = dict(made)
    time = given.pop("time", None)
    own = given.pop("id", None)
    version, features = given.pop("version", None), given.pop("features")
    values = [given.pop(name, None) for name in OPTIONAL]
    if given:
        raise UsageError("event", "has an unknown key", got=next(iter(given)))
    features = features if type(features) is dict else snapshot(features)
    own = key if own is None else str(own)
    return (own, now if time is None else time, version, features, *values, weight)
