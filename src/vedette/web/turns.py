"""What several requests want in one turn of the loop, done at once.

Owns: waiting for the others of the turn, giving everybody theirs.  Does not own: what is done.
"""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Turns(Generic[A, B]):
    """Joins what has the same key.  `work` gives one result per item, in their order."""

    def __init__(self, work: Callable[[Sequence[A]], Sequence[B]]) -> None:
        self._work = work
        self._groups: dict[Hashable, _Group[A, B]] = {}

    def join(self, key: Hashable, one: A) -> "asyncio.Future[B]":
        """Let an item be worked on together with the others of its key that come in this turn."""
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group()
            group.task = asyncio.ensure_future(self._finished(key, group))
            group.task.add_done_callback(group.share)
        mine: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        group.waiting.append(one)
        group.made.append(mine)
        return mine

    async def _finished(self, key: Hashable, group: "_Group[A, B]") -> Sequence[B]:
        await asyncio.sleep(0)
        del self._groups[key]
        return self._work(group.waiting)


class _Group(Generic[A, B]):
    """Items that are worked on together."""

    def __init__(self) -> None:
        self.waiting: list[A] = []
        self.made: list[asyncio.Future[B]] = []
        self.task: asyncio.Task[Sequence[B]] | None = None

    def share(self, task: "asyncio.Task[Sequence[B]]") -> None:
        """Give everybody theirs; who went away is passed over."""
        error = task.exception()
        for place, mine in enumerate(self.made):
            if mine.done():
                continue
            if error is not None:
                mine.set_exception(error)
            else:
                mine.set_result(task.result()[place])
