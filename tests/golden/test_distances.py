"""Distances against SciPy, on the counts and on the rows behind them; what intervals cover."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from vedette.stats import distances as d
from vedette.stats.quantiles import CUT_QUANTILES

SLOW = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "prototype" / "two_sample.py")))
CASES = [(seed, K, m, n) for seed, (K, m, n) in enumerate(
    [(2, 100, 90), (5, 40, 3000), (30, 20_000, 1000), (52, 1000, 50), (300, 5000, 5000), (7, 1, 1)]
)]  # fmt: skip


def counts(seed, K, m, n):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(K))
    q = p * np.exp(0.4 * rng.normal(size=K))
    return rng.multinomial(m, p), rng.multinomial(n, q / q.sum())


@pytest.mark.parametrize(("seed", "K", "m", "n"), CASES)
def test_raw_values_equal_scipy(seed, K, m, n):
    r, c = counts(seed, K, m, n)
    R, C = r + 0.5, c + 0.5
    close = {"rel": 1e-12, "abs": 1e-14}
    psi = stats.entropy(R, C) + stats.entropy(C, R)
    assert d.psi(r, c).raw == pytest.approx(psi, **close)
    assert d.jensen_shannon(r, c).raw == pytest.approx(jensenshannon(R, C, base=2), **close)
    p, q = R / R.sum(), C / C.sum()
    assert d.hellinger(r, c).raw ** 2 == pytest.approx(1 - np.sqrt(p * q).sum(), abs=1e-14)
    assert d.w(r, c).raw == pytest.approx(np.sqrt(((q - p) ** 2 / (p / 2 + q / 2)).sum()), **close)
    variation = np.abs(r / m - c / n).sum() / 2
    assert d.total_variation(r, c).raw == pytest.approx(variation, **close)
    x = np.sort(np.random.default_rng(seed).normal(size=K))
    want = stats.wasserstein_distance(x, x, r, c)
    assert d.wasserstein(r, c, x).raw == pytest.approx(want, **close)
    y = np.sort(np.random.default_rng(seed + 1).normal(size=K))
    want = stats.wasserstein_distance(x, y, r, c)
    assert d.wasserstein_binned(r, c, x, y).raw == pytest.approx(want, **close)


@pytest.mark.parametrize(("seed", "K", "m", "n"), CASES)
def test_tests_equal_scipy(seed, K, m, n):
    r, c = counts(seed, K, m, n)
    rows = np.repeat(np.arange(K), r), np.repeat(np.arange(K), c)
    ks = d.kolmogorov_smirnov(r, c)
    want = stats.ks_2samp(*rows, method="asymp" if min(m, n) > 1 else "exact")
    assert ks.value == pytest.approx(want.statistic, abs=1e-12)
    limit = stats.kstwobign.sf(ks.value * np.sqrt(n * m / (n + m)))
    assert ks.p == pytest.approx(limit, rel=1e-12)
    held = r + c > 0
    chi = d.chi_square(r, c)
    if held.sum() > 1:
        want = stats.chi2_contingency(np.array([r, c])[:, held], correction=False)
        assert chi.value == pytest.approx(want.statistic, rel=1e-12)
        assert chi.p == pytest.approx(want.pvalue, rel=1e-12)


@pytest.mark.parametrize(
    ("seed", "K", "m", "n"), [(0, 30, 20_000, 1000), (1, 5, 300, 200), (2, 2, 100, 100)]
)
def test_corrected_values_equal_the_slow_implementation_in_filled_bins(seed, K, m, n):
    r, c = counts(seed, K, m, n)
    slow = SLOW.distances(r, c)
    for name, fast in (("psi", d.psi), ("js", d.jensen_shannon), ("w", d.w)):
        got = fast(r, c)
        assert (got.value, got.low, got.high) == pytest.approx(slow[name], abs=1e-9)


@pytest.mark.parametrize(("seed", "K", "m", "n"), CASES)
def test_wasserstein_equals_the_slow_implementation(seed, K, m, n):
    r, c = counts(seed, K, m, n)
    x = np.sort(np.random.default_rng(seed).normal(size=K))
    got = d.wasserstein(r, c, x)
    assert (got.value, got.low, got.high) == pytest.approx(SLOW.wasserstein(r, c, x), abs=1e-9)


def binned(rng, move):
    """Rows of both samples, their counts over the reference's own cut points, and its bin means."""
    x, y = rng.normal(size=20_000), move(rng.normal(size=20_000))
    edges = np.sort(x)[(np.array(CUT_QUANTILES) * len(x)).astype(int)]
    i, j = np.searchsorted(edges, x), np.searchsorted(edges, y)
    r, c = np.bincount(i, minlength=30), np.bincount(j, minlength=30)
    means = np.bincount(i, x, 30) / r
    ends = [0, 29]  # beyond the outermost edges each sample stands for itself
    own = means.copy()
    own[ends] = (np.bincount(j, y, 30) / np.maximum(c, 1))[ends]
    return x, y, r, c, means, own


@pytest.mark.parametrize(
    ("move", "ks", "w1"),
    [
        (lambda y: y + 0.5, 0.98, 0.97),
        (lambda y: 1.25 * y, 0.93, 0.97),
        (lambda y: np.where(np.arange(len(y)) % 50 == 0, y + 6, y), 0.93, 0.97),
    ],
    ids=["shift", "spread", "outliers"],
)
def test_bins_lose_little_against_the_rows(move, ks, w1):
    x, y, r, c, means, own = binned(np.random.default_rng(5), move)
    exact = stats.ks_2samp(x, y, method="asymp").statistic
    assert ks * exact <= d.kolmogorov_smirnov(r, c).value <= exact + 1e-12
    exact = stats.wasserstein_distance(x, y)
    assert w1 * exact <= d.wasserstein_binned(r, c, means, own).raw <= 1.01 * exact


NORMAL = np.diff(np.array([0, *CUT_QUANTILES, 1]))
ZIPF = np.arange(1, 101) ** -1.1 / np.sum(np.arange(1, 101) ** -1.1)
DISTANCES = {"psi": d.psi, "js": d.jensen_shannon, "w": d.w, "hellinger": d.hellinger,
             "tv": d.total_variation}  # fmt: skip


def truth(p, q):
    big = 1e18  # rows so many that nothing is corrected
    return {name: f(p * big, q * big).raw for name, f in DISTANCES.items()}


def coverage(p, q, m, n, runs=300):
    rng, want = np.random.default_rng(7), truth(p, q)
    hit = dict.fromkeys(DISTANCES, 0)
    for _ in range(runs):
        r, c = rng.multinomial(m, p), rng.multinomial(n, q)
        for name, f in DISTANCES.items():
            got = f(r, c)
            hit[name] += got.low <= want[name] + 1e-9 and want[name] <= got.high + 1e-9
    return {name: k / runs for name, k in hit.items()}


def shifted(by):
    return np.diff(np.concatenate([[0], stats.norm.cdf(stats.norm.ppf(CUT_QUANTILES) - by), [1]]))


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(("m", "n"), [(1000, 1000), (20_000, 20_000), (20_000, 1000)])
def test_intervals_cover_over_thirty_bins(m, n, shift):
    got = coverage(NORMAL, shifted(shift), m, n)
    assert min(got.values()) >= 0.91, got


@pytest.mark.parametrize("change", [0.0, 0.2, 0.5])
@pytest.mark.parametrize(("m", "n"), [(50, 50), (1000, 50), (1000, 1000)])
def test_intervals_cover_over_thin_categories(m, n, change):
    q = ZIPF * np.exp(change * np.random.default_rng(1).normal(size=100))
    got = coverage(ZIPF, q / q.sum(), m, n, runs=100)
    assert min(got.values()) >= 0.91, got


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
def test_wasserstein_covers(shift):
    rng, x = np.random.default_rng(3), stats.norm.ppf(np.cumsum(NORMAL) - NORMAL / 2)
    q = shifted(shift)
    want = stats.wasserstein_distance(x, x, NORMAL, q)
    hit = 0
    for _ in range(300):
        got = d.wasserstein(rng.multinomial(5000, NORMAL), rng.multinomial(5000, q), x)
        hit += got.low <= want <= got.high
    assert hit / 300 >= 0.91


def test_median_psi_is_the_true_one():
    rng, q = np.random.default_rng(2), shifted(0.5)
    got = [
        d.psi(rng.multinomial(20_000, NORMAL), rng.multinomial(20_000, q)).value for _ in range(300)
    ]
    assert np.median(got) == pytest.approx(0.2492, abs=0.002)  # true .2491
