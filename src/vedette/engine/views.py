"""What there is to see of a running server: models and numbers as plain values.

Owns: the values and how they follow from a model's state.  Does not own: showing them (`web`,
`export`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log10

import msgspec

from vedette.alerts.lifecycle import is_open
from vedette.core.durations import DAY, SECOND, roughly
from vedette.core.words import plural
from vedette.engine.axes import AxisView, axes_of
from vedette.engine.delays import Labelling
from vedette.engine.model import COLLECTING, LEARNING, ModelState
from vedette.engine.outcomes import labelling
from vedette.engine.plan import DRIFT, QUICK, WATCHED
from vedette.engine.recently import Recently, recently
from vedette.engine.step import RECENT

TRAFFIC = 2 * DAY  # until traffic is known by the hour (`monitors.volume`)


class Count(msgspec.Struct):
    """What is counted of a model beside its state.  Units: events."""

    duplicates: int = 0
    rejected: int = 0
    dropped_by_clients: int = 0


class TwinsView(msgspec.Struct, frozen=True):
    """What became of the twins of a model.  Units: rows: `came` in all, of which `pairs` found
    their event, `waiting` are not joined yet, `unmatched` wait for their event, `lost` gave up."""

    came: int = 0
    pairs: int = 0
    waiting: int = 0
    unmatched: int = 0
    lost: int = 0


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """A model to look at.  Units: rows; UTC nanoseconds; `evidence` by clock in log10, `share` of
    the threshold on a log scale in [0, 1].  `traffic` are the rows of the last windows of
    `window_s` seconds, the first of which begins at `traffic_start`; `seen_until`
    is the end of the last window that was looked at; `opened` are the incidents of
    the last `period`, `budget` the false alarms allowed in it; `labelling` says how labels come,
    `recently` how the last of them judge it, `twins` what became of offline values."""

    name: str
    state: str
    why: str = ""
    rows: int = 0
    late_rows: int = 0
    duplicates: int = 0
    rejected: int = 0
    dropped_by_clients: int = 0
    labels: int = 0
    first_time: int | None = None
    last_time: int | None = None
    seen_until: int | None = None
    version: str = ""
    baseline: str = ""
    evidence: Mapping[str, Mapping[str, float]] = {}
    open_incidents: int = 0
    incidents_by_severity: Mapping[str, int] = {}
    windows: Mapping[str, int] = {}
    axes: Mapping[str, AxisView] = {}
    traffic: Sequence[int] = ()
    traffic_start: int | None = None
    window_s: float = 0.0
    opened: int = 0
    budget: float = 0.0
    period: str = ""
    labelling: Labelling = Labelling()
    recently: Recently = Recently()
    twins: TwinsView = TwinsView()


class ModelGauges(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a model.  Units: rows, seconds since 1970."""

    name: str
    state: str
    rows: int
    labels: int
    late_rows: int
    duplicates: int
    rejected: int
    dropped_by_clients: int
    windows: Mapping[str, int]
    evidence: Mapping[str, Mapping[str, float]]
    open_incidents: Mapping[str, int]
    last_time_s: float | None


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of the server.  Units: bytes, seconds."""

    models: Sequence[ModelGauges]
    version: str
    uptime_s: float
    queue_length: int
    queue_bytes: int
    log_bytes: int
    log_position: int
    state_position: int
    messages: Mapping[str, int]
    errors: Mapping[str, int]


def view_of(state: ModelState, count: Count, problem: str) -> ModelView:
    """A model as it is now."""
    open_ones = [incident for incident in state.incidents if is_open(incident)]
    clock, tally, settings = state.clock, state.tally, state.settings
    width, why = settings.clocks.widths[2], _why(state, problem)
    start, traffic = _traffic(state, width)
    return ModelView(
        name=state.name,
        state=state.phase,
        why=why,
        rows=tally.rows,
        late_rows=tally.late,
        labels=tally.labels,
        duplicates=count.duplicates,
        rejected=count.rejected,
        dropped_by_clients=count.dropped_by_clients,
        first_time=None if clock.first < 0 else clock.first,
        last_time=None if clock.newest < 0 else clock.newest,
        seen_until=_now(state) or None,
        version=state.version,
        baseline="" if state.plan is None or state.baseline is None else state.plan.baseline_id,
        evidence=_evidence(state),
        open_incidents=len(open_ones),
        incidents_by_severity=dict(Counter(incident.severity for incident in open_ones)),
        windows=_looks(state),
        axes=axes_of(state, why),
        traffic=traffic,
        traffic_start=start,
        window_s=width / SECOND,
        opened=sum(at > _now(state) - settings.period_ns for at in state.opened),
        budget=settings.budget,
        period=settings.period,
        labelling=labelling(state, _now(state)),
        recently=recently(state),
        twins=twins_of(state),
    )


def twins_of(state: ModelState) -> TwinsView:
    """The twins of a model."""
    t = state.twins
    return TwinsView(t.came, t.pairs, t.waiting, len(t.unmatched), t.lost)


def pulse_of(state: ModelState) -> int:
    """A number that changes whenever a window ended, an incident moved, or the plan or a setting is
    another."""
    moves = tuple((incident.id, len(incident.history)) for incident in state.incidents)
    plan = "" if state.plan is None else state.plan.baseline_id
    saved = tuple((place, one.at) for place, one in state.saved.items())
    return hash((state.phase, plan, *(state.watch(clock).looks for clock in WATCHED), moves, saved))


def _looks(state: ModelState) -> dict[str, int]:
    """Windows judged, by clock; those of labels and pairs only where there is something to
    judge."""
    plan = state.plan
    later = [rung.name for rung in (plan.labels, plan.pairs) if rung.monitors] if plan else []
    return {clock: state.watch(clock).looks for clock in (QUICK, DRIFT, *later)}


def gauges_of(view: ModelView) -> ModelGauges:
    """The numbers of a model for a metrics page."""
    return ModelGauges(
        name=view.name,
        state=view.state,
        rows=view.rows,
        labels=view.labels,
        late_rows=view.late_rows,
        duplicates=view.duplicates,
        rejected=view.rejected,
        dropped_by_clients=view.dropped_by_clients,
        windows=view.windows,
        evidence=view.evidence,
        open_incidents=view.incidents_by_severity,
        last_time_s=None if view.last_time is None else view.last_time / 1e9,
    )


def _traffic(state: ModelState, width: int) -> tuple[int | None, list[int]]:
    """The rows of the last drift windows without a gap, and where the first begins."""
    rows = dict(state.traffic)
    if not rows:
        return None, []
    last = max(rows)
    first = max(min(rows), last - (RECENT - 1) * width)
    return first, [rows.get(at, 0) for at in range(first, last + width, width)]


def _now(state: ModelState) -> int:
    """The end of the last window that was looked at."""
    return max(state.fast.closed, state.drift.closed)


def _evidence(state: ModelState) -> dict[str, dict[str, float]]:
    if state.plan is None:
        return {}
    found = {}
    for clock in WATCHED:
        rung, watch = state.plan.rung(clock), state.watch(clock)
        if rung.monitors:
            value = log10(max(watch.total, 1e-300))
            threshold = log10(rung.threshold)
            share = min(max(value / threshold, 0.0), 1.0) if threshold > 0 else 0.0
            found[clock] = {"value": value, "threshold": threshold, "share": share}
    return found


def _why(state: ModelState, problem: str) -> str:
    if problem:
        return problem
    width = state.settings.clocks.widths[2]
    if state.phase == COLLECTING:
        if state.settings.baseline.start:
            end = state.settings.baseline.end
            return f"waiting for the time range of its baseline to end ({end})"
        why = f"waiting for the first whole window of {roughly(width)} and 200 events"
        logged = len(state.metered.names)
        return f"{why}; {plural(logged, 'logged metric')} watched" if logged else why
    if state.phase == LEARNING:
        known = state.learnt + 1
        wanted = state.settings.baseline.warm_up
        return (
            f"learning what is normal: {plural(known, 'window')} of {wanted} seen; until then only "
            "broken data and stopped traffic are told"
        )
    said = []
    variation = None if state.plan is None else state.plan.baseline.variation
    seen = plural(state.learnt, "ordinary window")
    if state.refit_at and (variation is None or not variation.enough):
        said.append(
            f"natural variation is being learnt: {seen} of {state.refit_at} seen; until then only "
            "gross shifts and broken data are told"
        )
    elif state.refit_at and variation is not None and not variation.weekly:
        said.append(
            f"the reference is short: {seen} seen, natural variation is learnt anew at "
            f"{state.refit_at}; until then false alarms may be up to twice the budget"
        )
    watched = state.plan is not None and any(s.monitor == "volume" for s in state.plan.fast.streams)
    if watched and state.fast.looks * state.settings.clocks.widths[1] < TRAFFIC:
        said.append("traffic is being learnt: for two days only very long silences are told")
    return "; ".join(said)
