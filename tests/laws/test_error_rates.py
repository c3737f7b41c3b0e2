"""Unchanged tables rarely alarm, changes that matter do: small gates of the public promises.

Owns: error rates on few, seeded repetitions, and the cells that once failed.  Does not own: the
full tables (`bench/bench_false_alarms.py`, `bench/bench_power.py`).
"""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binom

import vedette as vd
from vedette.engine.batch import fit_baseline, profile_source
from vedette.engine.decide import make_pairs
from vedette.engine.settings import make_settings
from vedette.ingest.source import open_source
from vedette.stats.holm import decide

COLUMNS = 20  # share the budget
PROMISED = 1 - 0.95 ** (1 / COLUMNS)  # of one column, for 5 % of 20
SURE = 0.999  # a gate fails by chance in one of a thousand runs exactly at the promise


def categories(shares):
    names = pa.array([f"v{k:04d}" for k in range(len(shares))])
    steps = np.cumsum(np.asarray(shares) / np.sum(shares))[:-1]

    def draw(rng, n):
        codes = steps.searchsorted(rng.random(n)).astype(np.int32)
        return pa.DictionaryArray.from_arrays(codes, names)

    return draw


ORDERED = {
    "normal": lambda rng, n: pa.array(rng.normal(size=n)),
    "integers": lambda rng, n: pa.array(rng.poisson(4, n)),
    "zeros": lambda rng, n: pa.array(np.where(rng.random(n) < 0.7, 0, rng.lognormal(size=n))),
    "missing": lambda rng, n: pa.array(rng.normal(size=n), mask=rng.random(n) < 0.6),
}
NOMINAL = {
    "5 categories": categories([0.4, 0.3, 0.15, 0.1, 0.05]),
    "100 categories": categories(1 / np.arange(1, 101)),
    "1,000 categories": categories(1 / np.arange(1, 1_001)),
}
# Laws and sizes at which 9 to 44 % alarmed while the categories to be tested were chosen by their
# rows in the reference, and 7 to 29 % while unseen ones were taken to be one known category.
LUCKY = {
    "20 equal": (categories(np.ones(20)), 100, 1_000),
    "45 equal": (categories(np.ones(45)), 100, 1_000),
    "6 equal": (categories(np.ones(6)), 50, 50),
    "a tail of 25": (categories([0.15] * 5 + [0.01] * 25), 1_000, 20_000),
    "30 Zipf": (categories(1 / np.arange(1, 31)), 300, 300),
    "100 equal": (categories(np.ones(100)), 1_000, 20_000),
}


def alarming(draw, kind, m, n, columns, seed):
    """How many of so many unchanged columns alarm at a twentieth of the budget."""
    rng = np.random.default_rng([seed, m, n])
    settings = make_settings({"columns": {"*": {"kind": kind}}})
    one, two = (pa.table({f"c{i}": draw(rng, rows) for i in range(columns)}) for rows in (m, n))
    baseline = fit_baseline(open_source(one), settings, workers=1)
    profile = profile_source(open_source(two), baseline, workers=1)
    alarms = 0
    for pair in make_pairs(baseline, baseline.profile, profile, settings):
        found = pair.components()
        tests = [[c.p for c in found], [c.p_margin for c in found], [c.weight for c in found]]
        alarms += bool(decide(*tests, 0.05 / COLUMNS).alarming.any())
    return alarms


@pytest.mark.parametrize(
    ("m", "n"), [(50, 50), (1_000, 1_000), (50, 20_000), (20_000, 50), (1_000, 20_000)]
)
def test_unchanged_columns_alarm_in_at_most_five_per_cent_of_comparisons(m, n):
    each = 150
    laws = [(draw, "numeric") for draw in ORDERED.values()]
    laws += [(draw, "category") for draw in NOMINAL.values()]
    alarms = sum(alarming(draw, kind, m, n, each, i) for i, (draw, kind) in enumerate(laws))
    assert alarms <= binom.ppf(SURE, each * len(laws), PROMISED)


@pytest.mark.parametrize("law", LUCKY)
def test_categories_are_not_tested_for_being_lucky(law):
    draw, m, n = LUCKY[law]
    columns = 1_000 if m + n < 10_000 else 400
    alarms = alarming(draw, "category", m, n, columns, 11)
    assert alarms <= binom.ppf(SURE, columns, PROMISED)


def test_segments_share_the_budget():
    rng, alarms, runs = np.random.default_rng(12), 0, 40

    def draw(n):
        laws = [*ORDERED.values(), *NOMINAL.values()]
        columns = {f"c{i}": law(rng, n) for i, law in enumerate(laws)}
        return pa.table({**columns, "s": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])})

    kinds = {f"c{i}": {"kind": "category"} for i in (4, 5, 6)}
    for _ in range(runs):
        alarms += not vd.compare(draw(500), draw(500), segments=["s"], columns=kinds).ok
    assert alarms <= binom.ppf(SURE, runs, 0.05)


def normal(rng, n, by=0.0, sd=1.0):
    return pa.array(rng.normal(by, sd, n))


def outliers(rng, n):
    values = rng.normal(size=n)
    values[rng.random(n) < 0.02] += 6
    return pa.array(values)


def newcomer(rng, n):
    return pa.array(np.where(rng.random(n) < 0.01, "new", rng.choice(["a", "b", "c"], n)))


CHANGES = {  # rows, what the first column was, what it is, the share of runs that is promised
    "+0.2 sd": (1_000, normal, lambda rng, n: normal(rng, n, by=0.2), 0.85),
    "spread x 1.25": (5_000, normal, lambda rng, n: normal(rng, n, sd=1.25), 0.95),
    "2 % at +6 sd": (5_000, normal, outliers, 0.95),
    "a new category": (
        20_000, lambda rng, n: pa.array(rng.choice(["a", "b", "c"], n)), newcomer, 0.95,
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_matters_is_found_among_twenty_columns(change):
    rows, before, after, promised = CHANGES[change]
    runs, found = (40 if rows == 1_000 else 10), 0
    for i in range(runs):
        rng = np.random.default_rng([13, i])
        still = [f"c{k}" for k in range(1, COLUMNS)]
        one, two = (
            pa.table({"c0": draw(rng, rows), **{name: normal(rng, rows) for name in still}})
            for draw in (before, after)
        )
        found += "c0" in {finding.column for finding in vd.compare(one, two).alarms}
    assert found >= binom.ppf(1 - SURE, runs, promised)


def test_a_change_below_the_least_that_matters_is_at_most_notable():
    rng = np.random.default_rng(14)
    one, two = (
        pa.table({f"c{i}": normal(rng, 1_000_000, by=by) for i in range(5)}) for by in (0.0, 0.04)
    )
    result = vd.compare(one, two)
    assert result.ok
    assert set(result.verdicts.values()) == {"notable"}
