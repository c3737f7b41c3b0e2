"""Taking in files that other systems write, as they write them.

Owns: a thread for each set of files that the settings name, making what they say durable, where
progress is kept.  Does not own: files (`ingest.readers`), the log (`engine.service`).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as TooLate
from functools import partial
from threading import Event, Thread
from typing import Any

from vedette.core.durations import SECOND
from vedette.core.errors import StoreError, UsageError, VedetteError
from vedette.engine.import_settings import ImportSettings
from vedette.engine.service import Service
from vedette.ingest.body import decode, decode_metrics, decode_sides
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.limits import Limits
from vedette.ingest.readers.catalog import kind_of
from vedette.ingest.readers.course import Course, Told, Unread
from vedette.ingest.readers.portion import Message
from vedette.ingest.readers.progress import Progress
from vedette.ingest.receipt import Busy, Receipt
from vedette.stores.store import Entry, StateStore

IMPORT = "import"  # kind of state: how far the files of an import were read
PACKED = "application/msgpack"
# Kinds of message beside events, and what reads them.
OTHERS: Mapping[str, Callable[..., Decoded]] = {"metrics": decode_metrics, "sides": decode_sides}
DURABLE_S = 60.0  # that is waited for rows to be stored
LEAVE_S = 5.0  # for all threads to end
LOG = logging.getLogger("vedette")


class Importer:
    """Looks for files until it is stopped."""

    def __init__(
        self, imports: Mapping[str, ImportSettings], service: Service, store: StateStore
    ) -> None:
        self._stop = Event()
        self._service = service
        self._imports = {
            name: _Import(name, one, service, store, self._stop) for name, one in imports.items()
        }
        self._threads = [
            Thread(target=self._run, args=(one,), name=f"vedette-import-{name}", daemon=True)
            for name, one in self._imports.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what is under way is read again by the next server, and counts once."""
        self._stop.set()
        for thread in self._threads:
            thread.join(LEAVE_S)

    def documents(self) -> list[dict[str, Any]]:
        """How every import fares, as plain values."""
        return [one.document for one in self._imports.values()]

    def _run(self, one: "_Import") -> None:
        every = one.settings.every_ns / SECOND
        while not self._stop.is_set():
            self._service.guard.run("import", partial(one.look), None, passes=())
            self._stop.wait(every)


class _Import:
    """One set of files, and who takes what is in them."""

    def __init__(
        self, name: str, settings: ImportSettings, service: Service, store: StateStore, stop: Event
    ) -> None:
        self.name, self.settings = name, settings
        self._service, self._store, self._stop = service, store, stop
        self._limits = Limits()
        self._course: Course | None = None
        self._trouble = ""

    def look(self) -> None:
        """Read what is new; trouble is logged when it begins."""
        trouble = ""
        try:
            course = self._course = self._course or self._begun()
            course.run(following=True)
            trouble = "; ".join(list(course.tally.broken.values())[:3])
        except VedetteError as error:
            trouble = "" if self._stop.is_set() else str(error)
        if trouble and trouble != self._trouble:
            LOG.warning("vedette import %s: %s", self.name, trouble)
        self._trouble = trouble

    def _begun(self) -> Course:
        kept = self._store.get(IMPORT, "", self.name)
        known = Progress() if kept is None else Progress.of(kept.body, f"import {self.name!r}")
        own = self.settings
        return Course(kind_of(own.kind), [own.path], own.given, self, known, stop=self._stop.is_set)

    # --- what a course hands on -------------------------------------------------------------------

    def take(self, model: str, message: Message) -> Told:
        """Make a message durable; while the server is busy it waits."""
        service = self._service
        decoded = self._decoded(model, message)
        while True:
            try:
                receipt: Receipt = service.offer(model, decoded).result(DURABLE_S)
                break
            except Busy as busy:
                self._pause(busy.retry_after_s)
            except TooLate:  # offered again: ids make it idempotent
                self._pause(1.0)
            except UsageError as error:  # one model too many
                return Told(refused=message.rows, why=str(error))
        bad = decoded.rejected
        why = f"{bad[0].id or bad[0].row}: {bad[0].reason}" if bad else ""
        return Told(receipt.accepted, receipt.duplicates, len(bad), why)

    def _decoded(self, model: str, message: Message) -> Decoded:
        service, limits = self._service, self._limits
        if message.kind != "events":
            made = OTHERS[message.kind](
                message.body, model=model, content_type=PACKED, received=service.clock(),
                limits=limits,
            )  # fmt: skip
            return service.metric_names(model).passed(made)
        made = decode(
            message.body, model=model, content_type=PACKED, received=service.clock(),
            limits=limits, schema=service.schema_of(model),
        )  # fmt: skip
        gate = service.gate_of(model)
        return made if gate is None else gate.passed(made, whole=False)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoreError("server", "is stopping")

    def refuse(self, unread: Sequence[Unread]) -> None:
        """Put records that could not be read into the quarantine."""
        by_model: dict[str, list[Rejected]] = {}
        for one in unread:
            where = f"{one.file}:{one.row}"
            rejected = Rejected(one.row, one.reason, one.record, where)
            by_model.setdefault(one.model or self.name, []).append(rejected)
        for model, all_of_it in by_model.items():
            self._service.offer(model, Decoded(rejected=tuple(all_of_it))).result(DURABLE_S)

    def save(self, progress: Progress) -> None:
        """Keep how far files were read."""
        now = self._service.clock()
        self._store.commit([Entry(IMPORT, "", self.name, now, progress.written())])

    @property
    def document(self) -> dict[str, Any]:
        """How it fares."""
        own, course = self.settings, self._course
        tally = None if course is None else course.tally
        said = {name: getattr(tally, name, 0) for name in (
            "files", "records", "accepted", "duplicates", "refused", "unread",
        )}  # fmt: skip
        models = {} if tally is None else dict(tally.models)
        about = {"name": self.name, "kind": own.kind, "path": own.path, "models": models}
        return {**about, **said, "trouble": self._trouble}
