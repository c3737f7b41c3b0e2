"""The stretch of event time that rows cover."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.profiles.clock import Clock

SCHEMA = Schema((Field("at", "time", "time"), Field("x", "numeric")))
SECOND = 1_000_000_000


def window(*columns, schema=SCHEMA):
    clock = Clock.of(schema)
    for column in columns:
        clock.add(pa.RecordBatch.from_arrays([column], ["at"]))
    return clock.window


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_is_nanoseconds(unit):
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    column = pa.array([3 * per_second, None, 1 * per_second], pa.timestamp(unit))
    assert window(column) == Window(SECOND, 3 * SECOND + 1)


def test_zones_are_utc():
    noon = datetime(2024, 7, 1, 12, tzinfo=UTC)
    instants = [pa.array([noon], pa.timestamp("us", zone)) for zone in ("UTC", "Europe/Berlin")]
    assert window(instants[0]) == window(instants[1])
    assert window(instants[0]).isoformat() == ("2024-07-01T12:00:00Z",) * 2


def test_days_and_text_are_instants_too():
    assert window(pa.array([1], pa.int32()).cast(pa.date32())).start == 86_400 * SECOND
    assert window(pa.array(["1970-01-01 00:00:02"])).start == 2 * SECOND
    coded = pa.array(["1970-01-01 00:00:02"] * 2).dictionary_encode()
    assert window(coded) == Window(2 * SECOND, 2 * SECOND + 1)


def test_batches_widen_the_window_in_any_order():
    parts = [pa.array([at], pa.timestamp("ns")) for at in (5, 1, 9)]
    assert window(*parts) == window(*reversed(parts)) == Window(1, 10)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([], pa.timestamp("ns")),
        pa.nulls(3, pa.timestamp("ns")),
        pa.nulls(3),
        pa.array(["yesterday"]),
        pa.array([[1]]),
        pa.array([b"1"]),
        pa.array([1.5]),
        pa.array([True]),
    ],
    ids=lambda column: str(column.type),
)
def test_what_holds_no_instants_is_passed_over(column):
    assert window(column) is None
    assert window(pa.array([7], pa.timestamp("ns")), column) == Window(7, 8)


def test_instants_beyond_what_nanoseconds_hold_do_not_break_the_pass():
    far = pa.array([datetime(9999, 12, 31), datetime(1, 1, 1)], pa.timestamp("us"))
    assert window(far, pa.array([7], pa.timestamp("ns"))) is not None


def test_without_a_time_column_there_is_no_window():
    assert window(pa.array([7], pa.timestamp("ns")), schema=Schema(SCHEMA.fields[1:])) is None
    assert window(schema=SCHEMA) is None


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01",
        "2024-01-01 00:00",
        "2024-01-01 00:00:00",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.000Z",
        "2024-01-01T00:00Z",
        "2024-01-01 01:00:00+01:00",
        "2024-01-01T01:00:00+0100",
        "2023-12-31T23:00:00-01",
    ],
)
def test_text_in_iso_8601_gives_a_window(text):
    column = pa.array([text, None])
    expected = ("2024-01-01T00:00:00Z",) * 2
    assert window(column).isoformat() == expected
    assert window(column.dictionary_encode()).isoformat() == expected
    assert window(column.cast(pa.large_string())).isoformat() == expected


def test_texts_that_spell_no_instant_do_not_hide_the_others():
    column = pa.array(["2024-01-01", "soon", "9999-12-31", "2024-01-02T00:00:00Z", None])
    assert window(column).isoformat() == ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")


def test_only_instants_of_rows_count_not_those_of_the_dictionary():
    coded = pa.array(["2023-01-01", "2024-01-01"]).dictionary_encode()
    assert window(coded.slice(1)).isoformat() == ("2024-01-01T00:00:00Z",) * 2
