"""OTLP over HTTP: which path takes which signal, and what its sender hears.

Owns: the ways of `web.foreign` for traces, metrics and logs.  Does not own: what bodies hold
(`ingest.otlp`), gRPC.
"""

from collections.abc import Callable
from functools import partial

from vedette.ingest.foreign import Asked, Kept, Taken
from vedette.ingest.otlp.form import JSON_TYPE, LOG_RECORDS, METRICS, PROTOBUF_TYPE, SPANS
from vedette.ingest.otlp.metrics import MetricReader
from vedette.ingest.otlp.records import read_logs
from vedette.ingest.otlp.replies import reply, status
from vedette.ingest.otlp.traces import read_traces
from vedette.web.answers import Answer, Problem
from vedette.web.backing import Service
from vedette.web.ways import Way

# Statuses that OTLP lets a sender try again after; any other loses what was sent.
RETRIED = (429, 502, 503, 504)
_FOR_OURS = {507: 503, 408: 503}  # a full disk and a slow line may both get better


def traces(service: Service) -> Way:
    """The way of traces."""
    return _way(SPANS, partial(read_traces, telemetry=service.telemetry))


def metrics(service: Service) -> Way:
    """The way of metrics."""
    return _way(METRICS, MetricReader(service.telemetry.streams).read)


def logs(service: Service) -> Way:
    """The way of logs."""
    return _way(LOG_RECORDS, partial(read_logs, telemetry=service.telemetry))


def _way(signal: str, read: Callable[[bytes, Asked], Taken]) -> Way:
    def answer(asked: Asked, kept: Kept) -> Answer:
        kind = _kind(asked)
        return Answer(200, reply(signal, kind, kept.refused, kept.why), [_header(kind)])

    return Way(read, answer, _refusal)


def _refusal(asked: Asked, problem: Problem) -> Answer:
    kind = _kind(asked)
    code = _FOR_OURS.get(problem.status, problem.status)
    return Answer(code, status(kind, code, problem.message), [_header(kind), *problem.headers])


def _kind(asked: Asked) -> str:
    return JSON_TYPE if asked.content_type == JSON_TYPE else PROTOBUF_TYPE


def _header(kind: str) -> tuple[bytes, bytes]:
    return b"content-type", kind.encode()
