"""What counts at this moment, and who still reads what no longer does.

Owns: the manifest in force together with the journal's segments, switching from old files to new
ones at one instant, and removing files once nobody reads them.  Does not own: making the files, or
adding to the journal (`log`).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from vedette.stores.local import manifest as manifests
from vedette.stores.local.disk import Disk
from vedette.stores.local.journal import Journal
from vedette.stores.local.manifest import Manifest
from vedette.stores.local.segment import Segment


class Held:
    """The files of a log.  Every change of what counts happens under one guard, so that a reader
    meets each record exactly once."""

    def __init__(
        self, disk: Disk, folder: Path, segment_bytes: int, say: Callable[[str], None]
    ) -> None:
        self._disk, self._path = disk, folder / "log" / "manifest.json"
        self._guard = threading.Lock()
        self._pins, self._doomed = 0, list[Path]()
        self.journal = Journal(disk, folder / "log", segment_bytes, say)
        self.manifest = Manifest()

    def load(self, *, mend: bool) -> int:
        """Read what lies on the disk; the position after the last record."""
        with self._guard:
            self.manifest = kept = manifests.load(self._path)
            return self.journal.open(kept.oldest, kept.compacted, mend=mend)

    @contextmanager
    def pinned(self) -> Iterator[tuple[Manifest, list[tuple[Segment, int]]]]:
        """Hold the files of this moment: none is removed before all readers are done."""
        with self._guard:
            self._pins += 1
            there = self.manifest, [(s, s.after) for s in self.journal.segments]
        try:
            yield there
        finally:
            with self._guard:
                self._pins -= 1
                self._bury()

    def close_segment(self) -> None:
        """Let the growing segment grow no more."""
        with self._guard:
            self.journal.close()

    def switch(
        self, following: Manifest, gone: Sequence[Path], segment: Segment | None = None
    ) -> None:
        """Let the files of a manifest that is on the disk count from now on."""
        with self._guard:
            self.manifest = following
            if segment is not None:
                self.journal.closed.remove(segment)
            self._doomed += gone
            self._bury()

    def save(self, following: Manifest) -> None:
        """Write a manifest, so that the next start goes by it.  Errors: OSError."""
        manifests.save(self._disk, self._path, following)

    def _bury(self) -> None:
        """Remove files that nobody reads any more."""
        if self._pins == 0:
            for path in self._doomed:
                with suppress(OSError):
                    self._disk.remove(path)
                with suppress(OSError):
                    path.parent.rmdir()  # only when empty
            self._doomed = []

    @property
    def size(self) -> int:
        """Bytes of all events, outcomes and notes on the disk."""
        with self._guard:
            segments = sum(segment.end for segment in self.journal.segments)
            return segments + sum(part.size for part in self.manifest.parts)
