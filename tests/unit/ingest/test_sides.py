"""Bodies of sides of calls: every format gives the same rows; what is none is refused."""

import json

import msgspec
import pytest

from vedette.core import wire
from vedette.ingest.body import decode_sides
from vedette.ingest.cloudevents.kept import parts_in
from vedette.ingest.limits import Refused

NOW = 1_793_527_200 * 10**9
SIDES = [
    {"call": "a", "side": "request", "data": "e30=", "time": NOW, "version": "2", "weight": 2.0},
    {"call": "a", "side": "response", "body": {"predictions": [1]}, "rest": {"zone": "b", "n": 1}},
]
PACKED = [{**SIDES[0], "data": b"{}"}, SIDES[1]]


def read(body, kind="application/json"):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_sides(body, model="m", content_type=kind, received=NOW)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", json.dumps(SIDES).encode()),
        ("application/x-ndjson", b"\n".join(json.dumps(one).encode() for one in SIDES)),
        ("application/msgpack", msgspec.msgpack.encode(PACKED)),
        ("application/msgpack", wire.join([msgspec.msgpack.encode(one) for one in PACKED])),
    ],
)
def test_every_format_gives_the_same_rows(kind, body):
    made = read(body, kind)
    assert made.rejected == ()
    one, other = (kept.part for kept in parts_in("m", made.parts))
    assert (one.call, one.side, one.data, one.at) == ("a", "request", b"{}", NOW)
    assert (one.version, one.weight) == ("2", 2.0)
    assert (other.side, json.loads(other.data), other.at) == (
        "response",
        {"predictions": [1]},
        None,
    )
    assert other.about == {"zone": "b", "n": "1"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"side": "feedback"}, "not 'request' or 'response'"),
        ({"call": ""}, "1 to 200 characters"),
        ({"body": None}, "needs its body"),
        ({"data": "e30="}, "needs its body"),
        ({"weight": 0.5}, "one over the sampling fraction"),
        ({"time": "soon"}, "cannot be read"),
        ({"model": "other"}, "is of model 'other'"),
        ({"rest": {"x": "y" * 65_000}}, "longer than"),
        ({"headers": {}}, "unknown field"),
    ],
)
def test_a_bad_side_costs_its_neighbours_nothing(change, says):
    good = {"call": "a", "side": "request", "body": [[1]]}
    made = read([{**good, **change}, {**good, "call": "b"}])
    assert made.parts.column("_id").to_pylist() == ["b/request"]
    [bad] = made.rejected
    assert says in bad.reason
    assert bad.row == 0


def test_tables_are_no_sides():
    with pytest.raises(Refused, match="is a table"):
        read(b"", "application/vnd.apache.arrow.stream")
