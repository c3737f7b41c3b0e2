import numpy as np
import pytest

from vedette.stats.scores import scores
from vedette.stats.shape import noncentral_tail, shape_change


def test_no_degree_of_freedom_is_no_shape():
    r = np.full(4, 50.0)
    assert shape_change(r, r, scores(r / 200), 0.05) is None  # 4 bins, 3 scores
    assert shape_change(r[:1], r[:1], np.zeros((1, 0)), 0.05) is None
    assert (
        shape_change(np.full(5, 50.0), np.full(5, 50.0), scores(np.full(5, 0.2)), 0.05) is not None
    )


def test_same_counts_have_no_shape():
    r = np.full(10, 50.0)
    change = shape_change(r, r, scores(r / 500), 0.05)
    assert (change.effect, change.low, change.p, change.p_margin) == (0.0, 0.0, 1.0, 1.0)


def test_a_tilt_is_left_to_the_scores():
    r = np.full(20, 500.0)
    phi = scores(r / r.sum())
    q = r / r.sum() * np.exp(0.5 * phi[:, 0])
    tilted = shape_change(r, np.round(10_000 * q / q.sum()), phi, 0.05)
    comb = shape_change(r, 500.0 + 100 * (-1.0) ** np.arange(20), phi, 0.05)
    assert tilted.p > 0.5
    assert comb.p < 1e-12
    assert comb.p_margin < 1e-3
    assert comb.effect == pytest.approx(0.2, abs=0.02)


def test_shape_is_fair_without_change():
    rng, m, n, K = np.random.default_rng(3), 2000, 1500, 20
    r = np.full(K, m / K)
    phi = scores(r / m)
    got = np.array([
        shape_change(r, rng.multinomial(n, rng.dirichlet(r)).astype(float), phi, 0.05).p
        for _ in range(1500)
    ])  # fmt: skip
    for alpha in (0.2, 0.05, 0.01):
        assert (got <= alpha).mean() <= 1.35 * alpha


@pytest.mark.parametrize("noncentrality", [0.0, 1e-9, 2500.0, 1e6])
def test_noncentral_tail_falls_from_one_to_zero(noncentrality):
    x = np.linspace(0, 2 * noncentrality + 5000, 60)
    tail = [noncentral_tail(v, 10, noncentrality) for v in x]
    assert tail[0] == 1.0
    assert tail[-1] < 1e-200
    assert (np.diff(tail) <= 1e-9).all()  # gammaln of a million keeps nine digits
