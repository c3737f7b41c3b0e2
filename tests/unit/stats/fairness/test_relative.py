"""Calibration beside that of others: what is off for everyone is no difference."""

import numpy as np
import pytest

from vedette.stats.fairness.relative import relative
from vedette.stats.fairness.tally import Tally


def tally(scores, labels):
    zero = np.zeros(len(scores))
    sums = [
        np.array([float(f(s, y)) for s, y in zip(scores, labels, strict=True)])
        for f in (
            lambda s, y: len(s),
            lambda s, y: y.sum(),
            lambda s, y: s.sum(),
            lambda s, y: (s**2).sum(),
        )
    ]
    return Tally(*[zero] * 8, *sums)


def drawn(rng, n, factor):
    scores = rng.uniform(0.05, 0.5, n)
    return scores, rng.random(n) < factor * scores


def test_scores_that_are_off_for_everyone_alike_are_no_difference():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        own, other = drawn(rng, 2000, 1.3), drawn(rng, 8000, 1.3)
        found = relative(tally([own[0]], [own[1]]), tally([other[0]], [other[1]]))
        hits += found.low[0] <= 1 <= found.high[0]
    assert 180 <= hits <= 199


def test_a_group_off_by_a_fifth_is_found_in_two_thousand_rows():
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(100):
        own, other = drawn(rng, 2000, 1.2), drawn(rng, 8000, 1.0)
        one = relative(tally([own[0]], [own[1]]), tally([other[0]], [other[1]]))
        found += one.p[0] < 0.05 and one.ratio[0] > 1
    assert found >= 90


def test_p_is_small_as_often_as_it_says():
    rng = np.random.default_rng(2)
    small = sum(
        float(relative(tally([own[0]], [own[1]]), tally([other[0]], [other[1]])).p[0]) < 0.05
        for own, other in ((drawn(rng, 1000, 0.8), drawn(rng, 4000, 0.8)) for _ in range(300))
    )
    assert 5 <= small <= 27


@pytest.mark.parametrize("labels", [np.zeros(50, bool), np.ones(50, bool)])
def test_labels_that_are_all_alike_do_no_harm(labels):
    rng = np.random.default_rng(3)
    own, other = (np.full(50, 0.3), labels), drawn(rng, 500, 1.0)
    found = relative(tally([own[0]], [own[1]]), tally([other[0]], [other[1]]))
    assert found.ratio[0] >= 0


def test_no_labelled_row_says_nothing():
    rng = np.random.default_rng(4)
    empty, other = (np.zeros(0), np.zeros(0, bool)), drawn(rng, 500, 1.0)
    found = relative(tally([empty[0]], [empty[1]]), tally([other[0]], [other[1]]))
    assert np.isnan(found.ratio[0])
    assert np.isnan(found.p[0])
    assert (found.low[0], found.high[0]) == (0.0, np.inf)
