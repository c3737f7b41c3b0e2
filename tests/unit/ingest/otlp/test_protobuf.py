"""Cutting protobuf by hand finds what the library finds, and never more than is there."""

import contextlib

from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.unit.ingest.otlp.made import asked, pairs, span, traces

from vedette.ingest.limits import Limits, Refused
from vedette.ingest.otlp.form import SPANS
from vedette.ingest.otlp.protobuf import Protobuf
from vedette.ingest.otlp.traces import read_traces

words = st.text(max_size=200)
bodies = st.lists(
    st.lists(
        st.dictionaries(words, words | st.integers(-(2**63), 2**63 - 1), max_size=3), max_size=3
    ),
    max_size=3,
)


def request_of(resources):
    request = ExportTraceServiceRequest()
    for number, spans in enumerate(resources):
        made = traces(*[span(at + 1, one) for at, one in enumerate(spans)],
                      resource={"n": number})  # fmt: skip
        request.MergeFrom(made)
    return request


@given(bodies)
def test_the_pieces_are_the_spans(resources):
    request = request_of(resources)
    form = Protobuf()
    found = list(form.batches(request.SerializeToString(), SPANS, Limits()))
    assert [batch.resource for batch in found] == [one.resource for one in request.resource_spans]
    pieces = [form.piece(raw, SPANS) for batch in found for raw in batch.pieces]
    scopes = [scope for one in request.resource_spans for scope in one.scope_spans]
    assert pieces == [one for scope in scopes for one in scope.spans]


def test_fields_of_a_later_version_are_passed_over():
    later = b"\x18\x05" + b"\x21" + bytes(8) + b"\x2d" + bytes(4) + b"\xfa\x3f\x02ab"
    body = traces(span(1)).SerializeToString() + later
    assert read_traces(body, asked()).models["shop"].rows.num_rows == 1


@settings(max_examples=300)
@given(st.data())
def test_broken_bytes_never_do_more_than_refuse(data):
    whole = bytearray(request_of([[{"a": "b"}, {"c": 1}]]).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    body = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(Refused):
        taken = read_traces(body, asked())
        rows = sum(one.rows.num_rows for one in taken.models.values() if one.rows is not None)
        with contextlib.suppress(DecodeError):
            parsed = ExportTraceServiceRequest.FromString(body)
            spans = [s for r in parsed.resource_spans for c in r.scope_spans for s in c.spans]
            assert rows <= len(spans)


def test_an_attribute_may_hold_anything():
    made = span(1, {"": "", "x": b"\xff", "y": float("nan"), "z": {"a": [{}]}})
    made.attributes.extend(pairs({"x": 1}))  # twice: the last one counts
    (row,) = read_traces(traces(made).SerializeToString(), asked()).models["shop"].rows.to_pylist()
    assert '"x":1' in row["_rest"]
