"""What rows say of how well they are seen does not depend on which of them come together."""

import numpy as np
import pyarrow as pa

import vedette as vd
from vedette.engine.sight import seen
from vedette.monitors.blindness_state import filled, nothing_seen, sampled
from vedette.monitors.held import HeldState
from vedette.monitors.trouble import nothing_told
from vedette.profiles.profile import Profile

NONE = HeldState((), -1, *(np.zeros(0) for _ in range(3)), nothing_told(0))
KNOWN = vd.Baseline.fit(pa.table({"x": [1.0, 2.0]}))


def window(*blocks):
    """A window of some blocks of rows."""
    whole = Profile.zero("", "")
    for block in blocks:
        batch = pa.record_batch(block)
        whole += Profile("", "", batch.num_rows, metrics=seen([batch], KNOWN))
    return whole


def test_rows_of_two_weights_are_of_two_weights_in_any_blocks():
    state = nothing_seen(NONE, ())
    apart = window({"x": [1.0], "_weight": [10.0]}, {"x": [1.0], "_weight": [1.0]})
    assert apart == window({"x": [1.0, 1.0], "_weight": [10.0, 1.0]})
    assert sampled(state, apart)[0].other != 10.0  # they say nothing of how rows are sampled
    alone = window({"x": [1.0], "_weight": [10.0]}, {"x": [2.0], "_weight": [10.0]})
    assert sampled(state, alone)[0].other == 10.0


def test_a_few_guessed_times_are_few_in_any_blocks():
    guessed, own = '{"time_quality": "read"}', None
    apart = window({"_rest": pa.array([guessed])}, {"_rest": pa.array([own] * 9, pa.string())})
    assert apart == window({"_rest": pa.array([guessed, *[own] * 9])})
    state, _ = filled(nothing_seen(NONE, ("",)), apart)
    assert state.usual.tolist() == [0.9]
