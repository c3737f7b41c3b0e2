"""Reading what was kept of a model over a stretch of time.

Owns: which entries of the store a chart rests on.  Does not own: what is made of them (the files
beside this one), the store.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np

from vedette.alerts.axis import Served
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.windows import Window
from vedette.engine import strips
from vedette.engine.looks import Looks, read_looks
from vedette.engine.plan import BASE, DRIFT, LABELS, PAIRS, QUICK
from vedette.monitors.finding import Finding
from vedette.monitors.shift_streams import NOT_WATCHED
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.stores.store import EventLog, StateStore
from vedette.web.history.span import Span
from vedette.web.memo import Memo
from vedette.web.veil import Veil

MOST = 20_000  # entries of one kind that a chart reads
MOST_SAID = 5_000  # findings: of a wide model about two days


@dataclass(frozen=True)
class Past:
    """A model's past.

    Units: `widths` of the base, fast and drift windows, and `now`, the end of the last window that
    was looked at, in nanoseconds.
    """

    store: StateStore
    log: EventLog
    model: str
    widths: tuple[int, int, int]
    now: int
    baseline: Baseline | None = None
    memo: Memo = field(default_factory=Memo)
    without: tuple[str, ...] = ()  # monitors that do not run
    veil: Veil = field(default_factory=Veil)  # what the caller may not see
    served: Served = field(default_factory=Served)  # which metrics are about the service

    @property
    def watched(self) -> list[str]:
        """The columns of the baseline that drift is looked for in."""
        if self.baseline is None:
            return []
        roles = {field.name: field.role for field in self.baseline.schema.fields}
        return [name for name in self.baseline.columns if roles.get(name) not in NOT_WATCHED]

    def looks(self, clock: str, span: Span) -> Looks:
        """What the monitors of a clock saw; once for every step that a window reaches over."""
        width = self.width(clock)
        entries = self.store.read(
            "look", self.model, span.start - width + 1, span.end, prefix=f"{clock}/", limit=MOST
        )
        found, times = read_looks(entries), -(-width // span.width)
        if times == 1:
            return found
        rows = np.repeat(np.arange(len(found.starts)), times)
        starts = found.starts[rows] + np.tile(np.arange(times) * span.width, len(found.starts))
        return found.taken(rows)._replace(starts=starts)

    def width(self, clock: str) -> int:
        """How wide the windows of a clock are.  Units: nanoseconds."""
        clock = DRIFT if clock in (LABELS, PAIRS) else clock
        return dict(zip((BASE, QUICK, DRIFT), self.widths, strict=True))[clock]

    def counted(self, clock: str, start: int, end: int) -> list[int]:
        """The beginnings of the windows of a clock whose rows were counted."""
        entries = self.store.read("profile", self.model, start, end, prefix=f"{clock}/", limit=MOST)
        return [entry.time for entry in entries]

    def profiles(
        self,
        clock: str,
        start: int,
        end: int,
        columns: Collection[str] = (),
        segment: str | None = None,
    ) -> Iterator[tuple[Window, Profile]]:
        """The profiles of a clock's windows, with the cells of some columns alone, in all segments
        or one."""
        width = self.width(clock)
        entries = self.store.read("profile", self.model, start, end, prefix=f"{clock}/", limit=MOST)
        for entry in entries:
            profile = strips.some(self.store, entry, columns, segment)
            yield Window(entry.time, entry.time + width), profile

    def incidents(self, start: int, end: int) -> list[Incident]:
        """The incidents that lie in a stretch, wholly or in part, oldest first."""
        found = [
            self.veil.incident(msgspec.json.decode(entry.body, type=Incident))
            for entry in self.store.read("incident", self.model, limit=MOST)
        ]
        return [
            incident
            for incident in found
            if incident.onset < end and (is_open(incident) or (incident.closed or end) >= start)
        ]

    def marks(self, start: int, end: int) -> list[tuple[int, str]]:
        """Deploys, remarks and new baselines, in words."""
        found = []
        for entry in self.store.read("note", self.model, start, end, limit=200):
            body = msgspec.json.decode(entry.body)
            version, text = str(body.get("version") or ""), str(body.get("text") or "")
            said = f"version {version}" if version and not text else text or body.get("act", "")
            found.append((entry.time, str(said)))
        return found

    def findings(self, column: str, start: int, end: int) -> list[Finding]:
        """What was said of a column among the newest findings of all, newest window first."""
        entries = self.store.read(
            "finding", self.model, start, end, newest_first=True, limit=MOST_SAID
        )
        named = b'"column":' + msgspec.json.encode(column)  # most are of others: not worth reading
        found = [
            self.veil.finding(msgspec.json.decode(entry.body, type=Finding), self.model)
            for entry in entries
            if named in entry.body
        ]
        return [finding for finding in found if finding.column == column]

    def clock_for(self, width: int) -> str:
        """The clock whose windows fill steps of a width: that of drift if it can."""
        return DRIFT if width % self.widths[2] == 0 else BASE


def ends_at(incident: Incident, now: int) -> int:
    """Where an incident ends, or has come to."""
    return now if is_open(incident) or incident.closed is None else incident.closed
