"""Pushing the series of a server to other systems, again and again.

Owns: the thread, how far each receiver has come, what happens when one does not take it.  Does not
own: protocols (the files beside this one), which series there are (`export.series`).

A receiver that cannot be reached is tried again the next time, with what came meanwhile, for an
hour at most; what it refuses for good is left out and counted, so that one sample does not hold up
all others.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

from vedette.alerts.notify.http import check, exchange
from vedette.alerts.notify.sending import DeliveryError, Request
from vedette.alerts.notify.target import read_secret
from vedette.core.durations import HOUR, SECOND
from vedette.core.errors import VedetteError
from vedette.engine.paces import Paces
from vedette.engine.push_settings import PushSettings
from vedette.export.push import datadog, dogstatsd, otlp, remote_write
from vedette.export.push.fresh import Fresh, fresh, portions
from vedette.export.series.book import Bounds
from vedette.export.series.series import Labels, Series, Wanted

BACK = HOUR  # how far back a receiver that was away is told what it missed
Fault = Callable[[str, Exception], None]


class Told(Protocol):
    """What series are read from: `export.series.Book`."""

    def models(self) -> list[str]: ...
    def series(
        self, start: int, end: int, wanted: Wanted, models: Sequence[str] | None, bounds: Bounds
    ) -> Iterator[Series]: ...
    def windows(self, model: str, after: int, until: int) -> Paces: ...
    def extent(self, models: Sequence[str] | None = None) -> tuple[int, int] | None: ...


class Pushed(NamedTuple):
    """What became of pushes to one receiver.  Units: samples (datagrams of DogStatsD)."""

    sent: int = 0
    refused: int = 0
    failures: int = 0  # pushes that will be tried again


class Receiver:
    """One receiver, and how far it has come."""

    def __init__(self, settings: PushSettings, book: Told) -> None:
        self.settings, self._book = settings, book
        self.pushed = Pushed()
        self._began: dict[str, int] = {}  # by model, from when on it is told
        self._after: dict[str, int] = {}  # the newest instant that was told
        self._windows: dict[str, int] = {}  # the end of the newest window whose times were told
        self._told: dict[tuple[str, Labels], tuple[int, float]] = {}  # the newest sample by series

    def push(self) -> None:
        """Tell what is new of every model.  Errors: DeliveryError, SettingsError, OSError: what was
        not taken is told again the next time."""
        for model in self._book.models():
            last = self._last(model)
            if model not in self._after:  # its past is not for others: it begins with the newest
                self._after[model] = self._began[model] = last - 1
            after = max(self._after[model], last - BACK)
            if last > after:
                refused = self._tell(model, after, last)
                self._after[model] = last
                if refused is not None:
                    raise refused

    def _last(self, model: str) -> int:
        extent = self._book.extent([model])
        return 0 if extent is None else extent[1]

    def _tell(self, model: str, after: int, last: int) -> DeliveryError | None:
        """Tell what is new of one model; what was refused for good, if anything was."""
        own = self.settings
        # A window that was looked at may be written a moment later: so one more is looked back.
        bounds = Bounds(streams=own.streams, before=2)
        series = list(self._book.series(after + 1, last, self._wants, [model], bounds))
        found = fresh(series, max(self._began[model], last - BACK), self._told)
        if own.kind == "dogstatsd":
            said = dogstatsd.lines(found, own.tags)
            since = max(self._windows.get(model, self._began[model]), last - BACK)
            windows = self._book.windows(model, since, last)
            took = dogstatsd.distributions(model, windows, own.tags)
            count = dogstatsd.send(own.address, _both(said, took if self._wants_times else ()))
            self._count(sent=count)
            self._remember(found)
            self._windows[model] = int(windows.ends[-1]) if len(windows.ends) else since
            return None
        since = (self._book.extent([model]) or (0, 0))[0]
        refused = None
        for portion in portions(found):
            samples = sum(len(one.series.times) for one in portion)
            request = self._request(portion, since)
            if not request.body:
                continue
            try:
                check(exchange(request, allow_private=True))  # of the operator's own file
                self._count(sent=samples)
                self._remember(portion)
            except DeliveryError as error:
                if not error.is_final:
                    raise
                refused = error
                self._count(refused=samples)
        return refused

    def _remember(self, portion: Sequence[Fresh]) -> None:
        self._told |= {
            (one.series.name, one.series.labels): (
                int(one.series.times[-1]), float(one.series.values[-1]),
            )
            for one in portion
        }  # fmt: skip

    def _request(self, portion: Sequence[Fresh], since: int) -> Request:
        own, tags = self.settings, self.settings.tags
        headers = {
            name: value if isinstance(value, str) else read_secret(value)
            for name, value in own.headers.items()
        }
        url = own.address
        if own.kind == "otlp":
            url = _with_path(url, "/v1/metrics")
            return Request(url, {**otlp.HEADERS, **headers}, otlp.body(portion, tags, since))
        if own.kind == "datadog":
            url = _with_path(url, datadog.V2)
            every = max(own.every_ns // SECOND, 1)
            made = datadog.body(portion, tags, every, v1=url.endswith(datadog.V1))
            return Request(url, {**datadog.HEADERS, **headers}, made)
        made = remote_write.body(portion, tags)
        return Request(url, {**remote_write.HEADERS, **headers}, made)

    def _wants(self, name: str) -> bool:
        only = self.settings.only
        return not only or any(fnmatchcase(name, pattern) for pattern in only)

    @property
    def _wants_times(self) -> bool:
        return self._wants("vedette_latency_seconds_bucket")

    def _count(self, **more: int) -> None:
        now = self.pushed._asdict()
        self.pushed = Pushed(**{name: now[name] + more.get(name, 0) for name in now})


class Pusher:
    """The thread that pushes to all receivers."""

    def __init__(self, settings: Sequence[PushSettings], book: Told, fault: Fault) -> None:
        self.receivers = [Receiver(own, book) for own in settings]
        self._fault = fault
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(one,), name="vedette-push", daemon=True)
            for one in self.receivers
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Push once more, then end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self, one: Receiver) -> None:
        every = one.settings.every_ns / SECOND
        while not self._stop.wait(every):
            self._push(one)
        self._push(one)

    def _push(self, one: Receiver) -> None:
        try:
            one.push()
        except (DeliveryError, VedetteError, OSError) as error:
            one.pushed = one.pushed._replace(failures=one.pushed.failures + 1)
            self._fault(f"push to {one.settings.kind}", error)


def _with_path(url: str, path: str) -> str:
    """A URL that has a path, or gets this one."""
    bare = url.partition("://")[2]
    return url if bare.partition("/")[2] else url.rstrip("/") + path


def _both(*parts: Any) -> Iterator[str]:
    for part in parts:
        yield from part
