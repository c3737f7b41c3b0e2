"""Traced calls get the texts that are told apart: in any order, over a restart, or none at all."""

import time

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from tests.traffic import live
from tests.unit.ingest.otlp.made import (
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
)  # fmt: skip

from vedette.core import rows as names
from vedette.engine import late_texts
from vedette.engine.service import Service
from vedette.ingest.genai.contents import EXPECTED, Contents
from vedette.ingest.otlp.records import read_logs
from vedette.ingest.otlp.traces import read_traces
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryLog, MemoryState

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt"}


class Clock:
    """A clock that is set."""

    now = NOW + SECOND

    def __call__(self):
        return self.now


def served(log=None, store=None, clock=None):
    service = Service(
        MemoryLog() if log is None else log, MemoryState() if store is None else store,
        live(), clock or Clock(),
    )  # fmt: skip
    service.start()
    return service


def post(service, read, request):
    for model, decoded in read(
        encoded(request, PROTOBUF), asked(), service.telemetry
    ).models.items():
        service.offer(model, decoded).result(10)


def say(service, *numbers):
    post(service, read_logs, logs(*[
        LogRecord(
            event_name="gen_ai.user.message", time_unix_nano=NOW, body=any_value({"content": "Hi"}),
            trace_id=number.to_bytes(16), span_id=number.to_bytes(8),
            attributes=pairs({"gen_ai.system": "openai"}),
        )
        for number in numbers
    ]))  # fmt: skip


def call(service, *numbers):
    post(service, read_traces, traces(*[span(number, CHAT) for number in numbers]))


def inputs(service, count):
    """What was asked in the calls of the model, once they are so many."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = [row for batch in service.log.scan("gpt", 0, 2**62) for row in batch.to_pylist()]
        if len(found) >= count:
            return {int(row["_span_id"], 16): row.get("input") for row in found}
        time.sleep(0.02)
    raise AssertionError(f"only {len(found)} of {count} events came")


def test_a_call_waits_for_texts_that_its_sender_tells_apart():
    service = served()
    call(service, 1)  # nobody knows yet that its texts come apart
    say(service, 2)
    call(service, 2, 3)
    assert inputs(service, 2) == {1: None, 2: "Hi"}
    call(service, 3)  # its sender heard no answer
    say(service, 3)
    assert inputs(service, 3) == {1: None, 2: "Hi", 3: "Hi"}
    service.stop()
    assert service.model("gpt").rows == 3
    assert service.capture_of("gpt") is None  # no sides of a model server came


def test_a_call_whose_texts_do_not_come_is_an_event_without_them():
    clock = Clock()
    service = served(clock=clock)
    say(service, 9)
    call(service, 1)
    clock.now += late_texts.WAIT
    assert inputs(service, 1) == {1: None}
    service.stop()
    assert service.capture.settled(clock.now + 3600 * SECOND) > clock.now  # nothing is left open


@pytest.mark.parametrize("state", [True, False], ids=["stopped", "killed"])
def test_what_waits_is_taken_up_after_a_restart_with_texts_from_the_log(tmp_path, state):
    log, store = LocalLog(tmp_path), MemoryState()
    service = served(log, store)
    say(service, 9)
    call(service, 1, 2)
    service.telemetry.contents.of = Contents().of  # it ends before it takes note
    say(service, 1)
    service.stop()
    again = served(log, store if state else MemoryState())
    assert inputs(again, 1) == {1: "Hi"}
    say(again, 2)
    assert inputs(again, 2) == {1: "Hi", 2: "Hi"}
    again.stop()
    last = served(log, store)
    last.stop()
    log.close()
    assert (again.counts["gpt"].duplicates, last.counts["gpt"].duplicates) == (0, 0)


@pytest.mark.parametrize("silent", [False, True], ids=["lately", "long ago"])
def test_after_a_restart_it_is_known_whose_texts_come_apart(silent):
    log, store, clock = MemoryLog(), MemoryState(), Clock()
    service = served(log, store, clock)
    say(service, 9)
    call(service, 1)
    service.stop()
    clock.now += silent * (EXPECTED + SECOND)
    again = served(log, store, clock)
    call(again, 1)  # its sender heard no answer
    call(again, 2)
    say(again, 1, 2)
    found = inputs(again, 2)
    again.stop()
    assert found == ({1: None, 2: None} if silent else {1: "Hi", 2: "Hi"})
    assert len(store.read("teller")) == 1


def test_a_text_too_long_to_keep_costs_the_call_nothing(monkeypatch):
    service = served()
    say(service, 9)
    call(service, 1)
    monkeypatch.setattr(service.capture, "_limits", service.capture._limits.__class__(text=1))
    say(service, 1)
    assert inputs(service, 1) == {1: None}
    service.stop()
    assert names.INPUT not in next(service.log.scan("gpt", 0, 2**62)).schema.names


def test_of_too_many_the_oldest_wait_no_longer(monkeypatch):
    monkeypatch.setattr(late_texts, "MOST", 1)
    service = served()
    say(service, 9)
    call(service, 1, 2)
    assert inputs(service, 1) == {1: None}
    service.stop()
