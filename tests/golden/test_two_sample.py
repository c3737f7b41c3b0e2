"""The fast two-sample comparison against the slow one, and its parts against SciPy."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.stats.holm import holm
from vedette.stats.rates import rate_tail
from vedette.stats.shape import noncentral_tail
from vedette.stats.two_sample import nominal, ordered

SLOW = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "prototype" / "two_sample.py")))
SIZES = (1, 2, 5, 50, 100, 1000, 20_000, 1_000_000)
FIELDS = ("p", "p_margin", "effect", "low", "high", "se", "weight")


def assert_same(slow, fast):
    names = [c.name if c.category is None else f"{c.name}:{c.category}" for c in fast]
    assert names == [c.name for c in slow]
    for a, b in zip(slow, fast, strict=True):
        for field in FIELDS:
            want, got = getattr(a, field), getattr(b, field)
            assert got == pytest.approx(want, abs=1e-9), (a.name, field)
            # Below 1e-10 the slow one shows how coarse normal probabilities are next to 1.
            if field in ("p", "p_margin") and want > 1e-10:
                assert got == pytest.approx(want, rel=1e-6), (a.name, field)


def draw(rng):
    """Sizes, bins and laws from one row to a million, without and with a change."""
    m, n = (int(rng.choice(SIZES)) for _ in range(2))
    K = int(rng.choice([1, 2, 3, 5, 10, 30, 60]))
    p = rng.dirichlet(np.full(K, rng.choice([0.3, 1, 20])))
    q = p * np.exp(rng.choice([0, 0.02, 0.2, 2]) * rng.normal(size=K)) + 1e-12
    missing = (int(rng.integers(0, 1 + m // 3)), int(rng.integers(0, 1 + n // 3)))
    missing = missing if rng.random() < 0.6 else (0, 0)
    return m, n, p, rng.multinomial(m, p), rng.multinomial(n, q / q.sum()), missing


@pytest.mark.parametrize("seed", range(8))
def test_ordered_equals_the_slow_implementation(seed):
    rng = np.random.default_rng(seed)
    for _ in range(50):
        _, n, _, r, c, missing = draw(rng)
        below, above = (int(v) for v in rng.integers(0, 3 + n // 200, 2) * rng.integers(0, 2))
        column = SLOW.Column("ordered", r, c, missing, below + above, (below, above))
        eps = float(rng.choice([0.02, 0.05, 0.2]))
        fast = ordered(r, c, below=below, above=above, specials={"missing": missing}, eps=eps)
        assert_same(SLOW.components(column, eps), fast)


@pytest.mark.parametrize("seed", range(8))
def test_nominal_equals_the_slow_implementation(seed):
    rng = np.random.default_rng(100 + seed)
    for _ in range(50):
        m, n, p, r, c, missing = draw(rng)
        unseen, once, twice = (
            int(v) for v in (rng.integers(0, 2 + n // 100), sum(r == 1), sum(r == 2))
        )
        choose = rng.multinomial(m, p) if rng.random() < 0.4 else None
        rows = (m if choose is None else 2 * m, n + unseen)
        column = SLOW.Column(
            "nominal",
            r,
            c,
            missing,
            unseen=unseen,
            once_twice=(once, twice),
            rows=rows,
            choose=choose,
        )
        fast = nominal(
            r,
            c,
            unseen=unseen,
            once=once,
            twice=twice,
            choose=choose,
            specials={"missing": missing},
        )
        assert_same(SLOW.components(column), fast)


COUNTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    COUNTS, st.integers(0, 9), st.integers(0, 9), st.tuples(st.integers(0, 50), st.integers(0, 50))
)
def test_any_small_counts_equal_the_slow_implementation(pairs, below, above, missing):
    r, c = np.array(pairs).T
    column = SLOW.Column("ordered", r, c, missing, below + above, (below, above))
    fast = ordered(r, c, below=below, above=above, specials={"missing": missing})
    assert_same(SLOW.components(column), fast)
    column = SLOW.Column("nominal", r, c, missing, below, rows=(int(r.sum()), int(c.sum()) + below))
    column.unseen = below
    fast = nominal(r, c, unseen=below, specials={"missing": missing})
    assert_same(SLOW.components(column), fast)


def test_holm_equals_the_loop():
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 300):
        p = np.round(rng.random(size) ** 4, 2)  # with ties
        w = rng.random(size) + 0.01
        assert holm(p, w) == pytest.approx(SLOW.holm(p, w), abs=1e-12)


def test_unweighted_holm_is_known():
    # Holm 1979: (0.01, 0.02, 0.03) times (3, 2, 1), never falling
    assert holm([0.03, 0.01, 0.02], [1, 1, 1]).tolist() == pytest.approx([0.04, 0.03, 0.04])


@pytest.mark.parametrize(("x", "n", "k", "m"), [(9, 50, 3, 60), (40, 400, 20, 500), (1, 30, 0, 80)])
def test_rate_tail_upwards_is_fishers_exact_test(x, n, k, m):
    want = stats.fisher_exact([[x, n - x], [k, m - k]], alternative="greater").pvalue
    assert rate_tail(x, n, k + 1, m - k) == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize(("x", "n", "k", "m"), [(3, 50, 9, 60), (20, 400, 40, 500), (0, 30, 4, 80)])
def test_rate_tail_downwards_is_fishers_exact_test(x, n, k, m):
    want = stats.fisher_exact([[x, n - x], [k, m - k]], alternative="less").pvalue
    assert rate_tail(x, n, k, m - k + 1, up=False) == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("noncentrality", [1e-6, 0.0025, 1.0, 30.0, 500.0, 5000.0])
@pytest.mark.parametrize("df", [1, 2, 5, 26, 50])
def test_noncentral_tail_equals_scipy(df, noncentrality):
    sd = np.sqrt(2 * (df + 2 * noncentrality))
    for z in (-5, -2, 0, 1, 2, 5, 10, 20, 30):
        x = df + noncentrality + z * sd
        if x > 0:
            want = float(stats.ncx2.sf(x, df, noncentrality))
            assert noncentral_tail(x, df, noncentrality) == pytest.approx(
                want, rel=1e-9, abs=1e-280
            )
