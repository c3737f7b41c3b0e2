"""Gaps between groups in time: who is watched, what counts as evidence, what is said and when."""

from dataclasses import replace

import numpy as np
import pytest
from bench.counted import window_of
from bench.grouped import DAY, Model, cube_of, grouping_of, profile_of, reference_of

from vedette.monitors.gap_reference import CHANGE, DISPARITY, GapReference
from vedette.monitors.monitor import Terms
from vedette.monitors.odds import Odds
from vedette.monitors.parity import Parity
from vedette.profiles.profile import Profile
from vedette.stats.fairness.verdict import Limits

REFERENCE = 28


def days_of(count, seed=0, ratio=(), **how):
    return Model(np.random.default_rng(seed), **how).days(count, ratio)


@pytest.fixture(scope="module")
def baseline():
    return reference_of(days_of(REFERENCE))


@pytest.fixture(scope="module")
def unequal():
    """One group was selected less often already."""
    return reference_of(days_of(REFERENCE, ratio=(0.7,)))


def made(kind, baseline, limits=None):
    n = len(kind.streams_of(baseline))
    terms = Terms(np.full(n, 1 / n), 40.0, DAY)
    return kind.of(baseline, terms if limits is None else replace(terms, limits=limits))


def lived(monitor, profiles):
    state, look = monitor.start(), None
    for t, profile in enumerate(profiles):
        state, look = monitor.step(state, profile, window_of(REFERENCE + t, DAY))
    return state, look


def worth(monitor, look):
    return monitor.terms.weights * look.evidence / monitor.terms.threshold


def told(monitor, profiles, at=0):
    state, look = lived(monitor, profiles)
    return monitor.tell(state, look, profiles[-1], [at])[0]


def profiles(days):
    return [profile_of(day) for day in days]


def only_selected(counts):
    """The same day, where labels came for selected rows only."""
    cube = cube_of(counts)
    cube.counts[:, 0, -1] += cube.counts[:, 0, :-1].sum(axis=1)
    cube.counts[:, 0, :-1] = 0
    return Profile("", "", int(counts.sum()), cubes={"race": cube})


def test_every_named_group_of_enough_rows_is_a_stream(baseline):
    streams = Parity.streams_of(baseline)
    assert [one.segment for one in streams] == [f"race=g{k}" for k in range(6)]
    assert {(one.column, one.share) for one in streams} == {("race", "fairness")}
    small = days_of(REFERENCE)
    small[:, 0] = 0
    small[0, 0] = 7
    assert len(Parity.streams_of(reference_of(small))) == 5
    assert not Parity.streams_of(replace(baseline, grouping=None))


def test_without_labels_in_the_reference_there_is_nothing_to_hold_errors_against(baseline):
    assert len(Odds.streams_of(baseline)) == 6
    bare = replace(baseline, grouping=replace(baseline.grouping, labelled=False))
    assert not Odds.streams_of(bare)
    assert len(Parity.streams_of(bare)) == 6


def test_the_evidence_of_a_group_is_a_mean_and_never_more_than_the_budget_gives(baseline):
    for kind in (Parity, Odds):
        watch = made(kind, baseline).watch
        assert (watch.of.sum(axis=1) <= 1 + 1e-12).all()
        asked = [entry.share > 0 for entry in watch.reference.entries]
        assert ((watch.of > 0).sum(axis=0) == asked).all()


def test_a_gap_that_stood_is_asked_about_only_as_a_change(unequal):
    known = made(Parity, unequal).watch.reference
    asked = {(e.group, e.question) for e in known.entries if e.share}
    assert (0, CHANGE) in asked
    assert (0, DISPARITY) not in asked
    others = [g for e, g in zip(known.entries, known.gap, strict=True)
              if e.question == DISPARITY and e.share]  # fmt: skip
    assert others  # whose rest holds the group that stands apart
    assert np.allclose(others, 0.3 * 0.3 / 5, atol=0.006)


def test_what_stood_is_told_and_is_no_alarm(unequal):
    monitor = made(Parity, unequal)
    state, look = lived(monitor, profiles(days_of(40, 1, ratio=(0.7,))))
    assert worth(monitor, look).max() < 1
    said = monitor.tell(state, look, profile_of(days_of(1, 2)[0]), [0])[0]
    assert said.verdict == "notable"
    assert "as it was in the reference" in said.reason
    assert said.low < 0 < said.high  # nothing changed


def test_a_ratio_beyond_the_limit_is_told_with_its_interval(baseline):
    monitor = made(Parity, baseline)
    days = profiles(days_of(14, 3, ratio=(0.7,)))
    state, look = lived(monitor, days)
    assert worth(monitor, look)[0] >= 1
    said = monitor.tell(state, look, days[-1], [0])[0]
    assert (said.monitor, said.component, said.column) == ("parity", "selection_rate", "race")
    assert (said.segment, said.category, said.verdict) == ("race=g0", DISPARITY, "alarming")
    assert said.observed < said.expected
    assert said.low <= said.effect <= said.high < 0
    assert "of the rest over" in said.reason
    assert "ratio 0." in said.reason
    assert said.n_window >= 30


def test_a_gap_within_the_limits_is_no_alarm_however_sure(baseline):
    monitor = made(Parity, baseline)
    many = days_of(20, 4, ratio=(0.88,), rows=20_000)
    state, look = lived(monitor, profiles(many))
    assert worth(monitor, look).max() < 0.01
    strict = made(Parity, baseline, Limits(ratio=0.95))
    assert worth(strict, lived(strict, profiles(many))[1])[0] >= 1
    assert state.total[0, 1] == 400_000


def test_a_gap_that_lasts_is_not_quiet_and_one_that_ended_is(baseline):
    monitor = made(Parity, baseline)
    state = monitor.start()
    quiet = []
    days = np.concatenate([days_of(30, 5, ratio=(0.8,)), days_of(30, 6)])
    for t, day in enumerate(profiles(days)):
        state, look = monitor.step(state, day, window_of(REFERENCE + t, DAY))
        quiet.append(bool(look.quiet[0]))
    assert sum(quiet[8:30]) <= 2
    assert sum(quiet[45:]) >= 13


def test_too_few_rows_cannot_be_told(baseline):
    said = told(made(Parity, baseline), profiles(days_of(2, 7)))
    assert said.verdict == "unknown"
    assert said.reason.startswith("cannot tell yet: about ")
    assert "more rows of race=g0 are needed, " in said.reason
    later = told(made(Parity, baseline), profiles(days_of(30, 7)))
    assert later.verdict == "calm"
    assert later.detectable < said.detectable


def test_fewer_rows_than_the_least_are_not_shown(baseline):
    said = told(made(Parity, baseline), profiles(days_of(2, 8, rows=10)))
    assert said.verdict == "unknown"
    assert said.observed is None
    assert said.n_window == 0
    assert "fewer than 30 rows" in said.reason


def test_labels_of_selected_rows_alone_tell_precision_and_nothing_else(baseline):
    monitor = made(Odds, baseline)
    days = [only_selected(day) for day in days_of(10, 9, ratio=(0.5,))]
    state, look = lived(monitor, days)
    said = monitor.tell(state, look, days[-1], [0])[0]
    assert said.verdict == "unknown"
    assert said.observed is None
    for metric in ("true_positive_rate", "false_positive_rate", "accuracy"):
        assert f"`{metric}`" in said.reason
    assert "labels came for rows of one decision only" in said.reason
    known = monitor.watch.reference
    seen = {e.metric for e, n in zip(known.entries, state.total[:, 1], strict=True) if n}
    assert seen == {"positive_predictive_value"}


def test_labels_that_are_lacking_more_often_in_a_group_are_said(baseline):
    monitor = made(Odds, baseline)
    found = []
    for day in days_of(30, 10):
        cube = cube_of(day)
        gone = cube.counts[0, :, :2] // 3
        cube.counts[0, :, :2] -= gone
        cube.counts[0, :, 2] += gone.sum(axis=1)
        found.append(Profile("", "", int(day.sum()), cubes={"race": cube}))
    said = told(monitor, found)
    assert "labels are known of 68 % of its rows and 100 % of the rest's" in said.reason
    whole = told(monitor, profiles(days_of(30, 10)))
    assert "labels are known" not in whole.reason


def test_errors_that_one_group_alone_suffers_are_told(baseline):
    monitor = made(Odds, baseline)
    turned = days_of(12, 11)
    turned[:, 0] = turned[:, 0, :, ::-1]  # what was right is wrong
    days = profiles(turned)
    state, look = lived(monitor, days)
    assert worth(monitor, look).argmax() == 0
    said = monitor.tell(state, look, days[-1], [0])[0]
    assert said.verdict == "alarming"
    assert said.component in ("true_positive_rate", "false_positive_rate", "accuracy")
    assert "points, 95 %: " in said.reason


def test_rows_that_lack_their_group_are_in_nobodys_rest(baseline):
    monitor = made(Parity, baseline)
    day = days_of(1, 12)[0]
    cube = cube_of(day)
    cube.counts[-1, 0, 2] += 5000  # none of them selected
    some = Profile("", "", int(cube.rows), cubes={"race": cube})
    known = monitor.watch.reference
    one, two = (known.told(p, known.kind).sides for p in (some, profile_of(day)))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_model_without_any_group_of_enough_rows_has_no_streams():
    none = reference_of(days_of(REFERENCE, groups=1))
    assert grouping_of(1).by_key
    assert Parity.streams_of(none) == ()  # there is no rest


@pytest.mark.parametrize("kind", [Parity, Odds])
def test_a_window_is_read_once_whatever_number_of_groups_is_told(baseline, monkeypatch, kind):
    monitor, days = made(kind, baseline), profiles(days_of(4, 13))
    state, look = lived(monitor, days)
    read, whole = [], GapReference.told

    def counting(self, profile, kind):
        read.append(profile)
        return whole(self, profile, kind)

    monkeypatch.setattr(GapReference, "told", counting)
    found = monitor.tell(state, look, days[-1], range(6))
    assert [one.segment for one in found] == [f"race=g{k}" for k in range(6)]
    assert len(read) == 1
