"""What bins keep of a distance, and the bias that counting noise gives without any change."""

import numpy as np
import pytest
from scipy.stats import norm

from vedette.stats import distances as d
from vedette.stats.quantiles import CUT_QUANTILES

CUTS = {"20": np.arange(1, 20) / 20, "30": np.array(CUT_QUANTILES), "100": np.arange(1, 100) / 100}
GRID = np.linspace(-12, 16, 280_001)
CHANGES = {  # density, distribution function
    "mean +0.5 sd": (lambda x: norm.pdf(x - 0.5), lambda x: norm.cdf(x - 0.5)),
    "sd x1.25": (lambda x: norm.pdf(x / 1.25) / 1.25, lambda x: norm.cdf(x / 1.25)),
    "2 % at +6 sd": (
        lambda x: 0.98 * norm.pdf(x) + 0.02 * norm.pdf(x - 6),
        lambda x: 0.98 * norm.cdf(x) + 0.02 * norm.cdf(x - 6),
    ),
    "0.5 % at +6 sd": (
        lambda x: 0.995 * norm.pdf(x) + 0.005 * norm.pdf(x - 6),
        lambda x: 0.995 * norm.cdf(x) + 0.005 * norm.cdf(x - 6),
    ),
}
TABLE = {  # binned / exact: Jensen-Shannon, PSI
    ("mean +0.5 sd", "20"): (0.991, 0.979),
    ("mean +0.5 sd", "30"): (0.998, 0.997),
    ("mean +0.5 sd", "100"): (0.999, 0.997),
    ("sd x1.25", "20"): (0.898, 0.772),
    ("sd x1.25", "30"): (0.992, 0.974),
    ("sd x1.25", "100"): (0.976, 0.927),
    ("2 % at +6 sd", "20"): (0.344, 0.023),
    ("2 % at +6 sd", "30"): (0.908, 0.216),
    ("2 % at +6 sd", "100"): (0.620, 0.078),
    ("0.5 % at +6 sd", "20"): (0.184, 0.007),
    ("0.5 % at +6 sd", "30"): (0.770, 0.140),
    ("0.5 % at +6 sd", "100"): (0.387, 0.032),
}


def exact(density):
    """Population Jensen-Shannon and PSI by integration on a fine grid."""
    p, q, step = norm.pdf(GRID), density(GRID), GRID[1] - GRID[0]
    mid = (p + q) / 2
    js = np.sqrt((p * np.log2(p / mid) + q * np.log2(q / mid)).sum() * step / 2)
    return js, ((q - p) * np.log(q / p)).sum() * step


def shares(cuts, distribution):
    edges = norm.ppf(cuts)
    return (np.diff(np.concatenate([[0], F, [1]])) for F in (cuts, distribution(edges)))


@pytest.mark.parametrize("change", CHANGES)
def test_bins_keep_what_the_table_says(change):
    density, distribution = CHANGES[change]
    js, psi = exact(density)
    for bins, cuts in CUTS.items():
        p, q = (share * 1e15 for share in shares(cuts, distribution))
        want_js, want_psi = TABLE[change, bins]
        assert d.jensen_shannon(p, q).raw / js == pytest.approx(want_js, rel=0.01, abs=6e-4), bins
        assert d.psi(p, q).raw / psi == pytest.approx(want_psi, rel=0.01, abs=6e-4), bins


def test_chi_square_signal_of_outliers():
    got = {}
    for bins, cuts in CUTS.items():
        p, q = shares(cuts, CHANGES["2 % at +6 sd"][1])
        got[bins] = ((q - p) ** 2 / p).sum()
    assert got == pytest.approx({"20": 0.0076, "30": 0.398, "100": 0.040}, rel=0.011)


@pytest.mark.parametrize("change", ["mean +0.5 sd", "sd x1.25"])
def test_twenty_bins_keep_kolmogorov_smirnov(change):
    distribution = CHANGES[change][1]
    p, q = (share * 1e15 for share in shares(CUTS["20"], distribution))
    whole = np.abs(distribution(GRID) - norm.cdf(GRID)).max()
    assert d.kolmogorov_smirnov(p, q).value >= 0.995 * whole


@pytest.mark.parametrize(("K", "m", "n"), [(10, 1000, 1000), (20, 1000, 1000), (20, 20_000, 1000)])
def test_null_bias_of_psi(K, m, n):
    rng, p = np.random.default_rng(11), np.full(K, 1 / K)
    r, c = rng.multinomial(m, p, 6000), rng.multinomial(n, p, 6000)
    raw = np.array([d.psi(a, b).raw for a, b in zip(r, c, strict=True)])
    assert raw.mean() == pytest.approx((K - 1) * (1 / n + 1 / m), rel=0.02)


@pytest.mark.parametrize(
    ("K", "m", "limit", "share"),
    [(20, 100, 0.1, 0.91), (20, 100, 0.2, 0.28), (20, 300, 0.1, 0.041), (50, 300, 0.1, 0.96)],
)
def test_fixed_limits_on_raw_psi_alarm_without_change(K, m, limit, share):
    """Why raw PSI is never compared with 0.1 or 0.2: a fixed reference, windows of m rows."""
    rng, p = np.random.default_rng(12), np.full(K, 1 / K)
    windows = rng.multinomial(m, p, 2000)
    raw = np.array([d.psi(p * 1e12, c).raw for c in windows])
    assert np.mean(raw > limit) == pytest.approx(share, abs=0.1)


def test_half_a_row_beats_a_small_constant_in_empty_bins():
    """m = 200, normal against +1 sd over 20 equal bins: true PSI 0.963."""
    rng = np.random.default_rng(13)
    p, q = shares(CUTS["20"], lambda x: norm.cdf(x - 1))
    true = ((q - p) * np.log(q / p)).sum()
    halves, tiny = [], []
    for c in rng.multinomial(200, q, 400):
        halves.append(d.psi(p * 1e9, c).raw)
        share = np.maximum(c / 200, 1e-4)
        tiny.append(((share - p) * np.log(share / p)).sum())
    assert abs(np.mean(halves) - true) < 0.05 * true < abs(np.mean(tiny) - true)


def test_cut_quantiles_are_symmetric_and_refined_into_the_tails():
    q = np.array(CUT_QUANTILES)
    assert len(q) == 29
    assert q + q[::-1] == pytest.approx(np.ones(29))
    assert np.diff(q).max() <= 0.05 + 1e-12
