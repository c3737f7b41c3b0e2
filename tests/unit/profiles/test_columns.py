"""Arrow columns read as numbers, as categories, as buffers: every type, whole and in part."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from vedette.profiles.buffers import fixed, flags, missing
from vedette.profiles.columns import absent_column, as_codes, as_numbers, column_or_absent

NUMBERS = {
    **{
        str(kind): pa.array([1, None, 3, 4, None, 6], kind)
        for kind in (
            pa.int8(), pa.int16(), pa.int32(), pa.int64(),
            pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
            pa.float32(), pa.float64(),
        )
    },
    "halffloat": pa.array([1, None, 3, 4, None, 6], pa.float32()).cast(pa.float16()),
    "decimal": pa.array([None if v is None else Decimal(v) for v in (1, None, 3, 4, None, 6)]),
    "text": pa.array(["1", None, "3.0", " 4 ", None, "6e0"]),
    "large text": pa.array(["1", None, "3.0", " 4 ", None, "6e0"], pa.large_string()),
    "coded text": pa.array(["1", None, "3", "4", None, "6"]).dictionary_encode(),
    "coded numbers": pa.array([1, None, 3, 4, None, 6]).dictionary_encode(),
    "seconds": pa.array([1, None, 3, 4, None, 6], pa.duration("s")),
    "milliseconds": pa.array([1000, None, 3000, 4000, None, 6000], pa.duration("ms")),
}  # fmt: skip
EXPECTED = [1.0, None, 3.0, 4.0, None, 6.0]

NAMES = {
    "text": pa.array(["a", None, "b", "a", None, "c"]),
    "large text": pa.array(["a", None, "b", "a", None, "c"], pa.large_string()),
    "text view": pa.array(["a", None, "b", "a", None, "c"], pa.string_view()),
    "coded": pa.array(["a", None, "b", "a", None, "c"]).dictionary_encode(),
    "coded in bytes": pa.DictionaryArray.from_arrays(
        pa.array([2, None, 0, 2, None, 1], pa.uint8()), pa.array(["b", "c", "a"])
    ),
    "coded with a null inside": pa.DictionaryArray.from_arrays(
        pa.array([0, 3, 1, 0, None, 2]), pa.array(["a", "b", "c", None])
    ),
    "coded with a value twice": pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1, 2, None, 3]), pa.array(["a", "b", "a", "c"])
    ),
}

NO_TEXT = {
    "bytes": pa.array([b"\xff", None, b"a"]),
    "large bytes": pa.array([b"\xff", None, b"a"], pa.large_binary()),
    "fixed bytes": pa.array([b"\xff", None, b"a"], pa.binary(1)),
    "coded bytes": pa.array([b"\xff", None, b"a"]).dictionary_encode(),
    "lists": pa.array([[1], None, []]),
    "large lists": pa.array([[1], None, []], pa.large_list(pa.int8())),
    "vectors": pa.array([[1.0], None, [2.0]], pa.list_(pa.float32(), 1)),
    "structs": pa.array([{"a": 1}, None, {"a": None}]),
    "maps": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int8())),
    "intervals": pa.array([(1, 2, 3), None, (4, 5, 6)], pa.month_day_nano_interval()),
}


def read_numbers(column):
    """What was read, row by row: a number, None for missing, "broken"."""
    read = as_numbers(column)
    n = len(column)
    absent = np.zeros(n, bool) if read.missing is None else read.missing
    broken = np.zeros(n, bool) if read.broken is None else read.broken
    usable = np.ones(n, bool) if read.usable is None else read.usable
    assert np.array_equal(usable, ~(absent | broken))
    assert not (absent & broken).any()
    return [
        None if a else "broken" if b else float(v)
        for v, a, b in zip(read.values, absent, broken, strict=True)
    ]


def read_names(column):
    read = as_codes(column)
    names = {-1: None, -2: "broken"} | dict(enumerate(read.dictionary.to_pylist()))
    return [names[code] for code in read.codes.tolist()]


def in_parts(column, expected, read):
    """The same rows, as slices of the column and of one that has other rows before it."""
    n = len(column)
    longer = pa.concat_arrays([column, column])
    for start in range(n + 1):
        for stop in range(start, n + 1):
            assert read(column[start:stop]) == expected[start:stop]
            assert read(longer[n + start : n + stop]) == expected[start:stop]


@pytest.mark.parametrize("kind", NUMBERS)
def test_every_type_of_number_is_read(kind):
    assert read_numbers(NUMBERS[kind]) == EXPECTED
    in_parts(NUMBERS[kind], EXPECTED, read_numbers)


def test_booleans_are_zeros_and_ones():
    column = pa.array([True, None, False] * 7)
    assert read_numbers(column) == [1.0, None, 0.0] * 7
    in_parts(column, [1.0, None, 0.0] * 7, read_numbers)
    assert read_names(column) == ["true", None, "false"] * 7


def test_text_that_spells_no_number_is_broken():
    column = pa.array(["1.5", "ten", None, "", "nan", "inf", "0x1", "ten"])
    read = read_numbers(column)
    assert read[:4] == [1.5, "broken", None, "broken"]
    assert np.isnan(read[4])
    assert read[5:] == [np.inf, "broken", "broken"]


def test_not_finite_is_neither_missing_nor_broken():
    read = as_numbers(pa.array([np.nan, np.inf, None, 1.0]))
    assert read.missing.tolist() == [False, False, True, False]
    assert np.isnan(read.values[0])


@pytest.mark.parametrize("kind", NO_TEXT)
def test_what_is_neither_number_nor_text_is_broken(kind):
    for read in (read_numbers, read_names):
        assert read(NO_TEXT[kind]) == ["broken", None, "broken"]
        in_parts(NO_TEXT[kind], ["broken", None, "broken"], read)


@pytest.mark.parametrize("kind", ["date32[day]", "timestamp[ns]", "time64[us]"])
def test_instants_are_no_numbers_but_have_names(kind):
    types = {str(t): t for t in (pa.date32(), pa.timestamp("ns"), pa.time64("us"))}
    column = pa.array([0, None, 1], (types[kind].bit_width == 32 and pa.int32()) or pa.int64())
    column = column.cast(types[kind])
    assert read_numbers(column) == ["broken", None, "broken"]
    assert [name is None for name in read_names(column)] == [False, True, False]


@pytest.mark.parametrize("kind", NAMES)
def test_every_type_of_category_is_read(kind):
    expected = ["a", None, "b", "a", None, "c"]
    assert read_names(NAMES[kind]) == expected
    in_parts(NAMES[kind], expected, read_names)


def test_numbers_become_their_text():
    assert read_names(pa.array([1, 10, None])) == ["1", "10", None]
    assert read_names(pa.array([0.5, 1.0])) == ["0.5", "1"]


@pytest.mark.parametrize("read", [read_numbers, read_names])
@pytest.mark.parametrize("rows", [0, 3])
def test_a_column_of_nulls_is_missing(read, rows):
    for column in (pa.nulls(rows), pa.nulls(rows, pa.string()), absent_column(rows)):
        assert read(column) == [None] * rows
    coded = pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int8()), pa.array([], pa.string()))
    assert read(coded) == [None] * rows


def test_a_column_that_did_not_arrive_is_missing():
    batch = pa.RecordBatch.from_pydict({"x": [1, 2]})
    assert read_numbers(column_or_absent(batch, "y")) == [None, None]
    assert column_or_absent(batch, "x").to_pylist() == [1, 2]


# --- buffers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint16(), pa.int32(), pa.uint64(), pa.float32()])
def test_a_view_is_of_the_same_values_type_and_memory(kind):
    column = pa.array(range(20), kind)
    for start, stop in ((0, 20), (3, 17), (20, 20), (19, 20)):
        part = column[start:stop]
        view = fixed(part)
        assert view.tolist() == list(range(start, stop))
        assert view.dtype == kind.to_pandas_dtype()
        assert len(view) == 0 or not view.flags.writeable


def test_a_view_of_nothing_but_nulls_has_every_row():
    assert len(fixed(pa.nulls(4, pa.float64()))) == 4
    assert fixed(pa.array([], pa.int32())).tolist() == []


@pytest.mark.parametrize("start", [0, 1, 7, 8, 9, 63])
def test_validity_is_read_at_any_offset(start):
    values = [None if i % 3 == 0 else i for i in range(70)]
    absent = missing(pa.array(values)[start:])
    assert absent is not None
    assert absent.tolist() == [v is None for v in values[start:]]
    assert missing(pa.array([1, None, 2])[2:]) is None


def test_flags_come_back():
    values = np.arange(19) % 3 == 0
    assert flags(values).to_pylist() == values.tolist()
    assert flags(values[::2]).to_pylist() == values[::2].tolist()
    assert flags(np.zeros(0, bool)).to_pylist() == []
