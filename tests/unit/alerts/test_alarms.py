"""When a model alarms: against e-BH written plainly, and the rules of freezing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.alerts.alarms import CLOSE_AFTER, freeze, judge, start
from vedette.core.errors import UsageError

WEIGHTS = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12)


def plain_ebh(values, alpha):
    """e-BH as Wang & Ramdas write it: the largest k such that k of K have e >= K/(k alpha)."""
    count, found = len(values), set()
    for k in range(1, count + 1):
        passed = {i for i, e in enumerate(values) if e >= count / (k * alpha)}
        if len(passed) >= k:
            found = passed
    return found


def look(evidence, *, frozen=(), threshold=100.0, weights=None, quiet=None, attach=False, **more):
    n = len(evidence)
    weights = np.full(n, 1 / max(n, 1)) if weights is None else weights
    quiet = np.ones(n, dtype=bool) if quiet is None else np.array(quiet)
    state = more.pop("state", freeze(start(n), frozen))
    return judge(state, weights, threshold, np.array(evidence), quiet, attach=attach, **more)


@given(WEIGHTS, st.data())
def test_members_are_those_of_e_bh(raw, data):
    weights = np.array(raw) / sum(raw)
    n, threshold = len(weights), 50.0
    grid = st.sampled_from([0.0, 1.0, 10.0, 40.0, 100.0, 400.0, 5000.0])
    evidence = np.array(data.draw(st.lists(grid, min_size=n, max_size=n)))
    _, said = look(evidence, weights=weights, threshold=threshold)
    # w C M are e-values of mean 1 (per window), held to level 1 / threshold.
    expected = plain_ebh(weights * n * evidence, 1 / threshold)
    total = float(weights @ evidence)
    assert said.total == pytest.approx(total)
    assert bool(said.members) == (total >= threshold)
    if said.members:
        assert set(said.members) == (expected or {int(np.argmax(weights * evidence))})
        assert list(weights[list(said.members)] * evidence[list(said.members)]) == sorted(
            weights[list(said.members)] * evidence[list(said.members)], reverse=True
        )


def test_many_small_ones_alarm_together_and_the_strongest_is_named():
    _, said = look([120.0] * 10)
    assert said.members == tuple(range(10))
    _, said = look([600.0, 150.0, 150.0, 150.0, 0, 0, 0, 0, 0, 0], threshold=100.0)
    assert said.total == pytest.approx(105.0)
    assert said.members == (0,)  # nobody passes e-BH, yet the sum does


def test_never_slower_than_one_stream_alone():
    _, said = look([1000.0] + [0.0] * 9)
    assert said.members == (0,)


def test_a_frozen_stream_spends_nothing():
    _, said = look([1e9, 1.0], frozen=(0,))
    assert said.total == pytest.approx(0.5)
    assert said.members == ()


def test_streams_that_follow_join_at_the_level_of_the_whole_incident():
    evidence = [0.0, 0.0, 0.0, 110.0]  # worth 27.5 of 100: enough as the fourth of four
    assert look(evidence, frozen=(0, 1, 2))[1].members == ()
    state, said = look(evidence, frozen=(0, 1, 2), attach=True)
    assert said.members == (3,)
    assert state.frozen.all()
    assert look([0.0, 0.0, 0.0, 90.0], frozen=(0, 1, 2), attach=True)[1].members == ()


def test_without_a_young_incident_frozen_streams_help_nobody_in():
    evidence = [0.0, 0.0, 400.0, 140.0]  # worth 100 and 35 of 100
    assert look(evidence, frozen=(0, 1))[1].members == (2,)
    assert look(evidence, frozen=(0, 1), attach=True)[1].members == (2, 3)


def test_six_quiet_windows_in_a_row_release():
    state = freeze(start(2), (0,))
    for _ in range(CLOSE_AFTER - 1):
        state, said = look([0.0, 0.0], state=state)
        assert said.released == ()
    state, said = look([0.0, 0.0], state=state)
    assert said.released == (0,)
    assert not state.frozen.any()
    assert look([0.0, 0.0], state=state)[1].released == ()


def test_a_loud_window_starts_over_and_an_empty_one_does_not_count():
    state = freeze(start(1), (0,))
    for _ in range(CLOSE_AFTER - 1):
        state, _ = look([0.0], state=state)
    state, said = look([0.0], state=state, seen=np.array([False]), quiet=[False])
    assert (said.released, state.calm[0]) == ((), CLOSE_AFTER - 1)
    loud, said = look([0.0], state=state, quiet=[False])
    assert (said.released, loud.calm[0]) == ((), 0)
    assert look([0.0], state=state)[1].released == (0,)


def test_broken_evidence_is_no_evidence_and_infinite_evidence_is_an_alarm():
    _, said = look([np.nan, 1.0])
    assert said.total == pytest.approx(0.5)
    assert look([np.inf, 1.0])[1].members[0] == 0
    assert look([])[1] == (0.0, (), ())


def test_nothing_given_is_changed():
    state = start(2)
    weights, evidence = np.array([0.5, 0.5]), np.array([1e6, 0.0])
    judge(state, weights, 1.0, evidence, np.zeros(2, dtype=bool), attach=False)
    assert not state.frozen.any()
    assert evidence.tolist() == [1e6, 0.0]


def test_lengths_must_agree():
    with pytest.raises(UsageError):
        judge(start(2), np.ones(3), 1.0, np.ones(2), np.ones(2, dtype=bool), attach=False)


def test_windows_that_are_looked_at_once_more_end_nothing():
    """After a baseline took over, windows of before it are looked at again, quiet or not."""
    again, state, released = 4, freeze(start(2), (0, 1)), []
    state = replace(state, calm=np.array([-again, 0]))
    for _ in range(again + CLOSE_AFTER):
        state, said = look([0.0, 0.0], state=state, quiet=[True, True])
        released.append(said.released)
    assert released.index((0,)) == again + CLOSE_AFTER - 1
    assert released.index((1,)) == CLOSE_AFTER - 1
    state = replace(freeze(start(1), (0,)), calm=np.array([-2]))
    for _ in range(2):
        state, _ = look([0.0], state=state, quiet=[False], seen=np.zeros(1, bool))
    assert state.calm.tolist() == [0]
