"""How an axis stands: each verdict and its reason; what is not watched is never calm."""

from dataclasses import replace

import msgspec
import pytest
from tests.story import SHOP, settings, story
from tests.traffic import BEGIN, MODEL, Live, hours, live

from vedette.alerts.incident import AXES, Incident
from vedette.alerts.lifecycle import ACKNOWLEDGED, MUTED, OPEN, REOPENED, RESOLVED
from vedette.engine.axes import NO_GROUPS, AxisView, axes_of, monitors_of
from vedette.engine.model import COLLECTING, LEARNING, WATCHING, ModelState
from vedette.engine.plan import DRIFT, QUICK, make_plan

WATCHED = {
    "drift": "shift", "anomalies": "outliers", "skew": "rates", "infrastructure": "volume",
}  # fmt: skip
FAIR = "fairness and security"


@pytest.fixture(scope="module")
def state() -> ModelState:
    """A model that knows its natural variation, without an incident."""
    return replace(story().state, incidents=())


@pytest.fixture(scope="module")
def incident() -> Incident:
    [entry] = [e for e in story().live.store.read("incident", SHOP) if b'"drift"' in e.body]
    return msgspec.json.decode(entry.body, type=Incident)


def stands(state: ModelState, axis: str, why: str = "") -> AxisView:
    return axes_of(state, why)[axis]


def with_part(state: ModelState, axis: str, share: float) -> ModelState:
    """The state with evidence of one monitor at a share of what alarms."""
    clock = DRIFT if axis == "drift" else QUICK
    rung, watch = state.plan.rung(clock), state.watch(clock)
    parts = [0.0 for _ in rung.monitors]
    at = [name for name, _ in rung.monitors].index(WATCHED[axis])
    parts[at] = share * rung.threshold
    return state.with_watch(clock, replace(watch, parts=tuple(parts)))


def test_every_axis_has_a_verdict_and_a_reason(state: ModelState):
    found = axes_of(state)
    assert list(found) == list(AXES)
    assert all(view.verdict and view.reason for view in found.values())


def test_monitors_speak_for_every_axis(state: ModelState):
    assert set(AXES) == {*WATCHED, FAIR}
    for axis, name in WATCHED.items():
        assert name in monitors_of(axis)


def test_rows_that_nobody_scores_are_no_calm_anomalies(state: ModelState):
    bare = replace(state.plan.baseline, outliers=None)
    chosen = settings(without=["metrics"]).of(SHOP)
    plan = make_plan(chosen, bare, state.plan.baseline_id)
    unwatched = replace(state, plan=plan, settings=chosen)
    assert stands(unwatched, "anomalies").verdict == "unknown"


def test_fairness_without_groups_says_what_is_lacking(state: ModelState):
    assert monitors_of(FAIR) == ["parity", "odds"]
    assert stands(state, FAIR) == AxisView("unknown", NO_GROUPS)
    chosen = settings(without=monitors_of(FAIR)).of(SHOP)
    assert stands(replace(state, settings=chosen), FAIR).reason == "left out in the settings"


@pytest.mark.parametrize("axis", WATCHED)
def test_without_a_plan_nothing_is_known(axis: str):
    collecting = ModelState(MODEL, live().of(MODEL))
    assert collecting.phase == COLLECTING
    assert stands(collecting, axis, "waiting for 200 events") == AxisView(
        "unknown", "waiting for 200 events"
    )
    assert stands(collecting, axis) == AxisView("unknown", "nothing is watched yet")


def test_while_it_learns_drift_is_unknown_and_the_rest_is_watched():
    model = Live(live(baseline={"warm_up": 8})).feed(hours(4)).runner.models[MODEL]
    assert model.phase == LEARNING
    assert stands(model, "drift", "learning what is normal") == AxisView(
        "unknown", "learning what is normal"
    )
    assert stands(model, "skew").verdict == "calm"


def test_before_the_first_window_ended_nothing_is_known(state: ModelState):
    for axis, clock in (("drift", DRIFT), ("skew", QUICK), ("infrastructure", QUICK)):
        fresh = state.with_watch(clock, replace(state.watch(clock), looks=0, parts=()))
        assert stands(fresh, axis) == AxisView("unknown", "no window has ended yet")


def test_without_natural_variation_drift_is_unknown():
    model = Live(live(baseline={"warm_up": 4})).feed(hours(8)).runner.models[MODEL]
    assert model.phase == WATCHING
    assert model.drift.looks > 0
    view = stands(model, "drift")
    assert view.verdict == "unknown"
    assert "gross shifts" in view.reason
    assert stands(model, "drift", "seen 4 of 72").reason == "seen 4 of 72"


@pytest.mark.parametrize("axis", WATCHED)
def test_a_monitor_that_was_left_out_leaves_its_axis_unknown(state: ModelState, axis: str):
    chosen = settings(without=monitors_of(axis)).of(SHOP)
    plan = make_plan(chosen, state.plan.baseline, state.plan.baseline_id)
    without = replace(state, settings=chosen, plan=plan)
    assert stands(without, axis) == AxisView("unknown", "left out in the settings")


def test_drift_says_what_is_known_of_outcomes(state: ModelState):
    assert "outcomes were looked at" in stands(state, "drift").reason
    nothing = replace(state, tally=replace(state.tally, labels=0))
    assert stands(nothing, "drift").reason.endswith("outcomes are not known: no labels came")
    bare = replace(state.plan.baseline, appraisal=None)
    unknown = replace(state, plan=replace(state.plan, baseline=bare))
    assert "the reference has no labels" in stands(unknown, "drift").reason
    fresh = replace(state, labels=replace(state.labels, looks=0))
    assert stands(fresh, "drift").reason.endswith("labels are under way")
    assert "outcomes" not in stands(state, "skew").reason


def test_where_inputs_are_left_out_outcomes_alone_speak(state: ModelState):
    chosen = settings(without=["shift"]).of(SHOP)
    plan = make_plan(chosen, state.plan.baseline, state.plan.baseline_id)
    fresh = replace(state, settings=chosen, plan=plan, labels=replace(state.labels, looks=0))
    assert stands(fresh, "drift").verdict == "unknown"
    assert "labels are under way" in stands(fresh, "drift").reason


@pytest.mark.parametrize("axis", WATCHED)
@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.0, "calm"), (0.0099, "calm"), (0.0101, "notable"), (0.5, "notable"), (1.0, "notable"),
     (40.0, "notable")],
)  # fmt: skip
def test_evidence_is_notable_from_a_hundredth_of_what_alarms(
    state: ModelState, axis: str, share: float, verdict: str
):
    """Without an incident nothing is alarming: the budget's rule opens them, not a threshold."""
    moved = with_part(state, axis, share)
    view = stands(moved, axis)
    assert view.verdict == verdict
    if verdict == "notable":
        assert "of what alarms" in view.reason
    others = {a: stands(moved, a).verdict for a in WATCHED if a != axis}
    assert set(others.values()) == {"calm"}


@pytest.mark.parametrize("how", [OPEN, ACKNOWLEDGED, MUTED, REOPENED])
def test_an_incident_under_way_alarms_whatever_was_done_about_it(
    state: ModelState, incident: Incident, how: str
):
    one = msgspec.structs.replace(incident, state=how)
    held = replace(state, incidents=(one,))
    about = AxisView("alarming", incident.title, streams=incident.streams)
    assert stands(held, "drift") == about
    assert stands(held, "skew").verdict == "calm"


def test_a_resolved_incident_alarms_no_more(state: ModelState, incident: Incident):
    one = msgspec.structs.replace(incident, state=RESOLVED, closed=BEGIN)
    assert stands(replace(state, incidents=(one,)), "drift").verdict == "calm"


def test_the_worst_of_several_incidents_speaks(state: ModelState, incident: Incident):
    several = [
        msgspec.structs.replace(
            incident, id=level, severity=level, title=f"a {level} one", state=OPEN
        )
        for level in ("warning", "critical", "info")
    ]
    view = stands(replace(state, incidents=tuple(several)), "drift")
    assert (view.verdict, view.reason) == ("alarming", "a critical one, and 2 more incidents")


def test_an_incident_of_an_axis_without_a_monitor_alarms(state: ModelState, incident: Incident):
    one = msgspec.structs.replace(incident, axis="anomalies", state=OPEN)
    assert stands(replace(state, incidents=(one,)), "anomalies").verdict == "alarming"
