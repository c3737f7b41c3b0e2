"""How long things took, by version: the same however the rows came."""

import numpy as np
import pyarrow as pa

import vedette as vd
from vedette.core.rows import VERSION
from vedette.profiles.tails import tails
from vedette.sketches.loglinear import LogLinear

LATENCY = {"columns": {"latency_s": {"role": "latency"}}}


def test_a_rare_version_counts_whatever_lies_beside_it():
    rng = np.random.default_rng(3)
    took = rng.lognormal(-4, 0.5, 2_000)
    versions = np.where(rng.random(2_000) < 0.01, "2", "1")  # a canary of one in a hundred
    rows = pa.record_batch({"latency_s": took, VERSION: pa.array(versions)})
    baseline = vd.Baseline.fit({"latency_s": took}, **LATENCY)
    whole = tails([rows], baseline)
    parts = [rows.slice(at, 37) for at in range(0, 2_000, 37)]
    assert tails(parts, baseline) == whole
    assert whole["latency_s", f"{VERSION}=2"] == LogLinear.of(took[versions == "2"])
    assert 0 < whole["latency_s", f"{VERSION}=2"].count < 40
