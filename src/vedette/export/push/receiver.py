"""One receiver of series, and how far it has come.

Owns: what it is told when, in which order, what happens to what it does not take.  Does not own:
when to try again (`export.push.pusher`), protocols (the files beside this one), which series there
are (`export.series`).

What a receiver missed is told stretch by stretch as far back as series are kept, in the order of
time over all models: many take nothing that is older than the newest they have.  How far it came is
written down, so that a restart of either side makes no hole.  What it refuses for good is left out
and counted, so that one sample does not hold up all others.
"""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

from vedette.alerts.notify.http import check, exchange
from vedette.alerts.notify.sending import DeliveryError, Request
from vedette.alerts.notify.target import read_secret
from vedette.core.durations import HOUR, MINUTE
from vedette.engine.paces import Paces
from vedette.engine.push_settings import PushSettings
from vedette.export.push import datadog, dogstatsd, otlp, remote_write
from vedette.export.push.fresh import Fresh, fresh, portions
from vedette.export.push.marks import Marks
from vedette.export.series.book import SERVER, Bounds
from vedette.export.series.series import Labels, Series, Wanted

STRETCH = 15 * MINUTE  # that is told at a time of what was missed
AT_ONCE = HOUR  # how far back one is told that hears of everything as if it were now


class Told(Protocol):
    """What series are read from: `export.series.Book`."""

    def models(self) -> list[str]: ...
    def kept(
        self, start: int, end: int, wanted: Wanted, models: Sequence[str], bounds: Bounds
    ) -> Iterator[Series]: ...
    def windows(self, model: str, after: int, until: int) -> Paces: ...
    def next_end(self, model: str, after: int) -> int | None: ...
    def extent(self, models: Sequence[str] | None = None) -> tuple[int, int] | None: ...


class Pushed(NamedTuple):
    """What became of pushes to one receiver.  Units: samples (datagrams of DogStatsD)."""

    sent: int = 0
    refused: int = 0


def always() -> bool:
    """Goes on."""
    return True


class Receiver:
    """One receiver, and how far it has come, which `marks` remembers over restarts."""

    def __init__(self, settings: PushSettings, book: Told, marks: Marks | None = None) -> None:
        self.settings, self._book, self._marks = settings, book, marks
        self.pushed = Pushed()
        self._after = marks.read() if marks else {}  # by model, the newest instant that was told
        self._began = dict(self._after)  # from when on it is told
        self._has_begun = bool(self._after)
        self._windows: dict[str, int] = {}  # the end of the newest window whose times were told
        self._told: dict[tuple[str, Labels], tuple[int, float]] = {}  # the newest sample by series

    def push(self, go_on: Callable[[], bool] = always) -> None:
        """Tell what is new of every model and of the server, and what was missed: all of it, or as
        long as it may `go_on`, but something of each.

        Errors: DeliveryError, SettingsError, OSError: what was not taken is told again the next
        time, but for what was refused for good.
        """
        refused: DeliveryError | None = None
        found = {model: self._last(model) for model in (SERVER, *self._book.models())}
        lasts = {model: last for model, last in found.items() if last}
        for model in lasts.keys() - self._after.keys():
            # The past is not for others: a receiver begins with the newest window.
            before = AT_ONCE if self._has_begun else 1
            self._after[model] = self._began[model] = lasts[model] - before
        self._has_begun = True
        told = 0
        while behind := {self._after[m]: m for m in reversed(lasts) if lasts[m] > self._after[m]}:
            if told >= len(lasts) and not go_on():
                break
            after = min(behind)
            model = behind[after]
            begin, until = self._stretch(model, after, lasts[model])
            refused = self._tell(model, begin, until) or refused
            self._after[model] = until
            if self._marks:
                self._marks.write(self._after)
            told += 1
        if refused is not None:
            raise refused

    def _stretch(self, model: str, after: int, last: int) -> tuple[int, int]:
        """What of a model is told next: a stretch with at least one window in it; long silence, of
        which there is none, is passed over."""
        if self.settings.kind == "dogstatsd":
            return max(after, last - AT_ONCE), last
        end = self._book.next_end(model, after)
        end = last if end is None else min(end, last)
        begin = max(after, end - STRETCH)
        return begin, min(max(begin + STRETCH, end), last)

    def _last(self, model: str) -> int:
        extent = self._book.extent([model])
        return 0 if extent is None else extent[1]

    def _tell(self, model: str, after: int, last: int) -> DeliveryError | None:
        """Tell what is new of one model; what was refused for good, if anything was."""
        own = self.settings
        # A window that was looked at may be written a moment later: so one more is looked back.
        bounds = Bounds(streams=own.streams, before=2)
        series = list(self._book.kept(after + 1, last, self._wants, [model], bounds))
        if own.kind == "dogstatsd":
            found = fresh(series, max(self._began[model], last - AT_ONCE), self._told)
            said = dogstatsd.lines(found, own.tags)
            since = max(self._windows.get(model, self._began[model]), last - AT_ONCE)
            windows = self._book.windows(model, since, last)
            took = dogstatsd.distributions(model, windows, own.tags)
            count = dogstatsd.send(own.address, _both(said, took if self._wants_times else ()))
            self._count(sent=count)
            self._remember(found)
            self._windows[model] = int(windows.ends[-1]) if len(windows.ends) else since
            return None
        found = fresh(series, self._began[model], self._told)
        since = (self._book.extent([model]) or (0, 0))[0]
        refused = None
        for portion in portions(found):
            samples = sum(len(one.series.times) for one in portion)
            request = self._request(portion, since)
            if not request.body:
                continue
            try:
                answer = exchange(request, allow_private=True)  # of the operator's own file
            except DeliveryError as error:  # of the way there, not of what was to be told
                raise DeliveryError(error.reason) from None
            try:
                check(answer)
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
            made = datadog.body(portion, tags, v1=url.endswith(datadog.V1))
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


def _with_path(url: str, path: str) -> str:
    """A URL that has a path, or gets this one."""
    bare = url.partition("://")[2]
    return url if bare.partition("/")[2] else url.rstrip("/") + path


def _both(*parts: Any) -> Iterator[str]:
    for part in parts:
        yield from part
