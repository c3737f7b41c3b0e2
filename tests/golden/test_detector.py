"""The drift monitor against a plain implementation, window by window, on ordered columns.

Owns: agreement of what is learnt and of the evidence.  Does not own: error rates
(`tests/laws/test_null_streams.py`), category columns, which the plain one does not know.
"""

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bench.counted import HOUR, baseline_of, ordered_cell, profile_of, window_of
from scipy.special import ndtr, ndtri

from vedette.monitors.monitor import Terms
from vedette.monitors.shift import Shift
from vedette.profiles.variation import fit_variation

PLAIN = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "prototype" / "detector.py")))
EDGES = ndtri(PLAIN.TAIL)
THURSDAY = 24 * 20_000
WINDOWS = 100


def counts_and_missing(rng, columns, reference, rows, seasonal):
    """Hours with wobble, a daily cycle, traffic of the day; changes after 60 of them."""
    swing, x = rng.uniform(0, 0.3, columns) * seasonal, np.zeros(columns)
    for t in range(reference + WINDOWS):
        x = 0.8 * x + 0.05 * 0.6 * rng.normal(size=columns)
        late = t >= reference + 60
        mean, sd = x + swing * np.sin(2 * np.pi * t / 24), np.ones(columns)
        mean[:3] += late * np.array([0.1, 0.2, 0.5])
        sd[3] = 1.1 if late else 1.0
        n = rows if t >= reference else 150
        n = int(n * (1 + 0.8 * seasonal * np.sin(2 * np.pi * t / 24 + 1)))
        cuts = ndtr((EDGES - mean[:, None]) / sd[:, None])
        whole = np.concatenate([np.zeros((columns, 1)), cuts, np.ones((columns, 1))], axis=1)
        missing = rng.binomial(n, np.where((np.arange(columns) == 4) & late, 0.05, 0.0))
        yield rng.multinomial(n - missing, np.diff(whole, axis=1)), missing


@pytest.mark.parametrize(
    ("columns", "reference", "rows", "seasonal"),
    [(9, 672, 1000, True), (9, 400, 100, False), (6, 168, 20_000, True), (9, 72, 1000, False)],
)
def test_what_is_learnt_and_the_evidence_equal_the_plain_implementation(
    columns, reference, rows, seasonal
):
    drawn = list(
        counts_and_missing(np.random.default_rng(reference), columns, reference, rows, seasonal)
    )
    counts = np.stack([c for c, _ in drawn]).astype(float)
    special = np.zeros((len(drawn), columns, 3))
    special[:, :, 0] = [m for _, m in drawn]
    plain = PLAIN.DriftDetector()
    plain.fit(counts[:reference], THURSDAY + np.arange(reference), special[:reference])

    windows = [
        (
            window_of(THURSDAY + t),
            profile_of([ordered_cell(c, m) for c, m in zip(*one, strict=True)]),
        )
        for t, one in enumerate(drawn)
    ]
    baseline = baseline_of([ordered_cell(c) for c in counts[:reference].sum(0)])
    variation = fit_variation(baseline, windows[:reference], HOUR)
    even = Terms(np.full(columns, 1 / columns), 720.0, HOUR)
    monitor = Shift.of(replace(baseline, variation=variation), even)
    fitted = monitor.fitted
    pairs = {
        "t2": (fitted.t2[:, :3], plain.t2),
        "phi": (fitted.phi[:, :3], plain.ph),
        "floor": (fitted.floor[:, :3], plain.v0),
        "beta": (fitted.beta[:, :, :3].transpose(1, 0, 2).reshape(plain.beta.shape), plain.beta),
        "allow": (fitted.allow[:, :3], plain.allow),
        "nu": (fitted.nu[:, :3], plain.nu),
        "excess": (fitted.excess, plain.om),
        "r0": (fitted.r0[:, :2], plain.r0[:, :2]),
    }
    for name, (ours, theirs) in pairs.items():
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-11, err_msg=name)

    plain.r0 = fitted.r0  # what lies beyond the reference's extremes is expected now and then
    state = monitor.start()
    for t in range(reference, reference + WINDOWS):
        plain.update(counts[t], THURSDAY + t, special[t])
        state, look = monitor.step(state, windows[t][1], windows[t][0])
        np.testing.assert_allclose(look.evidence, plain.col, rtol=1e-8)
    assert look.evidence[2] > 720 * columns
