"""How long labels take, and how many come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.durations import DAY, HOUR, SECOND
from vedette.engine.delays import Delays, labelling_of, matured, observed, told, usual_share
from vedette.engine.snapshot import _plain, filled

NS = st.lists(st.integers(SECOND, 2000 * DAY), min_size=1, max_size=50)


@given(ns=NS, q=st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]))
def test_quantiles_are_within_a_tenth_above_the_true_ones(ns: list[int], q: float) -> None:
    found = observed(Delays(), np.array(ns)).quantile(q)
    true = sorted(ns)[max(int(np.ceil(q * len(ns))) - 1, 0)]
    assert true * 0.999 <= found <= true * 1.0906


@given(ns=NS, more=NS)
def test_delays_add_up_in_any_order(ns: list[int], more: list[int]) -> None:
    one = observed(observed(Delays(), np.array(ns)), np.array(more))
    other = observed(Delays(), np.array(more + ns))
    assert np.array_equal(one.counts, other.counts)
    assert one.labels == len(ns) + len(more)
    again = filled(Delays(), _plain(one))
    assert np.array_equal(again.counts, one.counts)


def test_nothing_is_known_of_no_labels() -> None:
    none = Delays()
    assert (none.labels, none.quantile(0.5), none.settled(10**18)) == (0, 0, None)
    assert observed(none, np.zeros(0, np.int64)).labels == 0
    assert not matured(labelling_of(none), 10**18, 100, 0, 1.0, HOUR)
    empty = np.zeros(0, np.int64)
    assert usual_share(empty, empty, empty, DAY) is None
    zeros = np.zeros(3, np.int64)
    assert usual_share(zeros + DAY, zeros, zeros, DAY) is None


def test_a_label_from_before_its_event_took_no_time() -> None:
    assert observed(Delays(), np.array([-5 * DAY, 0])).quantile(1.0) < 2 * SECOND


def test_young_models_do_not_take_quick_labels_for_all() -> None:
    """Labels take five days each; after one day only few, quick ones are there."""
    rng = np.random.default_rng(0)
    true = rng.gamma(5, DAY, 100_000)
    believed = []
    for followed in (1, 3, 6, 12, 24, 48):
        ages = rng.uniform(0, followed * DAY, len(true))
        some = observed(Delays(), true[true <= ages].astype(np.int64))
        believed.append(some.settled(followed * DAY) is not None)
    assert believed == [False, False, False, False, True, True]


def test_the_usual_share_comes_from_windows_that_are_old_enough() -> None:
    ages = np.arange(50)[::-1] * HOUR
    rows = np.full(50, 300)
    labels = np.where(ages >= 10 * HOUR, 150, 15 * ages // HOUR)
    assert usual_share(ages, rows, labels, None) is None
    assert usual_share(ages, rows, labels, 100 * HOUR) is None
    assert usual_share(ages, rows, labels, 10 * HOUR) == 0.5
    labels[:10] = 0  # labels were not made for a while
    assert usual_share(ages, rows, labels, 10 * HOUR) == 0.5


def test_small_windows_are_put_together() -> None:
    rng = np.random.default_rng(1)
    labels = rng.binomial(1, 0.3, 3000)
    share = usual_share(np.full(3000, DAY), np.ones(3000, np.int64), labels, HOUR)
    assert share == pytest.approx(0.3, abs=0.03)
    assert usual_share(np.array([DAY]), np.array([4]), np.array([1]), HOUR) == 0.25


@given(
    pairs=st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1)), min_size=1, max_size=60),
    settled=st.integers(0, 30),
)
def test_a_usual_share_is_a_share(pairs: list[tuple[int, float]], settled: int) -> None:
    rows = np.array([n for n, _ in pairs])
    labels = np.array([int(n * q) for n, q in pairs])
    ages = np.arange(len(pairs))[::-1]
    found = usual_share(ages, rows, labels, settled)
    assert (found is None) == (rows[ages >= settled].sum() == 0)
    assert found is None or 0 <= found <= 1


@pytest.mark.parametrize(
    ("age", "labels", "usual", "ripe"),
    [
        (0, 90, 1.0, True),  # nine in ten are there
        (0, 89, 1.0, False),
        (0, 45, 0.5, True),
        (DAY, 44, 0.5, False),
        (5 * DAY, 1, 1.0, True),  # waiting is over: four times what nine in ten take
        (5 * DAY, 0, 1.0, True),
        (3 * DAY, 0, 0.0, False),
    ],
)
def test_a_window_counts_once_its_labels_came(
    age: int, labels: int, usual: float, ripe: bool
) -> None:
    delays = observed(Delays(), np.full(1000, DAY))
    assert matured(labelling_of(delays), age, 100, labels, usual, HOUR) == ripe


def test_patience_is_a_window_at_least() -> None:
    delays = observed(Delays(), np.full(10, SECOND))
    assert not matured(labelling_of(delays), HOUR - 1, 100, 1, 1.0, HOUR)
    assert matured(labelling_of(delays), HOUR, 100, 1, 1.0, HOUR)


def test_delays_are_said() -> None:
    delays = observed(Delays(), np.r_[np.full(80, 2 * HOUR), np.full(20, 4 * DAY)])
    assert told(Delays(), DAY, 0.5) == "No label has come yet."
    assert "2 hours, 9 in 10 within 4 days; 31 % of" in told(delays, 30 * DAY, 0.31)
    for unknown in (told(delays, 5 * DAY, 0.31), told(delays, 30 * DAY, None)):
        assert "cannot be known" in unknown
