"""Read ahead: the next batches are made in a thread while the last one is worked on.

Owns: the thread, from its start to its end.  Does not own: what is read.
"""

from collections.abc import Iterable, Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """The last thing a reader says: nothing more, or the error that ended it."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def prefetch(items: Iterable[Item], ahead: int = 1) -> Iterator[Item]:
    """Give the same items in the same order, up to `ahead` of them made in advance in a thread.

    Arrow decodes outside the interpreter's lock, so decoding and counting run side by side.
    Bounds: `ahead` + 2 items exist at a time.  Errors: those of `items`, where they would have
    come. The thread starts with the first item asked for and has ended when the iteration is over,
    failed or closed.

    Example:
        >>> list(prefetch(range(3)))
        [0, 1, 2]
    """
    ready: Queue[Item | _End] = Queue(max(1, ahead))
    stop = Event()
    thread = Thread(target=_read, args=(items, ready, stop), name="vedette-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
            del item  # not kept while the next one is waited for
    finally:
        stop.set()
        _drain(ready)
        thread.join()


def _read(items: Iterable[Item], ready: "Queue[Item | _End]", stop: Event) -> None:
    error: BaseException | None = None
    try:
        iterator = iter(items)
        try:
            for item in iterator:
                if stop.is_set():
                    break
                ready.put(item)
                if stop.is_set():
                    break
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
    except BaseException as raised:  # noqa: BLE001 - handed to the consumer, who raises it
        error = raised
    if not stop.is_set():  # nobody listens any more, and there may be no room
        ready.put(_End(error))


def _drain(ready: "Queue[Item | _End]") -> None:
    while True:
        try:
            ready.get_nowait()
        except Empty:
            return
