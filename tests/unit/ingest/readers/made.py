"""A sink that remembers, and courses that end in it."""

import msgspec

from vedette.ingest.readers.catalog import kind_of
from vedette.ingest.readers.course import Course, Told
from vedette.ingest.readers.progress import Progress
from vedette.ingest.readers.record import Given


class Kept:
    """A sink that keeps what it is given; `breaks` after so many messages."""

    def __init__(self, breaks=None):
        self.rows, self.unread, self.saved, self.breaks = [], [], b"{}", breaks

    def take(self, model, message):
        if self.breaks is not None:
            if not self.breaks:
                raise RuntimeError("the machine went down")
            self.breaks -= 1
        _, events, labels = msgspec.msgpack.decode(message.body)
        self.rows += [(model, row) for row in [*events, *labels]]
        return Told(accepted=message.rows)

    def refuse(self, unread):
        self.unread += unread

    def save(self, progress):
        self.saved = progress.written()

    @property
    def ids(self):
        return [row["id"] for _, row in self.rows]


def course(kind, *paths, sink, given=None, progress=None, **more):
    """A course over files, going on where the sink says."""
    known = Progress.of(sink.saved) if progress is None else progress
    kind = kind_of(kind) if isinstance(kind, str) else kind
    return Course(kind, [str(path) for path in paths], given or Given(), sink, known, **more)


def read(kind, *paths, given=None):
    """Everything that files say, and what could not be read."""
    sink = Kept()
    course(kind, *paths, sink=sink, given=given).run()
    return [row for _, row in sink.rows], sink
