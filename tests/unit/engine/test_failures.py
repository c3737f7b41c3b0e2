"""Which errors rows had is counted without any setting, whatever a producer writes."""

import pyarrow as pa

from vedette.engine.failures import LONGEST, failures
from vedette.profiles.discovered import FAILED, MOST
from vedette.sketches.readings import Readings


def types(*values):
    return pa.record_batch({"error_type": pa.array(values, pa.string())})


def told(batches):
    return {key.removeprefix(FAILED): int(one.total) for key, one in failures(batches).items()}


def test_types_are_counted_over_all_batches():
    assert told([types("a", None, "b"), types("a", "")]) == {"a": 2, "b": 1}
    assert failures([types("a", None), types("a")]) == {f"{FAILED}a": Readings.times(2)}


def test_types_that_a_producer_makes_up_leave_those_that_recur():
    made_up = types(*(f"no user {k}" for k in range(50_000, 51_000)), "x" * (LONGEST + 1))
    found = told([made_up, types("out of memory", "HTTP 503", "out of memory")])
    assert len(found) == MOST[FAILED]
    assert found["out of memory"] == 2
    assert found["HTTP 503"] == 1


def test_rows_without_the_column_or_of_odd_types_have_none():
    assert failures([pa.record_batch({"x": [1]})]) == {}
    assert failures([]) == {}
    assert told([pa.record_batch({"error_type": [3, 3]})]) == {"3": 2}
    coded = pa.record_batch({"error_type": pa.array(["a", "a"]).dictionary_encode()})
    assert told([coded]) == {"a": 2}
    assert failures([pa.record_batch({"error_type": [[1.0], None]})]) == {}
