"""What was found a moment ago and is dear to find again.

Owns: keeping a few answers for a short while.  Does not own: finding them.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
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
        self._guard = Lock()

    def get(self, key: Hashable, find: Callable[[], T], fresh_s: float = FRESH_S) -> T:
        """The answer for a key, found anew when it is old; two threads may find it at once."""
        with self._guard:
            at, value = self._known.get(key, (float("-inf"), None))
        if self._clock() - at < fresh_s:
            known: T = value
            return known
        found = find()
        with self._guard:
            self._known[key] = (self._clock(), found)
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found
