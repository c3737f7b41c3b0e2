"""Whose labels are known, told once rows have added up."""

import numpy as np

from vedette.stats.fairness.running import first_kinds, next_kinds


def after(windows, kind=(0, 0)):
    """The kinds after some windows: rows of one group, beside all together who have all labels."""
    kind, since = np.array(kind), np.zeros((2, 4), int)
    for window in windows:
        both = np.array([window, [900, 900, 900, 900]])
        kind, since = next_kinds(kind, since, both)
    return kind, since


def test_windows_that_show_nothing_alone_tell_together():
    one = [6, 6, 6, 0]
    found = [after([one] * n)[0][0] for n in range(1, 8)]
    assert found[0] == 0
    assert found[-1] == 1
    assert after([[6, 0, 6, 6]] * 7)[0][0] == -1


def test_a_few_labels_of_the_other_decision_do_not_make_it_known_again():
    rng = np.random.default_rng(0)
    kind, since = np.array([1, 0]), np.zeros((2, 4), int)
    for _ in range(400):
        window = np.array([[3, 3, 3, rng.binomial(3, 0.05)], [900, 900, 900, 900]])
        kind, since = next_kinds(kind, since, window)
        assert kind[0] == 1


def test_labels_of_both_are_known_again_from_enough_rows_on():
    assert after([[3, 3, 3, 3]] * 6, (1, 0))[0][0] == 1
    assert after([[3, 3, 3, 3]] * 7, (1, 0))[0][0] == 0


def test_labels_that_are_rare_for_everybody_are_of_both():
    rng, (kind, since) = np.random.default_rng(1), after([])
    for _ in range(300):
        window = [10, rng.binomial(10, 0.1), 10, rng.binomial(10, 0.1)]
        kind, since = next_kinds(kind, since, np.array([window, window]))
        assert kind.tolist() == [0, 0]


def test_without_rows_everything_stays():
    kind, since = after([[0, 0, 0, 0]] * 3, (1, 0))
    assert kind[0] == 1
    assert not since.any()


def test_a_group_too_small_is_as_all_together_are():
    counts = np.array([[2, 2, 2, 0], [300, 300, 300, 290], [900, 900, 900, 10]])
    assert first_kinds(counts).tolist() == [1, 0, 1]
    kind, _ = next_kinds(np.zeros(3, int), np.zeros((3, 4), int), counts)
    assert kind.tolist() == [1, 0, 1]
