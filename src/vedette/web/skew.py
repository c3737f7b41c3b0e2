"""Whether serving saw what training sees, as far as it is asked: pairs of twins over a stretch.

Owns: reading the counts of pairs, of every column and step; what of single pairs may be shown.
Does not own: counting (`engine.paired`), causes (`engine.skew`), the JSON (`web.skew_document`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core import rows as columns
from vedette.core.words import number
from vedette.derive.twins import Codes, Tolerance, codes
from vedette.engine.mismatches import Known, some_pairs
from vedette.engine.plan import PAIRS
from vedette.engine.skew.causes.candidate import Cause
from vedette.engine.skew_settings import SkewSettings
from vedette.engine.twin_causes import causes_of
from vedette.engine.views import TwinsView
from vedette.monitors.twins import DISAGREE, MONITOR
from vedette.profiles.codec import unpack
from vedette.sketches.twins import DIFFERS, KINDS, SAME
from vedette.web.asked import Asked
from vedette.web.history.past import MOST as MOST_WINDOWS
from vedette.web.redaction import Redaction, may_unmask
from vedette.web.shares import Share

SHOWN = 10  # confusions of a column, and single pairs
LONGEST = 60  # characters of a value of a confusion

Counts = NDArray[np.int64]  # in the order of `sketches.twins.KINDS`


@dataclass(frozen=True)
class Told:
    """One column: its pairs in all, and those of the last window that has any."""

    column: str
    counts: Counts
    last: Counts
    tolerated: float
    open: Incident | None = None
    watched: bool = True

    def share(self, kind: str = "") -> Share:
        """Pairs that disagree in one way, or in any."""
        n = int(self.counts.sum())
        k = n - int(self.counts[SAME]) if not kind else int(self.counts[KINDS.index(kind)])
        return Share(k, n)

    @property
    def now(self) -> Share:
        """Pairs of the last window that disagree in any way."""
        n = int(self.last.sum())
        return Share(n - int(self.last[SAME]), n)

    @property
    def worst(self) -> str:
        """The way in which most pairs disagree."""
        return DISAGREE[int(np.argmax(self.counts[SAME + 1 :]))]

    @property
    def verdict(self) -> str:
        """As of a finding: alarming while an incident is open, notable above what is tolerated."""
        if self.open is not None:
            return "alarming"
        if not self.counts.sum():
            return "unknown"
        shares = [self.share(kind) for kind in DISAGREE]
        return "notable" if any(one.interval[0] > self.tolerated for one in shares) else "calm"


@dataclass(frozen=True)
class Twinned:
    """The pairs of a model over a stretch.

    Shapes: `windows` start -> column -> counts; `sizes` start -> pairs of the window.
    """

    one: Asked
    settings: SkewSettings
    twins: TwinsView
    windows: Mapping[int, Mapping[str, Counts]]
    sizes: Mapping[int, int]
    incidents: tuple[Incident, ...]

    @property
    def pairs(self) -> int:
        return sum(self.sizes.values())

    @property
    def columns(self) -> list[Told]:
        """Every column that has pairs, the worst first."""
        names = dict.fromkeys(name for own in self.windows.values() for name in own)
        baseline = self.one.past.baseline
        watched = set() if baseline is None else set(baseline.columns)
        found = [self._told(name, watched) for name in names]
        order = ("alarming", "notable", "unknown", "calm")
        return sorted(
            found, key=lambda t: (order.index(t.verdict), -(t.share().rate or 0.0), t.column)
        )

    def _told(self, column: str, watched: set[str]) -> Told:
        own = [(at, counts[column]) for at, counts in self.windows.items() if column in counts]
        total = np.sum([counts for _, counts in own], axis=0)
        streams = ((one, stream) for one in self.incidents for stream in one.streams)
        open = (one for one, stream in streams if stream[:2] == (MONITOR, column) and is_open(one))
        tolerated = self.settings.mismatch_of(column)
        return Told(column, total, max(own)[1], tolerated, next(open, None), column in watched)

    def steps(self, column: str) -> Iterator[tuple[int, Counts]]:
        """The pairs of a column by step; steps without any are left out."""
        span, found = self.one.span, dict[int, Counts]()
        for at, counts in sorted(self.windows.items()):
            if column in counts:
                start = span.start + (at - span.start) // span.width * span.width
                found[start] = found.get(start, 0) + counts[column]
        yield from sorted(found.items())


def twinned(one: Asked) -> Twinned:
    """The pairs of the stretch that is asked for."""
    past, span = one.past, one.span
    key = ("twins", past.model, *span, past.now)
    windows, sizes = past.memo.get(key, lambda: _read(one))
    incidents = tuple(
        incident
        for incident in past.incidents(span.start, max(span.end, past.now))
        if any(stream[0] == MONITOR for stream in incident.streams)
    )
    settings = one.call.service.settings_of(past.model).skew
    return Twinned(one, settings, one.call.view().twins, windows, sizes, incidents)


def _read(one: Asked) -> tuple[dict[int, dict[str, Counts]], dict[int, int]]:
    windows: dict[int, dict[str, Counts]] = {}
    sizes: dict[int, int] = {}
    span = one.span
    entries = one.past.store.read(
        "profile", one.past.model, span.start, span.end, prefix=f"{PAIRS}/", limit=MOST_WINDOWS
    )
    for entry in entries:
        profile = unpack(entry.body)
        windows[entry.time] = {name: own.counts for name, own in profile.twins.items()}
        sizes[entry.time] = profile.rows
    return windows, sizes


@dataclass(frozen=True)
class Looked:
    """What some pairs of a column that disagree say, as the caller may see it.

    Shapes: `values` (offline, online, how often) of `n` pairs, the most frequent first; `events`
    ids of some; `hidden` says that the caller may not see the values.
    """

    values: tuple[tuple[str, str, int], ...] = ()
    n: int = 0
    causes: tuple[Cause, ...] = ()
    events: tuple[str, ...] = ()
    hidden: bool = False


def looked(found: Twinned, told: Told) -> Looked:
    """Look into some pairs of a column: which values stand for which, and why."""
    call, past, column = found.one.call, found.one.past, told.column
    schema = call.service.schema_of(past.model)
    rules = Redaction.of(schema, masked=not may_unmask(call.key, past.model))
    pairs = _pairs(found, column)
    if not pairs.online.num_rows:
        return Looked()
    tolerance = found.settings.tolerance_of(column)
    apart = _codes(pairs, column, tolerance)
    ids = pairs.online[columns.ID].filter(pa.array(apart != SAME)).to_pylist()
    events = tuple(str(name) for name in ids[-SHOWN:])
    if rules.masked and (rules.hides(column) or rules.is_personal(column)):
        return Looked(events=events, hidden=True)
    differ = pa.array(apart == DIFFERS)
    offline, online = (side[column].filter(differ).to_pylist() for side in pairs)
    seen = Counter(
        (_shown(rules.value(column, one)), _shown(rules.value(column, two)))
        for one, two in zip(offline, online, strict=True)
    )
    values = tuple((one, two, k) for (one, two), k in seen.most_common(SHOWN))
    key = ("causes", past.model, column, *found.one.span, past.now)
    rate = told.share().rate or 0.0
    causes = past.memo.get(key, lambda: causes_of(pairs, column, tolerance, rate, schema))
    return Looked(values, len(offline), causes, events)


def _pairs(found: Twinned, column: str) -> Known:
    """Some pairs, read again: those that disagree in a column, and others."""
    past, span = found.one.past, found.one.span
    key = ("pairs", past.model, column, *span, past.now)
    within = (span.start, span.end)
    return past.memo.get(key, lambda: some_pairs(past.log, past.store, past.model, column, within))


def _codes(pairs: Known, column: str, tolerance: Tolerance) -> Codes:
    if any(column not in side.column_names for side in pairs):
        return np.full(pairs.online.num_rows, SAME, np.uint8)
    offline, online = (side[column].combine_chunks() for side in pairs)
    return codes(offline, online, tolerance)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return number(value, 6)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
