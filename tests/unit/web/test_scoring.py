"""Scoring rows over HTTP, the list of rare events, and an event's page: who sees what."""

import asyncio
import gzip
import json

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.unit.web.conftest import HOUR, NOW, make_view

import vedette as vd
from vedette.core.schema import Field, Schema
from vedette.derive.deriver import Deriver
from vedette.derive.outliers.counted import RowCounts
from vedette.derive.outliers.fit import fit_outliers
from vedette.engine.rare_event import Because, RareEvent
from vedette.engine.scoring import Scoring
from vedette.stores.store import EVENTS, Entry, Record
from vedette.web.keys import ADMIN, INGEST, READ, entry_of, make_key

pytestmark = pytest.mark.anyio
ARROW = "application/vnd.apache.arrow.stream"


def table(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {"amount": rng.gamma(3, 10, rows), "country": rng.choice(["DE", "FR"], rows, p=[0.9, 0.1])}
    )


BASELINE = vd.Baseline.fit(table(5_000))
(ROWS,) = table(5_000).combine_chunks().to_batches()
COUNTS = RowCounts.of(fit_outliers(ROWS, BASELINE.schema), {})
SCORING = Scoring(Deriver(Schema(())), COUNTS.scorer)
ODD, PLAIN = {"amount": 9_000.0, "country": "DE"}, {"amount": 25.0, "country": "DE"}
SCORE = "/v1/models/m/score"


@pytest.fixture
def scored(stand):
    stand.views["m"] = make_view("m")
    stand.scorings["m"] = SCORING
    stand.baselines["m"], stand.schemas["m"] = BASELINE, BASELINE.schema
    return stand


async def test_events_and_plain_rows_are_scored_and_nothing_is_stored(scored, ask):
    async with ask() as client:
        sent = [{"id": 7, "features": ODD, "prediction": 1}, PLAIN]
        found = (await client.post(SCORE, json=sent)).json()
        alone = (await client.post(SCORE, json=ODD)).json()
    odd, plain = found["scores"]
    assert (found["rows"], found["rejected_count"]) == (2, 0)
    assert (odd["row"], odd["id"], odd["unlike"], plain["unlike"]) == (0, "7", True, False)
    assert odd["p"] < 0.001 < 0.05 < plain["p"]
    assert odd["words"].startswith("1 in ")
    assert odd["reasons"][0]["column"] == "amount"
    assert odd["reasons"][0]["words"] == (
        "`amount` has a value that lies above everything in the reference"
    )
    assert {k: alone["scores"][0][k] for k in ("score", "p")} == {k: odd[k] for k in ("score", "p")}
    assert scored.decoded == []


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/msgpack", ARROW])
async def test_every_format_of_events_gives_the_same(scored, ask, kind):
    rows = [ODD, {"features": PLAIN}]
    if kind == ARROW:
        sink = pa.BufferOutputStream()
        batch = pa.RecordBatch.from_pylist([ODD, PLAIN])
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        body = bytes(sink.getvalue())
    elif kind == "application/msgpack":
        body = msgspec.msgpack.encode(rows)
    else:
        body = "\n".join(map(json.dumps, rows)).encode()
    async with ask() as client:
        plain = (await client.post(SCORE, json=[ODD, PLAIN])).json()
        other = await client.post(SCORE, content=body, headers={"content-type": kind})
    assert other.status_code == 200
    told = [[one["score"], one["p"]] for one in other.json()["scores"]]
    assert told == [[one["score"], one["p"]] for one in plain["scores"]]


async def test_single_rows_of_many_callers_and_one_large_body_get_the_same_scores(scored, ask):
    many = table(200, 3).to_pylist()
    many[3]["country"] = None
    async with ask() as client:
        whole = (await client.post(SCORE, json=many)).json()
        answers = await asyncio.gather(*(client.post(SCORE, json=row) for row in many[:40]))
    alone = [answer.json()["scores"][0]["score"] for answer in answers]
    assert alone == [one["score"] for one in whole["scores"][:40]]


async def test_what_cannot_be_read_is_told_and_the_others_are_scored(scored, ask):
    async with ask() as client:
        some = (await client.post(SCORE, json=[{"features": ODD, "id": {}}, PLAIN])).json()
        none = await client.post(SCORE, content=b"[1, 2]")
        broken = await client.post(SCORE, content=b"{")
    assert [one["row"] for one in some["scores"]] == [1]
    assert (some["rejected_count"], some["rejected"][0]["row"]) == (1, 0)
    assert none.status_code == 400
    assert none.json()["error"]["code"] == "all_rejected"
    assert broken.status_code == 400


async def test_a_model_whose_rows_are_not_scored_says_why(stand, ask):
    async with ask() as client:
        answer = await client.post("/v1/models/none/score", json=ODD)
        wrong = await client.get(SCORE)
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "code": "not_scored", "message": "The model has no baseline yet.", "field": "model",
    }  # fmt: skip
    assert wrong.status_code == 405


async def test_scoring_takes_a_key_that_may_log(scored, ask):
    heads = {}
    for number, scope in enumerate((INGEST, READ)):
        text, key = make_key(bytes([number] * 6), "s" * 43, scopes=[scope], made=1)
        scored.store.commit([entry_of(key)])
        heads[scope] = {"authorization": f"Bearer {text}"}
    async with ask() as client:
        statuses = [
            (await client.post(SCORE, json=ODD, headers=head)).status_code
            for head in (heads[INGEST], heads[READ], {})
        ]
    assert statuses == [200, 403, 401]


def put_rare(stand, window: int, events: list[RareEvent]) -> None:
    body = msgspec.json.encode(events)
    stand.store.commit([Entry("rare", "m", f"drift/{window}", window, body)])


def event(name: str, at: int, column: str = "amount") -> RareEvent:
    return RareEvent(name, at, 0.0004, 7.0, (Because(column, 8.0, "seldom"),))


async def test_rare_events_come_newest_first_in_pages(scored, ask):
    for h in range(5):
        start = NOW - (5 - h) * HOUR
        put_rare(scored, start, [event(f"{h}-{k}", start + k) for k in (2, 0, 1)])
    found, cursor = [], None
    async with ask() as client:
        while True:
            query = {"limit": 4, **({"cursor": cursor} if cursor else {})}
            page = (await client.get("/api/v1/models/m/rare", params=query)).json()
            found += [one["id"] for one in page["events"]]
            cursor = page["next"]
            if cursor is None:
                break
        start = NOW - 3 * HOUR
        some = await client.get("/api/v1/models/m/rare", params={"start": start + 1, "end": NOW})
        wrong = await client.get("/api/v1/models/m/rare", params={"column": "amount"})
    assert found == [f"{h}-{k}" for h in range(4, -1, -1) for k in (2, 1, 0)]
    assert [one["id"] for one in some.json()["events"]] == found[:8]
    assert wrong.status_code == 400
    one = some.json()["events"][0]
    assert one["words"] == "1 in 2500 ordinary rows is as far from the reference"
    assert one["reasons"][0]["words"].startswith("`amount` has a value that lies where hardly any")


async def test_of_a_personal_column_only_the_name_is_told_without_the_grant(scored, ask):
    scored.schemas["m"] = Schema((*BASELINE.schema.fields, Field("sex", "category", "sensitive")))
    put_rare(scored, NOW - HOUR, [event("a", NOW - HOUR, "sex")])
    told = {}
    for number, scope in enumerate((READ, ADMIN)):
        text, key = make_key(bytes([number] * 6), "s" * 43, scopes=[scope], made=1)
        scored.store.commit([entry_of(key)])
        async with ask() as client:
            head = {"authorization": f"Bearer {text}"}
            page = (await client.get("/api/v1/models/m/rare", headers=head)).json()
        told[scope] = page["events"][0]["reasons"][0]
    assert told[READ]["surprise"] is None
    assert "personal" in told[READ]["words"]
    assert told[ADMIN]["surprise"] == 8.0


async def test_an_events_page_says_how_rare_it_is_as_a_whole_and_why(scored, ask):
    rows = {"_id": ["odd", "plain"], "_version": ["1"] * 2, "_weight": [1.0] * 2}
    rows["_time"] = pa.array([NOW, NOW + 1], pa.timestamp("ns", "UTC"))
    rows |= {name: [ODD[name], PLAIN[name]] for name in ODD}
    scored.log.append([Record(EVENTS, "m", NOW, pa.record_batch(rows))])
    async with ask() as client:
        odd = (await client.get(f"/api/v1/models/m/events/odd?time={NOW}")).json()["anomaly"]
        plain = (await client.get(f"/api/v1/models/m/events/plain?time={NOW + 1}")).json()
        page = (await client.get(f"/models/m/events/odd?time={NOW}")).text
        scored.scorings.clear()
        unscored = (await client.get(f"/api/v1/models/m/events/odd?time={NOW}")).json()
    assert odd["unlike"]
    assert odd["reasons"][0]["words"].startswith(
        "`amount` 9000 lies above everything in the reference (max "
    )
    assert not plain["anomaly"]["unlike"]
    assert "As a whole: 1 in" in page
    assert "lies above everything in the reference" in page
    assert unscored["anomaly"] is None


async def test_plain_rows_are_taken_compressed_and_with_what_strict_json_lacks(scored, ask):
    nan = b'{"amount": NaN, "country": "DE"}'
    large = [dict(PLAIN, note="x" * 100)] * 1_000  # decoded beside the loop
    async with ask() as client:
        packed = await client.post(
            SCORE, content=gzip.compress(json.dumps(ODD).encode()),
            headers={"content-type": "application/json", "content-encoding": "gzip"},
        )  # fmt: skip
        missing = (await client.post(SCORE, json={"amount": None, "country": "DE"})).json()
        loose = await client.post(SCORE, content=nan)
        lines = await client.post(
            SCORE, content=nan + b"\n{\n" + nan, headers={"content-type": "application/x-ndjson"}
        )
        many = (await client.post(SCORE, json=large)).json()
        endless = (await client.post(SCORE, content=b'{"amount": -Infinity}')).json()
    assert packed.json()["scores"][0]["reasons"][0]["column"] == "amount"
    score = missing["scores"][0]["score"]
    assert [one["score"] for one in loose.json()["scores"]] == [score]
    told = [(one["row"], one["score"]) for one in lines.json()["scores"]]
    assert told == [(0, score), (2, score)]
    assert [bad["row"] for bad in lines.json()["rejected"]] == [1]
    assert many["rows"] == 1_000
    assert endless["scores"][0]["reasons"][0]["column"] == "amount"


async def test_a_row_of_a_table_may_hold_what_was_predicted(scored, ask):
    async with ask() as client:
        alone = (await client.post(SCORE, json=ODD)).json()["scores"][0]
        found = await client.post(SCORE, json=[{**ODD, "prediction": "yes", "score": 0.4}])
    assert found.json()["scores"][0]["score"] == alone["score"]
