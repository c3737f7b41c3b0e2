"""What was found a moment ago and is dear to find again.

Owns: keeping a few answers for a short while.  Does not own: finding them.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

FRESH_S = 60.0
KEPT = 64


class Memo:
    """Answers by key, the most recent ones.

    Units: `clock` gives monotonic seconds.
    Example:
        >>> memo = Memo()
        >>> memo.get("x", lambda: 1), memo.get("x", lambda: 2)
        (1, 1)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._guard = Lock()

    def get(self, key: Hashable, find: Callable[[], T], fresh_s: float = FRESH_S) -> T:
        """The answer for a key, found anew when it is old.

        Whoever asks while it is being found waits for it: the charts of a page ask all at once.
        """
        with self._guard:
            at, value = self._known.get(key, (float("-inf"), None))
            if self._clock() - at < fresh_s:
                known: T = value
                return known
            other = self._under_way.get(key)
            if other is None:
                mine = self._under_way[key] = Future()
        if other is not None:
            waited: T = other.result()
            return waited
        return self._found(key, find, mine)

    def _found(self, key: Hashable, find: Callable[[], T], mine: "Future[Any]") -> T:
        """Find an answer, keep it, and give it to those who wait; an error goes to them all."""
        try:
            found = find()
        except BaseException as error:
            with self._guard:
                del self._under_way[key]
            mine.set_exception(error)
            raise
        with self._guard:
            del self._under_way[key]
            self._known[key] = (self._clock(), found)
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        mine.set_result(found)
        return found
