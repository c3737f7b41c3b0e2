"""The segments that are not compacted yet.

Owns: opening them after whatever happened, growing the last, closing it.  Does not own: ids
(`seen`), Parquet (`parts`).
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from vedette.stores.local.disk import Disk
from vedette.stores.local.segment import Segment, Writer, recover
from vedette.stores.store import Record

_MOST_AGE = 3600 * 10**9  # ns of received time that one segment spans; bounds what is compacted


class Journal:
    """The growing end of the log."""

    def __init__(
        self, disk: Disk, folder: Path, segment_bytes: int, say: Callable[[str], None]
    ) -> None:
        self._disk, self._folder, self._most = disk, folder, segment_bytes
        self._say = say
        self._writer: Writer | None = None
        self._next = 0
        self.closed: list[Segment] = []

    def open(self, oldest: int, compacted: int, *, mend: bool) -> int:
        """Read all segments from number `oldest` on, and return the position after the last record;
        with `mend`, cut torn tails and remove what is of no use any more."""
        found = sorted((int(p.stem), p) for p in self._folder.glob("*.log") if p.stem.isdecimal())
        self._next = max([oldest, *(number + 1 for number, _ in found)])
        self.closed = []
        void_from: int | None = None
        for number, path in reversed(found):
            if number < oldest:
                if mend:
                    self._disk.remove(path)
                continue
            segment, torn = recover(path, number, void_from, self._say)
            if segment is None:
                if torn and mend:
                    self._disk.remove(path)
                continue
            if torn and mend:
                self._cut(segment)
            void_from = segment.first
            self.closed.append(segment)
        self.closed.reverse()
        return max([compacted, *(segment.after for segment in self.closed)])

    def _cut(self, segment: Segment) -> None:
        """Cut a tail; on the next start it would be found and left out just the same."""
        with contextlib.suppress(OSError):
            file = self._disk.open(segment.path)
            try:
                self._disk.cut(file, segment.end)
                self._disk.sync(file)
            finally:
                self._disk.close(file)

    def due(self, received: int) -> bool:
        """Say whether the growing segment is to be closed before more is added."""
        if self._writer is None:
            return False
        grown = self._writer.segment
        aged = grown.after > grown.first and abs(received - grown.low) >= _MOST_AGE
        return self._writer.broken or grown.end >= self._most or aged

    def close(self) -> None:
        """Close the growing segment."""
        if self._writer is None:
            return
        with contextlib.suppress(OSError):
            self._writer.close()
        self.closed.append(self._writer.segment)
        self._writer = None

    def append(self, records: Sequence[tuple[int, Record]], first: int) -> None:
        """Write records to the growing segment, a new one from position `first` on if there is
        none.  Errors: OSError."""
        if self._writer is None:
            path = self._folder / f"{self._next:08}.log"
            self._next += 1
            self._writer = Writer(self._disk, path, self._next - 1, first)
        self._writer.append(records)

    @property
    def growing(self) -> Segment | None:
        """The segment that grows."""
        return None if self._writer is None else self._writer.segment

    @property
    def segments(self) -> list[Segment]:
        """All of them, oldest first."""
        growing = self.growing
        return [*self.closed, *([growing] if growing else [])]
