"""The rows of an incident beside those of the reference: can they be told apart, and by what?

Owns: which rows speak for either side, how many, the answer as a value.  Does not own: the
classifier (`monitors.joint`), when it is asked (`engine.causes`), sentences (`alerts.separation`).

Both sides are bounded, so that the models' thread is not held for long: of a stretch with many rows
only slices spread over it are scanned, and of these an even part by the hash of the id.  Which rows
are chosen follows from the state and the log up to a position, never from what came later.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.alerts.separation import Separation, Telltale, Together, few, said_of, unknown
from vedette.core import rows as columns
from vedette.core.errors import VedetteError
from vedette.core.windows import iso
from vedette.engine.appraise import arriving
from vedette.engine.causes import explained_until
from vedette.engine.fitting import live_names
from vedette.engine.joint import encoded, told_apart
from vedette.engine.model import ModelState
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import Plan
from vedette.engine.profile_file import is_profile_file
from vedette.ingest.source import open_source
from vedette.monitors.joint import LEAST, ROWS
from vedette.profiles.binning import NominalBinning
from vedette.stats.pairs_apart import correlations_apart
from vedette.stores.columns import united
from vedette.stores.store import EVENTS, EventLog

CELLS = 40_000  # values a side: about a second of one core
COLUMNS = 40  # columns that are looked at: those of the incident first
SLICES = 20
READ = 4  # ids scanned for each row that is wanted
SURE = 2  # times the fewest rows: from so many since the onset, none of before are read
GREW = 2  # times the rows of the last answer from which an incident that goes on is looked at again
SKEW = "skew"  # the monitor that holds rows against the training sample


class Side(NamedTuple):
    """Rows of one side, or why there are none."""

    table: pa.Table | None
    name: str
    why: str = ""


class Stretch(NamedTuple):
    """A stretch of event time and how many rows of it there are, about."""

    start: int
    end: int
    rows: int


def separate(
    log: EventLog, state: ModelState, incident: Incident, through: int
) -> Separation | None:
    """Tell the rows of an incident from the reference's; None when not enough came since the last
    time.

    `through` is the position of the log up to which the model has taken it in.
    """
    assert state.plan is not None
    plan, names = state.plan, chosen(state.plan, incident)
    most = min(ROWS, CELLS // max(len(names), 1))
    own = _of_incident(state, incident)
    before = incident.separation
    if before is not None and min(own.rows, most) < GREW * before.rows:
        return None
    now = _logged(log, state, own, most, through)
    if now is None or now.num_rows < LEAST:
        return few(0 if now is None else now.num_rows, "the incident")
    was = _reference(log, state, incident, most, through)
    if was.table is None:
        return unknown(was.why)
    if was.table.num_rows < LEAST:
        return few(was.table.num_rows, "the reference")
    sides = [encoded(plan.deriver, t.to_batches(), plan.baseline, names) for t in (was.table, now)]
    nominal = np.array([isinstance(plan.baseline.binnings[n], NominalBinning) for n in names])
    found = told_apart(sides[0], sides[1], names, nominal)
    tells = tuple(Telltale(column=name, loss=loss) for name, loss in found.columns)
    return Separation(
        statement=said_of(found.auc, found.low, found.high, tells),
        auc=found.auc,
        low=found.low,
        high=found.high,
        columns=tells,
        together=_together(sides, names, nominal, tells),
        against=was.name,
        rows=now.num_rows,
        reference_rows=was.table.num_rows,
        read=len(names),
        compared=len(plan.baseline.columns),
        start=own.start,
        end=own.end,
    )


def chosen(plan: Plan, incident: Incident) -> list[str]:
    """The columns that are looked at: those of the incident first, then as the schema has them."""
    own = [column for _, column, _ in incident.streams if column in plan.baseline.binnings]
    return list(dict.fromkeys([*own, *plan.baseline.columns]))[:COLUMNS]


def _of_incident(state: ModelState, incident: Incident) -> Stretch:
    """From its onset to its end, or to the last window that ended.

    A fast clock knows the minute of an onset, and rows of before it say nothing: of a day's window
    most might be.  Where too few came since, all rows of its window are taken.
    """
    assert state.plan is not None
    width = state.plan.drift.width
    first = incident.onset // width * width
    end = min(
        max(state.drift.closed, state.base_closed, incident.opened),
        explained_until(incident, width),
    )
    parts = {at: profile.rows for at, profile in {**state.drift.open, **state.base}.items()}
    counted = [one for one in (*state.traffic, *parts.items()) if first <= one[0] < end]
    # Of a window that the onset lies in, the part that is left of it: about, rather too many.
    since = sum(
        rows * min(1.0, max(0.0, 1 - (incident.onset - at) / width)) for at, rows in counted
    )
    if since >= SURE * LEAST and incident.onset < end:
        return Stretch(incident.onset, end, round(since))
    return Stretch(first, end, sum(rows for _, rows in counted))


def _logged(
    log: EventLog, state: ModelState, stretch: Stretch, most: int, through: int
) -> pa.Table | None:
    """About `most` rows of a stretch of event time; None of none."""
    assert state.plan is not None
    share = min(most / max(stretch.rows, 1), 1.0)
    slices = _slices(stretch, most)
    if len(slices) > 1:  # so much of the stretch is scanned that this part of it is enough
        share = 1 / READ
    least = round(share * 2**32)
    ids = sorted(
        name
        for start, end in slices
        for batch in log.scan(state.name, start, end, [columns.ID])
        for name in batch.column(0).to_pylist()
        if crc32(name.encode()) <= least
    )
    if not ids:
        return None
    wanted = [columns.ID, columns.TIME, *arriving(state.plan.baseline)]
    found = log.find(
        state.name, pa.array(ids, pa.string()), list(dict.fromkeys(wanted)), EVENTS, through
    )
    tables = [pa.Table.from_batches([batch]) for _, batch in found]
    # In the order of time: the classifier's folds are blocks of neighbours.
    return (
        united(tables).sort_by([(columns.TIME, "ascending"), (columns.ID, "ascending")])
        if tables
        else None
    )


def _slices(stretch: Stretch, most: int) -> list[tuple[int, int]]:
    """What is scanned of a stretch: all of it, or equal slices that hold rows enough.

    Example:
        >>> _slices(Stretch(0, 1000, 100), 50)
        [(0, 1000)]
        >>> _slices(Stretch(0, 1000, 100_000), 50)[:2]
        [(0, 0), (50, 50)]
    """
    start, end, rows = stretch
    if rows <= READ * most:
        return [(start, end)]
    length = (end - start) * READ * most // rows // SLICES
    step = (end - start) // SLICES
    return [(start + k * step, start + k * step + length) for k in range(SLICES)]


def _reference(
    log: EventLog, state: ModelState, incident: Incident, most: int, through: int
) -> Side:
    """Rows that the incident's monitors held its windows against."""
    assert state.plan is not None
    settings, baseline = state.of_file, state.plan.baseline
    if all(monitor == SKEW for monitor, _, _ in incident.streams) and settings.training.file:
        return _of_file(Path(settings.training.file), settings, most, "the training sample")
    if settings.baseline.file:
        return _of_file(Path(settings.baseline.file), settings, most, "the reference file")
    window = baseline.profile.window
    if window is None:
        return Side(None, "", "nobody knows when the rows of the reference were served")
    stretch = Stretch(window.start, window.end, baseline.profile.rows)
    table = _logged(log, state, stretch, most, through)
    if table is None:
        return Side(None, "", "the log no longer holds the rows of the reference")
    return Side(table, f"what was served from {iso(window.start)} to {iso(window.end)}")


def _of_file(path: Path, settings: ModelSettings, most: int, what: str) -> Side:
    """Rows spread over a file, under the names of live events."""
    if is_profile_file(path):
        return Side(None, "", f"{what} {path.name} is a profile, which holds no rows")
    try:
        source = open_source(path)
        table = source.sample(most)
    except VedetteError as error:
        return Side(None, "", f"{what} cannot be read: {error}")
    names = live_names(settings)
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    return Side(table.slice(0, most), f"{what} {source.name}")


def _together(
    sides: Sequence[NDArray[np.float64]],
    names: Sequence[str],
    nominal: NDArray[np.bool_],
    tells: Sequence[Telltale],
) -> Together | None:
    """The two of the leading columns that no longer go together as they did."""
    first = [names.index(one.column) for one in tells[:4]]
    found = correlations_apart(
        *(side[:, [at for at in first if not nominal[at]]] for side in sides)
    )
    if found is None:
        return None
    numbers = [names[at] for at in first if not nominal[at]]
    return Together(
        columns=(numbers[found.one], numbers[found.two]), before=found.before, after=found.after
    )
