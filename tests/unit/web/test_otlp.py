"""OTLP over HTTP and gRPC: what a sender hears when all is well, and when it is to come back."""

import asyncio

import grpc
import grpc.aio
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.unit.ingest.otlp.made import JSON, PROTOBUF, encoded, span, traces
from tests.unit.web.conftest import NOW

from vedette.core.errors import StoreError
from vedette.ingest.limits import Limits
from vedette.ingest.receipt import Busy
from vedette.web.bodies import Bodies
from vedette.web.foreign import Foreign
from vedette.web.keys import KeyRing, entry_of, make_key
from vedette.web.otlp_grpc import GrpcListener

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def post(client, kind=PROTOBUF, body=None, path="/v1/traces"):
    async def go():
        async with client:
            sent = encoded(traces(span(1), span(2)), kind) if body is None else body
            return await client.post(path, content=sent, headers={"content-type": kind})

    return asyncio.run(go())


def test_all_is_well(ask, stand):
    said = post(ask())
    assert (said.status_code, said.content) == (200, b"")
    assert said.headers["content-type"] == PROTOBUF
    said = post(ask(), JSON)
    assert (said.json(), said.headers["content-type"]) == ({}, JSON)
    assert sorted(stand.views) == ["shop"]


def test_a_partial_success_names_the_first_reason(ask):
    body = traces(span(1), span(2, trace_id=b"x")).SerializeToString()
    said = ExportTraceServiceResponse.FromString(post(ask(), body=body).content)
    assert said.partial_success.rejected_spans == 1
    assert "trace id" in said.partial_success.error_message


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(Busy(2.0, "waits"), 429, 8), (StoreError("log", "disk is full"), 503, 14)],
)
def test_a_sender_is_told_to_come_back(ask, stand, error, status, code):
    stand.refuse = error
    said = post(ask(), JSON)
    assert (said.status_code, said.json()["code"]) == (status, code)
    assert int(said.headers["retry-after"]) >= 1
    assert post(ask()).content[:2] == bytes([8, code])


def test_what_will_never_be_taken_is_said_so(ask):
    assert post(ask(), body=b"\xff").status_code == 400
    assert post(ask(), "text/plain").status_code == 415


def export(stand, body, key=None, closed=False):
    """One call of a listener on a port of its own."""
    if closed:
        text, made = make_key(b"sixsix", "x" * 43, scopes=["ingest"], made=NOW)
        stand.store.commit([entry_of(made)])
        key = text if key == "right" else key

    async def go():
        bodies = Bodies(Limits(), wall=lambda: NOW)
        ring = KeyRing(stand.store, wall=lambda: NOW)
        listener = GrpcListener(Foreign(stand, bodies), bodies, ring, "127.0.0.1")
        port = await listener.start(0)
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                given = (("authorization", f"Bearer {key}"),) if key else ()
                return await channel.unary_unary(EXPORT)(body, metadata=given, timeout=10)
        finally:
            await listener.stop()

    return asyncio.run(go())


def test_grpc_stores_the_same(stand):
    assert export(stand, traces(span(1)).SerializeToString()) == b""
    assert sorted(stand.views) == ["shop"]


@pytest.mark.parametrize(
    ("refuse", "body", "given", "code"),
    [
        (Busy(2.0, "waits"), None, {}, grpc.StatusCode.UNAVAILABLE),
        (StoreError("log", "disk is full"), None, {}, grpc.StatusCode.UNAVAILABLE),
        (None, b"\xff", {}, grpc.StatusCode.INVALID_ARGUMENT),
        (None, None, {"closed": True}, grpc.StatusCode.UNAUTHENTICATED),
        (None, None, {"closed": True, "key": "wrong"}, grpc.StatusCode.UNAUTHENTICATED),
    ],
)
def test_grpc_tells_why_not(stand, refuse, body, given, code):
    stand.refuse = refuse
    body = traces(span(1)).SerializeToString() if body is None else body
    with pytest.raises(grpc.RpcError) as refused:
        export(stand, body, **given)
    assert refused.value.code() is code


def test_grpc_takes_a_key(stand):
    assert export(stand, traces(span(1)).SerializeToString(), "right", closed=True) == b""
