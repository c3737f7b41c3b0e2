"""Progress on stderr for work that takes longer than a second.

Owns: the bar.  Does not own: counting (`engine.batch` and `engine.replay` report it).
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vedette.engine.batch import Progress

PATIENCE_S = 1.0  # work that ends sooner shows nothing


@contextmanager
def progress_bar() -> Iterator["Progress"]:
    """Yield a function that takes (what, rows done, rows in all or None); it draws on a terminal's
    stderr only."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    started = time.monotonic()
    bar: Any = None
    tasks: dict[str, Any] = {}
    furthest: dict[str, int] = {}
    drawing = Lock()

    def show(what: str, done: int, total: int | None) -> None:
        nonlocal bar
        with drawing:  # several threads read at the same time; the furthest is shown
            if bar is None:
                if time.monotonic() - started < PATIENCE_S:
                    return
                bar = _bar()
                bar.start()
            task = tasks.get(what)
            if task is None:
                task = tasks[what] = bar.add_task(f"reading {what}", total=total)
            furthest[what] = max(done, furthest.get(what, 0))
            bar.update(task, completed=furthest[what])

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
