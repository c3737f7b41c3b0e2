"""Requests of OTLP for tests, in both encodings.

Owns: building them from plain values, and the JSON that OTLP has of a protobuf message.  Does not
own: what is tested.
"""

import base64
import json

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from vedette.ingest.foreign import Asked
from vedette.ingest.limits import Limits

NOW = 1_793_527_200 * 10**9  # 2026-11-01T10:00:00Z
SECOND = 10**9
PROTOBUF, JSON = "application/x-protobuf", "application/json"
KINDS = [PROTOBUF, JSON]
IDS = ("traceId", "spanId", "parentSpanId")


def any_value(value):
    if isinstance(value, list):
        made = AnyValue()
        made.array_value.values.extend(any_value(one) for one in value)
        return made
    if isinstance(value, dict):
        made = AnyValue()
        made.kvlist_value.values.extend(pairs(value))
        return made
    kinds = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value",
             bytes: "bytes_value"}  # fmt: skip
    return AnyValue(**{kinds[type(value)]: value})


def pairs(given):
    return [KeyValue(key=key, value=any_value(value)) for key, value in given.items()]


def span(number=1, attributes=None, **given):
    given = {
        "trace_id": number.to_bytes(16), "span_id": number.to_bytes(8), "name": "GET /items",
        "start_time_unix_nano": NOW, "end_time_unix_nano": NOW + SECOND // 4,
    } | given  # fmt: skip
    return Span(attributes=pairs(attributes or {}), **given)


def traces(*spans, resource=None, scope="library"):
    request = ExportTraceServiceRequest()
    one = request.resource_spans.add()
    one.resource.attributes.extend(
        pairs({"service.name": "shop"} if resource is None else resource)
    )
    scoped = one.scope_spans.add()
    scoped.scope.name = scope
    scoped.spans.extend(spans)
    return request


def metrics(*made, resource=None):
    request = ExportMetricsServiceRequest()
    one = request.resource_metrics.add()
    one.resource.attributes.extend(
        pairs({"service.name": "shop"} if resource is None else resource)
    )
    one.scope_metrics.add().metrics.extend(made)
    return request


def logs(*records, resource=None):
    request = ExportLogsServiceRequest()
    one = request.resource_logs.add()
    one.resource.attributes.extend(
        pairs({"service.name": "shop"} if resource is None else resource)
    )
    one.scope_logs.add().log_records.extend(records)
    return request


def encoded(request, kind):
    """A request as bytes; in JSON as OTLP has it: ids in hexadecimal, enumerations as numbers."""
    if kind == PROTOBUF:
        return request.SerializeToString()
    return json.dumps(_hex(MessageToDict(request, use_integers_for_enums=True))).encode()


def _hex(value):
    if isinstance(value, list):
        return [_hex(one) for one in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(one).hex() if key in IDS else _hex(one)
            for key, one in value.items()
        }
    return value


def asked(kind=PROTOBUF, **limits):
    return Asked({"content-type": kind}, NOW + SECOND, Limits(**limits))
