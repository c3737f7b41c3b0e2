"""Whether serving sees what training does: over HTTP, as a chart, on its page, of a model that the
real engine watches.

Owns: the answer, its chart in every form, what the page says, who sees values.  Does not own:
counting (`tests/unit/engine/test_paired`).
"""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import jsonschema
import pytest
from tests.story import SHOP, Story, served, story
from tests.traffic import Live
from tests.twin_story import BROKEN, END, FACTOR, MODEL, records, settings, twin_story
from tests.unit.web.test_charts import FIGURE, HELD
from tests.unit.web.test_performance import Ask, asking, stretch

from vedette.engine.service import Service
from vedette.web.charts.forms import KINDS
from vedette.web.keys import entry_of, make_key
from vedette.web.openapi import document

API = f"/api/v1/models/{MODEL}"
PAGE = f"/models/{MODEL}/skew"


@pytest.fixture(scope="module")
def get() -> Iterator[Ask]:
    service = served(twin_story(), END)
    yield asking(service)
    service.stop()


def told(get: Ask, headers: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
    answer = get(f"{API}/skew", headers, **query)
    assert answer.status_code == 200, answer.text
    schema = {"$ref": "#/components/schemas/Skew", "components": document()["components"]}
    jsonschema.validate(answer.json(), schema)
    found: dict[str, Any] = answer.json()
    return found


def test_pairs_of_a_stretch_are_counted(get: Ask):
    found = told(get)
    assert found["pairs"] == 47 * 216
    assert found["twins"] == {
        "came": 47 * 216, "pairs": 47 * 216, "waiting": 0, "unmatched": 0, "lost": 0,
        "pairing_rate": 1.0,
    }  # fmt: skip
    assert found["reason"] == ""
    worst, *others = found["columns"]
    assert (worst["column"], worst["verdict"]) == ("distance", "alarming")
    assert worst["same"] + worst["differs"] == worst["pairs"] == found["pairs"]
    assert worst["mismatch"]["rate"] == worst["differs"] / worst["pairs"]
    assert [worst["incident"]] == found["incidents"]
    assert {one["verdict"] for one in others} == {"calm"}
    assert {one["mismatch"]["rate"] for one in others} == {0.0}


def test_a_column_has_its_course_its_values_and_its_cause(get: Ask):
    found = told(get, column="distance", **stretch(BROKEN, END))["column"]
    assert sum(step["pairs"] for step in found["steps"]) == 18 * 216
    assert all(step["same"] + step["differs"] == step["pairs"] for step in found["steps"])
    for one in found["confusions"]:
        offline, online = (float(one[side].replace(",", "")) for side in ("offline", "online"))
        assert online == pytest.approx(FACTOR * offline, rel=1e-4)
    (cause,) = found["causes"]
    assert (cause["name"], cause["segment"]) == ("unit", "carrier = UA")
    assert cause["share"] > 0.9
    assert "serving `distance` = training × 1.609" in cause["statement"]
    for event in found["events"]:
        row = get(f"{API}/events/{event}").json()
        assert "UA" in str(row)


def test_a_column_without_pairs_is_not_found(get: Ask):
    assert get(f"{API}/skew", column="nothing").status_code == 404
    assert get(PAGE, column="nothing").status_code == 404


@pytest.mark.parametrize("form", KINDS)
def test_the_chart_comes_in_every_form(get: Ask, form: str):
    answer = get(f"{API}/charts/mismatch.{form}", column="distance")
    assert answer.status_code == 200
    if form == "json":
        rows = answer.json()["spec"]["datasets"]["rows"]
        assert {row["kind"] for row in rows} == {"differs"}
        assert sum(row["pairs"] for row in rows) == 47 * 216
        assert all(row["low"] - 1e-9 <= row["rate"] <= row["high"] for row in rows)
    if form == "csv":
        assert len(list(csv.reader(io.StringIO(answer.text)))) > 2


def test_the_page_says_it_and_holds_room_for_its_chart(get: Ask):
    text = get(PAGE).text
    plain = unescape(re.sub("<[^>]+>", "", text))
    assert "No. distance: more pairs disagree than is tolerated" in plain
    assert "Serving distance = training × 1.609 (miles to kilometres) for carrier UA" in plain
    (figure,) = FIGURE.finditer(text)
    spec = get(unescape(figure[1])).json()["spec"]
    assert spec["height"] == int(HELD.search(figure[0])[1])
    for column in ("carrier", "delay", "score"):
        assert "Every pair agrees" in get(PAGE, column=column).text


def test_a_model_without_twins_says_how_to_log_them():
    service = served(story())
    get = asking(service)
    text = unescape(get(f"/models/{SHOP}/skew").text)
    found = get(f"/api/v1/models/{SHOP}/skew").json()
    empty = get(f"/api/v1/models/{SHOP}/charts/mismatch.json").json()
    service.stop()
    assert "Unknown." in text
    assert "client.log_offline(" in text
    assert f"/v1/models/{SHOP}/twins" in text
    assert (found["pairs"], found["columns"]) == (0, [])
    assert found["reason"].startswith("no twins were logged")
    assert empty["empty"].startswith("No twins were logged")


# --- who sees values ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[Service, dict[str, dict[str, str]]]]:
    """Carriers are personal here, and serving writes them in other letters."""
    made = Live(settings(columns={"carrier": {"role": "sensitive"}}))
    arrived = [
        one if one.kind != "twins" else one._replace(rows=one.rows.set_column(
            one.rows.schema.get_field_index("carrier"), "carrier",
            _lower(one.rows["carrier"])))
        for one in records()
    ]  # fmt: skip
    made.feed(arrived)
    made.runner.commit(END, force=True)
    service = served(Story(made, twin_story().rows, frozenset()), END)
    headers = {}
    for number, scope in enumerate(("read", "admin")):
        text, key = make_key(bytes([number] * 6), "s" * 43, scopes=[scope], made=1)
        service.store.commit([entry_of(key)])
        headers[scope] = {"authorization": f"Bearer {text}"}
    yield service, headers
    service.stop()


def _lower(array: Any) -> Any:
    import pyarrow.compute as pc

    return pc.utf8_lower(array)


def test_values_of_a_personal_column_are_for_those_who_may_see_them(
    guarded: tuple[Service, dict[str, dict[str, str]]],
):
    service, headers = guarded
    get = asking(service)
    everything = told(get, headers["admin"], column="carrier")
    assert everything["columns"][0]["verdict"] == "alarming"
    assert everything["column"]["confusions"]
    assert everything["column"]["causes"]
    hidden = told(get, headers["read"], column="carrier")
    assert hidden["column"]["hidden"]
    assert hidden["column"]["confusions"] == hidden["column"]["causes"] == []
    assert hidden["columns"][0]["mismatch"] == everything["columns"][0]["mismatch"]
    distance = told(get, headers["read"], column="distance")["column"]
    assert all("carrier" not in cause["statement"] for cause in distance["causes"])
    for path in (PAGE, f"{PAGE}?column=carrier", f"/models/{MODEL}", "/", f"{API}/incidents"):
        for carrier in ("UA", "ua", "DL"):
            assert f">{carrier}<" not in get(path, headers["read"]).text
            assert f"carrier {carrier}" not in get(path, headers["read"]).text
