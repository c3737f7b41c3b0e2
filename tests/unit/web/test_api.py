"""The JSON API: what it shows, filters, pages, acts; and its OpenAPI document."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from vedette import Baseline
from vedette.core.windows import Window
from vedette.ingest.limits import Limits
from vedette.profiles.codec import pack
from vedette.stores.store import EVENTS, Record
from vedette.web.app import SENT, handlers
from vedette.web.openapi import document
from vedette.web.routes import ROUTES

OWN = {"origin": "http://127.0.0.1:8642"}


def asked(client, method, path, **given):
    async def go():
        async with client:
            return await client.request(method, path, **given)

    return asyncio.run(go())


@pytest.fixture
def get(ask, stand, kit):
    stand.views["fraud"] = kit.make_view(
        "fraud",
        rows=10,
        evidence={"fast": {"value": -float("inf"), "threshold": 3.0, "share": 0.0}},
    )

    def get(path, status=200, **given):
        answer = asked(ask(), "GET", path, **given)
        assert answer.status_code == status, answer.text
        return answer.json()

    return get


def put(stand, kit, kind, key, time, value, model="fraud"):
    stand.store.commit([kit.Entry(kind, model, key, time, msgspec.json.encode(value))])


def test_the_document_is_valid_openapi(get):
    validate(document())
    assert get("/api/v1/openapi.json") == msgspec.to_builtins(document())


def fits(answer, name):
    """An answer is as the document says, and holds nothing that it does not name."""
    whole = document()
    schema = {"$ref": f"#/components/schemas/{name}", "components": whole["components"]}
    problems = [error.message for error in Draft202012Validator(schema).iter_errors(answer)]
    assert problems == []
    assert answer.keys() == whole["components"]["schemas"][name]["properties"].keys()


def test_answers_are_as_the_document_says(get, stand, kit):
    strange = {"effect": float("inf"), "observed": float("nan"), "low": None}
    for at, given in enumerate(({}, strange, {"window": None, "category": "x"})):
        finding = kit.make_finding("fraud", kit.NOW - at * kit.HOUR, f"c{at}", **given)
        put(stand, kit, "finding", finding.id, kit.NOW - at, finding)
    kit.put_incident(stand, kit.make_incident("fraud", "a"))
    kit.put_incident(stand, kit.make_incident("fraud", "b", closed=kit.NOW, muted_until=kit.NOW))
    made = Baseline.fit(pa.table({"x": [1.0, 2.0, None] * 100, "k": ["a", "b", "c"] * 100}))
    windows = [made.profile, replace(made.profile, window=Window(kit.NOW, kit.NOW + kit.HOUR))]
    for at, profile in enumerate(windows):
        body = pack(profile)
        stand.store.commit([kit.Entry("profile", "fraud", f"drift/{at}", kit.NOW + at, body)])
    of_model = "/api/v1/models/fraud"
    for path, name, inner, listed in (
        ("/api/v1/models", "Models", "Model", 1),
        ("/api/v1/incidents", "Incidents", "ListedIncident", 2),
        (f"{of_model}/findings", "Findings", "Finding", 3),
        (f"{of_model}/profiles", "Profiles", "Profile", 2),
    ):
        answer = get(path)
        fits(answer, name)
        inside = answer[name.lower()]
        assert len(inside) == listed
        for one in inside:
            fits(one, inner)
    fits(get(of_model), "Model")
    whole = get("/api/v1/incidents/a")
    fits(whole, "Incident")
    fits(whole["findings"][0], "Finding")
    fits(whole["history"][0], "Move")
    fits(get(f"{of_model}/profiles")["profiles"][0]["columns"][0], "ProfiledColumn")


def test_the_document_constrains_something():
    schema = {"$ref": "#/components/schemas/Finding", "components": document()["components"]}
    assert not Draft202012Validator(schema).is_valid({"column": "x", "verdict": "alarming"})


def test_the_document_has_every_route_once_with_its_own_name():
    names = [route.handler for route in ROUTES]
    assert len(names) == len(set(names))
    listed = {
        operation["operationId"]
        for path in document()["paths"].values()
        for operation in path.values()
    }
    assert listed == {r.handler for r in ROUTES if r.is_api}
    assert set(handlers()) | set(SENT) == set(names)


def test_models_hold_no_number_that_json_lacks(get):
    model = get("/api/v1/models")["models"][0]
    assert model["evidence"]["fast"]["value"] is None
    assert model["last_time"] == "2026-11-01T10:00:00Z"
    assert get("/api/v1/models/fraud") == model


def test_what_is_not_there(get):
    for path in ("/api/v1/models/none", "/api/v1/incidents/none", "/api/v1/nothing"):
        assert get(path, 404)["error"]["message"]


def test_incidents_by_filter(get, stand, kit):
    kit.put_incident(stand, kit.make_incident("fraud", "a"))
    kit.put_incident(stand, kit.make_incident("fraud", "b", column="age", state="resolved"))
    kit.put_incident(stand, kit.make_incident("churn", "c", severity="critical"))

    def ids(query):
        return [i["id"] for i in get(f"/api/v1/incidents?{query}")["incidents"]]

    assert set(ids("")) == {"a", "b", "c"}
    assert ids("state=active&model=fraud") == ["a"]
    assert ids("column=age") == ["b"]
    assert ids("severity=critical") == ["c"]
    assert ids("axis=skew") == []
    assert ids("start=2026-11-01T09:00:00Z") == []
    assert set(ids("end=2026-11-01T09:00:00Z")) == {"a", "b", "c"}
    assert [i["id"] for i in get("/api/v1/models/fraud/incidents?state=open")["incidents"]] == ["a"]
    whole = get("/api/v1/incidents/a")
    assert whole["findings"][0]["window"]["start"] == "2026-11-01T08:00:00Z"
    assert whole["actions"] == ["acknowledge", "mute", "resolve", "note"]
    assert whole["replay"] == "vedette replay a"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limt=5", "did you mean 'limit'"),
        ("limit=0", "1 to 1000"),
        ("limit=1e9", "1 to 1000"),
        ("start=soon", "no instant"),
        ("cursor=%00", "not one of ours"),
        ("cursor=AAAA", "not one of ours"),
        ("axis=skwe", "did you mean 'skew'"),
        ("state=foo", "there are: active, open"),
        ("severity=critcal", "did you mean 'critical'"),
    ],
)
def test_wrong_parameters_are_told(get, query, says):
    error = get(f"/api/v1/incidents?{query}", 400)["error"]
    assert says in error["message"]
    assert error["field"] == query.partition("=")[0]


def test_pages_follow_one_another_whatever_shares_an_instant(get, stand, kit):
    for at in range(37):
        finding = kit.make_finding("fraud", kit.NOW - (at // 20) * kit.HOUR, f"c{at}")
        put(stand, kit, "finding", finding.id, finding.window.start, finding)
    seen, cursor = [], ""
    while cursor is not None:
        page = get(f"/api/v1/models/fraud/findings?limit=5{cursor and '&cursor=' + cursor}")
        seen += [finding["column"] for finding in page["findings"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(f"c{at}" for at in range(37))
    assert len(get("/api/v1/models/fraud/findings?column=c3")["findings"]) == 1
    assert get("/api/v1/models/fraud/findings?axis=skew")["findings"] == []


def test_events_by_time_in_pages(get, stand, kit):
    times = [kit.NOW - at * 1_000 for at in (3, 1, 2, 1, 5)]
    rows = pa.record_batch(
        {
            "_id": list("abcde"),
            "_time": pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC")),
            "_version": ["7"] * 5,
            "_weight": [1.0] * 5,
            "amount": [1.0, float("nan"), None, 4.0, float("inf")],
        }
    )
    stand.log.append([Record(EVENTS, "fraud", kit.NOW, rows)])
    page = get("/api/v1/models/fraud/events?limit=3")
    assert [row["_id"] for row in page["events"]] == ["e", "a", "c"]
    assert page["events"][0]["_time"].endswith(".999995Z".replace(".", "09:59:59.")[-9:])
    assert page["events"][0]["amount"] is None
    rest = get(f"/api/v1/models/fraud/events?limit=3&cursor={page['next']}")
    assert [row["_id"] for row in rest["events"]] == ["b", "d"]
    assert (rest["next"], rest["complete"]) == (None, True)
    assert "amount" not in get("/api/v1/models/fraud/events?column=other")["events"][0]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("models/fraud/findings?monitor=shfit", "did you mean 'shift'"),
        ("models/fraud/findings?verdict=bad", "alarming"),
        ("models/fraud/findings?axis=foo", "drift"),
        ("models/fraud/profiles?clock=hourly", "base, fast, drift"),
        ("models/fraud/metrics?clock=drfit", "did you mean 'drift'"),
        ("messages?state=lost", "pending, sent, dead"),
    ],
)
def test_words_that_no_filter_knows_are_told(get, path, says):
    assert says in get(f"/api/v1/{path}", 400)["error"]["message"]


def test_events_of_which_a_column_changed_its_type(get, stand, kit):
    for at, amounts in enumerate(([1, 2], ["a", "b"], [0.5], [True], [None])):
        ids = [f"{at}{n}" for n in range(len(amounts))]
        times = pa.array([kit.NOW + at] * len(ids), pa.timestamp("ns", "UTC"))
        rows = {"_id": ids, "_time": times, "_version": ["7"] * len(ids)}
        rows |= {"_weight": [1.0] * len(ids), "amount": amounts}
        stand.log.append([Record(EVENTS, "fraud", kit.NOW, pa.record_batch(rows))])
    page = get("/api/v1/models/fraud/events")
    assert [row["_id"] for row in page["events"]] == ["00", "01", "10", "11", "20", "30", "40"]
    assert [row["amount"] for row in page["events"][:4]] == ["1", "2", "a", "b"]
    assert page["events"][6]["amount"] is None


def test_plain_entries(get, stand, kit):
    put(stand, kit, "quarantine", "q", kit.NOW, {"reason": "weight is 0.5", "event": "{}"})
    put(stand, kit, "message", "m1", kit.NOW, {"state": "dead", "channel": "slack"})
    put(stand, kit, "message", "m2", kit.NOW, {"state": "sent"})
    put(stand, kit, "note", "deploy-8", kit.NOW, {"act": "deploy", "version": "8"})
    assert get("/api/v1/quarantine")["quarantine"][0]["reason"] == "weight is 0.5"
    assert [m["key"] for m in get("/api/v1/messages?state=dead")["messages"]] == ["m1"]
    assert get("/api/v1/models/fraud/deploys")["deploys"][0]["version"] == "8"


def test_acts_go_to_the_service(ask, stand, kit):
    stand.views["fraud"] = kit.make_view("fraud")
    kit.put_incident(stand, kit.make_incident("fraud", "a"))

    def post(path, status=200, **given):
        answer = asked(ask(), "POST", path, **given)
        assert answer.status_code == status, answer.text
        return answer.json()

    actions = "/api/v1/incidents/a/actions"
    post(actions, json={"act": "mute", "by": "Ann", "until": "2026-11-02T10:00:00Z"})
    assert stand.acts[0][1]["until"] == kit.NOW + 24 * kit.HOUR
    error = post(actions, 400, json={"act": "acknowlege"})["error"]
    assert "did you mean 'acknowledge'" in error["message"]
    post(actions, 400, json={"act": "reopen"})  # not while it is muted
    post(actions, 400, json={"act": "mute", "untill": 1})
    post(actions, 400, content=b"[" * 60_000)
    post("/api/v1/models/fraud/deploys", json={"version": "8", "time": kit.NOW})
    assert stand.acts[-1] == (
        "fraud",
        {"act": "deploy", "version": "8", "text": "", "time": kit.NOW},
    )
    post("/api/v1/models/fraud/baselines", json={"start": "2026-10-01", "end": "2026-10-08"})
    assert stand.acts[-1][1]["end"] - stand.acts[-1][1]["start"] == 7 * 24 * kit.HOUR
    post("/api/v1/models/fraud/baselines", 400, json={"start": "2026-10-09", "end": "2026-10-08"})
    post("/api/v1/models/none/deploys", 404, json={"version": "8"})
    post(actions, 413, content=b"x" * 70_000)


def test_probes(get, stand, ask):
    assert asked(ask(), "GET", "/livez").text == "ok\n"
    assert get("/readyz") == get("/healthz") == {"ready": True, "reasons": []}
    stand.reasons = ["a query fails"]
    assert get("/readyz", 503)["reasons"] == ["a query fails"]
    assert asked(ask(), "GET", "/livez").status_code == 200
    assert get("/version")["name"] == "vedette"
    assert get("/api/v1/status")["messages"] == {"dead": 1}


def test_readiness_asks_the_store(get, stand, kit, monkeypatch):
    def broken(*_, **__):
        raise kit.StoreError("state", "cannot be read")

    stand.views.clear()
    get("/readyz")
    monkeypatch.setattr(stand.store, "read", lambda kind, **_: [] if kind == "key" else broken())
    assert get("/readyz", 503)["error"]["code"] == "store_failed"


def test_metrics_in_both_formats(ask, stand, kit):
    stand.views["fraud"] = kit.make_view("fraud")
    plain = asked(ask(), "GET", "/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    accept = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    rich = asked(ask(), "GET", "/metrics", headers=accept)
    assert rich.headers["content-type"].startswith("application/openmetrics-text")
    assert rich.text.endswith("# EOF\n")


def test_a_failure_nobody_foresaw_tells_nothing(ask, stand, monkeypatch):
    def broken():
        raise RuntimeError("secret")

    monkeypatch.setattr(stand, "models", broken)
    answer = asked(ask(), "GET", "/api/v1/models")
    assert (answer.status_code, "secret" in answer.text) == (500, False)


def test_the_page_of_the_api_names_every_route_and_limit():
    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    for route in ROUTES:
        if route.is_api:
            last = route.path.rpartition("/")[2]
            assert f"/{last}" in text.replace("{id}", "{incident}"), route.path
    limits = Limits()
    for number in (limits.columns, limits.rows, limits.string):
        assert f"{number:,}" in text
    for number in (limits.features, limits.depth, limits.name, limits.ratio):
        assert str(number) in text
