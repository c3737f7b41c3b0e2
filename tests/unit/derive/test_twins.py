"""Values of serving beside offline ones: when two agree."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.derive.twins import EXACT, Tolerance, codes
from vedette.sketches.twins import DIFFERS, MISSING_OFFLINE, MISSING_ONLINE, SAME

values = st.none() | st.floats() | st.integers(-5, 5).map(float)
TIME = pa.timestamp("ns", "UTC")


def agree(one: float | None, two: float | None, tolerance: Tolerance) -> int:
    """The rule for two numbers in its plainest form."""
    gone = [value is None or math.isnan(value) for value in (one, two)]
    if any(gone):
        return SAME if all(gone) else MISSING_OFFLINE if gone[0] else MISSING_ONLINE
    near = math.isclose(one, two, rel_tol=tolerance.relative, abs_tol=tolerance.absolute)
    return SAME if near else DIFFERS


@given(
    st.lists(st.tuples(values, values), max_size=20),
    st.sampled_from([0.0, 1e-6, 0.01, 0.5]),
    st.sampled_from([0.0, 0.5, 3.0]),
)
def test_numbers_agree_as_those_of_pythons_math(pairs, relative, absolute):
    tolerance = Tolerance(relative, absolute)
    sides = [pa.array([pair[at] for pair in pairs], pa.float64()) for at in (0, 1)]
    found = codes(*sides, tolerance).tolist()
    assert found == [agree(one, two, tolerance) for one, two in pairs]


@pytest.mark.parametrize(
    ("offline", "online", "found"),
    [
        (pa.array(["a", "b", None, ""]), pa.array(["a", "B", "c", None]), [0, 1, 3, 2]),
        (pa.array(["a", "b"]).dictionary_encode(), pa.array(["a", "c"]), [0, 1]),
        (pa.array([3.0, 2.5, 1e20]), pa.array(["3", "2.4", "1e+20"]), [0, 1, 0]),
        (pa.array(["3.50", "n", " 2 "]), pa.array([3.5, 1.0, 2.0]), [0, 1, 0]),
        (pa.array([True, False]), pa.array([1.0, 1.0]), [0, 1]),
        (pa.array([True, False]), pa.array(["true", "true"]), [0, 1]),
        (pa.array([1, 2]), pa.array([1.0, 2.5]), [0, 1]),
        (pa.array([1, 2, None]), pa.nulls(3), [2, 2, 0]),
        (pa.nulls(2), pa.array([1.0, None]), [3, 0]),
        (pa.array([[1.0, 2.0], [1.0], [], None]), pa.array([[1.0, 2.0], [1.0, 2.0], [], [1.0]]),
         [0, 1, 0, 3]),
        (pa.array([[1.0, None], [1.0]]), pa.array([[1.0, None], [1.5]]), [0, 1]),
        (pa.array([0, 5], TIME), pa.array([0, 6], TIME), [0, 1]),
        (pa.array([0, 5], pa.timestamp("us", "UTC")), pa.array([0, 5000], TIME), [0, 0]),
    ],
)  # fmt: skip
def test_kinds_of_values(offline, online, found):
    assert codes(offline, online, EXACT).tolist() == found


def test_times_agree_within_seconds():
    offline, online = pa.array([0, 0], TIME), pa.array([10**9, 2 * 10**9], TIME)
    assert codes(offline, online, Tolerance(0.0, 1.0)).tolist() == [0, 1]


def test_nothing_is_compared_with_nothing():
    assert codes(pa.array([], pa.float64()), pa.array([], pa.string())).tolist() == []


@given(st.lists(st.text(max_size=3) | st.none(), max_size=10), st.randoms())
def test_a_pair_is_judged_by_itself(texts, luck):
    other = [luck.choice([text, "x", None]) for text in texts]
    whole = codes(pa.array(texts, pa.string()), pa.array(other, pa.string()))
    parts = [
        codes(pa.array([a], pa.string()), pa.array([b], pa.string()))[0]
        for a, b in zip(texts, other, strict=True)
    ]
    assert np.array_equal(whole, parts)
