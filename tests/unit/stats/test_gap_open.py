"""What missing labels leave open of a gap, from sums of windows."""

import numpy as np
import pytest

from vedette.stats.fairness.bounds import bound_counts, bounds
from vedette.stats.fairness.metrics import GROUP_METRICS
from vedette.stats.fairness.tally import Tally
from vedette.stats.gap_open import opened


def tally(*counts):
    return Tally.of(np.array(counts)[..., None], np.zeros((len(counts), 3, 2)), positive=1)


ONE = tally([[40, 10, 50], [20, 30, 10]], [[40, 10, 0], [20, 30, 0]])
TWO = tally([[10, 10, 5], [5, 30, 20]], [[400, 100, 0], [200, 300, 0]])


def sums(one, metric):
    parts = np.concatenate([bound_counts(one)[:, metric], [one.labelled, one.rows]])
    return parts.T  # the group, and its rest


@pytest.mark.parametrize("metric", range(1, len(GROUP_METRICS)))
def test_the_ends_are_those_of_all_rows_together(metric):
    found = opened(sums(ONE, metric) + sums(TWO, metric))
    both = tally([[50, 20, 55], [25, 60, 30]], [[440, 110, 0], [220, 330, 0]])
    whole = bounds(both)
    assert found.low == pytest.approx(whole.low[metric])
    assert found.high == pytest.approx(whole.high[metric])
    assert found.labelled == pytest.approx(both.labelled / both.rows)
    ends = [part[metric, 0] - whole.low[metric, 1] for part in (whole.low, whole.high)]
    assert found.gap == pytest.approx(ends)  # of the rest every label is known
    assert found.uneven


def test_a_few_missing_labels_are_not_uneven_nor_are_many_by_chance():
    even = np.array([[60, 100, 60, 100, 960, 1000], [60, 100, 60, 100, 1000, 1000]], float)
    chance = np.array([[5, 10, 6, 10, 9, 10], [60, 100, 60, 100, 990, 1000]], float)
    assert not opened(even).uneven
    assert not opened(chance).uneven
    assert not opened(np.zeros((2, 6))).uneven
