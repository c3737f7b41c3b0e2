"""CloudEvents of model servers: every way of sending gives the same sides of calls."""

import base64
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.ingest.cloudevents.kept import parts_in, taken
from vedette.ingest.cloudevents.modes import BATCH
from vedette.ingest.foreign import Asked
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.rejections import EVENT_BYTES, EVENTS_KEPT

NOW = 1_793_527_200 * 10**9  # 2026-11-01T10:00:00Z
DATA = {"instances": [[1, 2]]}
KSERVE = {
    "specversion": "1.0", "id": "a", "type": "org.kubeflow.serving.inference.request",
    "source": "http://localhost:9081/", "time": "2026-11-01T09:59:59.5Z",
    "inferenceservicename": "iris", "namespace": "default", "component": "predictor",
    "endpoint": "default",
}  # fmt: skip
RECORD = {
    "url": "http://vedette", "bytes": base64.b64encode(json.dumps(DATA).encode()).decode(),
    "contentType": "application/json", "reqType": "request", "id": "a",
    "sourceUri": "http://localhost:9081/", "inferenceService": "iris", "namespace": "default",
    "component": "predictor", "endpoint": "default", "metadata": "", "annotations": "",
    "certName": "", "tlsSkipVerify": False, "occurrenceTime": "2026-11-01T09:59:59.5Z",
}  # fmt: skip


def asked(headers=None, kind="application/json", query="", **limits):
    return Asked({"content-type": kind, **(headers or {})}, NOW, Limits(**limits), query)


def binary(event, data=DATA, query="", kind="application/json"):
    headers = {f"ce-{name}": value for name, value in event.items()}
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return taken(body, asked(headers, kind, query))


def structured(event, query="", kind="application/cloudevents+json"):
    return taken(json.dumps(event).encode(), asked(kind=kind, query=query))


def parts(made):
    sides = {name: one.parts for name, one in made.models.items() if one.parts is not None}
    return [kept.part for name, rows in sides.items() for kept in parts_in(name, rows)]


WAYS = {
    "binary": lambda: binary(KSERVE),
    "structured": lambda: structured({**KSERVE, "data": DATA}),
    "structured, as bytes": lambda: structured({**KSERVE, "data_base64": RECORD["bytes"]}),
    "0.3, as bytes": lambda: structured(
        {**KSERVE, "specversion": "0.3", "data": RECORD["bytes"],
         "datacontentencoding": "base64"}
    ),
    "batch": lambda: structured([{**KSERVE, "data": DATA}], kind=BATCH),
    "KServe's records": lambda: structured([RECORD], kind="application/json"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_side(way):
    made = WAYS[way]()
    [part] = parts(made)
    assert (part.model, part.side, part.call) == ("iris", "request", "a")
    assert part.at == NOW - 500_000_000
    assert json.loads(part.data) == DATA
    assert part.content_type == "application/json"
    assert part.about["endpoint"] == "default"
    assert made.models["iris"].rejected == ()
    rows = made.models["iris"].parts
    assert rows.column("_id").to_pylist() == ["a/request"]


@pytest.mark.parametrize(
    ("change", "query", "name"),
    [
        ({"namespace": "shop"}, "", "shop:iris"),
        ({"component": "transformer"}, "", "iris:transformer"),
        ({"namespace": "shop", "component": "explainer"}, "", "shop:iris:explainer"),
        ({"namespace": "shop"}, "model=team/flowers", "team:flowers"),
        ({"inferenceservicename": ""}, "model=iris", "iris"),
        ({"modelid": "clf"}, "", "iris:clf"),
    ],
)
def test_whose_it_is(change, query, name):
    assert list(binary({**KSERVE, **change}, query=query).models) == [name]


def test_a_canary_is_a_version():
    [part] = parts(binary({**KSERVE, "endpoint": "canary"}))
    assert part.version == "canary"


def test_seldon_joins_by_the_request_and_names_the_model_in_its_source():
    event = {
        "specversion": "0.3", "id": "1", "requestid": "r", "modelid": "clf",
        "type": "io.seldon.serving.inference.response", "endpoint": "default",
        "source": "io.seldon.serving.deployment.s.n",
    }  # fmt: skip
    [part] = parts(binary(event))
    assert (part.call, part.side, part.model, part.version) == ("r", "response", "s:clf", "")
    assert part.at is None
    unnamed = {**event, "inferenceservicename": "mlserver"}  # what MLServer is called by itself
    assert [one.model for one in parts(binary(unnamed))] == ["clf"]
    del event["modelid"]
    assert [one.model for one in parts(binary(event))] == ["s"]


def test_the_trace_is_that_of_the_headers():
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = f"00-{trace}-00f067aa0ba902b7-01"
    for more in (
        {"traceparent": header},
        {"metadata": json.dumps({"Traceparent": [header], "X": ["1"]})},
    ):
        [part] = parts(binary({**KSERVE, **more}))
        assert part.trace == trace
    [part] = parts(binary({**KSERVE, "metadata": "{broken"}))
    assert part.trace == ""


def test_feedback_is_a_label():
    event = {**KSERVE, "type": "io.seldon.serving.feedback", "requestid": "r"}
    said = {"response": {"meta": {"puid": "p"}}, "truth": {"data": {"ndarray": [["cat"]]}}}
    made = binary(event, said).models["iris"]
    assert made.outcomes.select(["_id", "label"]).to_pylist() == [{"_id": "p", "label": "cat"}]
    assert made.parts is None
    made = binary(event, {"reward": 1}).models["iris"]
    assert [(one.id, one.reason) for one in made.rejected] == [("r", "is feedback without a truth")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"specversion": "2.0"}, "unknown version"),
        ({"id": ""}, "no id"),
        ({"type": "com.example.order"}, "no request or response"),
        ({"inferenceservicename": "", "source": "x"}, r"\?model=NAME"),
        ({"id": "x" * 201}, "longer than 200"),
    ],
)
def test_what_is_no_side_of_a_call(change, says):
    made = binary({**KSERVE, **change})
    [(model, decoded)] = made.models.items()
    assert model == {**KSERVE, **change}["inferenceservicename"]
    [bad] = decoded.rejected
    assert re.search(says, bad.reason)
    assert (bad.row, bad.id) == (0, {**KSERVE, **change}["id"][:200])
    assert decoded.parts is None


def test_one_bad_event_of_a_batch_costs_the_others_nothing():
    batch = [{**KSERVE, "data": DATA}, {**KSERVE, "type": "other"}, 3, {**KSERVE, "id": "b"}]
    made = structured(batch, kind=BATCH)
    assert [part.call for part in parts(made)] == ["a", "b"]
    told = {
        model: [(one.row, one.reason, one.event) for one in decoded.rejected]
        for model, decoded in made.models.items()
    }
    [other] = told["iris"]
    assert other[:2] == (1, "is of type 'other', no request or response of a model server")
    assert json.loads(other[2])["source"] == KSERVE["source"]
    assert told[""] == [(2, "is no event; got int; wanted an object", "3")]


def test_a_bad_event_is_of_the_model_that_it_names():
    broken = {**KSERVE, "specversion": "7"}
    assert list(structured([broken], kind=BATCH).models) == ["iris"]
    record = {**RECORD, "bytes": "?"}
    assert list(structured([record], kind="application/json").models) == ["iris"]
    other = {"reqType": "request", "inference_service": "wine"}  # as its Parquet spells it
    assert list(structured([other], kind="application/json").models) == ["wine"]
    for query, model in (("model=flowers", "flowers"), ("&a=" * 40, "")):
        assert list(structured([3], query, BATCH).models) == [model]


def test_of_many_bad_events_a_few_are_shown_and_of_each_a_part():
    batch = [{"specversion": "1.0", "id": "x" * 20_000}] * 300
    made = structured(batch, kind=BATCH).models[""]
    assert len(made.rejected) == 300
    assert len([one for one in made.rejected if one.event is not None]) == EVENTS_KEPT
    assert max(len(one.event or "") for one in made.rejected) <= EVENT_BYTES
    assert max(len(one.id) for one in made.rejected) <= 200


def test_a_time_that_cannot_be_believed_is_none():
    for time in ("soon", "2031-01-01T00:00:00Z", ""):
        [part] = parts(binary({**KSERVE, "time": time}))
        assert part.at is None


@pytest.mark.parametrize(
    ("body", "given", "status"),
    [
        (b"{}", {"kind": "text/plain"}, 415),
        (b"{}", {}, 400),
        (b"[1, 2, 3]", {"rows": 2}, 413),
        (b"[" * 5000, {}, 400),
        (b'{"a"', {"kind": "application/cloudevents+json"}, 400),
    ],
)
def test_what_is_no_event(body, given, status):
    with pytest.raises(Refused) as refused:
        taken(body, asked(**given))
    assert refused.value.status == status


TEXT = st.one_of(
    st.sampled_from(["1.0", "0.3", "a", "response", "request", "base64", KSERVE["type"], "e30=",
                     "io.seldon.serving.feedback", "application/json", "%ff", "{", ""]),
    st.text(max_size=8),
)  # fmt: skip
VALUE = st.one_of(TEXT, st.none(), st.integers(), st.floats(), st.lists(TEXT, max_size=2))
EVENT = st.one_of(
    VALUE,
    st.dictionaries(
        st.sampled_from([*KSERVE, *RECORD, "data", "data_base64", "datacontentencoding",
                         "datacontenttype", "requestid", "modelid", "traceparent", "x"]),
        VALUE, max_size=14,
    ),
    st.builds(lambda more: {**KSERVE, **more}, st.dictionaries(st.sampled_from([*KSERVE]), VALUE)),
    st.builds(lambda more: {**RECORD, **more}, st.dictionaries(st.sampled_from([*RECORD]), VALUE)),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    events=st.one_of(EVENT, st.lists(EVENT, max_size=4)), tail=st.binary(max_size=3),
    kind=st.sampled_from([BATCH, "application/cloudevents+json", "application/json"]),
    query=st.sampled_from(["", "model=m", "model=%2F%00", "model", "&&="]),
    headers=st.dictionaries(st.sampled_from([f"ce-{name}" for name in KSERVE]), TEXT),
)  # fmt: skip
def test_whatever_is_sent_is_kept_or_refused(events, tail, kind, query, headers):
    body = json.dumps(events).encode() + tail
    try:
        made = taken(body, asked(headers, kind, query))
    except Refused:
        return
    kept = parts(made)
    known = sum(len(one.rejected) for one in made.models.values())
    labels = sum(one.outcomes.num_rows for one in made.models.values() if one.outcomes)
    count = 1 if "ce-specversion" in headers or kind == "application/cloudevents+json" else None
    if count is None:
        count = len(events)
    assert len(kept) + known + labels == count
