"""What the demo's server found of what was put in, and what else.

Owns: matching incidents with faults, the lines about them, the table at the end.  Does not own:
asking the server.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from vedette.core.words import percent

CAUSES = 3  # told of an incident
NATURAL = "not put in by us"
WHY = "storms, seasons and schedules change; and the budget allows a false alarm in 30 days"


class Fault(NamedTuple):
    """A fault that was put in.  Units: `since` UTC; `short` names it in a table; `more` are columns
    that it shows in as well."""

    what: str
    column: str
    segment: str
    since: datetime
    short: str = ""
    more: tuple[str, ...] = ()


class Seen:
    """Incidents as they came.

    Shapes: `streams` how many each incident had when last told; `found` fault -> event time at
    which a finding first named its column.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        self.found: dict[Fault, datetime] = {}
        self.by: dict[Fault, str] = {}
        self.incidents: dict[str, Mapping[str, Any]] = {}
        self.streams: dict[str, Sequence[Any]] = {}
        self.order: list[str] = []
        self.first_s: float | None = None

    @property
    def missed(self) -> list[Fault]:
        """Faults that no incident names."""
        return [fault for fault in self.faults if fault not in self.found]

    def told(self, incident: Mapping[str, Any], age_s: float, url: str) -> list[str]:
        """Take an incident in, new or grown; what to print of it."""
        identity, is_new = incident["id"], incident["id"] not in self.incidents
        self.incidents[identity], self.streams[identity] = incident, incident["streams"]
        named = self._matched(incident)
        if is_new:
            self.order.append(identity)
            self.first_s = age_s if self.first_s is None else self.first_s
        elif not named:
            return []
        word = "opened" if is_new else "grew"
        lines = [f"{incident['opened'][:16]}Z  {incident['severity']}  {incident['title']}"]
        streams = incident["streams"]
        causes = "; ".join(_cause(cause, streams) for cause in incident["causes"][:CAUSES])
        lines.append(f"  causes: {causes}")
        lines += [f"  fault found: {f.what}, {self._delay(f)} after it began" for f in named]
        if not named:
            lines.append(f"  {self.word(incident)}")
        harm = incident.get("harm")
        if harm:
            lines.append(f"  so far: {harm['statement']}")
        lines.append(f"  {word} {age_s:.0f} s after the server's start: {url}/incidents/{identity}")
        return lines

    def word(self, incident: Mapping[str, Any]) -> str:
        """What an incident is that found no fault first."""
        lead, opened = incident["causes"][0], datetime.fromisoformat(incident["opened"])
        for fault in self.found:
            segments = {s["segment"] for s in incident["streams"] if s["column"] == fault.column}
            fits = not fault.segment or fault.segment in segments
            is_its = lead["column"] == fault.column and fits
            if opened > fault.since and (is_its or lead["column"] in fault.more):
                return f"more of: {fault.what}"
        return NATURAL

    def _matched(self, incident: Mapping[str, Any]) -> list[Fault]:
        """Faults that this incident is the first to name."""
        named = []
        for fault in self.missed:
            moments = [
                datetime.fromisoformat(finding["window"]["end"])
                for finding in incident["findings"]
                if finding["column"] == fault.column and fault.segment in ("", finding["segment"])
            ]
            moments = [moment for moment in moments if moment > fault.since]
            if moments:
                self.found[fault], self.by[fault] = min(moments), incident["id"]
                named.append(fault)
        return named

    def _delay(self, fault: Fault) -> str:
        hours = (self.found[fault] - fault.since).total_seconds() / 3600
        return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"

    def delay(self, fault: Fault) -> str:
        """How long after its beginning a fault was found."""
        return self._delay(fault) if fault in self.found else "missed"


def table_of(seen: Seen) -> list[str]:
    """The summary: every fault with its delay, every other incident with what it is."""
    rows = [("fault put in", "since", "found", "after")]
    for fault in seen.faults:
        found = seen.found.get(fault)
        at = f"{found:%Y-%m-%d %H:%M}" if found else "no"
        rows.append((fault.what, f"{fault.since:%Y-%m-%d}", at, seen.delay(fault)))
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    others = [key for key in seen.order if key not in seen.by.values()]
    lines.append(f"\nother incidents: {len(others)} ({WHY})")
    for key in others:
        incident = seen.incidents[key]
        told = f"{incident['opened'][:10]}  {incident['severity']:8}  {incident['title']}"
        word = seen.word(incident)
        lines.append(f"  {told}" + (f"  ({word})" if word != NATURAL else ""))
    return lines


def _cause(cause: Mapping[str, Any], streams: Sequence[Mapping[str, Any]]) -> str:
    """A cause with the one segment in which it shows, if there is one, and its share."""
    named = {one["segment"] for one in streams if one["column"] == cause["column"]} - {""}
    segment = cause["segment"] or (named.pop() if len(named) == 1 else "")
    where = f", in {segment.replace('=', ' = ')}" if segment else ""
    whole = "rows" if cause.get("component") in ("unlike", "far") else "traffic"
    subject = f"{cause['column'] or whole}{where}"
    if segment.startswith(f"{cause['column']}="):  # a group beside the others
        subject = f"how {segment.replace('=', ' = ')} is treated"
    return f"{subject} ({percent(cause['share'])} of the evidence)"
