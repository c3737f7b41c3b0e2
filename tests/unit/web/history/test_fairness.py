"""How groups were treated, step by step: of a model that the real engine watches."""

from dataclasses import replace

import numpy as np
import pytest
from tests.labelled_story import BEGIN, END, SHOP, WARM, records, settings
from tests.story import ROWS, hour_of
from tests.traffic import HOUR, Live

from vedette.core.durations import DAY
from vedette.engine.delays import Labelling
from vedette.engine.views import Count, view_of
from vedette.web.history import fairness
from vedette.web.history.past import Past
from vedette.web.history.span import span_of
from vedette.web.memo import Memo

AFTER = BEGIN + WARM * HOUR
NAMES = ["de", "fr", "it"]


@pytest.fixture(scope="module")
def live() -> Live:
    made = Live(settings(fairness={"groups": ["country"]})).feed(records())
    made.runner.commit(END, force=True)
    return made


@pytest.fixture(scope="module")
def past(live: Live) -> Past:
    state = live.runner.models[SHOP]
    now = max(state.fast.closed, state.drift.closed)
    widths = state.settings.clocks.widths
    return Past(live.store, live.log, SHOP, widths, now, state.plan.baseline)


@pytest.fixture(scope="module")
def how(live: Live) -> Labelling:
    return view_of(live.runner.models[SHOP], Count(), "").labelling


def test_every_row_is_in_the_step_it_was_served_in(past: Past, how: Labelling):
    span = span_of(AFTER, END, 6 * HOUR)
    found = fairness.by_group(past, span, how)
    rows = found.sets["country"].rows()
    assert rows.sum() == (END - AFTER) // HOUR * ROWS
    for at in (0, 7):
        hours = [hour_of(span.starts[at] + h * HOUR) for h in range(6)]
        countries = [name for batch in hours for name in batch["country"].to_pylist()]
        assert rows[at].tolist() == [*(countries.count(name) for name in NAMES), 0, 0]
    assert found.covered.start == AFTER
    assert found.covered.end == END


def test_steps_add_up_to_the_whole(past: Past, how: Labelling):
    fine, coarse = (
        fairness.by_group(past, span_of(AFTER, END, width), how).sets["country"].tally()
        for width in (HOUR, DAY)
    )
    for name in ("rows", "selected", "labelled", "tp", "fp", "fn", "tn", "right", "scored"):
        assert getattr(fine, name).tolist() == getattr(coarse, name).tolist()
    np.testing.assert_allclose(fine.expected, coarse.expected)
    np.testing.assert_allclose(fine.expected_squares, coarse.expected_squares)


def test_windows_wait_for_their_labels(past: Past, how: Labelling):
    found = fairness.by_group(past, span_of(AFTER, END, HOUR), how)
    assert found.waiting.tolist() == [0] * 91 + [1] * 5
    tally = found.sets["country"].tally(mature=True)
    assert tally.rows.sum() == tally.labelled.sum() == 91 * ROWS
    assert found.sets["country"].tally().rows.sum() == 96 * ROWS


def test_rows_from_before_the_baseline_are_no_figures(past: Past, how: Labelling):
    found = fairness.by_group(past, span_of(BEGIN, END, DAY), how)
    assert found.sets["country"].rows()[0].sum() == 0
    assert (found.sets["country"].counts >= 0).all()


def test_counts_of_another_baseline_are_left_out(past: Past, how: Labelling):
    profile = replace(past.baseline.profile, binning_id="another")
    other = replace(past, baseline=replace(past.baseline, profile=profile))
    assert fairness.by_group(other, span_of(AFTER, END, DAY), how).covered is None
    bare = replace(past, baseline=replace(past.baseline, grouping=None), memo=Memo())
    found = fairness.by_group(bare, span_of(AFTER, END, DAY), how)
    assert (found.sets, found.covered) == ({}, None)
