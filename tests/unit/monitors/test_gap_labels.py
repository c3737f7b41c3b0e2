"""Labels that come for one decision, or unevenly by group, in windows too small to show it."""

from dataclasses import replace

import numpy as np
import pytest
from bench.counted import HOUR, window_of
from bench.grouped import Model, cube_of, grouping_of, reference_of

from vedette.engine.snapshot import _plain, filled
from vedette.monitors.monitor import Terms
from vedette.monitors.odds import Odds
from vedette.profiles.profile import Profile

REFERENCE, GROUPS = 60, 3
SMALL = 36  # rows of a group in an hour: of each decision too few to show that labels are lacking


def hours(count, seed=0, **how):
    model = Model(np.random.default_rng(seed), groups=GROUPS, rows=SMALL, rate=0.5)
    return model.days(count, **how)


@pytest.fixture(scope="module")
def monitor():
    baseline = reference_of(hours(REFERENCE))
    n = len(Odds.streams_of(baseline))
    return Odds.of(baseline, Terms(np.full(n, 1 / n), 40.0, HOUR))


def profile_of(counts, lacking=None):
    """An hour whose rows lack labels: `lacking` shares [groups, 2, 2] of them."""
    cube = cube_of(counts)
    if lacking is not None:
        gone = np.rint(counts * lacking).astype(int)
        cube.counts[:GROUPS, :, :2, 0] -= gone
        cube.counts[:GROUPS, :, 2, 0] += gone.sum(axis=2)
    return Profile("", "", int(counts.sum()), cubes={"race": cube})


def lacking(share, group=0, decision=slice(None), label=slice(None)):
    found = np.zeros((GROUPS, 2, 2))
    found[group, decision, label] = share
    return found


def lived(monitor, profiles, state=None):
    state, most, look = state or monitor.start(), 0.0, None
    for t, profile in enumerate(profiles):
        state, look = monitor.step(state, profile, window_of(REFERENCE + t, HOUR))
        most = max(most, float(monitor.terms.weights @ look.evidence) / monitor.terms.threshold)
    return state, look, most


def rows_of(monitor, state, metric, group):
    entries = monitor.watch.reference.entries
    [at, *_] = [i for i, e in enumerate(entries) if (e.metric, e.group) == (metric, group)]
    return state.total[at]


def test_labels_of_selected_rows_alone_raise_no_alarm_in_small_windows(monitor):
    days = [profile_of(day, lacking(1, 0, 0)) for day in hours(72, 1)]
    state, look, most = lived(monitor, days)
    assert most < 0.05
    said = monitor.tell(state, look, days[-1], [0])[0]
    assert (said.verdict, said.observed) == ("unknown", None)
    for metric in ("true_positive_rate", "false_positive_rate", "accuracy"):
        assert f"`{metric}`" in said.reason
    wrong, told, _, _ = rows_of(monitor, state, "false_positive_rate", 0)
    assert told == wrong < 20  # until it was seen, and nothing after that
    assert rows_of(monitor, state, "positive_predictive_value", 0)[1] > 72 * 12


def test_such_a_group_is_in_no_rest_either(monitor):
    days = hours(72, 2)
    state, _, _ = lived(monitor, [profile_of(day, lacking(1, 0, 0)) for day in days])
    wrong, told = (float(part) for part in rows_of(monitor, state, "false_positive_rate", 1)[2:])
    alike = days[:, 2, :, 0].sum(axis=0)  # of the third group, which alone is left
    assert (wrong, told) == pytest.approx((alike[1], alike.sum()), abs=20)


def test_labels_of_both_again_are_told_again(monitor):
    state, _, _ = lived(monitor, [profile_of(day, lacking(1, 0, 0)) for day in hours(24, 3)])
    before = rows_of(monitor, state, "false_positive_rate", 0)[1]
    assert state.kind[0] == 1
    days = [profile_of(day) for day in hours(24, 4)]
    state, _, most = lived(monitor, days, state)
    assert state.kind[0] == 0
    assert rows_of(monitor, state, "false_positive_rate", 0)[1] - before > 20 * 12
    assert most < 1


def test_what_was_seen_of_labels_survives_a_restart(monitor):
    days = [profile_of(day, lacking(1, 0, 0)) for day in hours(6, 5)]
    state, _, _ = lived(monitor, days[:1])
    assert state.since[0].tolist() == [*state.since[0, :2], *state.since[0, 2:]]
    again = filled(monitor.start(), _plain(state))
    one, two = (lived(monitor, days[1:], own)[0] for own in (state, again))
    for name in ("kind", "since", "left"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    # written before labels were looked at: what the reference knows
    plain = {k: v for k, v in _plain(state).items() if k not in ("kind", "since", "left")}
    assert (filled(monitor.start(), plain).kind == 0).all()


def test_a_difference_that_missing_labels_may_make_up_is_notable_and_no_alarm(monitor):
    """Of one group most positive labels never come, so that its precision looks low."""
    days = [profile_of(day, lacking(0.7, 0, label=1)) for day in hours(72, 6)]
    state, look, most = lived(monitor, days)
    assert most < 0.05
    said = monitor.tell(state, look, days[-1], [0, 1])
    assert said[0].verdict == "notable"
    assert "of its rows have a label, of the rest 100 %: whatever" in said[0].reason
    assert said[0].reason.endswith("which may keep the limit")
    assert said[0].observed < said[0].expected - 0.05
    whole = replace(state, left=np.zeros_like(state.left))  # as if it were not looked at
    assert monitor.watch.parts(whole).sum() > 40


def test_a_difference_beyond_whatever_is_missing_alarms_and_says_so(monitor):
    """Of one group every third row is right, and a tenth of its labels are missing."""
    turned = hours(72, 7)
    turned[:, 0] = turned[:, 0, :, ::-1]
    days = [profile_of(day, lacking(0.1, 0)) for day in turned]
    state = monitor.start()
    for t, profile in enumerate(days):
        state, look = monitor.step(state, profile, window_of(REFERENCE + t, HOUR))
        if monitor.terms.weights[0] * look.evidence[0] >= monitor.terms.threshold:
            break
    said = monitor.tell(state, look, profile, [0])[0]
    assert said.verdict == "alarming"
    assert t < 40
    assert "of its rows have a label, of the rest 100 %: whatever the missing ones" in said.reason
    assert "which may keep the limit" not in said.reason


def test_groups_of_few_rows_are_as_all_together_until_they_tell():
    grouping = grouping_of(GROUPS)
    counts = np.full((GROUPS, 2, 2), 2)
    counts[2] *= 50
    baseline = reference_of(np.array([counts] * 8))
    n = len(Odds.streams_of(baseline))
    own = Odds.of(baseline, Terms(np.full(n, 1 / n), 40.0, HOUR))
    alone = np.zeros((GROUPS, 2, 2))
    alone[:, 0] = 1
    state, _, _ = lived(own, [profile_of(counts, alone)])
    assert state.kind.tolist() == [1] * (len(grouping.sets[0]) + 1)
