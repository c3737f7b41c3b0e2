"""Going through files, from where it was left, handing on what they say.

Owns: from records to items with ids, times and models; what becomes of those that cannot be read.
Does not own: which files (`listed`), kinds of file, who takes what is read (`Sink`).

Progress is kept only when the server has made durable what comes before it, and ids are the same on
every reading: whatever breaks off, nothing is lost and nothing counts twice.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from vedette.core.errors import SchemaError, StoreError, UsageError, VedetteError
from vedette.core.model_names import as_model_name
from vedette.ingest.readers.lines import shown
from vedette.ingest.readers.listed import files_of
from vedette.ingest.readers.portion import Message, Portion
from vedette.ingest.readers.progress import Mark, Progress, Stand, marked, stand_of
from vedette.ingest.readers.record import Given, Item, Kind, Reader, Record
from vedette.ingest.readers.rows import is_table
from vedette.ingest.sent import Sent, SentSide

SETTLED_S = 5.0  # after which a file that has not changed is taken to be written
SHOWN = 8 << 10  # characters of a record that cannot be read
REASON = 400
TIME_QUALITY, OF_FILE = "time_quality", "file"  # kept of an event whose file names no time of it


class Told(NamedTuple):
    """What a server said of a message: rows that are durable, known before, refused; why."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    why: str = ""


class Unread(NamedTuple):
    """A record that could not be read: where it stands, why, and what it was."""

    file: str
    row: int
    reason: str
    record: str
    model: str = ""


class Sink(Protocol):
    """Who takes what is read."""

    def take(self, model: str, message: Message) -> Told:
        """Make a message durable, however long that takes.  Errors: VedetteError: it never will."""

    def refuse(self, unread: Sequence[Unread]) -> None:
        """Keep records that could not be read, to be looked at."""

    def save(self, progress: Progress) -> None:
        """Keep how far files were read."""


class Tally:
    """What came of it so far."""

    def __init__(self) -> None:
        self.files = self.records = self.accepted = self.duplicates = self.refused = 0
        self.unread = 0
        self.first = ""  # why the first record was not taken
        self.models: dict[str, int] = {}
        self.broken: dict[str, str] = {}  # files that cannot be read at all, and why

    def heard(self, model: str, told: Told) -> None:
        """Count what the server said."""
        self.accepted += told.accepted
        self.duplicates += told.duplicates
        self.refused += told.refused
        self.models[model] = self.models.get(model, 0) + told.accepted
        self.first = self.first or told.why


class Course:
    """One import: what to read, how far it was read, who takes it.

    Units: `wall` gives UTC nanoseconds.
    """

    def __init__(
        self,
        kind: Kind,
        paths: Sequence[str],
        given: Given,
        sink: Sink,
        progress: Progress,
        *,
        wall: Callable[[], int] = time.time_ns,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.kind, self.paths, self.given = kind, paths, given
        self.sink, self.progress, self.tally = sink, progress, Tally()
        self._wall, self._stop = wall, stop
        self._readers: dict[Path, Reader] = {}

    def run(self, *, following: bool = False) -> bool:
        """Read what is new; whether there was anything.

        `following`: files may still be written to, and none need be there yet.
        Errors: UsageError when there is no file; those of the sink.
        """
        files = files_of(self.kind, self.paths, may_lack=following)
        there = set(files)
        self._readers = {path: one for path, one in self._readers.items() if path in there}
        broken = self.tally.broken.items()
        self.tally.broken = {name: why for name, why in broken if Path(name) in there}
        before = Progress(dict(self.progress.marks))  # a new file may have the name of an old one
        was_new = False
        for path in files:
            if self._stop():
                return was_new
            try:
                was_new |= self._file(path, before, following)
                self.tally.broken.pop(str(path), None)
            except _NotTakenError as told:  # the server's fault, not the file's
                raise told.error from None
            except (StoreError, SchemaError, UsageError) as error:
                self.tally.broken[str(path)] = str(error)
            except OSError as error:
                self.tally.broken[str(path)] = (
                    f"file '{path}': cannot be read; got {error.strerror}"
                )
        if was_new:
            self.progress.keep(files)
            self.sink.save(self.progress)
        return was_new

    def saved(self) -> None:
        """Keep how far files were read."""
        try:
            self.sink.save(self.progress)
        except VedetteError as error:
            raise _NotTakenError(error) from None

    def _file(self, path: Path, before: Progress, following: bool) -> bool:
        now = stand_of(path)
        if self.progress.is_done(path, now):
            return False
        whole = not following or self._wall() - now.modified > SETTLED_S * 1e9
        if not whole and is_table(path):
            return False
        mark = before.found(path, self.kind.known_by(path))
        reader = self._readers.get(path)
        if reader is None:
            reader = self._readers[path] = self.kind.reader(path, self.given)
            self.tally.files += 1
        batch = _Batch(self, path, now)
        for record in self.kind.cut(path, mark.row, mark.at, whole, self.given):
            batch.add(record, reader)
            if batch.is_full:
                batch.send()
                if self._stop():
                    return True
        return batch.send(done=whole, mark=mark)


class _NotTakenError(Exception):
    """What was read is not taken, and why."""

    def __init__(self, error: VedetteError) -> None:
        self.error = error


class _Batch:
    """What a stretch of one file says, until it is sent."""

    def __init__(self, course: Course, path: Path, now: Stand) -> None:
        self._course, self._path, self._now = course, path, now
        self._portions: dict[str, Portion] = {}
        self._unread: list[Unread] = []
        self._records = 0
        self._last: Record | None = None

    @property
    def is_full(self) -> bool:
        return any(one.is_full for one in self._portions.values()) or self._records >= 5_000

    def add(self, record: Record, reader: Reader) -> None:
        self._last = record
        if record.is_empty:
            return
        self._records += 1
        try:
            if record.why:
                raise SchemaError("record", record.why)
            items = list(reader(record))
            for number, item in enumerate(items):
                self._put(item, record, number if len(items) > 1 else None)
        except SchemaError as error:
            self._refuse(record, str(error))
        except (ValueError, TypeError, OverflowError, KeyError, msgspec.MsgspecError) as error:
            self._refuse(record, f"record: cannot be read; got {error}")

    def _put(self, item: Item, record: Record, number: int | None) -> None:
        given, what = self._course.given, item.what
        model = given.model or as_model_name(item.model)
        if not model:
            raise SchemaError("record", "names no model", hint="say which one")
        if what.id is None:
            own = record.made_id(self._path)
            what.id = own if number is None else f"{own}#{number}"
        is_of_file = what.time is None
        if is_of_file:
            what.time = self._now.modified
        if isinstance(what, Sent | SentSide):
            if is_of_file:
                what.rest = {**(what.rest or {}), TIME_QUALITY: OF_FILE}
            what.version = given.version or what.version
            what.weight = given.weight if what.weight is None else what.weight
        what.model = None
        self._portions.setdefault(model, Portion()).add(what)

    def _refuse(self, record: Record, why: str) -> None:
        text = shown(record.value, SHOWN)
        model = self._course.given.model
        file, row = str(self._path), record.row
        if record.place:
            name, _, number = record.place.rpartition(":")
            file, row = str(self._path / name), int(number)
        self._unread.append(Unread(file, row, why[:REASON], text, model))

    def send(self, *, done: bool = False, mark: Mark | None = None) -> bool:
        """Hand on what was read, then keep how far; whether there was anything."""
        course, tally = self._course, self._course.tally
        try:
            for model, portion in self._portions.items():
                for message in portion.messages():
                    tally.heard(model, course.sink.take(model, message))
            if self._unread:
                course.sink.refuse(self._unread)
        except VedetteError as error:
            raise _NotTakenError(error) from None
        if self._unread:
            tally.first = tally.first or self._unread[0].reason
        tally.records += self._records
        tally.unread += len(self._unread)
        was_new, by = self._last is not None, course.kind.known_by(self._path)
        if self._last is not None:
            made = marked(self._path, by, self._last.row + 1, self._last.end)
        else:
            made = mark or Mark()
        if done:
            made = msgspec.structs.replace(made, size=self._now.size, modified=self._now.modified)
        if was_new or done:
            course.progress.note(self._path, made)
        if was_new:
            course.saved()
        self._portions, self._unread, self._records = {}, [], 0
        return was_new
