from math import inf

import numpy as np
import pytest

from vedette.stats.detectable import detectable, detectable_rate
from vedette.stats.rates import rate_change
from vedette.stats.scores import score_change, scores


@pytest.mark.parametrize(
    ("rows", "score"), [(50, 0.84), (1000, 0.19), (5000, 0.11), (20_000, 0.082), (10**6, 0.054)]
)
def test_level_among_twenty_columns(rows, score):
    assert detectable(rows, rows, 0.30, 20) == pytest.approx(score, abs=0.006)


@pytest.mark.parametrize("sizes", [(0, 10), (10, 0), (0, 0)])
def test_an_empty_side_shows_nothing(sizes):
    assert detectable(*sizes, 0.3, 20) == inf
    assert detectable_rate(*sizes, 0.1, 0.1, 20) == inf


def test_strict_and_more_columns_need_more():
    usual = detectable(1000, 1000, 0.3, 20)
    assert detectable(1000, 1000, 0.3, 20, strict=True) > usual
    assert detectable(1000, 1000, 0.3, 200) > usual
    assert detectable_rate(1000, 1000, 0.1, 0.1, 20, strict=True) > detectable_rate(
        1000, 1000, 0.1, 0.1, 20
    )


def test_no_rate_is_left_to_detect():
    assert detectable_rate(10, 10, 0.99, 0.1, 20) == inf


def test_detectable_level_alarms_as_often_as_promised():
    rng, n, K = np.random.default_rng(2), 2000, 30
    r = np.full(K, n / K)
    phi = scores(r / n)
    s = detectable(n, n, 0.3, 20)
    alarms = 0
    for _ in range(400):
        p = rng.dirichlet(r)
        q = p * (1 + s * phi[:, 0])
        change = score_change(r, rng.multinomial(n, q / q.sum()).astype(float), phi, 0.05)
        alarms += change.p[0] <= 0.05 * 0.3 / 20 and change.p_margin[0] <= 0.01
    assert alarms / 400 == pytest.approx(0.8, abs=0.07)


@pytest.mark.parametrize("base", [0.0, 0.001, 0.02, 0.3, 0.5])
@pytest.mark.parametrize(
    "rows", [(50, 50), (1000, 1000), (20_000, 1000), (1000, 20_000), (20_000, 20_000)]
)
def test_detectable_rate_alarms_about_as_often_as_promised(rows, base):
    m, n = rows
    rng, rise = np.random.default_rng(3), detectable_rate(n, m, base, 0.1, 20)
    alarms = 0
    for x, k in zip(rng.binomial(n, base + rise, 200), rng.binomial(m, base, 200), strict=True):
        change = rate_change(float(x), n, float(k), m, 0.05)
        alarms += change.p <= 0.05 * 0.1 / 20 and change.p_margin <= 0.01
    assert 0.65 <= alarms / 200 <= 0.995
