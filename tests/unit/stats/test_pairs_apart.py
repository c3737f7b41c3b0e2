"""Which two columns no longer go together as they did."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from vedette.stats.pairs_apart import correlations_apart


def drawn(rng, n, flipped=False):
    x = rng.multivariate_normal(np.zeros(4), np.eye(4), n)
    x[:, 1] = (-0.5 if flipped else 0.5) * x[:, 0] + np.sqrt(0.75) * x[:, 1]
    return x


def test_the_pair_that_flipped_is_found_with_the_correlations_of_scipy():
    rng = np.random.default_rng(0)
    before, after = drawn(rng, 2_000), drawn(rng, 1_000, flipped=True)
    found = correlations_apart(before, after)
    assert (found.one, found.two) == (0, 1)
    for side, said in ((before, found.before), (after, found.after)):
        assert said == pytest.approx(spearmanr(side[:, 0], side[:, 1])[0], abs=1e-5)


def test_chance_is_not_told():
    rng = np.random.default_rng(1)
    found = [correlations_apart(drawn(rng, 400), drawn(rng, 400)) for _ in range(100)]
    assert sum(one is not None for one in found) <= 1


def test_too_little_to_say():
    rng = np.random.default_rng(2)
    x = drawn(rng, 300)
    assert correlations_apart(x[:, :1], x[:, :1]) is None
    assert correlations_apart(x[:30], x) is None
    assert correlations_apart(np.ones((90, 2)), x[:, :2]) is None
    holes = np.where(rng.random(x.shape) < 0.95, np.nan, x)
    assert correlations_apart(holes, x) is None
