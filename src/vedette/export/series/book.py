"""Every series of the models of a state, over any stretch of time.

Owns: which entries of the state are read, what is kept of them between two questions.  Does not
own: samples (`export.series.spent`, `export.series.seen`), names (`export.series.families`).

The same book answers queries, fills `/metrics` and feeds what is pushed to other systems.  A series
is told at the ends of its windows, so nothing is known of a window under way.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from threading import Lock
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from vedette.alerts.incident import Incident
from vedette.engine.courses import read_courses
from vedette.engine.looks import read_looks
from vedette.engine.paces import KIND, Paces, read_paces
from vedette.engine.plan import BASE, DRIFT, LABELS, PAIRS, QUICK
from vedette.engine.standings import KIND as OBJECTIVE
from vedette.engine.standings import read_standings
from vedette.export.series.own import STEP, Own
from vedette.export.series.promised import PROMISED, promised
from vedette.export.series.seen import PARTS, evidence, incidents, readings, streams
from vedette.export.series.series import Series, Wanted, everything
from vedette.export.series.spent import Stretch, spent
from vedette.stores.store import Entry, StateStore

SERVER = ""  # stands for the server itself where a model's name could
CLOCKS = (QUICK, DRIFT, LABELS, PAIRS)
SPENT = ("vedette_events_total", "vedette_late_events_total", "vedette_failed_events_total",
         "vedette_latency_seconds_bucket", "vedette_latency_seconds_count",
         "vedette_latency_seconds_sum", "vedette_latency_quantile_seconds")  # fmt: skip
EVIDENCE = ("vedette_evidence_log10", "vedette_evidence_threshold_log10")
STREAMS = ("vedette_stream_evidence_ratio", "vedette_stream_effect")
INCIDENTS = ("vedette_open_incidents", "vedette_incident")


class Seen(Protocol):
    """How far a model was looked at.  Units: UTC nanoseconds."""

    @property
    def late_rows(self) -> int: ...
    @property
    def seen_until(self) -> int | None: ...
    @property
    def open_incidents(self) -> int: ...


class _Known(NamedTuple):
    """Windows that were read: how many late rows there were by then, and where they begin to be
    those of the base clock."""

    late: int
    paces: Paces
    boundary: int


def every_part(model: str, monitor: str, column: str, segment: str) -> bool:
    """Allows everything to be told of every model."""
    return True


class Bounds(NamedTuple):
    """What of the series is told.

    `allows` says of a model, monitor, column and segment whether it may be; of a model and clock at
    most `streams`, those that showed most; with each series so many windows `before` the start; of
    the `server` itself what its numbers are.
    """

    allows: Callable[[str, str, str, str], bool] = every_part
    streams: int | None = None
    before: int = 0
    server: bool = True


def nobody(model: str) -> Seen | None:
    """Knows nothing of any model beyond the state."""
    return None


class Book:
    """The series of a state.

    `seen` tells of a model how far it was looked at, None where only the state is there to say so.
    For threads.
    """

    def __init__(self, store: StateStore, seen: Callable[[str], Seen | None] = nobody) -> None:
        self._store, self._seen = store, seen
        self.own = Own(store)
        self._known: dict[str, _Known] = {}
        self._newest: dict[str, tuple[object, list[Series]]] = {}
        self._guard = Lock()

    def models(self) -> list[str]:
        """Every model, in the order of their names."""
        return sorted({entry.model for entry in self._store.read("model") if entry.model})

    def series(
        self,
        start: int,
        end: int,
        wanted: Wanted = everything,
        models: Collection[str] | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    ) -> Iterator[Series]:
        """The series with samples in [start, end], those of one name behind one another in the
        order of models.

        `wanted` says by name which.  Units: UTC nanoseconds.
        """
        chosen = self.models() if models is None else models
        yield from self.kept(start, end, wanted, chosen, bounds)
        told = {*chosen, SERVER} if bounds.server else {*chosen}
        yield from self.own.series(start - bounds.before * STEP, end, wanted, told.__contains__)

    def kept(
        self, start: int, end: int, wanted: Wanted, models: Collection[str], bounds: Bounds
    ) -> Iterator[Series]:
        """The same without the numbers that the server has of itself and its models; all of those
        stand under SERVER."""
        for model in sorted(models):
            if model == SERVER:
                yield from self.own.series(start - bounds.before * STEP, end, wanted)
                continue
            for one in self._of(model, start, end, wanted, bounds):
                inside = one.within(start - bounds.before * one.every, end)
                if len(inside.times):
                    yield inside

    def current(self, model: str, bounds: Bounds, whose: str = "") -> list[Series]:
        """The newest sample of every series of the newest windows, each with that sample alone.

        Found anew when another window was looked at, or for another one who may see other things.
        """
        seen = self._seen(model)
        stamp = seen and (seen.seen_until, seen.late_rows, seen.open_incidents, bounds[1:], whose)
        known = self._newest.get(model)
        if known is None or stamp is None or known[0] != stamp:
            known = self._newest[model] = (stamp, self._current(model, bounds))
        return known[1]

    def _current(self, model: str, bounds: Bounds) -> list[Series]:
        last = self._newest_end(model)
        found = self.kept(last, last, everything, [model], bounds._replace(before=1))
        return [
            one._replace(times=one.times[-1:], values=one.values[-1:])
            for one in found
            if one.times[-1] > last - one.every
        ]

    def _newest_end(self, model: str) -> int:
        """The end of the newest window that anything was kept of."""
        paces, found = self._paces(model), [0]
        if len(paces.starts):
            found.append(self._last(model, paces))
        for kind, clock in (("series", QUICK), ("look", DRIFT)):
            newest = self._store.read(kind, model, prefix=f"{clock}/", newest_first=True, limit=1)
            found += [_window_of(entry)[1] for entry in newest]
        return max(found)

    def windows(self, model: str, after: int, until: int) -> Paces:
        """How the windows went that ended in (after, until].  Units: UTC nanoseconds."""
        paces = self._paces(model)
        first, last = paces.ends.searchsorted([after, until], "right")
        return paces.cut(int(first), int(last))

    def next_end(self, model: str, after: int) -> int | None:
        """The end of the first window that is kept and ended after an instant; None where none did.

        Units: UTC nanoseconds.
        """
        if model == SERVER:
            return self.own.next_time(after)
        ends = self._paces(model).ends
        place = int(ends.searchsorted(after, "right"))
        return int(ends[place]) if place < len(ends) else None

    def extent(self, models: Collection[str] | None = None) -> tuple[int, int] | None:
        """The first and the last instant with a sample; None where there is none.  Without `models`
        of all, and of the server itself."""
        chosen = [SERVER, *self.models()] if models is None else models
        found = [
            (int(paces.starts[0]), self._last(model, paces))
            for model in chosen
            if len((paces := self._paces(model)).starts)
        ]
        if SERVER in chosen and (own := self.own.extent()):
            found.append(own)
        return (min(a for a, _ in found), max(b for _, b in found)) if found else None

    def _of(
        self, model: str, start: int, end: int, wanted: Wanted, bounds: Bounds
    ) -> Iterator[Series]:
        def allows(monitor: str, column: str, segment: str) -> bool:
            return bounds.allows(model, monitor, column, segment)

        if any(map(wanted, (*SPENT, *INCIDENTS))):
            paces = self._paces(model)
            at = self._stretch(model, paces, start, end, bounds.before)
            yield from spent(model, paces, at, wanted, allows)
            if any(map(wanted, INCIDENTS)):
                found = [
                    msgspec.json.decode(entry.body, type=Incident)
                    for entry in self._store.read("incident", model, end=end + 1)
                ]
                yield from incidents(model, found, at, wanted, allows)
        if any(map(wanted, PARTS)):
            kept = self._windows("series", model, QUICK, start, end, bounds.before)
            yield from readings(model, read_courses(kept), wanted, allows)
        if any(map(wanted, PROMISED)):
            kept = self._windows(OBJECTIVE, model, QUICK, start, end, bounds.before)
            yield from promised(model, read_standings(kept), wanted, allows)
        for clock in CLOCKS if any(map(wanted, (*EVIDENCE, *STREAMS))) else ():
            looks = read_looks(self._windows("look", model, clock, start, end, bounds.before))
            yield from evidence(model, clock, looks, wanted)
            yield from streams(model, clock, looks, wanted, allows, bounds.streams)

    def _windows(
        self, kind: str, model: str, clock: str, start: int, end: int, before: int
    ) -> Sequence[Entry]:
        """Entries of windows that may end in a stretch: entries are timed by where one begins."""
        prefix = f"{clock}/"
        newest = self._store.read(kind, model, prefix=prefix, newest_first=True, limit=1)
        if not newest:
            return []
        first, last = _window_of(newest[0])
        reach = (1 + before) * (last - first)
        return self._store.read(kind, model, start - reach, end, prefix=prefix)

    def _stretch(self, model: str, paces: Paces, start: int, end: int, before: int) -> Stretch:
        """The ends of all windows in a stretch, with where the first one begins."""
        if not len(paces.starts):
            return Stretch(start, end, np.zeros(0, np.int64), 0)
        every = int(paces.ends[-1] - paces.starts[-1])
        first, last = int(paces.starts[0]), self._last(model, paces)
        start -= before * every
        first = max(first, first + -(-(start - first) // every) * every)
        return Stretch(start, end, np.arange(first, min(last, end) + 1, every), every)

    def _last(self, model: str, paces: Paces) -> int:
        seen = self._seen(model)
        until = None if seen is None else seen.seen_until
        return max(int(paces.ends[-1]), until or 0)

    def _paces(self, model: str) -> Paces:
        """All windows of a model: those of the base clock, before them those of drift, which are
        kept for longer.  Late rows change windows that were read: then all are read again."""
        seen = self._seen(model)
        late = -1 if seen is None else seen.late_rows
        with self._guard:
            known = self._known.get(model)
            if known is None or known.late != late or not len(known.paces.starts):
                found = self._read(model, late)
            else:
                found = self._grown(model, known)
            self._known[model] = found
            return found.paces

    def _grown(self, model: str, known: _Known) -> _Known:
        """The same with what ended since; the newest is read again: it may have been counted anew
        before its late rows were."""
        newest = int(known.paces.starts[-1])
        if newest < known.boundary:
            return self._read(model, known.late)
        more = self._store.read(KIND, model, newest, prefix=f"{BASE}/")
        before = known.paces.cut(0, len(known.paces.starts) - 1)
        return known._replace(paces=before.then(read_paces(more)))

    def _read(self, model: str, late: int) -> _Known:
        fine = read_paces(self._store.read(KIND, model, prefix=f"{BASE}/"))
        wide = read_paces(self._store.read(KIND, model, prefix=f"{DRIFT}/"))
        if not len(wide.starts) or (len(fine.starts) and wide.ends[0] > fine.starts[0]):
            return _Known(late, fine, 0)
        if not len(fine.starts):
            return _Known(late, wide, int(wide.ends[-1]))
        # Of a wide window that some small ones are left of, the wide one counts: it has all rows.
        place = min(int(wide.ends.searchsorted(fine.starts[0])), len(wide.ends) - 1)
        boundary = int(wide.ends[place])
        first = int(fine.starts.searchsorted(boundary))
        older, newer = wide.cut(0, place + 1), fine.cut(first, len(fine.starts))
        return _Known(late, older.then(newer), boundary)


def _window_of(entry: Entry) -> tuple[int, int]:
    return msgspec.msgpack.decode(entry.body, type=_Window).window


class _Window(msgspec.Struct):
    """What looks, courses and standings begin with."""

    window: tuple[int, int]
