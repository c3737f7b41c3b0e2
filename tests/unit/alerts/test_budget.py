"""One budget is split without a rest, and nobody is left blind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.alerts.budget import FAST, FLOOR, SHARES, allot
from vedette.core.errors import UsageError
from vedette.monitors.monitor import Stream

streams = st.lists(
    st.builds(
        Stream,
        monitor=st.just("m"),
        column=st.text(max_size=3),
        share=st.sampled_from(sorted(SHARES)),
        importance=st.floats(0, 1e6),
    ),
    min_size=1,
    max_size=40,
)


@given(streams)
def test_weights_sum_to_one_and_none_is_below_the_floor(given):
    weights, _ = allot(given, 1, 1000, 1.0)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= FLOOR / len(given) * (1 - 1e-9)).all()


@given(streams)
def test_more_importance_never_gets_less(given):
    weights, _ = allot(given, 1, 1000, 1.0)
    for share in SHARES:
        own = [i for i, stream in enumerate(given) if stream.share == share]
        own.sort(key=lambda i: given[i].importance)
        assert (np.diff(weights[own]) >= -1e-12).all()


def test_parts_are_as_written_when_all_have_streams():
    given = [Stream("m", name, share=name) for name in SHARES]
    weights, _ = allot(given, 1, 1000, 1.0)
    assert weights == pytest.approx([SHARES[name] for name in SHARES])
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_a_part_without_streams_goes_to_the_others():
    given = [Stream("m", "a"), Stream("m", "b"), Stream("m", "p", share="predictions")]
    weights, _ = allot(given, 1, 1000, 1.0)
    assert weights == pytest.approx([0.35, 0.35, 0.3])


def test_the_threshold_is_windows_over_alarms():
    assert allot([Stream("m", "a")], 60, 60 * 43_200, FAST * 1.0)[1] == pytest.approx(216_000)
    assert allot([], 3600, 3600 * 720, 2.0) == (pytest.approx([]), 360.0)


@pytest.mark.parametrize(
    ("stream", "alarms"),
    [
        (Stream("m", "a", share="luck"), 1.0),
        (Stream("m", "a", importance=-1.0), 1.0),
        (Stream("m", "a", importance=float("nan")), 1.0),
        (Stream("m", "a"), 0.0),
        (Stream("m", "a"), float("nan")),
    ],
)
def test_what_cannot_be_split_is_refused(stream, alarms):
    with pytest.raises(UsageError):
        allot([stream], 1, 1000, alarms)


def test_false_alarms_stay_within_the_budget_whatever_the_dependence():
    """A fair coin's e-detector on every stream, all of them the same: the worst dependence."""
    rng = np.random.default_rng(5)
    given = [Stream("m", str(i)) for i in range(10)]
    windows, alarms = 500, 1.0
    weights, threshold = allot(given, 1, windows, alarms)
    crossings, detector = 0, np.zeros(2000)
    for _ in range(windows):
        detector = (detector + 1) * np.where(rng.random(2000) < 0.5, 1.5, 0.5)
        crossed = weights.sum() * detector >= threshold
        crossings += int(crossed.sum())
        detector[crossed] = 0.0
    assert 0.1 * alarms <= crossings / 2000 <= alarms
