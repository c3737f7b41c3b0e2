"""The state in one SQLite file.

Owns: a `StateStore` of two tables, one writer, any number of readers.  Does not own: what the
values mean.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vedette.core.errors import StoreError
from vedette.stores.store import Entry

VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    kind TEXT NOT NULL, model TEXT NOT NULL, key TEXT NOT NULL,
    time INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (kind, model, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_time ON entry (kind, model, time, key);
CREATE INDEX IF NOT EXISTS entry_all ON entry (kind, time, key, model);
CREATE TABLE IF NOT EXISTS place (
    one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL
);
INSERT OR IGNORE INTO place VALUES (1, 0);
PRAGMA user_version = 1;
"""
_PUT = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)"
_DROP = "DELETE FROM entry WHERE kind = ? AND model = ? AND key = ?"
_WAIT = 10.0  # seconds for another connection to finish


class LocalState:
    """Small values in a file.  Errors: StoreError when it cannot be read or written."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self._path, self._readonly = path, readonly
        self._writing = threading.Lock()
        self._all: list[sqlite3.Connection] = []
        self._resting: list[sqlite3.Connection] = []  # of readers: the last one used is on top
        self._guard = threading.Lock()
        with self._told("opened"):
            if not readonly:
                _make(path)
            self._writer = self._connect()
            (version,) = self._writer.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise StoreError(
                    f"file {str(path)!r}",
                    "was written by a newer release",
                    got=f"version {version}",
                    want=f"{VERSION} or older",
                )
            if not readonly and version < VERSION:
                self._writer.executescript("BEGIN;" + _TABLES + "COMMIT;")

    def _connect(self) -> sqlite3.Connection:
        if self._readonly:
            target, is_uri = f"{self._path.absolute().as_uri()}?mode=ro", True
        else:
            target, is_uri = str(self._path), False
        made = sqlite3.connect(
            target, _WAIT, isolation_level=None, check_same_thread=False, uri=is_uri
        )
        with self._guard:
            self._all.append(made)
        if not self._readonly:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = FULL")
        made.execute("PRAGMA cache_size = -8000")  # KiB
        return made

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection for one question.

        As many as were ever asked at once, not one of every thread: each has pages in memory, and
        the one used last those that are asked for next.
        """
        with self._guard:
            mine = self._resting.pop() if self._resting else None
        mine = mine or self._connect()
        try:
            yield mine
        finally:
            with self._guard:
                self._resting.append(mine)

    def commit(
        self,
        entries: Iterable[Entry] = (),
        gone: Iterable[tuple[str, str, str]] = (),
        position: int | None = None,
    ) -> None:
        """Write, then remove, then move the position, in one transaction."""
        with self._told("written"), self._change() as to:
            to.executemany(_PUT, entries)
            to.executemany(_DROP, gone)
            if position is not None:
                to.execute("UPDATE place SET position = ?", (position,))

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """One entry."""
        asked = "SELECT * FROM entry WHERE kind = ? AND model = ? AND key = ?"
        with self._told("read"), self._reader() as reader:
            row = reader.execute(asked, (kind, model, key)).fetchone()
            return None if row is None else Entry(*row)

    def read(
        self,
        kind: str,
        model: str | None = None,
        start: int | None = None,
        end: int | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
        prefix: str = "",
    ) -> list[Entry]:
        """Entries by time, then key, then model."""
        tests: list[tuple[str, object]] = [("kind = ?", kind)]
        if model is not None:
            tests.append(("model = ?", model))
        if start is not None:
            tests.append(("time >= ?", start))
        if end is not None:
            tests.append(("time < ?", end))
        if prefix:
            tests.append((f"substr(key, 1, {len(prefix)}) = ?", prefix))
        way = "DESC" if newest_first else "ASC"
        which = (
            f"WHERE {' AND '.join(test for test, _ in tests)}"
            f" ORDER BY time {way}, key {way}, model {way} LIMIT ?"
        )
        asked = f"SELECT * FROM entry {which}"  # noqa: S608 - only the literals above
        if prefix:  # the index alone says which keys begin so; the others' bodies stay unread
            asked = (
                f"SELECT e.* FROM (SELECT kind, model, key FROM entry {which}) f"  # noqa: S608
                " CROSS JOIN entry e USING (kind, model, key)"
            )
        values = [*(value for _, value in tests), -1 if limit is None else limit]
        with self._told("read"), self._reader() as reader:
            found = [Entry(*row) for row in reader.execute(asked, values)]
        if prefix:  # a join promises no order, though it keeps that of its first table
            found.sort(key=lambda e: (e.time, e.key, e.model), reverse=newest_first)
        return found

    @property
    def position(self) -> int:
        """The log position that the state follows."""
        with self._told("read"), self._reader() as reader:
            (found,) = reader.execute("SELECT position FROM place").fetchone()
            return int(found)

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # a full disk may have ended it already
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        """Turn what SQLite says into a StoreError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            full = "full" in str(error)
            raise StoreError(
                f"file {str(self._path)!r}",
                f"cannot be {verb}",
                got=str(error),
                hint="free some space on the disk" if full else "",
            ) from error

    def close(self) -> None:
        """Close all connections, of all threads."""
        with self._writing, self._guard:
            for connection in self._all:
                connection.close()
            self._all, self._resting = [], []


def _make(path: Path) -> None:
    """Make an empty file that others may not read; SQLite's other files follow its mode.

    One that is there is left alone: closing it would let go of locks that this process holds.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640))
