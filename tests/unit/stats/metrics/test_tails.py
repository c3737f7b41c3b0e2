"""The tail of past sizes, beside the laws they were drawn from.

Owns: agreement of chances with known tails.
"""

import numpy as np
import pytest
from scipy import stats

from vedette.stats.metrics.arithmetic import ARRAYS
from vedette.stats.metrics.judge import normal
from vedette.stats.metrics.tails import chance, learn, no_tail


def learnt(draw, steps: int = 3000, count: int = 200):
    tail = no_tail(np.zeros(count))
    for _ in range(steps):
        tail = learn(ARRAYS, tail, draw(count), np.ones(count), 0.9998)
    return tail


@pytest.mark.parametrize(
    ("name", "law", "highest"),
    [
        ("normal", stats.halfnorm(), 8.0),
        ("exponential", stats.expon(), 4.0),
        ("heavy", stats.t(3), 4.0),
    ],
)
def test_a_tail_is_that_of_its_law(name, law, highest):
    rng = np.random.default_rng(0)
    tail = learnt(lambda count: np.abs(law.rvs(count, random_state=rng)))
    both = 2.0 if name == "heavy" else 1.0
    for p in (0.5, 0.1, 0.01, 1e-3, 1e-4):
        size = law.isf(p / both)
        found, _ = chance(ARRAYS, tail, np.full(200, size))
        assert 0.5 * p < np.median(found) < max(highest, 1.5) * p


def test_a_chance_falls_as_the_size_grows():
    rng = np.random.default_rng(1)
    tail = learnt(lambda count: rng.gamma(0.5, size=count), 500, 3)
    sizes = np.linspace(0, 60, 400)
    found = np.array([chance(ARRAYS, tail, np.full(3, size))[0] for size in sizes])
    assert np.all(np.diff(found, axis=0) <= 1e-12)
    assert found[0].tolist() == [1.0, 1.0, 1.0]
    assert np.all(found > 0)


def test_a_tail_of_zeros_does_not_call_zero_rare():
    tail = learnt(lambda count: np.zeros(count), 500, 1)
    assert chance(ARRAYS, tail, np.zeros(1))[0] >= 0.5


def test_an_average_is_never_rarer_than_a_normal_size():
    for size in np.linspace(0.01, 9, 200):
        assert normal(size) >= 2 * stats.norm.sf(size) * (1 - 1e-9) or size < 1.2
