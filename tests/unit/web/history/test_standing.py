"""The time line: alarming while an incident lasts, unknown where nothing was looked at."""

from dataclasses import replace

import msgspec
import pytest
from tests.story import BEGIN, DEPLOY, END, GONE, SHIFT, SHOP, SILENCE, Story

from vedette.alerts.incident import AXES, Incident
from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.engine.axes import monitors_of
from vedette.engine.looks import read_look
from vedette.monitors.finding import NOTABLE
from vedette.web.history.past import Past
from vedette.web.history.span import Span, span_of
from vedette.web.history.standing import standing

WATCHED = {
    "drift": "shift", "anomalies": "outliers", "skew": "rates", "infrastructure": "volume",
}  # fmt: skip


def verdicts(past: Past, span: Span) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {axis: {} for axis in AXES}
    for axis, start, verdict, _ in standing(past, span)["cells"]:
        found[axis][start] = verdict
    return found


def lasting(told: Story, past: Past, span: Span, axis: str) -> set[int]:
    found = set()
    for entry in told.live.store.read("incident", SHOP):
        one = msgspec.json.decode(entry.body, type=Incident)
        end = past.now if one.closed is None else one.closed
        if one.axis == axis:
            found |= {at for at in span.starts if one.onset < at + span.width and at < end}
    return found


def drifted(told: Story, span: Span) -> dict[int, float]:
    """The largest share of what alarms of the drift clock in every step that it looked at."""
    best: dict[int, float] = {}
    for entry in told.live.store.read("look", SHOP, prefix="drift/"):
        look = read_look(entry.body)
        total = float((look["weights"] * look["evidence"]).sum()) / look["threshold"]
        for at in span.starts:
            if look["window"].start < at + span.width and at < look["window"].end:
                best[at] = max(best.get(at, 0.0), total)
    return best


SPANS = {
    "all": (BEGIN - DAY, END + DAY, HOUR),
    "a day": (SHIFT[0] - 4 * HOUR, SHIFT[0] + 20 * HOUR, HOUR),
    "some hours": (SHIFT[0] - HOUR, SHIFT[0] + 4 * HOUR, 15 * MINUTE),
    "from the middle of a window": (SHIFT[0] + 90 * MINUTE, SHIFT[0] + 150 * MINUTE, 15 * MINUTE),
    "the last hours": (END - 3 * HOUR, END + HOUR, 15 * MINUTE),
    "the silence": (SILENCE[0] - HOUR, SILENCE[1] + HOUR, HOUR),
    "while it learnt": (BEGIN + 4 * HOUR, BEGIN + DAY, HOUR),
    "while it learnt, closely": (BEGIN + 4 * HOUR, BEGIN + 6 * HOUR, 15 * MINUTE),
}


@pytest.mark.parametrize("name", SPANS)
def test_drift_stands_as_its_looks_and_incidents_say(told: Story, past: Past, name: str):
    span = span_of(*SPANS[name])
    seen, over = drifted(told, span), lasting(told, past, span, "drift")
    for at, verdict in verdicts(past, span)["drift"].items():
        if at in over:
            assert verdict == "alarming"
        elif at not in seen:
            assert verdict == "unknown"
        else:
            assert verdict == ("notable" if seen[at] >= NOTABLE else "calm")


@pytest.mark.parametrize("name", SPANS)
@pytest.mark.parametrize("axis", ["skew", "infrastructure"])
def test_no_axis_is_calm_where_nothing_came(told: Story, past: Past, name: str, axis: str):
    span = span_of(*SPANS[name])
    times = told.times()
    times = times[times >= BEGIN + HOUR]  # the first guess was fitted to the first hour
    came = {span.starts[at] for at in span.at(times).tolist() if 0 <= at < span.steps}
    over = lasting(told, past, span, axis)
    for at, verdict in verdicts(past, span)[axis].items():
        assert (verdict == "alarming") == (at in over)
        if at not in came and at not in over:
            assert verdict == "unknown"
        if at in came:
            assert verdict != "unknown"


@pytest.mark.parametrize("name", SPANS)
def test_what_nothing_watches_is_never_calm(past: Past, name: str):
    found = verdicts(past, span_of(*SPANS[name]))
    for axis in AXES:
        if axis not in WATCHED:
            assert set(found[axis].values()) == {"unknown"}


@pytest.mark.parametrize("axis", WATCHED)
def test_an_axis_whose_monitor_was_left_out_is_unknown(past: Past, axis: str):
    span = span_of(END - 2 * DAY, END - DAY, HOUR)
    assert "unknown" not in verdicts(past, span)[axis].values()
    without = replace(past, without=tuple(monitors_of(axis)))
    left = {one for one in verdicts(without, span)[axis].values() if one != "alarming"}
    assert left <= {"unknown"}


def test_nothing_is_known_of_the_time_before_and_after(told: Story, past: Past):
    for start in (BEGIN - 40 * DAY, END + DAY):
        found = verdicts(past, span_of(start, start + 10 * DAY, HOUR))
        assert {v for of in found.values() for v in of.values()} == {"unknown"}


def test_incidents_are_on_it_and_deploys_are_known(past: Past):
    found = standing(past, span_of(BEGIN, END, HOUR))
    assert (DEPLOY, "version 2") in past.marks(BEGIN, END)
    assert [one["axis"] for one in found["incidents"]] == ["infrastructure", "drift", "skew"]
    silence, shift, gone = found["incidents"]
    assert SILENCE[0] <= silence["onset"] < silence["opened"] <= SILENCE[0] + 2 * HOUR
    assert SHIFT[0] <= shift["onset"] <= shift["opened"] <= SHIFT[0] + 6 * HOUR
    assert (gone["onset"], gone["end"]) == (GONE, past.now)
    early = standing(past, span_of(BEGIN, SILENCE[0] - HOUR, HOUR))
    assert early["incidents"] == []
