"""Events and labels over HTTP: taken, refused, bounded."""

import asyncio
import gzip
import json

import msgspec
import pyarrow as pa
import pytest

from vedette.core import wire
from vedette.core.events import Event, Outcome
from vedette.ingest.limits import Limits

URL = "/v1/models/fraud/events"


def run(coroutine):
    return asyncio.run(coroutine)


def post(client, url=URL, **given):
    async def go():
        async with client:
            return await client.post(url, **given)

    return run(go())


def test_a_json_event_is_taken(ask, stand):
    answer = post(ask(), json={"id": "a", "features": {"amount": 9.5}, "prediction": "yes"})
    assert answer.status_code == 200
    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": [], "rejected_count": 0}
    assert stand.decoded[0].rows["amount"].to_pylist() == [9.5]


def test_the_same_event_again_is_a_duplicate(ask):
    client = ask()

    async def twice():
        async with client:
            return [(await client.post(URL, json={"id": "a"})).json() for _ in range(2)]

    first, second = run(twice())
    assert (first["accepted"], second["accepted"], second["duplicates"]) == (1, 0, 1)


def test_good_events_of_a_batch_are_kept(ask, stand):
    answer = post(ask(), json=[{"id": "a"}, {"idd": "b"}, {"id": "c", "time": "soon"}])
    said = answer.json()
    assert (answer.status_code, said["accepted"]) == (200, 1)
    assert [(bad["row"], bad["id"]) for bad in said["rejected"]] == [(1, ""), (2, "c")]


def test_a_body_of_bad_events_alone_is_an_error_that_names_the_first(ask, stand):
    answer = post(ask(), json={"id": "a", "weight": 0.5})
    assert answer.status_code == 400
    assert "weight is 0.5" in answer.json()["error"]["message"]
    assert stand.decoded[0].rejected[0].id == "a"  # it is handed over for quarantine


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-ndjson", b'{"id": "a"}\n\n{"id": "b"}\n'),
        ("application/json", b'[{"id": "a"}, {"id": "b"}]'),
        ("application/msgpack", msgspec.msgpack.encode([{"id": "a"}, {"id": "b"}])),
        (
            "application/vnd.vedette.events+msgpack",
            wire.encode([Event(id=i, model="fraud", time=1) for i in "ab"]),
        ),
    ],
)
def test_every_format(ask, kind, body):
    answer = post(ask(), content=body, headers={"content-type": kind})
    assert answer.json()["accepted"] == 2


def test_an_envelope_carries_labels_and_what_its_sender_lost(ask, stand):
    body = wire.encode([], [Outcome(event_id="a", model="fraud", time=1, label=True)])
    headers = {"content-type": "application/msgpack", "vedette-client-dropped": "17"}
    assert post(ask(), content=body, headers=headers).json()["accepted"] == 1
    assert stand.decoded[0].dropped_by_client == 17
    assert stand.decoded[0].outcomes["label"].to_pylist() == [True]


def test_arrow_with_names(ask, stand):
    batch = pa.record_batch({"key": ["a", "b"], "x": [1, 2]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    headers = {"content-type": "application/vnd.apache.arrow.stream"}
    answer = post(ask(), f"{URL}?id=key", content=sink.getvalue().to_pybytes(), headers=headers)
    assert answer.json()["accepted"] == 2
    assert stand.decoded[0].rows["_id"].to_pylist() == ["a", "b"]


def test_labels(ask, stand):
    answer = post(ask(), "/v1/models/fraud/labels", json={"id": "a", "label": "yes"})
    assert answer.json()["accepted"] == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"x", "headers": {"content-type": "text/csv"}}, 415),
        ({"content": b"{}", "headers": {"content-encoding": "br"}}, 415),
        ({"content": b"x" * 3000}, 413),
    ],
)
def test_bodies_that_are_refused(ask, given, status):
    answer = post(ask(limits=Limits(body=2000)), **given)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "field"}


def test_a_long_body_is_not_read_to_its_end(ask):
    read = []

    async def endless():
        while True:
            read.append(1)
            yield b"x" * 1000

    answer = post(ask(limits=Limits(body=5000)), content=endless())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert len(read) < 60  # some is read and thrown away, for the sender to hear the reason


def test_a_compressed_body(ask):
    body = gzip.compress(json.dumps([{"id": str(i)} for i in range(500)]).encode())
    answer = post(ask(), content=body, headers={"content-encoding": "gzip"})
    assert answer.json()["accepted"] == 500


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("a" * 129, 400),
        ("a%0Ab", 400),
        ("org%2Fmodel", 400),
        ("é 1", 200),
        ("a.b", 200),
        ("%2E", 400),
        ("%2E%2E", 400),
        ("a%E2%80%AEb", 400),
        ("a%E2%80%8Bb", 400),
        ("%C2%85", 400),
    ],
)
def test_names_of_models(ask, name, status):
    assert post(ask(), f"/v1/models/{name}/events", json={"id": "a"}).status_code == status


def test_pressure_and_disks_that_are_full(ask, stand, kit):
    stand.refuse = kit.Busy(2.5, "has more waiting than it can work off")
    answer = post(ask(), json={"id": "a"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    stand.refuse = kit.StoreError("log", "cannot be written")
    stand.refuse.__cause__ = OSError(28, "No space left on device")
    answer = post(ask(), json={"id": "a"})
    assert answer.status_code == 507
    assert answer.headers["retry-after"]
    stand.refuse = kit.StoreError("log", "cannot be written")
    assert post(ask(), json={"id": "a"}).status_code == 503


def test_only_a_post_sends(ask):
    async def go():
        async with ask() as client:
            return await client.get(URL)

    answer = run(go())
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_bodies_on_their_way_are_bounded(ask, monkeypatch):
    monkeypatch.setattr("vedette.web.bodies.PENDING_BYTES", 100)
    answer = post(ask(), json=[{"id": "a" * 90}, {"id": "b" * 90}])
    assert answer.status_code == 429
    assert post(ask(), json={"id": "a"}).status_code == 200


def test_events_that_come_together_are_what_they_would_be_alone(ask, stand):
    sent = [
        {"id": f"e{at}", "features": {"x": at, "shop": "a"} if at % 3 else {"x": "text"}}
        for at in range(12)
    ] + [{"id": "bad", "weight": 0}, [{"id": "p"}, {"id": "q"}]]

    async def go():
        async with ask() as client:
            return await asyncio.gather(*(client.post(URL, json=event) for event in sent))

    answers = run(go())
    assert [answer.status_code for answer in answers] == [200] * 12 + [400, 200]
    assert [answer.json()["accepted"] for answer in answers[:12]] == [1] * 12
    rows = {}
    for decoded in stand.decoded:
        for row in [] if decoded.rows is None else decoded.rows.to_pylist():
            rows[row["_id"]] = row
    assert set(rows) == {f"e{at}" for at in range(12)} | {"p", "q"}
    assert rows["e0"]["x"] == "text"
    assert "shop" not in rows["e0"]
    assert rows["e1"]["x"] == 1.0


METRICS = "/v1/models/fraud/metrics"


def test_readings_are_taken_on_a_route_of_their_own(ask, stand):
    answer = post(ask(), METRICS, json=[{"name": "queue", "value": 3}, {"name": "bill"}])
    said = answer.json()
    assert (answer.status_code, said["accepted"], said["rejected_count"]) == (200, 1, 1)
    assert stand.decoded[0].metrics["metric"].to_pylist() == ["queue"]


def test_readings_of_one_metric_too_many_are_refused_with_the_reason(ask, stand):
    sent = [{"name": name, "value": 1} for name in ("a", "b", "a", "c", "d", "b", "e")]
    said = post(ask(), METRICS, json=sent).json()
    assert said["accepted"] == 5
    assert [bad["row"] for bad in said["rejected"]] == [4, 6]
    assert "3 metrics already; 'd' is one too many" in said["rejected"][0]["reason"]
