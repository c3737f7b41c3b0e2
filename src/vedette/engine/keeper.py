"""What is kept of outputs, until it is written together with the state it follows from.

Owns: outputs as entries of the store, reading through what is not written yet.  Does not own:
stepping (`engine.runner`), stores.
"""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from vedette.alerts.document import document_of
from vedette.alerts.incident import Incident
from vedette.alerts.message import PENDING, Message
from vedette.alerts.routes import messages_for
from vedette.core.errors import StoreError
from vedette.core.windows import Window
from vedette.engine import fitting, kept_performance, paces, strips
from vedette.engine.courses import course_bytes
from vedette.engine.live import LiveSettings
from vedette.engine.looks import look_bytes
from vedette.engine.outputs import (
    Changed,
    Charted,
    Closed,
    Labelled,
    Late,
    Looked,
    Marked,
    Output,
    Promised,
    Rarest,
    Sampled,
    Told,
)
from vedette.engine.plan import BASE, DRIFT, PAIRS, QUICK
from vedette.engine.rare_event import RareEvent, rarest
from vedette.engine.standings import standing_bytes
from vedette.profiles.baseline import Baseline
from vedette.profiles.codec import decode
from vedette.profiles.profile import Profile
from vedette.stores.store import Entry, StateStore


class Keeper:
    """Entries waiting to be written.

    `tell` false makes no messages, for replays; `elder` is another store in which baselines may be
    found that were made before; `lean` keeps no more than a back-test reads again: profiles of the
    drift clock, incidents and baselines.
    """

    def __init__(
        self,
        store: StateStore,
        settings: LiveSettings,
        *,
        tell: bool = True,
        elder: StateStore | None = None,
        lean: bool = False,
    ) -> None:
        self.store, self.lean = store, lean
        self._settings, self._tell, self._elder = settings, tell, elder
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self._read: dict[tuple[str, str], Baseline] = {}
        self._afresh: dict[str, kept_performance.Afresh] = {}

    def put(self, kind: str, model: str, key: str, time: int, body: bytes) -> None:
        """Let an entry wait; one without a body is removed instead."""
        self._entries[kind, model, key] = Entry(kind, model, key, time, body)

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """An entry, waiting or written."""
        return self._entries.get((kind, model, key)) or self.store.get(kind, model, key)

    def read(
        self, kind: str, model: str, start: int | None = None, end: int | None = None,
        prefix: str = "",
    ) -> list[Entry]:  # fmt: skip
        """Entries in a stretch of time, waiting or written."""
        found = {e.key: e for e in self.store.read(kind, model, start, end, prefix=prefix)}
        for entry in self._entries.values():
            inside = (start is None or entry.time >= start) and (end is None or entry.time < end)
            if (entry.kind, entry.model) == (kind, model) and entry.key.startswith(prefix):
                if inside:
                    found[entry.key] = entry
                else:
                    found.pop(entry.key, None)
        return sorted(found.values(), key=lambda entry: (entry.time, entry.key))

    def write(self, position: int) -> None:
        """Write everything that waits, and how far the log is taken in, all at once."""
        if self._entries or position != self.store.position:
            gone = [key for key, entry in self._entries.items() if not entry.body]
            kept = (entry for entry in self._entries.values() if entry.body)
            self.store.commit(kept, gone, position)
            self._entries = {}

    def keep(self, model: str, outputs: Iterable[Output], now: int, *, tell: bool = True) -> None:
        """Turn outputs into entries; without `tell` no messages are made of them."""
        for output in filter(None, map(_lean, outputs)) if self.lean else outputs:
            match output:
                case Closed(clock=clock, window=window, profile=profile):
                    self.put_profile(model, clock, window, _counts(clock, profile))
                    if clock != PAIRS:
                        self._add_performance(model, window, profile)
                case Labelled(window=window, profile=profile, older=older):
                    self._add_performance(model, window, profile, replaces=not older)
                case Late(clocks=clocks, window=window, profile=profile):
                    for clock in clocks:
                        self._add_late(model, clock, window, _counts(clock, profile))
                    if DRIFT in clocks:
                        self._add_performance(model, self._of_drift(model, window), profile)
                case Sampled(window=window, ids=ids):
                    self.put("sample", model, f"{PAIRS}/{window.start}", window.start,
                             msgspec.json.encode(ids))  # fmt: skip
                case Rarest(window=window, events=events, adds=adds):
                    self._put_rare(model, window, events, adds=adds)
                case Looked(clock=clock, window=window):
                    key = f"{clock}/{window.start}"
                    self.put("look", model, key, window.start, look_bytes(output))
                case Charted(clock=clock, window=window):
                    key = f"{clock}/{window.start}"
                    self.put("series", model, key, window.start, course_bytes(output))
                case Promised(clock=clock, window=window, standing=standing):
                    key, body = f"{clock}/{window.start}", standing_bytes(window, standing)
                    self.put("objective", model, key, window.start, body)
                case Told(finding=finding):
                    start = 0 if finding.window is None else finding.window.start
                    self.put("finding", model, finding.id, start, msgspec.json.encode(finding))
                case Changed(incident=incident, event=event):
                    body = msgspec.json.encode(incident)
                    self.put("incident", model, incident.id, incident.opened, body)
                    if tell:
                        self._message(incident, event, now)
                        self._mend(incident)
                case Marked(id=key, time=time, body=body):
                    self.put("note", model, key, time, msgspec.json.encode(body))

    def begin_anew(self, model: str) -> None:
        """Add nothing to sums that were kept of a model: it is stepped again from the log."""
        self._afresh[model] = kept_performance.Afresh(self)

    def put_profile(self, model: str, clock: str, window: Window, profile: Profile) -> None:
        """Keep the profile of a window, and its pace beside it."""
        for entry in strips.entries_of(model, clock, window, profile):
            self._entries[entry[:3]] = entry
        if clock in (BASE, DRIFT) and not self.lean:
            pace = paces.pace_entry(model, clock, window, profile)
            self._entries[pace[:3]] = pace

    def _put_rare(
        self, model: str, window: Window, events: tuple[RareEvent, ...], *, adds: bool
    ) -> None:
        """Keep the rarest events of a window, late ones beside those of before."""
        key = f"{DRIFT}/{window.start}"
        known = self.get("rare", model, key) if adds else None
        if known is not None:
            before = msgspec.json.decode(known.body, type=tuple[RareEvent, ...])
            events = rarest((*before, *events))
        self.put("rare", model, key, window.start, msgspec.json.encode(events))

    def _add_late(self, model: str, clock: str, window: Window, profile: Profile) -> None:
        widths = dict(
            zip((BASE, QUICK, DRIFT), self._settings.of(model).clocks.widths, strict=True)
        )
        start = window.start // widths[clock] * widths[clock]
        window = Window(start, start + widths[clock])
        if clock != BASE:
            profile = replace(profile, model=model)
        entry = self.get("profile", model, f"{clock}/{window.start}")
        if entry is not None:
            before = strips.whole(self, entry)
            if before.binning_id != profile.binning_id:
                return  # counted under another baseline; the rows stay in the log
            profile = before.merge(replace(profile, model=before.model, version=before.version))
        self.put_profile(model, clock, window, replace(profile, window=window))

    def _of_drift(self, model: str, window: Window) -> Window:
        width = self._settings.of(model).clocks.widths[2]
        start = window.start // width * width
        return Window(start, start + width)

    def _add_performance(
        self, model: str, window: Window, profile: Profile, *, replaces: bool = True
    ) -> None:
        """Add to how the predictions of a window did: labels come at any time."""
        store = self._afresh.get(model, self)
        for entry in kept_performance.added(store, model, window, profile, replaces=replaces):
            self._entries[entry[:3]] = entry

    def _message(self, incident: Incident, event: str, now: int) -> None:
        if not (self._tell and self._settings.routes):
            return
        document = document_of(incident, self._settings.server.url)
        for message in messages_for(
            incident,
            event,
            self._settings.routes,
            self._settings.channels,
            made=now,
            document=document,
        ):
            if self.get("message", message.model, message.id) is not None:
                continue  # made before, when the log was first stepped through
            body = msgspec.json.encode(message)
            self.put("message", message.model, message.id, message.due, body)

    def _mend(self, incident: Incident) -> None:
        """Let messages that wait to be written say what was found out of their incident since."""
        for place, entry in list(self._entries.items()):
            if entry.kind != "message":
                continue
            message = msgspec.json.decode(entry.body, type=Message)
            if message.incident == incident.id and message.state == PENDING:
                document = document_of(incident, self._settings.server.url)
                made = msgspec.structs.replace(message, document=document)
                self._entries[place] = entry._replace(body=msgspec.json.encode(made))

    # Baselines: under their id, and under the request that they answered.

    def put_baseline(
        self, model: str, key: str, baseline: Baseline, now: int
    ) -> tuple[Baseline, str]:
        """Keep a baseline; its id."""
        made, data = fitting.identity(baseline)
        self.put("baseline", model, made, now, data)
        self.put("baseline", model, key, now, made.encode())
        return baseline, made

    def baseline(self, model: str, baseline_id: str) -> Baseline:
        """A baseline by its id.  Errors: StoreError when it is not kept."""
        known = self._read.get((model, baseline_id))
        if known is None:
            entry = self._baseline_entry(model, baseline_id)
            if entry is None:
                raise StoreError(f"baseline {baseline_id!r}", f"is not kept for model {model!r}")
            known = decode(entry.body, f"baseline {baseline_id}")[0]
            self._read = {(model, baseline_id): known}  # the newest asked for; they are large
        return known

    def answered(self, model: str, key: str) -> tuple[Baseline, str] | None:
        """The baseline that a request was answered with before."""
        entry = self._baseline_entry(model, key)
        if entry is None:
            return None
        return self.baseline(model, entry.body.decode()), entry.body.decode()

    def _baseline_entry(self, model: str, key: str) -> Entry | None:
        found = self.get("baseline", model, key)
        if found is None and self._elder is not None:
            found = self._elder.get("baseline", model, key)
        return found


def _counts(clock: str, profile: Profile) -> Profile:
    """What is kept of a window's rows: how columns go together of the drift clock's alone."""
    return profile.ungraded if clock == DRIFT else profile.counts


def _lean(output: Output) -> Output | None:
    """What of an output is read again by the models themselves."""
    match output:
        case Closed(clock=clock):
            return output if clock == DRIFT else None
        case Late(clocks=clocks):
            return replace(output, clocks=(DRIFT,)) if DRIFT in clocks else None
        case Changed():
            return output
    return None
