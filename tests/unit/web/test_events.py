"""Events in the API and on pages: filters, what is unusual, one event, samples; hostile text."""

import asyncio
import re
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.engine.api import Baseline, profile
from vedette.profiles.codec import pack
from vedette.stores.store import EVENTS, OUTCOMES, Record
from vedette.web.keys import ADMIN, READ, entry_of, make_key
from vedette.web.redaction import Redaction
from vedette.web.samples import sample_events

BAD = "<script>alert(1)</script>"
SECOND = 10**9
ROWS = 200
API = "/api/v1/models/fraud/events"
PAGE = "/models/fraud/events"
SCHEMA = Schema(
    (
        Field("amount", "numeric", unit="EUR"),
        Field("carrier", "category"),
        Field("is_new", "boolean"),
        Field("gender", "category", "sensitive"),
        Field("salary", "numeric", "sensitive"),
        Field("prompt", "text", "text_input"),
        Field(BAD, "category"),
    )
)


def asked(client, path, **given):
    async def go():
        async with client:
            return await client.get(path, **given)

    return asyncio.run(go())


def columns(count, seed):
    rng = np.random.default_rng(seed)
    return {
        "amount": rng.normal(100, 10, count),
        "carrier": rng.choice(["UA", "AA"], count),
        "is_new": rng.random(count) < 0.5,
        "gender": rng.choice(["f", "m"], count),
        "salary": np.linspace(1e4, 9e4, count),
        "prompt": np.array(["please help me with my order"] * count),
        BAD: rng.choice([BAD, "b"], count),
    }


def rows_of(values, times, ids):
    own = {
        "_id": ids,
        "_time": pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC")),
        "_version": ["7"] * len(ids),
        "_weight": [1.0] * len(ids),
    }
    return pa.record_batch(own | values)


@pytest.fixture(scope="module")
def baseline():
    return Baseline.fit(pa.table(columns(5_000, 1)), schema=SCHEMA, segments=["carrier"])


@pytest.fixture
def filled(stand, kit, baseline):
    """A model with a baseline and 200 events, one a second, some of them strange."""
    values = {name: list(column) for name, column in columns(ROWS, 2).items()}
    values["amount"] = [float(min(max(v, 80.0), 120.0)) for v in values["amount"]]
    values["amount"][10], values["amount"][20] = None, 9_999.0
    values["carrier"][30] = "ZZ"
    values["carrier"][40] = "ann@example.org"
    values["gender"][50], values["salary"][50] = "x", 777_123.0
    values["prompt"][60] = "A!" * 400
    times = [kit.NOW - (ROWS - at) * SECOND for at in range(ROWS)]
    ids = [f"e{at}" for at in range(ROWS)]
    ids[5] = "a/b?c " + BAD
    stand.log.append([Record(EVENTS, "fraud", kit.NOW, rows_of(values, times, ids))])
    stand.views["fraud"] = kit.make_view(
        "fraud", rows=ROWS, first_time=times[0], last_time=times[-1]
    )
    stand.baselines["fraud"], stand.schemas["fraud"] = baseline, baseline.schema
    stand.times = times
    return stand


@pytest.fixture
def ids(ask, filled):
    def ids(query, path=API):
        answer = asked(ask(), f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        return [row["_id"] for row in answer.json()["events"]]

    return ids


def test_filters(ids, filled):
    assert ids("where=amount&min=9000") == ["e20"]
    assert ids("where=amount&missing=true") == ["e10"]
    assert len(ids("where=amount&missing=false&limit=1000")) == ROWS - 1
    assert ids("where=amount&max=0") == []
    assert ids("where=carrier&value=ZZ") == ["e30"]
    assert ids("segment=carrier%3DZZ") == ["e30"]
    assert ids("where=amount&value=9999") == ["e20"]
    assert ids("where=prompt.length&min=500") == ["e60"]
    assert ids("where=nothing&value=1") == []
    new = ids("where=is_new&value=true&limit=1000")
    assert new == ids("where=is_new&value=1&limit=1000") == ids("where=is_new&min=1&limit=1000")
    assert 50 < len(new) < 150
    both = ids("segment=carrier%3DUA&where=is_new&value=true&limit=1000")
    assert set(both) == set(new) & set(ids("segment=carrier%3DUA&limit=1000"))


def test_only_what_is_unusual_and_why(ask, ids, filled):
    assert ids("unusual=true") == ["e10", "e20", "e30", "e40", "e50", "e60"]
    assert ids("unusual=true&order=newest&limit=2") == ["e60", "e50"]
    assert ids("unusual=true&segment=carrier%3DZZ") == ["e30"]
    found = asked(ask(), f"{API}?unusual=true").json()["events"]
    reasons = {row["_id"]: row["_unusual"] for row in found}
    assert reasons["e10"] == ["`amount` is missing, which never happens in the reference"]
    assert reasons["e20"][0].startswith("`amount` 9999 lies above everything in the reference (max")
    assert reasons["e30"] == ["`carrier` 'ZZ' was never seen in the reference"]
    assert reasons["e40"] == ["`carrier` '[e-mail]' was never seen in the reference"]
    assert set(reasons["e50"]) == {
        "`gender` has a value that was never seen in the reference",
        "`salary` has a value that lies above everything in the reference",
    }
    assert any(reason.startswith("`prompt.length` 800") for reason in reasons["e60"])


def test_the_newest_first(ids, filled):
    every = ids("limit=1000")
    assert every[0] == "e0"
    assert ids("limit=1000&order=newest") == every[::-1]
    start, end = filled.times[50], filled.times[60]
    assert ids(f"start={start}&end={end}&order=newest") == every[50:60][::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("where=amount", "where"),
        ("min=5", "min"),
        ("where=amount&min=abc", "min"),
        ("where=amount&min=nan", "min"),
        ("where=amount&min=5&max=4", "min"),
        ("where=amount&missing=perhaps", "missing"),
        ("segment=carrier", "segment"),
        ("order=up", "order"),
        ("unusual=yes", "unusual"),
        ("redact=no", "redact"),
        ("colum=x", "colum"),
    ],
)
def test_what_cannot_be_read_is_told(ask, filled, query, field):
    answer = asked(ask(), f"{API}?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_nothing_is_unusual_without_a_baseline(ask, filled):
    filled.baselines.clear()
    answer = asked(ask(), f"{API}?unusual=true")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_baseline")
    assert asked(ask(), API).json()["events"][0]["_unusual"] == []


def test_what_is_hidden_is_hidden_everywhere(ask, filled):
    paths = [API, PAGE, f"{API}/e60", f"{PAGE}/e60", f"{PAGE}?show=gender&show=prompt"]
    for path in paths:
        text = asked(ask(), path).text
        assert "please help" not in text
        assert "A!A!" not in text
        assert "hidden: " in text
    row = asked(ask(), f"{API}?where=prompt.length&min=500").json()["events"][0]
    assert (row["gender"], row["prompt"]) == ("hidden: sensitive", "hidden: text, 800 characters")
    shown = asked(ask(), f"{API}?where=prompt.length&min=500&redact=false").json()["events"][0]
    assert (shown["gender"] in "fm", shown["prompt"]) == (True, "A!" * 400)


@pytest.mark.parametrize("query", ["where=gender&value=f", "segment=gender%3Df"])
def test_what_is_hidden_cannot_be_asked_for(ask, filled, query):
    answer = asked(ask(), f"{API}?{query}")
    assert answer.status_code == 403
    assert "are hidden" in answer.json()["error"]["message"]
    assert asked(ask(), f"{API}?{query}&redact=false").status_code == 200
    page = asked(ask(), f"{PAGE}?{query}")
    assert (page.status_code, "are hidden" in page.text) == (403, True)
    assert asked(ask(), f"{API}?where=gender&missing=true").status_code == 200


def test_only_an_admin_sees_what_is_hidden(ask, filled):
    for scope, number, status in ((READ, 1, 403), (ADMIN, 2, 200)):
        text, key = make_key(bytes([number] * 6), "s" * 43, scopes=[scope], made=1)
        filled.store.commit([entry_of(key)])
        headers = {"authorization": f"Bearer {text}"}
        for path in (API, f"{API}/e1"):
            answer = asked(ask(), f"{path}?redact=false", headers=headers)
            assert answer.status_code == status
        page = asked(ask(), PAGE, headers=headers).text
        assert ("show what is hidden" in page) == (scope == ADMIN)


def test_one_event_with_everything_about_it(ask, filled, kit, baseline):
    at = filled.times[20]
    window = Window(at // kit.HOUR * kit.HOUR, at // kit.HOUR * kit.HOUR + kit.HOUR)
    finding = kit.make_finding("fraud", window.start, "amount")
    other = kit.make_finding("fraud", window.start, "unknown")
    made = profile(pa.table(columns(50, 3)), baseline)
    filled.store.commit(
        [
            *(
                kit.Entry("finding", "fraud", f.id, window.start, msgspec.json.encode(f))
                for f in (finding, other)
            ),
            kit.Entry("profile", "fraud", f"drift/{window.start}", window.start, pack(made)),
        ]
    )
    kit.put_incident(filled, kit.make_incident("fraud", "now"))
    kit.put_incident(filled, kit.make_incident("fraud", "over", closed=at - SECOND))
    label = pa.record_batch(
        {
            "_id": ["e20", "e21"],
            "_time": pa.array([kit.NOW] * 2, pa.int64()).cast(pa.timestamp("ns", "UTC")),
            "label": ["fraud", "fine"],
        }
    )
    filled.log.append([Record(OUTCOMES, "fraud", kit.NOW, label)])
    found = asked(ask(), f"{API}/e20").json()
    assert found == asked(ask(), f"{API}/e20?time={at}").json()
    assert (found["id"], found["version"], found["late"]) == ("e20", "7", None)
    assert [one["label"] for one in found["labels"]] == ["fraud"]
    assert [one["id"] for one in found["incidents"]] == ["now"]
    assert [one["column"] for one in found["findings"]] == ["amount"]
    ended = {one["clock"]: (one["ended"], one["rows"]) for one in found["windows"]}
    assert ended == {"fast": (False, None), "drift": (True, 50)}
    by_name = {one["column"]: one for one in found["columns"]}
    amount = by_name["amount"]
    assert (amount["value"], amount["unit"], amount["role"]) == (9999.0, "EUR", "feature")
    assert amount["place"]["at_or_below"] == [1.0, 1.0]
    assert "above everything" in amount["unusual"]
    assert by_name["carrier"]["place"]["share"] == pytest.approx(0.5, abs=0.05)
    assert by_name["prompt.length"]["derived_from"] == "prompt"
    assert by_name["prompt.length"]["value"] == 28.0
    assert (by_name["gender"]["hidden"], by_name["gender"]["place"]) == (True, None)
    page = asked(ask(), f"{PAGE}/e20").text
    for text in ("9999", "fraud", "above everything in the reference", "Incidents at that time"):
        assert text in page


def test_an_event_whose_id_is_no_plain_word(ask, filled):
    path = quote("a/b?c " + BAD, safe="")
    assert asked(ask(), f"{API}/{path}").json()["id"] == "a/b?c " + BAD
    page = asked(ask(), f"{PAGE}/{path}")
    assert (page.status_code, BAD in page.text) == (200, False)
    listed = asked(ask(), f"{PAGE}?order=oldest").text
    assert f'href="{PAGE}/{path}?time=' in listed


def test_an_event_that_is_not_there(ask, filled):
    for path in (f"{API}/none", f"{PAGE}/none", "/models/none/events", "/models/none/events/e1"):
        assert asked(ask(), path).status_code == 404


def test_hostile_text_is_inert(ask, filled, kit):
    model = quote(BAD, safe="")
    filled.views[BAD] = kit.make_view(BAD)
    query = f"segment={model}%3D{model}&where={model}&value={model}&show={model}"
    paths = [f"{PAGE}?{query}", f"{PAGE}?where={model}&value={model}&show={model}"]
    paths += [f"{PAGE}/e1", f"{PAGE}?cursor={model}", f"{PAGE}?{model}={model}"]
    for path in [*paths, f"{PAGE}?segment={model}", f"/models/{model.replace('%2F', '')}/events"]:
        text = asked(ask(), path).text
        assert BAD not in text
        assert re.findall("<script[^>]*>", text) == re.findall('<script src="/assets/[^>]*>', text)
        assert "style=" not in text


def test_a_page_walks_both_ways_without_a_script(ask, filled):
    seen, path, back = [], f"{PAGE}?where=is_new&value=true", []
    while path:
        text = asked(ask(), path).text
        seen.append(re.findall(r'title="event ([^"]+)"', text))
        older = re.search(r'href="([?][^"]+)" rel="next"', text)
        path = PAGE + older[1].replace("&amp;", "&") if older else None
    path = re.search(r'href="([?][^"]+)" rel="prev"', text)[1].replace("&amp;", "&")
    while path:
        text = asked(ask(), PAGE + path).text
        back.append(re.findall(r'title="event ([^"]+)"', text))
        newer = re.search(r'href="([?][^"]+)" rel="prev"', text)
        path = newer[1].replace("&amp;", "&") if newer else None
    whole = [one for page in seen for one in page]
    assert len(whole) == len(set(whole)) > 50
    assert [one for page in back[::-1] for one in page] == whole[: -len(seen[-1])]


def test_unusual_values_are_marked_by_more_than_colour(ask, filled):
    text = asked(ask(), f"{PAGE}?where=amount&min=9000").text
    assert 'title="`amount` 9999 lies above everything' in text
    assert 'role="img" aria-label="unusual:">◆</span> 9999' in text
    assert "200 events looked at: all there are." in text
    empty = asked(ask(), f"{PAGE}?where=amount&max=0").text
    assert "No event here is like that." in empty


def test_samples_show_what_leads_an_incident(filled, kit, baseline):
    rules = Redaction.of(baseline.schema)
    causes = (
        kit.Cause(column="carrier", share=0.7),
        kit.Cause(column="amount", share=0.2),
        kit.Cause(column="gender", share=0.1),
    )
    incident = kit.make_incident("fraud", "a", causes=causes, onset=filled.times[0])
    found = sample_events(filled, incident, rules, now=kit.NOW, limit=4)
    assert found["columns"][:3] == ["carrier", "amount", "gender"]
    assert [event["id"] for event in found["events"]] == ["e10", "e20", "e30", "e40"]
    cells = {cell.column: cell for cell in found["events"][3]["cells"]}
    assert (cells["carrier"].text, cells["gender"].kind) == ("[e-mail]", "hidden")
    assert found["events"][2]["why"] == ["`carrier` 'ZZ' was never seen in the reference"]
    later = sample_events(filled, incident, rules, now=filled.times[15], limit=4)
    assert later["events"][0]["id"] == "e0"
    assert later["scanned"] == 15


def test_samples_of_a_segment_spread_over_time_and_none_of_a_hidden_one(filled, kit, baseline):
    rules = Redaction.of(baseline.schema)

    def sampled(segment, at=0):
        cause = kit.Cause(column="is_new", segment=segment, share=1.0)
        incident = kit.make_incident("fraud", "a", causes=(cause,), onset=filled.times[at])
        return sample_events(filled, incident, rules, now=kit.NOW)

    found = sampled("carrier=UA")
    assert {
        cell.text for e in found["events"] for cell in e["cells"] if cell.column == "carrier"
    } == {"UA"}
    places = [int(event["id"][1:]) for event in found["events"]]
    assert (len(places), places == sorted(places), places[-1] - places[0] > 150) == (8, True, True)
    assert "hidden" in sampled("gender=f")["said"]
    assert "No event" in sampled("carrier=QQ")["said"]
    filled.baselines.clear()
    assert len(sampled("carrier=UA")["events"]) == 8
