"""Rows of one kind that were taken and are not joined yet.

Owns: reading them from the log, or remembering them since they came.  Does not own: what they are
joined to (`engine.joiner`, `engine.pairer`).
"""

from collections.abc import Iterator

import pyarrow as pa

from vedette.stores.store import EventLog, Record

Come = list[tuple[int, pa.RecordBatch]]  # with the position after each


class Heard:
    """Rows of one kind, of every model.

    What the log holds is never read twice where it was just taken: only after a restart, or when a
    join failed.  `at_once` rows are given at a time, so that their events fit into the memory.
    """

    def __init__(self, log: EventLog, kind: str, at_once: int) -> None:
        self._log, self._kind, self._at_once = log, kind, at_once
        # By model: the position since which its rows are here, and these.
        self._heard: dict[str, tuple[int, Come]] = {}

    def hear(self, name: str, before: int, position: int, record: Record) -> None:
        """Remember rows until they are joined; of every record of a model whose rows are."""
        _, held = self._heard.setdefault(name, (before, []))
        if record.kind == self._kind and record.rows is not None:
            held.append((position, record.rows))

    def since(self, name: str, at: int, waiting: int) -> int:
        """From where rows are to be taken: not from before those remembered, if these are all that
        wait.  Units: `at` the position of the last time."""
        begin, recent = self._heard.get(name, (at, []))
        count = sum(rows.num_rows for position, rows in recent if position > at)
        return max(at, begin) if count == waiting else at

    def take(self, name: str, since: int, until: int) -> tuple[Come, int]:
        """A model's rows in a stretch of the log, no more than fit; and the position after."""
        begin, recent = self._heard.get(name, (until, []))
        come, count = Come(), 0
        for at, rows in self._both(name, since, begin, until, recent):
            if count and count + rows.num_rows > self._at_once:
                until = come[-1][0]
                break
            come.append((at, rows))
            count += rows.num_rows
        # Where the join fails, the state stays before what is let go of here: it is read again.
        self._heard[name] = max(begin, until), [(at, rows) for at, rows in recent if at > until]
        return come, until

    def _both(
        self, name: str, since: int, begin: int, until: int, recent: Come
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        if since < begin:
            yield from self.logged(name, since, min(begin, until))
        yield from ((at, rows) for at, rows in recent if since < at <= until)

    def logged(self, name: str, since: int, until: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        """A model's rows in a stretch of the log, read from it."""
        for at, record in self._log.read(since, until):
            if record.kind == self._kind and record.model == name and record.rows is not None:
                yield at, record.rows
