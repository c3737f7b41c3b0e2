"""How good predictions were, step by step, against the truth that made them."""

from dataclasses import replace

import numpy as np
import pytest
from tests.labelled_story import BEGIN, BROKEN, DELAY, END, HOUR, SHOP, labelled_story, labels_of
from tests.story import ROWS, Story, hour_of

from vedette.core.durations import DAY
from vedette.engine.delays import Labelling
from vedette.engine.views import Count, view_of
from vedette.web.history import labels, performance
from vedette.web.history.past import Past
from vedette.web.history.span import span_of

WARM = BEGIN + DAY  # from then on something is expected of every prediction


@pytest.fixture(scope="module")
def told() -> Story:
    return labelled_story()


@pytest.fixture(scope="module")
def past(told: Story) -> Past:
    state = told.state
    widths = state.settings.clocks.widths
    return Past(told.live.store, told.live.log, SHOP, widths, END, state.plan.baseline)


@pytest.fixture(scope="module")
def how(told: Story) -> Labelling:
    return view_of(told.state, Count(), "").labelling


def right(start: int, segment: str = "") -> tuple[int, int]:
    """Right predictions of an hour, and all of them."""
    batch = hour_of(start)
    good = (batch["score"].to_numpy() >= 0.5) == labels_of(batch, start)
    if segment:
        good = good[np.array(batch["country"].to_pylist()) == segment.partition("=")[2]]
    return int(good.sum()), len(good)


@pytest.mark.parametrize("segment", ["", "country=fr"])
@pytest.mark.parametrize("width", [HOUR, 6 * HOUR])
def test_realised_sums_are_the_truth_by_step(past: Past, how: Labelling, segment: str, width: int):
    span = span_of(WARM, END - DELAY - HOUR, width)
    steps = performance.course(past, span, segment, how)
    assert [step.start for step in steps] == span.starts
    for step in steps:
        hours = range(step.start, min(step.start + width, END - DELAY), HOUR)
        wanted = [right(start, segment) for start in hours]
        assert step.sums.labels == sum(n for _, n in wanted)
        assert int(np.trace(step.sums.realised.confusion)) == sum(good for good, _ in wanted)


def test_what_is_expected_is_what_the_score_promised(past: Past, how: Labelling):
    span = span_of(BROKEN, END, HOUR)
    for step in performance.course(past, span, "", how)[:5]:
        score = hour_of(step.start)["score"].to_numpy()
        promised = float(np.maximum(score, 1 - score).sum())
        assert float(np.trace(step.sums.expected.confusion)) == pytest.approx(promised, rel=0.05)


def test_predictions_without_a_label_count_as_such(past: Past, how: Labelling):
    span = span_of(END - DELAY, END, HOUR)
    steps = performance.course(past, span, "", how)
    assert [(step.sums.predictions, step.sums.labels) for step in steps] == [(ROWS, 0)] * 5
    assert not any(step.is_mature for step in steps)
    assert all(step.sums.realised is None for step in steps)
    assert performance.come_in_words(steps[0], how).startswith("0 % of the labels that usually")


def test_matured_steps_say_so_and_none_of_a_segment_waits_longer(past: Past, how: Labelling):
    span = span_of(WARM, END, DAY)
    for segment in ("", "country=it"):
        steps = performance.course(past, span, segment, how)
        assert [step.is_mature for step in steps] == [True, True, True, False]
        assert performance.come_in_words(steps[0], how) == ""
        assert steps[-1].waiting == 5


def test_a_whole_stretch_is_the_sum_of_its_steps(past: Past, how: Labelling):
    span = span_of(WARM, END, HOUR)
    steps, total = performance.course(past, span, "", how), performance.whole(past, span)
    assert total.labels == sum(step.sums.labels for step in steps)
    assert total.predictions == sum(step.sums.predictions for step in steps) == 4 * 24 * ROWS
    assert total.realised.confusion.sum() == total.labels


def test_segments_add_up_to_all_rows(past: Past):
    span = span_of(WARM, END, HOUR)
    parts = performance.by_segment(past, span)
    assert set(parts) == {"country=de", "country=fr", "country=it"}
    assert sum(one.labels for one in parts.values()) == performance.whole(past, span).labels


def test_losses_by_bin_are_those_of_the_segment(past: Past):
    """Of a column that segments are cut by, a bin is a segment."""
    span = span_of(BROKEN, END, HOUR)
    found = performance.losses(past, span, "country")
    names = past.baseline.binnings["country"].names
    at = names.index("fr")
    own = performance.whole(past, span, "country=fr").realised
    assert found["realised"].rows[at] == own.rows
    assert found["realised"].loss[at] == pytest.approx(own.moments[0, 1])


def test_rows_that_stay_the_same_lie_near_the_reference(past: Past):
    steps, whole = performance.distances(past, span_of(WARM, END, DAY))
    assert len(steps) == 4
    assert whole.outside < 0.01
    assert all(far.apart < 0.1 for far in steps.values())
    nothing, near = performance.distances(replace(past, baseline=None), span_of(WARM, END, DAY))
    assert nothing == {}
    assert near.apart == near.outside == 0.0


def test_without_a_graded_reference_nothing_is_told(past: Past, how: Labelling):
    bare = replace(past, baseline=replace(past.baseline, appraisal=None))
    assert performance.course(bare, span_of(WARM, END, HOUR), "", how) == []
    assert performance.by_segment(bare, span_of(WARM, END, HOUR)) == {}
    nothing = replace(past, baseline=None)
    assert performance.whole(nothing, span_of(WARM, END, HOUR)).predictions == 0
    assert performance.losses(nothing, span_of(WARM, END, HOUR), "amount") == {}


def test_delays_are_told_by_step(past: Past):
    span = span_of(WARM, END, HOUR)
    found = {step.start: step for step in labels.coverage(past, span)}
    for start in (WARM, BROKEN):
        times = np.sort(hour_of(start)["_time"].cast("int64").to_numpy())
        took = np.sort(start + DELAY - times)
        assert found[start].median == took[int(0.5 * (ROWS - 1))]
        assert found[start].most == took[int(0.9 * (ROWS - 1))]
    assert found[END - HOUR].median is None
