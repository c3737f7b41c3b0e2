"""Which codes lie beyond the reference, and the distance from counts by column."""

import numpy as np

import vedette as vd
from vedette.profiles.apart import apart, beyond
from vedette.profiles.binning import NominalBinning
from vedette.profiles.codes import code_count, codes_of
from vedette.stats.trust import NEAR


def counts(baseline, table):
    bins = baseline.binnings
    batch = vd.open_source(table).sample(10**6, list(bins)).combine_chunks().to_batches()[0]
    return {
        n: np.bincount(codes_of(batch.column(n), b), minlength=code_count(b))
        for n, b in bins.items()
    }


def test_new_values_and_new_categories_are_beyond():
    names = NominalBinning(("a", "b"), np.zeros(0, np.uint64))
    assert beyond(names).tolist() == [False, False, True, True, False]
    rng = np.random.default_rng(0)
    x, shop = rng.normal(size=2_000), ["a", "b"] * 1_000
    baseline = vd.Baseline.fit({"x": x, "shop": shop})
    was = counts(baseline, {"x": x, "shop": shop})
    assert apart(was, was, baseline.binnings) == NEAR
    moved = apart(was, counts(baseline, {"x": x + 1, "shop": shop}), baseline.binnings)
    assert 0.2 < moved.apart < 0.3  # one standard deviation: an area of 0.76
    assert moved.outside < 0.02
    unseen = {"x": x, "shop": ["new", "b"] * 1_000}
    assert apart(was, counts(baseline, unseen), baseline.binnings).outside == 0.5


def test_columns_of_one_side_only_say_nothing():
    baseline = vd.Baseline.fit({"x": [1.0, 2.0, 3.0]})
    assert apart({}, {"x": np.ones(5)}, baseline.binnings) == NEAR
