"""Spans as events: whose they are, their columns, what is kept besides, what is refused."""

import gzip
import json

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.unit.ingest.otlp.made import (
    JSON,
    KINDS,
    NOW,
    PROTOBUF,
    SECOND,
    any_value,
    asked,
    encoded,
    logs,
    pairs,
    span,
    traces,
)

from vedette.ingest.foreign import Asked
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.otlp.records import read_logs
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.otlp.traces import read_traces

CHAT = {
    "gen_ai.operation.name": "chat", "gen_ai.request.model": "meta/llama-3",
    "gen_ai.response.model": "llama-3-0301", "gen_ai.usage.input_tokens": 12,
}  # fmt: skip


def rows_of(request, kind=PROTOBUF, **limits):
    taken = read_traces(encoded(request, kind), asked(kind, **limits))
    return {model: one.rows.to_pylist() for model, one in taken.models.items() if one.rows}


def one_row(attributes=None, resource=None, **given):
    (rows,) = rows_of(traces(span(1, attributes, **given), resource=resource)).values()
    return rows[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_span_is_an_event_of_its_service(kind):
    request = traces(
        span(5, {"color": "red", "deep": {"list": [1, 2.5, True, "x"]}}, kind=Span.SPAN_KIND_SERVER,
             parent_span_id=(9).to_bytes(8)),
        resource={"service.name": "shop", "service.version": "2", "host.name": "a",
                  "deployment.environment.name": "test", "service.instance.id": "i-1"},
    )  # fmt: skip
    (row,) = rows_of(request, kind)["shop"]
    rest = json.loads(row.pop("_rest"))
    assert rest == {
        "attributes": {"color": "red", "deep": {"list": [1, 2.5, True, "x"]}},
        "resource": {"host.name": "a"},
        "scope": "library",
    }
    assert row.pop("_time").value == NOW
    assert row == {
        "_id": f"{5:032x}{5:016x}", "_version": "2", "_weight": 1.0, "_trace_id": f"{5:032x}",
        "_span_id": f"{5:016x}", "_parent_id": f"{9:016x}", "latency_s": 0.25,
        "operation": "GET /items", "span_kind": "server", "environment": "test", "instance": "i-1",
    }  # fmt: skip


def test_both_encodings_give_the_same_rows():
    events = [Span.Event(time_unix_nano=NOW, name="seen", attributes=pairs({"n": 1}))]
    links = [Span.Link(trace_id=b"t" * 16, span_id=b"s" * 8)]
    request = traces(
        span(1, CHAT | {"gen_ai.input.messages": '[{"role":"user","content":"Hi"}]'}),
        span(2, {"a": b"\x01", "b": [], "c": ""}, events=events, links=links,
             trace_state="ot=th:8", status=Status(code=2, message="no")),
    )  # fmt: skip
    assert rows_of(request, PROTOBUF) == rows_of(request, JSON)


def test_a_call_of_a_language_model_is_an_event_of_that_model():
    row = one_row(CHAT)
    assert list(rows_of(traces(span(1, CHAT)))) == ["meta:llama-3"]
    assert (row["_version"], row["input_tokens"], row["operation"]) == ("llama-3-0301", 12, "chat")
    assert row["service"] == "shop"


def test_the_sender_may_name_model_version_and_columns_itself():
    own = {
        "vedette.model": "fraud", "vedette.model.version": 7, "vedette.feature.amount": 9.5,
        "vedette.feature.country": "DE", "vedette.prediction": True, "vedette.score": 0.75,
        "vedette.score.risk": 0.5, "vedette.other": 1,
    }  # fmt: skip
    row = one_row(own)
    assert list(rows_of(traces(span(1, own)))) == ["fraud"]
    assert (row["_version"], row["amount"], row["country"]) == ("7", 9.5, "DE")
    assert (row["prediction"], row["score"], row["score.risk"]) == (True, 0.75, 0.5)
    assert json.loads(row["_rest"])["attributes"] == {"vedette.other": 1}
    resource = {"vedette.model": "a/b", "service.name": "shop"}
    assert list(rows_of(traces(span(1, CHAT), resource=resource))) == ["a:b"]


def test_a_span_without_any_name_is_one_of_an_unknown_service():
    assert list(rows_of(traces(span(1), resource={}))) == ["unknown_service"]


def test_an_error_has_a_type():
    assert one_row(status=Status(code=2))["error_type"] == "_OTHER"
    code = "http.response.status_code"
    assert one_row({code: 404}, status=Status(code=2))["error_type"] == "404"
    assert one_row({code: 503})["error_type"] == "503"
    assert "error_type" not in one_row({code: 404})
    assert "error_type" not in one_row({code: 500}, status=Status(code=1))
    assert one_row({"error.type": "timeout"}, status=Status(code=2))["error_type"] == "timeout"
    thrown = Span.Event(name="exception", attributes=pairs({"exception.type": "ValueError"}))
    assert one_row(events=[thrown], status=Status(code=2))["error_type"] == "ValueError"
    assert "error_type" not in one_row()


def test_the_sampling_of_a_trace_is_its_weight():
    assert one_row(trace_state="ot=th:c")["_weight"] == 4.0
    assert one_row(trace_state="vendor=x,ot=th:zz")["_weight"] == 1.0


def test_a_span_that_ended_before_it_began_has_no_latency_but_its_end():
    row = one_row(end_time_unix_nano=NOW - 1)
    assert "latency_s" not in row
    assert json.loads(row["_rest"])["end"] == NOW - 1


def test_an_evaluation_on_a_span_is_a_reading():
    told = {"gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.value": 0.5}
    event = Span.Event(name="gen_ai.evaluation.result", time_unix_nano=NOW, attributes=pairs(told))
    taken = read_traces(traces(span(1, CHAT, events=[event])).SerializeToString(), asked())
    readings = taken.models["meta:llama-3"].metrics.to_pylist()
    assert [(one["metric"], one["value"]) for one in readings] == [("evaluation.Relevance", 0.5)]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"trace_id": b"short"}, "trace id or span id"),
        ({"span_id": bytes(8)}, "trace id or span id"),
        ({"start_time_unix_nano": 0}, "no start time"),
        ({"start_time_unix_nano": NOW + 10**15}, "ahead of the server's clock"),
        ({"attributes": {"vedette.feature._id": 1}}, "reserved name"),
        ({"attributes": {"vedette.feature.operation": 1}}, "two values"),
        ({"attributes": {"vedette.feature.x": {"a": 1}}}, "no text, number"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_span_is_refused_and_its_neighbours_are_kept(given, why, kind):
    request = traces(span(1), span(2, **given), span(3))
    one = read_traces(encoded(request, kind), asked(kind)).models["shop"]
    assert one.rows.num_rows == 2
    (bad,) = one.rejected
    assert bad.row == 1
    assert why in bad.reason


def test_broken_bytes_of_one_span_cost_its_neighbours_nothing():
    good = span(1).SerializeToString()
    bad = b"\x2a\x02\xff\xfe"  # a name that is no UTF-8
    scoped = b"".join(b"\x12" + bytes([len(one)]) + one for one in (good, bad))
    body = traces(scope="").SerializeToString()
    assert body.endswith(b"\x12\x02\n\x00")  # the empty scope
    whole = body[2:-4] + b"\x12" + _size(len(scoped)) + scoped
    one = read_traces(b"\n" + _size(len(whole)) + whole, asked()).models["shop"]
    assert (one.rows.num_rows, one.rejected[0].reason) == (1, "it is no protobuf of OTLP")


def _size(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])


def test_json_of_a_wrong_type_costs_its_neighbours_nothing():
    body = json.loads(encoded(traces(span(1), span(2)), JSON))
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = 3
    body["resourceSpans"][0]["unheard"] = {"of": []}
    one = read_traces(json.dumps(body).encode(), asked(JSON)).models["shop"]
    assert (one.rows.num_rows, one.rejected[0].row) == (1, 0)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"\x0a\xff", PROTOBUF, 400),
        (b"\x0a\x05\x0a", PROTOBUF, 400),
        (b"\x0b", PROTOBUF, 400),
        (b"\x0a\x03\x12\x09\x12", PROTOBUF, 400),
        (b"\xff" * 12, PROTOBUF, 400),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"resourceSpans":[' + b"{" * 50 + b"]}", JSON, 400),
        (b"{}" * ((1 << 20) + 1), JSON, 413),
        (b"{}", "text/plain", 415),
    ],
)
def test_a_broken_body_is_refused_as_a_whole(body, kind, status):
    with pytest.raises(Refused) as refused:
        read_traces(body, asked(kind))
    assert refused.value.status == status


@pytest.mark.parametrize("kind", KINDS)
def test_more_spans_than_a_body_may_hold_are_refused_before_they_are_decoded(kind):
    with pytest.raises(Refused, match="too many items"):
        rows_of(traces(*map(span, range(1, 5))), kind, rows=3)


def test_what_every_span_repeats_of_its_resource_is_bounded():
    request = traces(span(1), span(2), resource={"service.name": "shop", "args": "x" * 600})
    with pytest.raises(Refused, match="says too much of a resource"):
        rows_of(request, expanded=1_000)


def test_a_compressed_body_is_read_no_further_than_the_limits():
    body = gzip.compress(encoded(traces(span(1)), PROTOBUF))
    headers = {"content-type": PROTOBUF, "content-encoding": "gzip"}
    taken = read_traces(body, Asked(headers, NOW, Limits()))
    assert taken.models["shop"].rows.num_rows == 1
    with pytest.raises(Refused, match="expands"):
        read_traces(gzip.compress(bytes(1 << 22)), Asked(headers, NOW, Limits()))


def test_a_value_nested_too_deeply_is_refused():
    deep = "x"
    for _ in range(20):
        deep = [deep]
    for kind in KINDS:
        one = read_traces(encoded(traces(span(1, {"a": deep}), span(2)), kind), asked(kind))
        assert "nested more than" in one.models["shop"].rejected[0].reason


def test_nothing_is_no_mistake():
    assert read_traces(b"", asked()).models == {}
    assert read_traces(b"{}", asked(JSON)).models == {}


def said(name, body=None, attributes=None, number=1, time=NOW):
    """An event of a call that its instrumentation sends as a log record."""
    return LogRecord(
        event_name=name, time_unix_nano=time, trace_id=number.to_bytes(16),
        span_id=number.to_bytes(8), body=any_value(body or ""), attributes=pairs(attributes or {}),
    )  # fmt: skip


def message(role, text):
    return {"role": role, "parts": [{"type": "text", "content": text}]}


TOLD_APART = {
    "one event of all": [
        said("gen_ai.client.inference.operation.details", attributes={
            "gen_ai.input.messages": [message("user", "Hi")],
            "gen_ai.output.messages": [{**message("assistant", "Hello"), "finish_reason": "stop"}],
            "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
        }),
    ],
    "one as JSON": [
        said("gen_ai.client.inference.operation.details", attributes={
            "gen_ai.input.messages": json.dumps([message("user", "Hi")]),
            "gen_ai.output.messages": json.dumps([message("assistant", "Hello")]),
            "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
            "gen_ai.response.finish_reasons": ["stop"],
        }),
    ],
    "an event for each message": [
        said("gen_ai.choice", {"index": 0, "finish_reason": "stop",
                               "message": {"role": "assistant", "content": "Hello"}}, time=NOW + 3),
        said("gen_ai.system.message", {"content": "Be brief."}, time=NOW + 1),
        said("gen_ai.user.message", {"content": "Hi"}, time=NOW + 2),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", TOLD_APART)
def test_texts_that_are_told_apart_from_their_span_are_of_its_event(way, kind):
    telemetry = Telemetry()
    for _ in range(2):  # the sender heard no answer
        for record in TOLD_APART[way]:
            read_logs(encoded(logs(record), kind), asked(kind), telemetry)
        body = encoded(traces(span(1, CHAT), span(2, CHAT)), kind)
        made = read_traces(body, asked(kind), telemetry).models["meta:llama-3"]
        (first,) = made.rows.to_pylist()
        assert (first["input"], first["output"]) == ("Hi", "Hello")
        assert (first["instructions"], first["finish_reason"]) == ("Be brief.", "stop")
        assert "Hello" not in first["_rest"]  # the record is kept as a line
        assert made.parts["_id"].to_pylist() == [f"{2:032x}{2:016x}/span"]  # its own are to come


def test_only_calls_wait_whose_sender_tells_of_texts_apart():
    telemetry = Telemetry()
    read_logs(encoded(logs(TOLD_APART["one as JSON"][0]), PROTOBUF), asked(), telemetry)
    body = encoded(traces(span(2, CHAT), resource={"service.name": "other"}), PROTOBUF)
    assert read_traces(body, asked(), telemetry).models["meta:llama-3"].parts is None
    body = encoded(traces(span(2), span(3, {"gen_ai.operation.name": "invoke_agent"})), PROTOBUF)
    assert read_traces(body, asked(), telemetry).models["shop"].parts is None
    much_later = asked()._replace(received=NOW + 3600 * SECOND)
    body = encoded(traces(span(2, CHAT)), PROTOBUF)
    assert read_traces(body, much_later, telemetry).models["meta:llama-3"].parts is None
    assert read_traces(body, asked(), telemetry).models["meta:llama-3"].rows is None


def test_texts_of_the_span_itself_stay_as_they_are():
    telemetry = Telemetry()
    read_logs(encoded(logs(said("gen_ai.user.message", {"content": "Hi"})), PROTOBUF), asked(),
              telemetry)  # fmt: skip
    own = {**CHAT, "gen_ai.output.messages": json.dumps([message("assistant", "Hello")])}
    body = encoded(traces(span(1, own)), PROTOBUF)
    (row,) = read_traces(body, asked(), telemetry).models["meta:llama-3"].rows.to_pylist()
    assert (row.get("input"), row["output"]) == (None, "Hello")


def test_a_body_does_not_grow_beyond_what_it_may_by_texts_told_apart():
    telemetry, text = Telemetry(), "x" * 900
    record = logs(said("gen_ai.user.message", {"content": text}))
    read_logs(encoded(record, PROTOBUF), asked(), telemetry)
    body = encoded(traces(*[span(1, CHAT)] * 50), PROTOBUF)
    rows = read_traces(body, asked(expanded=20_000), telemetry).models["meta:llama-3"].rows
    joined = rows["input"].drop_null()
    assert 10 < len(joined) < 25
