"""The parts of the sequential evidence: every bet is fair, every map conservative."""

import numpy as np
import pytest
from scipy import stats

from vedette.stats import bets, residual, tolerance, whitening
from vedette.stats.season import HARMONICS, Season, believed, least_squares, mixed
from vedette.stats.shrinkage import shrink
from vedette.stats.window_scores import nominal_basis, ordered_basis
from vedette.stats.wobble import fit_wobble

HOUR = 3_600 * 10**9


def test_scores_are_orthonormal_and_nominal_ones_are_indicators():
    p = np.random.default_rng(0).dirichlet(np.full(30, 5.0))
    basis = ordered_basis(p)
    phi = basis.phi[:, :3]
    assert np.allclose(p @ phi, 0, atol=1e-12)
    assert np.allclose((phi * p[:, None]).T @ phi, np.eye(3), atol=1e-10)
    named = nominal_basis(p, 29)
    assert named.live.sum() == 6
    assert not named.rest[29]
    assert named.rest.sum() == 24
    assert np.allclose(p @ named.phi**2, 1)


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_few_places_have_fewer_scores(k):
    p = np.full(k, 1 / k)
    assert ordered_basis(p).live.sum() == min(3, k - 1)
    assert nominal_basis(p, -1).live.sum() == min(5, k - 1)


def test_the_bet_on_scores_is_fair_without_a_change():
    """The mean of R after t windows is t, and the second bet on knows what the filter took."""
    rng = np.random.default_rng(1)
    C, T = 4000, 20
    R = absorbed = np.zeros((C, 2, 1, 2))
    one = np.full((C, 1), 1.0)
    for _ in range(T):
        z = rng.normal(size=(C, 1, 1)) * np.array([1.0, -1.0])[None, :, None]
        run = bets.bet_scores(R, absorbed, z, one * 0.4, one * 0.05, one * 0.1, one * 0.5)
        R, absorbed = run.R, run.absorbed
    assert R.mean() == pytest.approx(T, rel=0.1)
    assert 0 < absorbed.max() < 1


def test_bets_on_rates_are_fair_at_the_tolerated_rate_and_grow_above_it():
    rng = np.random.default_rng(2)
    r0, n = np.full((20_000, 1), 0.01), np.full(20_000, 200.0)
    start = np.zeros((20_000, 1, 3))
    x = rng.binomial(200, 0.01, (20_000, 1)).astype(float)
    R, _ = bets.bet_rates(start, x, n, r0, np.ones_like(r0))
    assert R[:, :, 0].mean() <= 1.05
    gone, _ = bets.bet_rates(start[:1], np.array([[200.0]]), n[:1], r0[:1], np.ones((1, 1)))
    assert gone.max() > 1e20
    always, log_e = bets.bet_rates(start[:1], n[:1, None], n[:1], np.full((1, 1), 0.95), r0[:1])
    assert not log_e.any()
    assert always.max() == 1


def test_the_bet_on_one_window_pays_just_enough():
    z = np.array([[6.0, 0.0], [0.0, 0.0]])
    weight = np.array([0.5, 0.5])
    e = bets.bet_once(z, np.full((2, 2), True), np.array([2, 2]), weight, 900.0)
    assert bets.JUMP * weight[0] * e[0] == pytest.approx(900, rel=1e-3)
    assert bets.JUMP * weight[0] * e[0] >= 900
    assert e[1] == 0


@pytest.mark.parametrize("mean", [0.5, 1.0, 3.0, 10.0])
def test_counts_of_rare_rows_are_mapped_no_further_out_than_they_are(mean):
    """A standardised Poisson count has a heavy upper tail: taken for normal it would alarm."""
    k = np.arange(1, 40)
    q = (k - mean) / np.sqrt(mean)
    skew = np.full(q.shape, 1 / np.sqrt(mean))
    z = whitening.normalised(q[None, None], np.array([[[1e9]]]), skew[None, None])[0, 0]
    tail = stats.poisson.sf(k - 1, mean)
    told = stats.norm.sf(z)
    some = (tail > 1e-9) & (q > 2) & (q < 8)
    assert (told[some] > tail[some] / 3).all()


def test_a_jump_is_not_learnt_as_wobble_and_gaps_relax_the_filter():
    one = np.full((1, 1), 1.0)
    small, far = (
        whitening.filtered(one * r, one * 0.01, one * 0, one, one, one * 0.9) for r in (1.0, 50.0)
    )
    assert far.m[0, 0] < 3.1 * small.m[0, 0] * np.sqrt(1.01)
    m, P = whitening.advance(one, one * 0.1, one, one * 0.9, one * 1000)
    assert m[0, 0] == pytest.approx(0, abs=1e-9)
    assert P[0, 0] == pytest.approx(1)


def test_wobble_is_found_behind_noise_that_falls_with_n():
    rng = np.random.default_rng(3)
    C, T = 30, 800
    n = rng.integers(50, 400, (T, C)).astype(float)
    x = np.zeros((T, C))
    for t in range(1, T):
        x[t] = 0.8 * x[t - 1] + 0.6 * 0.05 * rng.normal(size=C)
    r = (x + rng.normal(size=(T, C)) / np.sqrt(n))[:, :, None]
    n[::17] = 0  # windows without rows hold nothing
    r[::17] = 0
    found = fit_wobble(r, n, 24, 1, np.full((C, 1), True))
    assert np.sqrt(found.t2).mean() == pytest.approx(0.05, rel=0.15)
    assert found.phi.mean() == pytest.approx(0.8, abs=0.1)


def test_a_cycle_is_believed_by_as_much_as_it_exceeds_noise():
    season = Season.of(HOUR, 336)
    assert (season.harmonics, season.weekly, season.size) == (HARMONICS, True, 13)
    X = season.design(np.arange(336, dtype=np.int64) * HOUR)
    assert np.allclose(X[:, 1:].mean(0), 0, atol=1e-12)
    Y = 0.2 * X[:, 1][:, None, None]
    W = np.ones((336, 1))
    beta = least_squares(X, Y, W)
    assert beta[0, 1, 0] == pytest.approx(0.2)
    gram = np.einsum("tk,tl->kl", X, X)[None]
    strong = believed(beta[:, 1:7], gram[:, 1:7, 1:7], np.full((1, 1), 1e-3))
    weak = believed(beta[:, 1:7], gram[:, 1:7, 1:7], np.full((1, 1), 1e3))
    assert strong > 0.99
    assert weak == 0


def test_usual_shares_stay_shares():
    p = np.array([[0.6, 0.3, 0.1, 0.0]])
    usual = mixed(p, np.array([1.0]), np.array([[[0.3, -0.5, 0.2, 0.0]]]))
    assert usual.sum() == pytest.approx(1)
    assert (usual[0, :3] > 0).all()
    assert usual[0, 3] == 0


def test_the_residual_follows_its_null_and_sees_a_hole():
    rng = np.random.default_rng(4)
    p = np.full((300, 30), 1 / 30)
    basis = ordered_basis(p[0])
    phi = np.broadcast_to(basis.phi, (300, 30, 6))
    flags = np.full(300, True)
    where = residual.places(p, phi, flags, np.full((300, 30), True), np.full(300, 30))
    for n in (200, 2000):
        counts = rng.multinomial(n, p[0], 300).astype(float)
        shape = residual.shape_residual(counts, np.full(300, float(n)), where)
        z = residual.cube_root(shape, np.full(300, float(n)), np.ones(300), np.zeros(300))
        assert -0.7 < z.mean() < 0.1  # three scores are matched, the smaller distance counts
    hole = counts.copy()
    hole[:, 10:14] = 0
    shape = residual.shape_residual(hole, hole.sum(1), where)
    assert residual.cube_root(shape, hole.sum(1), np.ones(300), np.zeros(300)).min() == 8


def test_tolerated_rates_grow_with_what_is_not_known():
    def r0(hits, rows, d=1.0):
        arrays = (np.array([float(v)]) for v in (hits, rows, 0, d, 0.05))
        return float(tolerance.tolerated(*arrays)[0])

    assert r0(0, 100_000) == pytest.approx(0.0025, rel=0.05)
    assert r0(0, 100) > r0(0, 100_000)
    assert r0(100, 1000, 9) > r0(100, 1000)
    assert r0(1000, 1000) == 0.9
    assert r0(0, 0) == 1
    x = np.array([0.0, 50.0] * 20).reshape(40, 1, 1)
    assert tolerance.dispersion(x, np.full((40, 1), 100.0))[0, 0] > 5
    assert tolerance.dispersion(0 * x, np.full((40, 1), 100.0))[0, 0] == 1


def test_shrinkage_needs_eight_streams():
    x = np.array([[0.0], [1.0]] * 5)
    err = np.full((10, 1), 0.5)
    assert np.ptp(shrink(x, err, np.full((10, 1), True))[0]) < 0.5
    kept, _ = shrink(x, err, np.arange(10)[:, None] < 7)
    assert np.array_equal(kept, x)
