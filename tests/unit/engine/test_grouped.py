"""Groups of a live model: found with the baseline, counted as rows are served and labels come."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.labelled import rows, truth
from tests.labelled_story import DELAY, WARM, records, settings
from tests.traffic import BEGIN, HOUR, Live

from vedette.core.errors import UsageError
from vedette.engine.group_fit import grouped, judged
from vedette.engine.grouped import changed, served
from vedette.engine.joining import BEFORE, LABEL
from vedette.engine.kept_performance import CUBES
from vedette.engine.live import make_live
from vedette.profiles.codec import decode, encode, unpack
from vedette.stores.store import EVENTS

SHOP = "shop"
GROUPS = {"fairness": {"groups": ["country"]}}


@pytest.fixture(scope="module")
def story() -> Live:
    """Two days: one to learn from, whose labels come, and one that is watched."""
    end = BEGIN + 2 * 24 * HOUR
    live = Live(settings(**GROUPS)).feed(r for r in records() if r.received < end + DELAY)
    live.runner.commit(end, force=True)
    return live


def test_a_baseline_that_was_learnt_tells_groups_apart_and_learns_their_labels(story: Live) -> None:
    plan = story.runner.models[SHOP].plan
    assert plan is not None
    grouping = plan.baseline.grouping
    assert grouping is not None
    assert grouping.labelled
    assert [one.key for one in grouping.sets] == ["country"]
    cube = plan.baseline.profile.cubes["country"]
    assert cube.counts[:, :, :-1].sum() > 0.5 * cube.counts.sum()  # most have their label
    assert cube.counts.min() >= 0


def test_gaps_begin_anew_under_a_baseline_that_asks_other_questions(story: Live) -> None:
    """Labels that come teach how gaps vary, and with that which of two questions is asked."""
    plan = story.runner.models[SHOP].plan
    assert plan is not None
    watch = dict(plan.drift.monitors)["parity"].watch  # type: ignore[attr-defined]
    begun, which = watch.start(), np.zeros(len(watch.of), np.bool_)
    moved = replace(begun, total=begun.total + 1.0)
    assert watch.reset(moved, which).total.tolist() == moved.total.tolist()
    other = replace(moved, total=moved.total[1:])
    assert watch.reset(other, which).total.tolist() == begun.total.tolist()


def test_the_cubes_of_windows_are_those_of_their_rows(story: Live) -> None:
    grouping = story.runner.models[SHOP].plan.baseline.grouping  # type: ignore[union-attr]
    assert grouping is not None
    sent = {r.rows["_time"][0].value // HOUR * HOUR: r.rows for r in records() if r.kind == EVENTS}
    kept = {
        e.time: unpack(e.body).cubes["country"]
        for e in story.store.read("performance", SHOP, prefix=CUBES)
    }
    watched = [at for at in kept if at >= BEGIN + WARM * HOUR]
    assert len(watched) >= 20
    (groups,) = grouping.sets
    for at in watched:
        by_group = kept[at].counts.sum(axis=(1, 2, 3))
        assert by_group.tolist() == np.bincount(groups.codes(sent[at]), minlength=5).tolist()
    assert kept[watched[0]].counts[:, :, :-1].sum() == sent[watched[0]].num_rows  # labels came


def test_a_label_that_is_corrected_and_withdrawn_leaves_nothing(story: Live) -> None:
    baseline = story.runner.models[SHOP].plan.baseline  # type: ignore[union-attr]
    batch = rows(BEGIN, 50)
    told, none = pa.array(truth(batch)), pa.nulls(50, pa.bool_())
    starts = np.full(50, BEGIN)

    def moved(label: pa.Array, before: pa.Array) -> np.ndarray:
        beside = batch.append_column(LABEL, label).append_column(BEFORE, before)
        assert baseline.grouping is not None
        return changed(baseline.grouping, beside, starts)[BEGIN]["country"].counts

    first, other = moved(told, none), pa.array([not one for one in told.to_pylist()])
    assert first.sum() == 0  # rows only move
    assert (first[:, :, -1].sum(), first[:, :, :-1].sum()) == (-50, 50)
    assert (first + moved(other, told) == moved(other, none)).all()
    assert not (first + moved(none, told)).any()
    assert served(baseline, [batch])["country"].counts[:, :, -1].sum() == 50


def test_a_grouping_survives_its_bytes(story: Live) -> None:
    baseline = story.runner.models[SHOP].plan.baseline  # type: ignore[union-attr]
    again, profile = decode(encode(baseline, baseline.profile))
    assert again.grouping is not None
    assert again.grouping.sets == baseline.grouping.sets  # type: ignore[union-attr]
    assert again.grouping.grading.classes == baseline.grouping.grading.classes  # type: ignore[union-attr]
    assert profile.cubes == baseline.profile.cubes
    assert encode(again, profile) == encode(baseline, baseline.profile)


def test_what_names_no_column_or_class_is_refused(story: Live) -> None:
    baseline = story.runner.models[SHOP].plan.baseline  # type: ignore[union-attr]
    table = pa.Table.from_batches([rows(BEGIN, 300)])

    def fitted(**fairness: object) -> object:
        own = make_live({"models": {"*": {"fairness": fairness}}}).of("any")
        return grouped(baseline, table, own)

    with pytest.raises(UsageError, match=r"no column 'contry'.*did you mean 'country'"):
        fitted(groups=["contry"])
    with pytest.raises(UsageError, match="there is no class 'maybe'"):
        fitted(groups=["country"], positive="maybe")
    assert fitted() is baseline


def test_a_column_that_is_called_as_two_others_together_is_told_alone(story: Live) -> None:
    baseline = story.runner.models[SHOP].plan.baseline  # type: ignore[union-attr]
    batch = rows(BEGIN, 300)
    for name in ("a", "b", "a & b"):
        batch = batch.append_column(name, pa.array(["x", "y", "z"] * 100))
    asked = {"fairness": {"groups": ["a", "b", "a & b"]}}
    own = make_live({"models": {"*": asked}}).of("any")
    found = grouped(baseline, pa.Table.from_batches([batch]), own)
    assert found.grouping is not None
    keys = [one.key for one in found.grouping.sets]
    assert len(keys) == len(set(keys))
    assert found.grouping.by_key["a & b"].columns == ("a & b",)
    assert found.profile.cubes.keys() == set(keys)


def test_nothing_is_told_apart_where_nothing_is_asked_for() -> None:
    live = Live(settings()).feed(r for r in records() if r.received < BEGIN + 26 * HOUR)
    plan = live.runner.models[SHOP].plan
    assert plan is not None
    assert plan.baseline.grouping is None
    assert judged(plan.baseline, pa.table({}), plan.settings) is plan.baseline
    assert not live.store.read("performance", SHOP, prefix=CUBES)


def test_windows_of_all_rows_say_how_restless_selection_is(story: Live) -> None:
    """Also where labels came for some rows only."""
    plan = story.runner.models[SHOP].plan
    assert plan is not None
    grouping = plan.baseline.grouping
    assert grouping is not None
    assert grouping.variation is not None
    kept = [e for e in story.store.read("baseline", SHOP) if len(e.body) > 100]
    before = [decode(e.body)[0].grouping for e in kept]
    plain = [one for one in before if one is not None and not one.labelled]
    unlabelled = max(plain, key=lambda one: one.variation.rows.sum())
    assert unlabelled.variation is not None
    name = "selection_rate: country=de"
    for field in ("rows", "t2", "mean"):
        own, was = (
            getattr(one, field)[one.at(name)] for one in (grouping.variation, unlabelled.variation)
        )
        np.testing.assert_array_equal(own, was)
    assert grouping.variation.at("accuracy: country=de") >= 0


def test_a_group_that_no_event_brings_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    own = settings(fairness={"groups": ["country", "contry"], "measures": ["height"]})
    live = Live(own).feed(r for r in records() if r.received < BEGIN + 30 * HOUR)
    plan = live.runner.models[SHOP].plan
    assert plan is not None
    assert plan.drift.monitors
    assert plan.baseline.grouping is not None
    assert [one.key for one in plan.baseline.grouping.sets] == ["country"]
    assert "fairness: no event has 'contry' or 'height'" in caplog.text
