"""Bodies of events: every format gives the same rows; a bad event costs only itself."""

import json

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.core import wire
from vedette.core.events import Event, Outcome, Usage
from vedette.core.schema import Field, Schema
from vedette.ingest.body import decode, decode_labels
from vedette.ingest.limits import Limits, Refused

NOW = 1_793_527_200 * 10**9  # 2026-11-01T10:00:00Z
JSON, NDJSON, PACKED = "application/json", "application/x-ndjson", "application/msgpack"
ARROW = "application/vnd.apache.arrow.stream"
FULL = {
    "id": "a",
    "time": "2026-11-01T09:00:00Z",
    "version": "7",
    "features": {"amount": 9.5, "count": 3, "flag": True, "shop": "x", "gone": None, "v": [1, 2]},
    "prediction": "yes",
    "scores": {"score": 0.9, "churn": 0.2},
    "attributes": {"region": "FR"},
    "text": {"prompt": "hello"},
    "latency_s": 0.25,
    "usage": {"input_tokens": 5, "output_tokens": 7, "first_token_s": 0.1},
    "trace_id": "t",
    "weight": 10.0,
}


def read(body, kind=JSON, **given):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(body, model="m", content_type=kind, received=NOW, **given)


def rows(body, kind=JSON, **given):
    decoded = read(body, kind, **given)
    assert decoded.rejected == ()
    return decoded.rows.to_pylist()


def stream(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write(table)
    return sink.getvalue().to_pybytes()


def test_an_event_becomes_a_flat_row_of_numbers_truths_and_texts():
    batch = read(FULL).rows
    assert batch.schema.field("count").type == pa.float64()
    assert batch.schema.field("_time").type == pa.timestamp("ns", "UTC")
    row = batch.to_pylist()[0]
    assert row.pop("_time").isoformat() == "2026-11-01T09:00:00+00:00"
    assert row == {
        "_id": "a", "_version": "7", "_weight": 10.0, "_trace_id": "t", "amount": 9.5, "count": 3.0,
        "flag": True, "shop": "x", "v": [1.0, 2.0], "prediction": "yes", "score": 0.9,
        "score.churn": 0.2, "region": "FR", "prompt": "hello", "latency_s": 0.25,
        "input_tokens": 5.0, "output_tokens": 7.0, "first_token_s": 0.1,
    }  # fmt: skip


def test_every_format_gives_the_same_rows():
    event = Event(
        id="a", model="m", time=NOW - 3600 * 10**9, version="7", features=FULL["features"],
        prediction="yes", scores=FULL["scores"], attributes=FULL["attributes"], text=FULL["text"],
        latency_s=0.25, usage=Usage(5, 7, 0.1), trace_id="t", weight=10.0,
    )  # fmt: skip
    once = rows(FULL)
    assert rows([FULL]) == once
    assert rows(json.dumps(FULL).encode() + b"\n", NDJSON) == once
    assert rows(msgspec.msgpack.encode(FULL), PACKED) == once
    assert rows(msgspec.msgpack.encode([FULL]), PACKED) == once
    assert rows(wire.encode([event]), PACKED) == once
    assert rows(stream(pa.Table.from_batches([read(FULL).rows])), ARROW) == once


def test_scores_and_ids_in_short():
    assert rows({"id": 7, "score": 0.5})[0]["score"] == 0.5
    assert rows({"id": 7, "score": {"a": 0.5, "b": None}})[0] | {"_time": 0} == {
        "_id": "7", "_time": 0, "_version": "", "_weight": 1.0, "score.a": 0.5,
    }  # fmt: skip


def test_lists_of_scores_are_vectors_in_every_format():
    event = {"id": "a", "time": NOW, "scores": {"score": [0.9, 1, 0], "b": [], "c": None}}
    message = Event(id="a", model="m", time=NOW, scores={"score": [0.9, 1.0, 0.0], "b": []})
    batch = read(event).rows
    assert batch["score"].type == batch["score.b"].type == pa.list_(pa.float64())
    once = batch.to_pylist()
    assert (once[0]["score"], once[0]["score.b"]) == ([0.9, 1.0, 0.0], [])
    assert "score.c" not in once[0]
    assert rows(json.dumps(event).encode() + b"\n", NDJSON) == once
    assert rows(msgspec.msgpack.encode(event), PACKED) == once
    assert rows(wire.encode([message]), PACKED) == once
    assert rows(stream(pa.Table.from_batches([batch])), ARROW) == once
    assert rows({"id": "a", "score": [0.5]})[0]["score"] == [0.5]
    single = stream(pa.table({"score": pa.array([[1, 2], None], pa.large_list(pa.float32()))}))
    assert read(single, ARROW).rows["score"].to_pylist() == [[1.0, 2.0], None]


@pytest.mark.parametrize(
    ("score", "says"),
    [
        ([0.5, None], "Expected `float`, got `null`"),
        ([0.5, float("nan")], "Expected `float`, got `null`"),
        (["high"], "Expected `float`, got `str`"),
        ([[0.5]], "Expected `float`, got `array`"),
        ([0.5] * 8001, "'score' has more than 8000 numbers"),
    ],
)
def test_lists_of_scores_are_refused_as_other_vectors_are(score, says):
    for field in ({"score": score}, {"scores": {"score": score}}):
        decoded = read([field, {"id": "b", "score": [0.5]}])
        assert says in decoded.rejected[0].reason
        assert decoded.rows["_id"].to_pylist() == ["b"]


def test_ids_are_made_from_the_body_and_the_place():
    body = [{"time": NOW, "features": {"x": 1}}, {"time": NOW, "features": {"x": 1}}]
    ids = [row["_id"] for row in rows(body)]
    assert len(set(ids)) == 2
    assert [row["_id"] for row in rows(body)] == ids
    assert rows([{"time": NOW, "features": {"x": 2}}])[0]["_id"] not in ids
    # Without a time it happens when it comes: the same words a second later are another event.
    plain = {"model": "m", "content_type": JSON}
    one, two = (decode(b"{}", received=at, **plain).rows["_id"][0] for at in (NOW, NOW + 1))
    assert one != two


def test_values_that_disagree_are_text_as_arrow_spells_it():
    body = [{"features": {"x": value}} for value in ("a", 1, 1.0, 0.25, True, None)]
    assert [row["x"] for row in rows(body)] == ["a", "1", "1", "0.25", "true", None]


def test_a_field_declared_as_category_is_text():
    schema = Schema((Field("code", "category"),))
    assert rows({"features": {"code": 75001}}, schema=schema)[0]["code"] == "75001"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"featres": {}}, "did you mean 'features'"),
        ({"amount": 1}, "unknown field 'amount'; put it in 'features'"),
        ({"error_type": "timeout"}, "unknown field 'error_type'; put it in 'attributes'"),
        ({"features": {"prediction": 1}}, "reserved"),
        ({"features": {"_id": 1}}, "reserved"),
        ({"features": {"x": 1}, "attributes": {"x": 2}}, "two values are called 'x'"),
        ({"features": {"x": {"y": 1}}}, "features"),
        ({"features": {"x": ["a"]}}, "features"),
        ({"features": {"x" * 257: 1}}, "1 to 256"),
        ({"features": {"": 1}}, "1 to 256"),
        ({"features": {str(i): 1 for i in range(513)}}, "at most 512"),
        ({"id": ""}, "id must have"),
        ({"id": "x" * 257}, "id must have"),
        ({"model": "other"}, "is of model 'other'"),
        ({"time": "soon"}, "cannot be read"),
        ({"time": -1}, "before 1970"),
        ({"time": "1969-12-31"}, "before 1970"),
        ({"time": "2026-11-02T10:00:01Z"}, "ahead of the server's clock"),
        ({"time": 9e300}, "ahead of the server's clock"),
        ({"weight": 0.5}, "weight"),
        ({"weight": "1"}, "weight"),
        ({"latency_s": -1}, "latency_s is negative"),
        ({"score": 1, "scores": {"score": 2}}, "two values"),
        ({"text": {"p": "x" * (2**20 + 1)}}, "longer than"),
        ({"features": {"p": "x" * 64_001}}, "longer than"),
        (7, "not an object"),
        ([[[]]], "not an object"),
    ],
)
def test_a_bad_event_is_refused_with_the_reason_and_its_neighbours_kept(event, says):
    decoded = read([{"id": "before"}, event, {"id": "after"}])
    assert decoded.rows["_id"].to_pylist() == ["before", "after"]
    bad = decoded.rejected[0]
    assert (bad.row, len(decoded.rejected)) == (1, 1)
    assert says in bad.reason
    assert len(bad.event or "") <= 8192
    assert len(bad.reason) < 500


@pytest.mark.parametrize("text", ["1e400", "NaN", "1" + "0" * 400, "-Infinity", "1e308", "1e-400"])
def test_numbers_at_the_edge(text):
    body = b'[{"id": "a", "features": {"x": %s}}, {"id": "b", "features": {"x": 1}}]'
    decoded = read(body % text.encode())
    assert decoded.rejected == ()
    assert decoded.rows["x"].to_pylist()[1] == 1.0


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1])
def test_whole_numbers_of_any_size(number):
    assert rows({"features": {"x": number}})[0]["x"] == float(number)
    if -(2**63) <= number < 2**64:
        assert rows(msgspec.msgpack.encode({"features": {"x": number}}), PACKED)


def test_half_characters():
    body = rb'[{"features": {"x": "\ud800"}}, {"features": {"\udfff": 1}}, {"id": "c"}]'
    decoded = read(body)
    assert decoded.rows["_id"].to_pylist() == ["c"]
    assert [bad.row for bad in decoded.rejected] == [0, 1]
    for bad in decoded.rejected:
        bad.event.encode()


def test_lines_that_are_no_json():
    decoded = read(b'{"id": "a"}\nnonsense\n\n\xff\xfe\n{"id": "b"}', NDJSON)
    assert decoded.rows["_id"].to_pylist() == ["a", "b"]
    assert [bad.row for bad in decoded.rejected] == [1, 2]


def test_an_envelope_keeps_good_events_beside_bad_ones():
    body = msgspec.msgpack.encode([1, [{"id": "a", "time": 5, "model": "m"}, {"id": 1.5}], []])
    decoded = read(body, PACKED)
    assert decoded.rows["_time"].cast(pa.int64()).to_pylist() == [5]  # nanoseconds, however small
    assert decoded.rejected[0].row == 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"7", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"a":' * 100_000, JSON, 400),
        (b"\xc1", PACKED, 400),
        (b"\x91" * 100_000, PACKED, 400),
        (b"\x93\x02\x90\x90", PACKED, 400),
        (b"\x93\x01\x90", PACKED, 400),
        (b"", ARROW, 400),
        (b"ARROW1" * 50, ARROW, 400),
        (b"{}", "text/csv", 415),
        (b"[" + b"{}," * 50_000 + b"{}]", JSON, 413),
    ],
)
def test_bodies_of_which_nothing_is_kept(body, kind, status):
    with pytest.raises(Refused) as refused:
        read(body, kind)
    assert refused.value.status == status


def test_columns_and_cells_are_bounded():
    body = [{"features": {f"x{i}": 1}} for i in range(60)]
    decoded = read(body, limits=Limits(columns=20))
    assert decoded.rows.num_rows == 20 - 4
    assert "more than 20 columns" in decoded.rejected[0].reason
    with pytest.raises(Refused, match="too many cells"):
        read(body, limits=Limits(cells=1000))


def test_only_the_first_refused_events_are_kept_to_be_looked_at():
    decoded = read([{"wrong": i} for i in range(300)])
    assert len(decoded.rejected) == 300
    assert sum(bad.event is not None for bad in decoded.rejected) == 100


def test_labels_in_every_form():
    plain = {"model": "m", "received": NOW}
    body = b'[{"id": "a", "label": 1}, {"event_id": "b", "label": 0.5, "time": "2026-11-01"}]'
    decoded = decode_labels(body, content_type=JSON, **plain)
    assert decoded.outcomes["label"].to_pylist() == [1.0, 0.5]
    table = pa.table({"key": ["a", None], "y": ["p", "q"]})
    decoded = decode_labels(
        stream(table), content_type=ARROW, names={"id": "key", "label": "y"}, **plain
    )
    assert decoded.outcomes["_id"].to_pylist() == ["a"]
    assert "needs the id" in decoded.rejected[0].reason
    body = wire.encode([], [Outcome(event_id="a", model="m", time=1, label="yes")])
    assert decode_labels(body, content_type=PACKED, **plain).outcomes["label"].to_pylist() == [
        "yes"
    ]
    lists = b'[{"id": "a", "label": [1, 0.5]}, {"id": "b", "label": null}]'  # of rankings
    decoded = decode_labels(lists, content_type=JSON, **plain)
    assert decoded.outcomes["label"].to_pylist() == [[1.0, 0.5], None]
    long = b'[{"id": "a", "label": [' + b"1," * 8000 + b'1]}, {"id": "b", "label": 2}]'
    decoded = decode_labels(long, content_type=JSON, **plain)
    assert decoded.outcomes["_id"].to_pylist() == ["b"]
    assert "8000 numbers" in decoded.rejected[0].reason
    decoded = decode_labels(b'[{"id": "a", "label": 1}, {"id": "b", "label": "x"}]',
                            content_type=JSON, **plain)  # fmt: skip
    assert decoded.outcomes["label"].to_pylist() == ["1", "x"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
fields = st.sampled_from([*FULL, "score", "model", "x", "_id"])
events = st.dictionaries(fields, values, max_size=6)


@settings(max_examples=300)
@given(st.lists(events | values, max_size=5))
def test_whatever_is_sent_is_kept_or_refused(sent):
    """Every event is one row or one refusal, whatever it is; nothing else can happen."""
    for kind, body in ((JSON, json.dumps(sent).encode()), (PACKED, packed(sent))):
        if body is None:
            continue
        decoded = refused_or(lambda: read(body, kind))  # noqa: B023 - called at once
        if decoded is None:
            continue
        kept = 0 if decoded.rows is None else decoded.rows.num_rows
        assert kept + len(decoded.rejected) == len(sent)
        if decoded.rows is not None:
            decoded.rows.validate(full=True)


def refused_or(call):
    """What a call gives; None when it refuses the body, which it may."""
    try:
        return call()
    except Refused as refused:
        return None if refused.status in (400, 413) else pytest.fail(str(refused))


def packed(value):
    try:
        return msgspec.msgpack.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return None


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from([JSON, NDJSON, PACKED, ARROW]))
def test_any_bytes_at_all(body, kind):
    for reader in (decode, decode_labels):
        given = {"model": "m", "content_type": kind, "received": NOW}
        refused_or(lambda: reader(body, **given))  # noqa: B023 - called at once
