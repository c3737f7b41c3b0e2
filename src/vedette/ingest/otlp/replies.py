"""What a sender of OTLP hears.

Owns: answers in the encoding of the request, as the specification has them.  Does not own: HTTP.
"""

from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from vedette.ingest.otlp.form import JSON_TYPE, LOG_RECORDS, METRICS, SPANS

# By signal: the response, and what its partial success counts.
_REPLIES: dict[str, tuple[Any, str, str]] = {
    SPANS: (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
    METRICS: (ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints"),
    LOG_RECORDS: (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
}
# Codes of google.rpc.Status by HTTP status.
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 413: 3, 415: 3, 429: 8, 503: 14}
_UNKNOWN = 2


def reply(signal: str, content_type: str, refused: int, why: str) -> bytes:
    """The whole body of an answer with 200; refused pieces make it a partial success.

    Example:
        >>> [reply("spans", f"application/{kind}", 0, "") for kind in ("json", "x-protobuf")]
        [b'{}', b'']
        >>> reply("spans", "application/json", 1, "no id").decode()
        '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no id"}}'
    """
    response, field, key = _REPLIES[signal]
    if content_type == JSON_TYPE:
        partial = {key: str(refused), "errorMessage": why}  # 64-bit numbers are text
        return msgspec.json.encode({"partialSuccess": partial} if refused else {})
    made = response()
    if refused:
        setattr(made.partial_success, field, refused)
        made.partial_success.error_message = why
    whole: bytes = made.SerializeToString()
    return whole


def status(content_type: str, code: int, message: str) -> bytes:
    """The body of any other answer: a google.rpc.Status.  Shapes: `code` the HTTP status.

    Example:
        >>> status("application/json", 429, "busy").decode()
        '{"code":8,"message":"busy"}'
        >>> status("application/x-protobuf", 429, "busy")
        b'\\x08\\x08\\x12\\x04busy'
    """
    number = _CODES.get(code, _UNKNOWN)
    if content_type == JSON_TYPE:
        return msgspec.json.encode({"code": number, "message": message})
    text = message.encode("utf-8", "replace")[:_LONGEST]
    return bytes([0x08, number, 0x12]) + _size(len(text)) + text


_LONGEST = 2_000  # bytes of a message


def _size(number: int) -> bytes:
    """A length as protobuf spells it."""
    return bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
