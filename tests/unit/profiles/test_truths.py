"""Booleans however they are spelt."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import vedette as vd

TRUTH = np.random.default_rng(3).random(2000) < 0.3
SPELT = {
    "bool": TRUTH,
    "int": TRUTH.astype(np.int64),
    "float": TRUTH.astype(np.float64),
    "Title": np.where(TRUTH, "True", "False").astype(object),
    "UPPER": np.where(TRUTH, "TRUE", "FALSE").astype(object),
    "lower": np.where(TRUTH, "true", "false").astype(object),
    "point": np.where(TRUTH, "1.0", "0.0").astype(object),
    "digit": np.where(TRUTH, "1", "0").astype(object),
}
MAKE = {
    "pandas": lambda values: pd.DataFrame({"ok": values}),
    "arrow": lambda values: pa.table({"ok": pa.array(values)}),
    "polars": lambda values: pl.DataFrame({"ok": values.tolist()}),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
@pytest.mark.parametrize("spelling", SPELT)
def test_true_and_false_are_counted_however_they_are_spelt(spelling, make):
    for reference in ("bool", "lower"):
        baseline = vd.Baseline.fit(make(SPELT[reference]))
        profile = vd.profile(make(SPELT[spelling]), baseline)
        assert profile.same_counts(baseline.profile)


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
@pytest.mark.parametrize("reference", ["int", "float"])
def test_a_reference_of_zeros_and_ones_takes_booleans(reference, make):
    result = vd.compare(make(SPELT[reference]), make(TRUTH))
    assert result.verdicts == {"ok": "calm"}


def test_other_values_stay_what_they_are():
    baseline = vd.Baseline.fit({"ok": TRUTH})
    cell = vd.profile({"ok": ["1", "yes", "2", "True"]}, baseline).cells["ok", ""]
    assert cell.counts.counts[-1] == 2
    named = vd.Baseline.fit({"ok": ["true", "false", "maybe"] * 100})
    assert vd.profile({"ok": ["1", "True"]}, named).cells["ok", ""].counts.counts[-1] == 2


def test_segments_of_booleans_are_found_however_they_are_spelt():
    table = {"x": np.arange(2000.0), "ok": TRUTH}
    baseline = vd.Baseline.fit(table, segments=["ok"])
    profile = vd.profile({**table, "ok": TRUTH.astype(int)}, baseline)
    assert profile.cells["x", "ok=true"].rows == TRUTH.sum()
    assert profile.same_counts(baseline.profile)
