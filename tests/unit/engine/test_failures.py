"""Which errors rows had is counted without any setting, whatever a producer writes."""

import pyarrow as pa

from vedette.engine.failures import LONGEST, MOST_TYPES, failures


def types(*values):
    return pa.record_batch({"error_type": pa.array(values, pa.string())})


def told(batches):
    return {key.partition("\n")[2]: int(one.total) for key, one in failures(batches).items()}


def test_types_are_counted_over_all_batches():
    assert told([types("a", None, "b"), types("a", "")]) == {"a": 2, "b": 1}
    assert failures([types("a", None)])["error_type\na"].count == 2


def test_only_the_most_frequent_ones_are():
    many = types(*(f"e{k}" for k in range(50) for _ in range(k + 1)), "x" * (LONGEST + 1))
    assert sorted(told([many]).values()) == list(range(50 - MOST_TYPES + 1, 51))


def test_rows_without_the_column_or_of_odd_types_have_none():
    assert failures([pa.record_batch({"x": [1]})]) == {}
    assert failures([]) == {}
    assert told([pa.record_batch({"error_type": [3, 3]})]) == {"3": 2}
    coded = pa.record_batch({"error_type": pa.array(["a", "a"]).dictionary_encode()})
    assert told([coded]) == {"a": 2}
    assert failures([pa.record_batch({"error_type": [[1.0], None]})]) == {}
