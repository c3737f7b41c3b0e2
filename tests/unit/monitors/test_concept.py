"""Losses in time: which segments are watched, what is told of them and when, in which words."""

from dataclasses import replace

import numpy as np
import pytest
from bench.counted import window_of
from bench.labelled import BINARY, Model, Watching, hours, names, profile_of, reference_of

from vedette.monitors.concept import Concept
from vedette.monitors.estimate import Estimate
from vedette.monitors.loss_reference import MOST_HARD, harder
from vedette.monitors.monitor import Terms
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED, Grading
from vedette.profiles.profile import Profile

HOUR = window_of(0).end


def model(seed=0, **how):
    return Model(np.random.default_rng(seed), **how)


@pytest.fixture(scope="module")
def baseline():
    return reference_of(model(segments=3).batches(336))


def realised_only(profile):
    graded = {key: one for key, one in profile.graded.items() if key[0] == REALISED}
    return replace(profile, graded=graded)


def graded_as(baseline, grading):
    appraisal = replace(baseline.appraisal, grading=grading)
    return replace(baseline, appraisal=appraisal, profile=realised_only(baseline.profile))


def made(kind, baseline, threshold=3_600.0):
    n = len(kind.streams_of(baseline))
    return kind.of(baseline, Terms(np.full(n, 1 / n), threshold, HOUR))


def batch(rows, lost, expected=None):
    """One batch of a fixed number of losses, the same in no segment."""
    ahead = 0.1 * rows if expected is None else expected
    return profile_of(np.array([[rows, lost, ahead, 0.083 * rows]]))


def lived(monitor, profiles, first=336):
    state, look = monitor.start(), None
    for t, profile in enumerate(profiles):
        state, look = monitor.step(state, profile, window_of(first + t))
    return state, look


def told(monitor, profiles, at=0):
    state, look = lived(monitor, profiles)
    return monitor.tell(state, look, profiles[-1], [at])[0]


# --- what is watched ------------------------------------------------------------------------------


def test_all_rows_have_half_of_the_weight_and_segments_share_the_rest(baseline):
    for kind, name in ((Concept, "concept"), (Estimate, "estimate")):
        streams = kind.streams_of(baseline)
        assert [s.segment for s in streams] == names(3)
        assert {(s.monitor, s.column, s.share) for s in streams} == {(name, "label", "performance")}
        assert [s.importance for s in streams] == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])


def test_a_segment_of_few_labels_is_left_out(baseline):
    graded = dict(baseline.profile.graded)
    for kind in (REALISED, LABELLED):
        graded[kind, "region=r1"] = replace(graded[kind, "region=r1"], rows=199)
    few = replace(baseline, profile=replace(baseline.profile, graded=graded))
    assert [s.segment for s in Concept.streams_of(few)] == ["", "region=r0", "region=r2"]
    assert [s.segment for s in Estimate.streams_of(few)] == ["", "region=r0", "region=r2"]


def test_without_labels_or_without_estimates_there_is_nothing_to_watch(baseline):
    assert Concept.streams_of(replace(baseline, appraisal=None)) == ()
    bare = replace(baseline, profile=realised_only(baseline.profile))
    assert len(Concept.streams_of(bare)) == 4
    assert Estimate.streams_of(bare) == ()


# --- what is told ---------------------------------------------------------------------------------


def test_a_risk_that_rises_is_told_by_both_and_a_fall_by_the_estimate_alone(baseline):
    worse, better = ([batch(100, lost)] * 12 for lost in (25, 2))
    for kind in (Concept, Estimate):
        assert told(made(kind, baseline), worse).verdict == "alarming"
    assert told(made(Concept, baseline), better).verdict == "calm"
    assert told(made(Estimate, baseline), better).verdict == "alarming"


def test_inputs_that_became_harder_are_no_fault_of_the_estimate(baseline):
    """What is lost was expected: concept drift it is not, but it is a risk that rose."""
    harder_rows = [batch(100, 25, expected=25.0)] * 12
    assert told(made(Concept, baseline), harder_rows).verdict == "alarming"
    assert told(made(Estimate, baseline), harder_rows).verdict == "calm"


def test_a_change_that_does_not_matter_is_never_told(baseline):
    monitor = made(Concept, baseline)
    level = monitor.watch.reference.level[0]
    same = [batch(100_000, round(1e5 * (level + 0.006)))] * 300
    assert told(monitor, same).verdict == "calm"
    more = [batch(100_000, round(1e5 * (level + 0.03)))] * 12
    assert told(monitor, more).verdict == "alarming"


def test_a_drop_in_one_segment_is_told_there():
    base = reference_of(model(segments=3).batches(336))
    monitor = made(Concept, base)
    drawn = model(5, segments=3).batches(20)
    drawn[:, 2, 1] = np.minimum(drawn[:, 2, 0], drawn[:, 2, 1] + 10)
    state, look = lived(monitor, [profile_of(one) for one in drawn])
    worth = monitor.terms.weights * look.evidence / monitor.terms.threshold
    assert [stream.segment for stream, w in zip(monitor.streams, worth, strict=True) if w >= 1] == [
        "region=r1"
    ]
    said = monitor.tell(state, look, profile_of(drawn[-1]), [2])[0]
    assert "where region = r1" in said.reason


def test_one_window_is_enough_where_nearly_all_is_lost(baseline):
    assert told(made(Concept, baseline), [batch(100, 90)]).verdict == "alarming"
    assert told(made(Concept, baseline), [batch(9, 9)]).verdict != "alarming"


def test_the_onset_is_when_it_began(baseline):
    monitor = made(Concept, baseline)
    profiles = [batch(100, 10)] * 30 + [batch(100, 25)] * 6
    state, look = lived(monitor, profiles)
    assert abs(look.onset[0] - window_of(336 + 30).start) <= HOUR
    said = monitor.tell(state, look, profiles[-1], [0])[0]
    assert said.observed == pytest.approx(0.25, abs=0.03)
    assert said.low < said.effect < said.high


def test_a_reference_without_windows_is_enough(baseline):
    flat = replace(baseline, appraisal=replace(baseline.appraisal, variation=None))
    calm = told(made(Concept, flat), [batch(100, 10)] * 50)
    assert calm.verdict == "calm"
    assert "24 windows with labels are needed" in calm.reason
    for kind in (Concept, Estimate):
        assert told(made(kind, flat), [batch(100, 25)] * 12).verdict == "alarming"


def test_labels_of_the_hard_rows_alone_are_held_against_such_rows(baseline):
    """A third of the rows is labelled, of which twice as many are expected to be wrong."""
    monitor = made(Concept, baseline)
    chosen = batch(100, 20, expected=20.0)
    every = batch(300, 0, expected=30.0).graded[LABELLED, ""]
    selected = replace(chosen, graded={**chosen.graded, (EXPECTED, ""): every})
    assert told(monitor, [chosen] * 12).verdict == "alarming"
    assert told(monitor, [selected] * 12).verdict == "calm"
    assert harder(selected.graded, "") == pytest.approx(2.0)
    assert harder(chosen.graded, "") == 1.0
    nothing = {**chosen.graded, (EXPECTED, ""): replace(every, moments=0 * every.moments)}
    assert harder(nothing, "") == 1.0
    assert harder({**chosen.graded, (EXPECTED, ""): replace(every, rows=10**9)}, "") == MOST_HARD


# --- words ----------------------------------------------------------------------------------------


def test_words_of_classes(baseline):
    said = told(made(Concept, baseline), [batch(100, 10)] * 20 + [batch(100, 25)] * 8)
    assert (said.component, said.unit, said.column) == ("loss", "share", "label")
    assert said.reason.startswith("25 % of 800 labelled rows over 8 hours were predicted wrongly")
    assert ", expected 9." in said.reason or ", expected 10 %" in said.reason
    assert said.n_window == 100
    assert said.magnitude > said.min_effect


def test_words_of_an_estimate_that_fails(baseline):
    said = told(made(Estimate, baseline), [batch(100, 25)] * 8)
    assert said.component == "estimate"
    assert "estimated 9." in said.reason or "estimated 10 %" in said.reason
    assert said.reason.endswith("performance estimated without labels is no longer to be trusted")


@pytest.mark.parametrize(
    ("grading", "words"),
    [
        (Grading("regression", "p", scale=20.0), "the mean error of 1200 labelled rows over 12"),
        (Grading("ranking", "p"), "the mean NDCG of 1200 labelled rows over 12 hours was 0.75"),
    ],
)
def test_words_of_other_tasks(baseline, grading, words):
    profiles = [realised_only(batch(100, 25))] * 12
    said = told(made(Concept, graded_as(baseline, grading)), profiles)
    assert said.reason.startswith(words)
    assert said.unit == "loss"
    assert said.verdict == "alarming"
    if grading.task == "ranking":  # from the lower to the higher one
        low, high = said.reason.split("(")[1].rstrip(")").split(" to ")
        assert float(low) < 0.9 < float(high)


def test_a_calm_window_says_what_would_have_been_noticed(baseline):
    said = told(made(Concept, baseline), [batch(100, 10)] * 5)
    assert said.verdict == "calm"
    assert 0.02 < said.detectable < 0.10
    assert f"{100 * said.detectable:.2g} points more would be noticed" in said.reason


def test_why_nothing_can_be_said(baseline):
    empty = Profile("", "")
    for kind in (Concept, Estimate):
        monitor = made(kind, baseline)
        for at, where in ((0, ""), (1, " where region = r0")):
            said = told(monitor, [batch(100, 10), empty], at)
            assert said.verdict == "unknown"
            assert said.reason == f"no row{where} of this window has a label yet"
    bare = realised_only(batch(100, 10))
    assert "were not estimated before" in told(made(Estimate, baseline), [bare]).reason
    assert told(made(Concept, baseline), [bare]).verdict == "calm"


# --- how soon, how often --------------------------------------------------------------------------


def test_half_of_the_changes_are_told_in_time_and_next_to_no_month_alarms():
    """A seeded form of `bench/bench_concept.py`: risk 0.10 to 0.15 and 0.20, wobble 0.01."""
    delays, false = {0.05: [], 0.10: []}, 0
    for seed in range(4):
        own = model(seed, wobble=0.01)
        base = reference_of(own.batches(672))
        watching = Watching(base)
        false += sum(bool(watching.see(*hour)) for hour in hours(own, 672, 360))
        for change, found in delays.items():
            watching = Watching(base)
            for hour in hours(own, 1_500, 24):
                watching.see(*hour)
            changed = hours(own, 1_524, 100, change)
            found.append(next(t for t, hour in enumerate(changed, 1) if watching.see(*hour)))
    assert np.median(delays[0.05]) <= 13
    assert np.median(delays[0.10]) <= 4
    assert false <= 1


def test_the_world_of_the_bench_is_what_it_says():
    own = model(1, wobble=0.01, segments=4)
    drawn = own.batches(3_000)
    assert np.allclose(drawn[:, 0], drawn[:, 1:].sum(axis=1))
    assert drawn[:, 0, 1].mean() == pytest.approx(10, abs=0.3)
    assert drawn[:, 0, 2].mean() == pytest.approx(10, abs=0.1)
    assert drawn[:, 0, 1].var() > 9.5  # 9 by counting, 1 by the wobble
    assert model(2).batches(2_000, 0.05)[:, 0, 1].mean() == pytest.approx(15, abs=0.3)
    assert BINARY.label == "label"
