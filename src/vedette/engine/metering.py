"""What readings of metrics do to a model.

Owns: counting them into the windows under way, which names have streams of their own and from when
on.  Does not own: reading bodies (`ingest.readings`), the monitor (`monitors.metrics`), when
windows end (`engine.step`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.windows import Window
from vedette.engine.counting import floor, folded, grown
from vedette.engine.metric_names import MOST_NAMES
from vedette.engine.model import ModelState
from vedette.engine.outputs import Output
from vedette.engine.plan import Plan
from vedette.engine.sight import others
from vedette.engine.terms import replanned
from vedette.profiles.bounds import bound_of
from vedette.profiles.profile import Profile
from vedette.profiles.windowed import instants
from vedette.sketches.readings import Readings


def metered(state: ModelState, rows: pa.RecordBatch, out: list[Output]) -> ModelState:
    """Take readings in: known by name, and counted once there is something to count them under."""
    m = state.metered
    known = dict.fromkeys(m.names)
    for name in rows[columns.METRIC].unique().to_pylist():
        if len(known) < MOST_NAMES:  # intake lets no more in; a log of another make may hold some
            known.setdefault(name)
    names = m.names if len(known) == len(m.names) else tuple(known)
    m = replace(m, names=names, came=m.came + rows.num_rows)
    state = replace(state, metered=m)
    return state if state.plan is None else taken(state, rows, out)


def taken(state: ModelState, rows: pa.RecordBatch, out: list[Output]) -> ModelState:
    """Count readings into their windows; those of windows that have ended are counted as late."""
    assert state.plan is not None
    rows = others(rows)  # the server's own were told when they came
    base, late = dict(state.base), 0
    for at, readings in _by_window(rows, state.plan.base_width).items():
        profile = _profile(state.plan, at, readings)
        if at >= state.base_closed:
            base = grown(base, at, profile)
            continue
        state = folded(state, at, profile, out)
        late += sum(one.count for one in readings.values())
    m = state.metered
    return replace(state, base=base, metered=replace(m, late=m.late + late) if late else m)


def bound(state: ModelState, end: int) -> ModelState:
    """Give names that are new streams of their own, as a window of the fast clock ends.

    Evidence begins anew with every new share of the budget: so at once for the first ones, then
    once a window of the drift clock at most; but at once for one that breaks a limit.
    """
    m, plan = state.metered, state.plan
    if plan is None or len(m.names) == m.planned:
        return state
    at = floor(end, plan.drift.width)
    if m.planned and at <= m.planned_at and not _breaks(state, end - plan.fast.width):
        return state
    state = replace(state, metered=replace(m, planned=len(m.names), planned_at=at))
    return replanned(state, state.settings)


def _breaks(state: ModelState, start: int) -> bool:
    """Whether a name without a stream breaks a limit in a window of the fast clock."""
    profile, m = state.fast.open.get(start), state.metered
    if profile is None:
        return False
    asked = state.settings.metering()
    for name in m.names[m.planned :]:
        readings, limit = profile.metrics.get(name), asked.limit_of(name)
        bound = bound_of(asked.bounds, name)
        if readings is None:
            continue
        if bound is not None and bound.is_broken(readings.low if bound.lows else readings.high):
            return True
        if not asked.watches(name):
            continue
        if limit.low is not None and readings.low < limit.low:
            return True
        if limit.high is not None and readings.high > limit.high:
            return True
    return False


def _profile(plan: Plan, at: int, readings: dict[str, Readings]) -> Profile:
    zero = Profile.zero(plan.baseline.schema.fingerprint, plan.baseline.id)
    return replace(zero, window=Window(at, at + plan.base_width), metrics=readings)


def _by_window(rows: pa.RecordBatch, width: int) -> dict[int, dict[str, Readings]]:
    """Readings by the start of their window and by name, in that order."""
    times = instants(rows, columns.TIME)
    starts = times - times % width
    coded = rows[columns.METRIC].dictionary_encode()
    names, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy()
    values = rows[columns.VALUE].to_numpy()
    order = np.lexsort((codes, starts))  # stable: sums are of the same order in every process
    starts, codes, values = starts[order], codes[order], values[order]
    edges = np.flatnonzero((np.diff(starts) != 0) | (np.diff(codes) != 0)) + 1
    found: dict[int, dict[str, Readings]] = {}
    for first, last in zip([0, *edges.tolist()], [*edges.tolist(), len(values)], strict=True):
        if first < last:
            own = found.setdefault(int(starts[first]), {})
            own[names[codes[first]]] = Readings.of(values[first:last])
    return found
