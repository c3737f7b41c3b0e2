"""Bodies of readings: every format gives the same rows; what is no reading is refused with a
reason."""

import json

import msgspec
import pyarrow as pa
import pytest

from vedette.core import wire
from vedette.core.events import Reading
from vedette.ingest.body import decode_metrics
from vedette.ingest.limits import Refused

NOW = 1_793_527_200 * 10**9  # 2026-11-01T10:00:00Z
ROWS = [
    {"id": "a", "name": "queue", "value": 3, "time": "2026-11-01T09:00:00Z"},
    {"id": "b", "name": "bill in €", "value": 0.5},
]


def bodies():
    made = [
        Reading(id=row["id"], model="m", name=row["name"], value=row["value"], time=at)
        for row, at in zip(ROWS, (NOW - 3600 * 10**9, NOW), strict=True)
    ]
    yield "application/json", json.dumps(ROWS).encode()
    yield "application/x-ndjson", b"\n".join(json.dumps(row).encode() for row in ROWS)
    yield "application/msgpack", msgspec.msgpack.encode(ROWS)
    yield "application/msgpack", wire.join([msgspec.msgpack.encode(one) for one in made])


def read(body, kind="application/json", **given):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_metrics(body, model="m", content_type=kind, received=NOW, **given)


@pytest.mark.parametrize(("kind", "body"), list(bodies()))
def test_every_format_gives_the_same_rows(kind, body):
    found = read(body, kind)
    assert (found.rows, found.outcomes, found.twins, found.rejected) == (None, None, None, ())
    rows = found.metrics
    assert rows.schema.names == ["_id", "_time", "metric", "value"]
    assert rows["_id"].to_pylist() == ["a", "b"]
    assert rows["_time"].cast(pa.int64()).to_pylist() == [NOW - 3600 * 10**9, NOW]
    assert rows["metric"].to_pylist() == ["queue", "bill in €"]
    assert rows["value"].to_pylist() == [3.0, 0.5]


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        ({"name": "", "value": 1}, "1 to 256 characters"),
        ({"name": "x" * 300, "value": 1}, "1 to 256 characters"),
        ({"name": "a\u202eb", "value": 1}, "cannot be seen"),
        ({"name": " a", "value": 1}, "cannot be seen"),
        ({"name": "a", "value": "1"}, "Expected `float`"),
        ({"name": "a", "value": None}, "Expected `float`"),
        ({"name": "a", "value": True}, "Expected `float`"),
        ({"name": "a"}, "missing required field `value`"),
        ({"value": 3}, "missing required field `name`"),
        ({"name": "a", "valu": 3}, "did you mean 'value'"),
        ({"name": "a", "value": 1, "time": "soon"}, "cannot be read"),
        ({"name": "a", "value": 1, "time": NOW + 10**18}, "ahead of the server"),
        ({"name": "a", "value": 1, "model": "other"}, "is of model 'other'"),
        ("queue", "not an object"),
    ],
)
def test_what_is_no_reading_is_refused_and_its_neighbours_are_kept(reading, why):
    found = read([{"name": "good", "value": 1}, reading])
    assert found.metrics["metric"].to_pylist() == ["good"]
    (bad,) = found.rejected
    assert bad.row == 1
    assert why in bad.reason


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_value_must_be_a_finite_number(value):
    found = read(f'[{{"name": "a", "value": {value}}}]'.encode())
    assert found.metrics is None
    assert found.rejected[0].reason


def test_a_reading_with_a_time_is_the_same_whenever_it_is_sent():
    timed, untimed = [{"name": "a", "value": 1, "time": 5}], [{"name": "a", "value": 1}]
    ids = [
        decode_metrics(json.dumps(body).encode(), model="m", content_type="", received=at)
        .metrics["_id"][0]
        .as_py()
        for body in (timed, untimed)
        for at in (NOW, NOW + 1)
    ]
    assert ids[0] == ids[1]
    assert ids[2] != ids[3]


def test_a_table_is_no_body_of_readings():
    with pytest.raises(Refused) as refused:
        read(b"", "application/vnd.apache.arrow.stream")
    assert refused.value.status == 415
