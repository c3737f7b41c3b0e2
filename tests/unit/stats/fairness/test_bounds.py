from itertools import product

import numpy as np
import pytest

from vedette.stats.fairness.bounds import bounds, coverage, refused
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.tally import Tally

NAMES = [metric.name for metric in GROUP_METRICS]


def tallied(*tables):
    """One group per table of decision x label, the last label "none known"."""
    counts = np.array(tables)[..., None]
    return Tally.of(counts, np.zeros((len(tables), 3, 2)), positive=1)


def test_no_labels_whatever_lead_beyond_the_bounds_and_some_reach_them():
    table = np.array([[4, 2, 3], [1, 5, 2]])
    found = bounds(tallied(table))
    seen = []
    for of_rest, of_selected in product(range(4), range(3)):  # how many of the missing are positive
        filled = table.copy()
        filled[0] += [3 - of_rest, of_rest, -3]
        filled[1] += [2 - of_selected, of_selected, -2]
        k, n = shares(tallied(filled))
        seen.append(k[:, 0] / n[:, 0])
    assert found.low[:, 0] == pytest.approx(np.min(seen, axis=0))
    assert found.high[:, 0] == pytest.approx(np.max(seen, axis=0))


def test_without_missing_labels_bounds_are_the_metric():
    tally = tallied([[40, 10, 0], [20, 30, 0]], [[4, 1, 0], [2, 3, 0]])
    k, n = shares(tally)
    found = bounds(tally)
    assert found.low == pytest.approx(k / n)
    assert found.high == pytest.approx(k / n)


def test_labels_of_the_selected_only_refuse_what_rests_on_the_others():
    everyone, approved = [[400, 100, 20], [200, 300, 10]], [[0, 0, 520], [200, 300, 10]]
    rejected, late = [[400, 100, 20], [0, 0, 510]], [[200, 50, 270], [100, 150, 260]]
    nobody, small = [[0, 0, 520], [0, 0, 510]], [[0, 0, 3], [2, 1, 0]]
    tally = tallied(everyone, approved, rejected, late, nobody, small)
    found = coverage(tally)
    assert found.selective.tolist() == [False, True, True, False, False, False]
    no = refused(found)
    assert not no[:, [0, 3, 4, 5]].any()
    kept = [name for name, falls in zip(NAMES, no[:, 1], strict=True) if not falls]
    assert kept == ["selection_rate", "positive_predictive_value"]
    kept = [name for name, falls in zip(NAMES, no[:, 2], strict=True) if not falls]
    assert kept == ["selection_rate", "negative_predictive_value"]
    assert found.labelled[1] == pytest.approx(500 / 1030)
    assert found.uneven.tolist() == [True, False, False, False, True, False]
    assert (found.low <= found.labelled).all()
    assert (found.labelled <= found.high).all()


def test_a_group_without_rows():
    tally = tallied([[0, 0, 0], [0, 0, 0]])
    found = coverage(tally)
    assert np.isnan(found.labelled[0])
    assert not found.selective[0]
    assert np.isnan(bounds(tally).low).all()
