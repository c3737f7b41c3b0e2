"""Fetching the metrics of servers of models, again and again.

Owns: one thread for each server, when it looks, what became of each look, keeping the last one over
a restart.  Does not own: what metrics mean (`ingest.scrape`), making readings durable
(`engine.service`).

Servers are those that the settings name; most have a private address, so that one is no obstacle.
A redirect is not followed, and the token goes to no other host.
"""

import logging
import ssl
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from threading import Event, Thread
from typing import Any

import msgspec

from vedette.alerts.notify.http import Answer, check, exchange
from vedette.alerts.notify.sending import DeliveryError, Request
from vedette.alerts.notify.target import read_secret
from vedette.core.durations import SECOND
from vedette.core.errors import SettingsError, StoreError, VedetteError
from vedette.core.windows import iso
from vedette.engine.guard import Guard
from vedette.engine.metric_names import MetricNames
from vedette.engine.scrape_settings import ScrapeTarget
from vedette.ingest.decoded import Decoded
from vedette.ingest.readings import batch_of
from vedette.ingest.receipt import Receipt
from vedette.ingest.scrape.readings import Reading, engines_of, readings_of
from vedette.ingest.scrape.text import ACCEPT, MOST_BYTES, Scrape, read_exposition
from vedette.stores.store import SCRAPE, Entry, StateStore

UP = "scrape_up"  # 1 where a server showed its metrics, 0 where not
STALE = 5  # intervals after which a scrape says nothing of what came since
KEPT_BYTES = 1 << 20  # of what a server showed, packed; of one that shows more nothing is kept
DURABLE_S = 10.0  # that is waited for readings to be stored
LEAVE_S = 2.0  # for all threads to end
LOG = logging.getLogger("vedette")

Offer = Callable[[str, Decoded], "Future[Receipt]"]
Names = Callable[[str], MetricNames]


@dataclass
class Looked:
    """What became of looking at one server.  Units: `time` in UTC nanoseconds."""

    target: ScrapeTarget
    before: Scrape | None = None
    engines: tuple[str, ...] = ()
    time: int = 0
    up: bool | None = None
    error: str = ""
    scrapes: int = 0
    failures: int = 0
    readings: int = 0  # of the last scrape

    @property
    def document(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "url": self.target.place,
            "models": list(self.target.whose),
            "engines": list(self.engines),
            "up": self.up,
            "error": self.error,
            "time": iso(self.time) if self.time else None,
            "samples": len(self.before.samples) if self.before else 0,
            "readings": self.readings,
            "scrapes": self.scrapes,
            "failures": self.failures,
        }


class Scraper:
    """Looks at servers until it is stopped.

    `offer` makes readings of a model durable, `names` says which metrics it may have, `store` keeps
    what each server showed last; `clock` gives UTC nanoseconds, `steady` seconds that only go on.
    """

    def __init__(
        self,
        targets: Sequence[ScrapeTarget],
        offer: Offer,
        names: Names,
        store: StateStore,
        clock: Callable[[], int],
        guard: Guard,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._offer, self._names, self._clock, self._guard = offer, names, clock, guard
        self._store, self._steady = store, steady
        self._stop = Event()
        self.looked = [Looked(target) for target in targets]
        self._threads = [
            Thread(target=self._watch, args=(one,), name=f"vedette-scrape-{at}", daemon=True)
            for at, one in enumerate(self.looked)
        ]

    def start(self) -> None:
        """Begin, with what was seen before a restart."""
        self._guard.run("scrape", self._recall, None, passes=())
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; a look under way may end by itself."""
        self._stop.set()
        until = self._steady() + LEAVE_S
        for thread in self._threads:
            thread.join(max(0.0, until - self._steady()))

    def documents(self) -> list[dict[str, Any]]:
        """What became of each server, as plain values."""
        return [one.document for one in self.looked]

    def _watch(self, looked: Looked) -> None:
        every = looked.target.every_ns / SECOND
        due = self._steady()
        while not self._stop.wait(max(0.0, due - self._steady())):
            self._guard.run("scrape", partial(self.look, looked), None, passes=())
            due = max(due + every, self._steady())

    def look(self, looked: Looked) -> None:
        """Look at a server once: its readings, and whether it was there, become durable."""
        target, now = looked.target, self._clock()
        found: list[Reading] = []
        error = ""
        answer: Answer | None = None
        try:
            answer = asked(target)
            scrape = read_exposition(answer.body, answer.content_type, now)
            before = looked.before
            if before is not None and now - before.time > STALE * target.every_ns:
                before = None
            found = readings_of(
                before, scrape, target.claim, engines=target.engines, keep=target.keep
            )
            looked.before = scrape
            looked.engines = tuple(one.name for one in engines_of(scrape, target.engines))
        except VedetteError as failed:
            error = str(failed)
        found += [Reading(model, UP, 0.0 if error else 1.0) for model in target.whose]
        looked.time, looked.up, looked.readings = now, not error, len(found)
        looked.scrapes += 1
        looked.failures += bool(error)
        self._said(looked, self._log(target, found, now) or error)
        if answer is not None and not error:
            self._keep(target, answer, now)

    def _keep(self, target: ScrapeTarget, answer: Answer, now: int) -> None:
        """Keep what a server showed, for the first look after a restart to be told against."""
        packed = zlib.compress(answer.body, 1)
        if len(packed) <= KEPT_BYTES:
            body = msgspec.msgpack.encode((answer.content_type, packed))
            with suppress(StoreError):  # the log is full as well: it says so
                self._store.commit([Entry(SCRAPE, "", source_of(target), now, body)])

    def _recall(self) -> None:
        """Take up what servers showed, and forget those that the settings name no more."""
        known = {source_of(one.target): one for one in self.looked}
        kept = self._store.read(SCRAPE)
        for entry in kept:
            if entry.key in known:
                seen = self._guard.run("scrape", partial(_seen, entry), None, passes=())
                known[entry.key].before = seen
        gone = [(SCRAPE, "", entry.key) for entry in kept if entry.key not in known]
        if gone:
            self._store.commit(gone=gone)

    def _said(self, looked: Looked, error: str) -> None:
        """Tell the log when looks begin to fail, and when all is well again."""
        if error and not looked.error:
            LOG.warning("vedette scrape: %s: %s", looked.target.place, error)
        elif looked.error and not error:
            LOG.warning("vedette scrape: %s: is there again", looked.target.place)
        looked.error = error

    def _log(self, target: ScrapeTarget, found: Sequence[Reading], now: int) -> str:
        """Make readings durable, model by model; why some were lost, "" where none were."""
        source = source_of(target)
        waiting: list[Future[Receipt]] = []
        lost = ""
        for model in dict.fromkeys(reading.model for reading in found):
            own = [reading for reading in found if reading.model == model]
            batch = batch_of(
                [
                    (f"scrape-{source}-{now}-{at}", now, reading.name, reading.value)
                    for at, reading in enumerate(own)
                ]
            )
            decoded = self._names(model).passed(Decoded(metrics=batch))
            try:
                waiting.append(self._offer(model, decoded))
            except VedetteError as error:  # under pressure: the next look says how it is then
                lost = f"readings of {model!r} are lost: {error}"
        for one in waiting:
            try:
                one.result(DURABLE_S)
            except (VedetteError, TimeoutError) as error:
                lost = f"readings are lost: {error}"
        return lost


def source_of(target: ScrapeTarget) -> str:
    """What tells a server from others, and its models."""
    return sha256(" ".join((target.url, *target.whose)).encode()).hexdigest()[:12]


def _seen(entry: Entry) -> Scrape:
    """What a server showed, as it was kept."""
    kind, packed = msgspec.msgpack.decode(entry.body, type=tuple[str, bytes])
    return read_exposition(zlib.decompressobj().decompress(packed, MOST_BYTES), kind, entry.time)


def scraped(target: ScrapeTarget, now: int) -> Scrape:
    """What a server shows.

    Errors: as `asked`; SchemaError for what cannot be read.
    """
    answer = asked(target)
    return read_exposition(answer.body, answer.content_type, now)


def asked(target: ScrapeTarget) -> Answer:
    """What a server answers.

    Errors: StoreError when it does not answer well, SettingsError where a token or certificates are
    missing.
    """
    try:
        answer = fetched(target)
        check(answer)
    except DeliveryError as failed:
        raise StoreError(target.place, "shows no metrics", got=failed.reason) from None
    return answer


def fetched(target: ScrapeTarget) -> Answer:
    """Fetch what a server shows.

    Errors: DeliveryError, SettingsError where a token or certificates are missing.
    """
    headers = {"Accept": ACCEPT, "Accept-Encoding": "identity"}
    if target.bearer is not None:
        headers["Authorization"] = f"Bearer {read_secret(target.bearer)}"
    timeout = target.timeout_ns / SECOND
    return exchange(
        Request(target.url, headers, method="GET"),
        allow_private=True,
        timeout_s=timeout,
        whole_s=timeout,
        most=MOST_BYTES + 1,
        context=_trusting(target.ca) if target.ca else None,
    )


def _trusting(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            "scrape, ca", "no certificates can be read", got=f"{file}: {error}", want="a PEM file"
        ) from None
