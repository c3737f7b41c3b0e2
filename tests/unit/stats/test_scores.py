import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from vedette.stats.scores import score_change, score_tails, scores


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(8, 5000), min_size=2, max_size=40))
def test_scores_are_orthonormal_and_ascending(counts):
    p = np.array(counts) / sum(counts)
    phi = scores(p)
    assert phi.shape == (len(p), min(3, len(p) - 1))
    assert p @ phi == pytest.approx(np.zeros(phi.shape[1]), abs=1e-9)
    assert phi.T @ (p[:, None] * phi) == pytest.approx(np.eye(phi.shape[1]), abs=1e-9)
    assert (np.diff(phi[:, 0]) > 0).all()


def test_level_of_a_shift_is_about_the_shift():
    edges = np.linspace(-2.5, 2.5, 40)
    p, q = (np.diff(np.concatenate([[0], norm.cdf(edges - d), [1]])) for d in (0.0, 0.1))
    assert (q - p) @ scores(p)[:, 0] == pytest.approx(0.1, abs=0.003)


def test_tail_against_a_huge_reference_is_binomial():
    """Two bins, the share of the second known: the tail of a count, up to its discreteness."""
    p, n = np.array([0.9, 0.1]), 400
    phi = scores(p)
    for x in (50, 60, 80):
        s = (np.array([n - x, x]) / n - p) @ phi
        got = score_tails(s, phi, p, n, 1e12)[0]
        assert binom.sf(x, n, 0.1) < got < binom.sf(x - 1, n, 0.1)


def test_tail_is_fair_without_change():
    """Reference shares Dirichlet, current counts multinomial: p <= alpha in about alpha of runs."""
    rng, m, n, K = np.random.default_rng(1), 300, 500, 12
    r = np.full(K, m / K)
    phi = scores(r / m)
    got = np.array([
        score_change(r, rng.multinomial(n, rng.dirichlet(r)).astype(float), phi, 0.05).p
        for _ in range(2000)
    ])  # fmt: skip
    for alpha in (0.2, 0.05, 0.01):
        assert (got <= alpha).mean() == pytest.approx(alpha, rel=0.25)


def test_tails_fall_without_jumps():
    p = np.random.default_rng(0).dirichlet(np.full(20, 3.0))
    phi = scores(p)
    tails = [
        score_tails(np.array([s, 0, 0]), phi, p, 10**6, 10**6)[0] for s in np.linspace(0, 0.06, 400)
    ]
    assert (np.diff(tails) <= 1e-9).all()
    assert tails[0] == 0.5
    assert tails[-1] >= 1e-300


def test_extreme_changes_end_at_the_floor():
    r = np.full(5, 10_000.0)
    for c in ([1e6, 0, 0, 0, 0], [0, 0, 0, 0, 1e6], [0, 0, 1.0, 0, 0]):
        change = score_change(r, np.array(c), scores(r / r.sum()), 0.05)
        for values in change:
            assert np.isfinite(values).all()
        assert ((change.p >= 0) & (change.p <= 1)).all()
