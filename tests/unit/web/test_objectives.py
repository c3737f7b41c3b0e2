"""How objectives stand, as the API tells it."""

import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live
from tests.unit.engine.test_objectives import live, minutes

from vedette.engine.objective_view import objective_views
from vedette.web.objectives import NONE


@pytest.fixture(scope="module")
def burning():
    """A model of which three fifths of all events fail in the last ten minutes of half an hour that
    is watched; what else it promises is kept."""
    settings = live(up={"target": 0.99}, fast={"target": 0.9, "within": {"latency_s": 0.3}})
    model = Live(settings).feed(minutes(BEGIN, 80))
    return model.feed(minutes(BEGIN + 80 * MINUTE, 10, bad=0.6)).runner.models[MODEL]


def test_how_an_objective_stands(burning):
    up, fast = objective_views(burning)
    assert (up.name, up.target, up.period_s) == ("up", 0.99, 30 * 86_400)
    assert up.means == "had a value in `error_type`"
    assert (up.events, fast.events) == (2_900, 2_900)  # the last minute has not ended
    assert up.wrong == pytest.approx(540, abs=60)
    assert up.left == pytest.approx(1 - up.wrong / 29 * 29 / (30 * 24 * 60))  # as traffic goes on
    assert (up.verdict, fast.verdict, fast.left) == ("alarming", "calm", 1.0)
    hour, half_a_day, _ = up.burns
    assert (hour.long_s, hour.short_s, round(hour.factor, 1)) == (3600, 300, 14.4)
    assert hour.short == pytest.approx(60, abs=8)
    assert hour.long == pytest.approx(up.wrong / 29)
    assert hour.too_fast
    assert half_a_day.long == hour.long
    (step,) = up.steps
    assert (step.events, step.wrong) == (up.events, up.wrong)
    assert step.start <= BEGIN + HOUR < step.end


def test_a_model_without_a_plan_has_none(burning):
    assert (
        objective_views(Live(live(up={"target": 0.9})).feed(minutes(BEGIN, 3)).runner.models[MODEL])
        == []
    )


@pytest.mark.anyio
async def test_the_answer(ask, stand, kit, burning):
    stand.views[MODEL] = kit.make_view(MODEL)
    path = f"/api/v1/models/{MODEL}/objectives"
    answer = (await ask().get(path)).json()
    assert (answer["objectives"], answer["reason"]) == ([], NONE)
    stand.objectives[MODEL] = objective_views(burning)
    answer = (await ask().get(path)).json()
    assert [one["name"] for one in answer["objectives"]] == ["up", "fast"]
    assert answer["objectives"][0]["steps"][0]["start"].endswith("Z")
    assert answer["reason"] == ""
    assert (await ask().get("/api/v1/models/nobody/objectives")).status_code == 404
