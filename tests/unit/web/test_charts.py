"""Every chart at its own address, in four forms, of a model that the real engine watches.

Owns: addresses, forms, refusals, empty states, and that pages keep free what charts need.  Does not
own: what charts rest on (`history`), how they are drawn (`tests/unit/report`).
"""

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape
from typing import Any
from xml.etree import ElementTree

import httpx
import msgspec
import pytest
from tests.story import BEGIN, DEPLOY, END, GONE, ROWS, SHIFT, SHOP, SILENCE, served, story

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY, HOUR
from vedette.engine.service import Service
from vedette.web.app import make_app
from vedette.web.asked import Asked
from vedette.web.charts.catalog import CHARTS
from vedette.web.charts.forms import KINDS
from vedette.web.documents import instant

API = f"/api/v1/models/{SHOP}/charts/"
COLUMN = {
    "course": "amount",
    "quantiles": "took_s",
    "segments": "amount",
    "distribution": "amount",
    "losses": "amount",
}
OF_GROUPS = ("groups", "gap", "spreads")  # this model tells none apart (`test_fairness.py`)
NO_TWINS = ("mismatch",)  # nor has it twins (`test_skew.py`)
UNTROUBLED = ("errors", "utilization", "memory")  # nor errors and resources (`test_service.py`)
DRAWN = tuple(name for name in CHARTS if name not in (*OF_GROUPS, *NO_TWINS, *UNTROUBLED))
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = served()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def get(service: Service) -> Ask:
    app = make_app(service, service.settings)
    app.state.pulse.end()  # streams end at once

    def get(path: str, **query: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as one:
                return await one.get(path, params=query or None)

        return asyncio.run(go())

    return get


def asked(name: str, **query: Any) -> dict[str, Any]:
    return ({"column": COLUMN[name]} if name in COLUMN else {}) | query


def datasets(answer: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    return answer.json()["spec"]["datasets"]


# --- forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("form", KINDS)
def test_every_chart_answers_in_every_form(get: Ask, name: str, form: str):
    answer = get(f"{API}{name}.{form}", **asked(name))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == KINDS[form].decode()
    assert answer.headers["cache-control"] == "no-store"
    if form == "json":
        assert answer.json()["spec"]["layer" if name != "distribution" else "mark"]
        assert answer.json()["empty"] == ""
    elif form == "png":
        assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    elif form == "svg":
        assert ElementTree.fromstring(answer.text).tag.endswith("svg")
        assert "<script" not in answer.text
    else:
        assert f'filename="{name}.csv"' in answer.headers["content-disposition"]
        assert len(list(csv.reader(io.StringIO(answer.text)))) > 1


def plain(row: dict[str, Any], times: tuple[str, ...]) -> dict[str, str]:
    """A row of JSON as CSV has it."""
    found = {}
    for key, value in row.items():
        if value is None:
            found[key] = ""
        elif key in times:
            found[key] = instant(int(value * 1e6) // 10**9 * 10**9)
        else:
            found[key] = str(value)
    return found


MAIN = {
    "timeline": "cells",
    "heat": "cells",
    "course": "points",
    "metric": "points",
    "distribution": "bars",
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_table_holds_what_is_drawn(get: Ask, name: str):
    drawn = datasets(get(f"{API}{name}.json", **asked(name)))[MAIN.get(name, "rows")]
    table = list(csv.DictReader(io.StringIO(get(f"{API}{name}.csv", **asked(name)).text)))
    if name == "timeline":
        table = [row for row in table if not row["kind"]]
    assert len(table) == len(drawn) > 0
    for row, shown in zip(table, drawn, strict=True):
        wanted = plain(shown, ("t0", "t1"))
        assert {key: row[key].removeprefix("'") for key in wanted} == wanted


# --- what they show -------------------------------------------------------------------------------


def ms(nanoseconds: int) -> float:
    return nanoseconds / 1e6


def test_traffic_is_what_was_sent(get: Ask):
    query = {"start": instant(SILENCE[0] - HOUR), "end": instant(SILENCE[1] + HOUR)}
    rows = datasets(get(f"{API}traffic.json", **query))["rows"]
    assert [row["rows"] for row in rows] == [ROWS, *[0] * 6, ROWS]
    assert rows[0]["t0"] == ms(SILENCE[0] - HOUR)


def test_the_heat_map_leads_to_the_column_of_its_cell(get: Ask):
    query = {"start": instant(SHIFT[0]), "end": instant(SHIFT[1])}
    for cell in datasets(get(f"{API}heat.json", **query))["cells"][::37]:
        page = get(cell["href"])
        assert page.status_code == 200
        assert f"<h1>{cell['column']}</h1>" in page.text
        assert instant(int(cell["t0"] * 1e6)) in page.text


def test_deploys_are_on_charts_of_their_time(get: Ask):
    near = {"start": instant(DEPLOY - 5 * HOUR), "end": instant(DEPLOY + 5 * HOUR)}
    far = {"start": instant(DEPLOY + DAY), "end": instant(DEPLOY + 2 * DAY)}
    for name in ("timeline", "heat", "traffic", "latency", "evidence"):
        assert datasets(get(f"{API}{name}.json", **near))["marks"] == [
            {"t0": ms(DEPLOY), "text": "version 2"}
        ]
        assert datasets(get(f"{API}{name}.json", **far))["marks"] == []


@pytest.mark.parametrize("name", ["timeline", "heat", "traffic", "latency", "evidence"])
def test_names_of_marks_are_those_that_fit(get: Ask, monkeypatch: pytest.MonkeyPatch, name: str):
    named = [{"t0": ms(DEPLOY), "text": "version 2", "label": "version 2 +1"}]
    monkeypatch.setattr(Asked, "marks", lambda _: named)
    near = {"start": instant(DEPLOY - 4 * HOUR), "end": instant(DEPLOY + 4 * HOUR)}
    assert datasets(get(f"{API}{name}.json", **near))["marks"] == named


def test_evidence_reaches_the_line_where_the_incident_opened(get: Ask):
    rows = datasets(
        get(f"{API}evidence.json", start=instant(SHIFT[0] - DAY), end=instant(SHIFT[1]))
    )
    over = [row["t0"] for row in rows["rows"] if row["share"] == 1.0]
    assert over
    assert ms(SHIFT[0]) <= over[0] <= ms(SHIFT[0] + 6 * HOUR)
    assert all(0 <= row["share"] <= 1 for row in rows["rows"])


def test_evidence_of_an_hour_is_told_for_the_whole_hour(get: Ask):
    start = SHIFT[0] + HOUR
    rows = datasets(get(f"{API}evidence.json", start=instant(start), end=instant(start + HOUR)))
    assert [row["t0"] for row in rows["rows"]] == [ms(start + at * HOUR // 4) for at in range(4)]
    assert len({row["value"] for row in rows["rows"]}) == 1


def test_rows_asked_for_are_all_or_the_worst(get: Ask, service: Service):
    known = [name for name in service.baseline_of(SHOP).columns if name != "took_s"]
    every = {cell["column"] for cell in datasets(get(f"{API}heat.json", rows="all"))["cells"]}
    assert every == set(known)
    worst = datasets(get(f"{API}heat.json", start=instant(GONE), end=instant(END)))["cells"]
    assert worst[0]["column"] == "device"


# --- refused --------------------------------------------------------------------------------------


def refused(answer: httpx.Response, status: int, code: str) -> None:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert len(error["message"].split()) > 2


@pytest.mark.parametrize("chart", ["heatt.json", "json", ".json", "%00.png", "x" * 3000 + ".csv"])
def test_a_chart_that_is_none_is_not_found(get: Ask, chart: str):
    refused(get(API + chart), 404, "no_chart")


def test_a_chart_that_is_nearly_one_is_named(get: Ask):
    assert "heat" in get(f"{API}heatt.json").json()["error"]["message"]


@pytest.mark.parametrize("chart", ["heat.gif", "heat.", "heat.JSON"])
def test_a_form_that_is_none_is_not_found(get: Ask, chart: str):
    refused(get(API + chart), 404, "no_form")


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(("start", "end"), [(END, END), (END, BEGIN), (END + 90 * DAY, None)])
def test_a_stretch_that_ends_before_it_begins_is_refused(
    get: Ask, name: str, start: int, end: int | None
):
    query = {"start": instant(start)} | ({} if end is None else {"end": instant(end)})
    refused(get(f"{API}{name}.json", **asked(name, **query)), 400, "wrong_query")


@pytest.mark.parametrize(
    "query",
    [{"start": "yesterday"}, {"start": "9" * 40}, {"limit": "7"}, {"colum": "amount"},
     {"end": "1e999"}],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(get: Ask, query: dict[str, str]):
    refused(get(f"{API}traffic.json", **query), 400, "wrong_query")


def test_a_model_that_is_none_is_not_found(get: Ask):
    refused(get("/api/v1/models/none/charts/heat.json"), 404, "no_model")


# --- an incident's columns ------------------------------------------------------------------------


def incident_of(axis: str) -> Incident:
    entries = story().live.store.read("incident", SHOP)
    found = (msgspec.json.decode(entry.body, type=Incident) for entry in entries)
    return next(one for one in found if one.axis == axis)


@pytest.mark.parametrize("form", KINDS)
def test_a_column_of_an_incident_before_and_after(get: Ask, form: str):
    path = f"/api/v1/incidents/{incident_of('drift').id}/change.{form}"
    answer = get(path, column="amount", segment="country=fr")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == KINDS[form].decode()
    if form == "json":
        bars = datasets(answer)["bars"]
        for side in ("reference", "window"):
            assert sum(bar["share"] for bar in bars if bar["side"] == side) == pytest.approx(
                1, abs=1e-3
            )
        mean = {side: sum(b["share"] * (b["x0"] + b["x1"]) / 2 for b in bars if b["side"] == side)
                for side in ("reference", "window")}  # fmt: skip
        drawn = 140  # of the column's own unit from the left to the right, of which bars are shares
        assert mean["window"] - mean["reference"] == pytest.approx(12 / drawn, rel=0.3)


def test_what_an_incident_cannot_show_says_why(get: Ask):
    drift, silence = incident_of("drift").id, incident_of("infrastructure").id
    refused(get(f"/api/v1/incidents/{drift}/change.gif", column="amount"), 404, "no_form")
    refused(get(f"/api/v1/incidents/{drift}/change.png", column="none"), 404, "nothing_to_draw")
    refused(get(f"/api/v1/incidents/{silence}/change.svg"), 404, "nothing_to_draw")
    assert get("/api/v1/incidents/none/change.json").status_code == 404
    refused(get(f"/api/v1/incidents/{drift}/change.json", colum="amount"), 400, "wrong_query")


@pytest.mark.parametrize(
    ("names", "query", "status", "code"),
    [
        ([*COLUMN], {"column": "none"}, 404, "no_column"),
        ([*COLUMN], {"column": ""}, 404, "no_column"),
        (["course", "heat"], {"segment": "country=xx"}, 400, "wrong_query"),
        (["course"], {"component": "none"}, 400, "wrong_query"),
        (["heat"], {"rows": "abc"}, 400, "wrong_query"),
    ],
)
def test_what_is_not_there_is_refused(get: Ask, names, query, status: int, code: str):
    for name in names:
        refused(get(f"{API}{name}.json", **asked(name, **query)), status, code)


def test_evidence_stays_within_its_page(get: Ask):
    start, end = SHIFT[0] + HOUR // 2, SHIFT[0] + HOUR
    rows = datasets(get(f"{API}evidence.json", start=instant(start), end=instant(end)))["rows"]
    assert all(ms(start) - 1 < row["t0"] < ms(end) for row in rows)


# --- nothing to see -------------------------------------------------------------------------------

LONG_AGO = {"start": instant(BEGIN - 60 * DAY), "end": instant(BEGIN - 50 * DAY)}
NONE = {
    "nothing kept": ([*CHARTS], LONG_AGO),
}


@pytest.mark.parametrize("why", NONE)
def test_an_empty_chart_says_why(get: Ask, why: str):
    names, query = NONE[why]
    for name in names:
        found = get(f"{API}{name}.json", **asked(name, **query))
        assert found.status_code == 200, name
        assert found.json()["spec"] is None, name
        assert re.fullmatch(r"[A-Z][^.]+[.]", found.json()["empty"]), name
        for form in ("png", "svg"):
            answer = get(f"{API}{name}.{form}", **asked(name, **query))
            refused(answer, 404, "nothing_to_draw")
            assert answer.json()["error"]["message"] == found.json()["empty"]
        assert get(f"{API}{name}.csv", **asked(name, **query)).text.strip() == ""


# --- what pages keep free -------------------------------------------------------------------------

FIGURE = re.compile(r'<figure class="plot" data-chart="([^"]+)".*?</figure>', re.S)
HELD = re.compile(r'<svg class="hold" width="1" height="(\d+)"')


def pages() -> list[str]:
    incidents = [entry.key for entry in story().live.store.read("incident", SHOP)]
    own = f"/models/{SHOP}"
    near = f"start={instant(SHIFT[0])}&end={instant(SHIFT[1])}"
    return [
        own, f"{own}?rows=all", f"{own}?{near}", f"{own}/columns/amount?{near}",
        f"{own}/columns/amount?{near}&segment=country%3Dfr", f"{own}/columns/country?{near}",
        f"{own}/columns/device", f"{own}/columns/took_s", f"{own}/columns/visits?{near}",
        *(f"/incidents/{one}" for one in incidents),
    ]  # fmt: skip


@pytest.mark.parametrize("at", range(12))
def test_a_page_keeps_free_what_its_charts_need(get: Ask, at: int):
    text = get(pages()[at]).text
    figures = list(FIGURE.finditer(text))
    for match in figures:
        found = get(unescape(match[1]))
        assert found.status_code == 200
        spec = found.json()["spec"]
        if spec is not None:
            assert spec["height"] == int(HELD.search(match[0])[1]), match[1]
    assert figures or "This is about traffic" in text


def test_there_are_so_many_pages():
    assert len(pages()) == 12


def test_every_chart_of_a_page_shows_the_stretch_of_the_page(get: Ask):
    for path in pages()[:3]:
        text = get(path).text
        stretch = re.search(r'<nav class="ranges".*?</nav>', text, re.S)[0]
        start, end = re.findall(r'<time datetime="([^"]+)"', stretch)[:2]
        for match in FIGURE.finditer(text):
            address = unescape(match[1])
            assert f"start={start.replace(':', '%3A')}" in address
            assert f"end={end.replace(':', '%3A')}" in address
            spec = get(address).json()["spec"]
            rows = (spec or {"datasets": {}})["datasets"].get("rows", [])
            began = datetime.fromisoformat(start.replace("Z", "+00:00")).timestamp() * 1e3
            assert all(row["t0"] >= began for row in rows if "t0" in row)


def test_the_band_of_a_rate_is_that_of_rates(get: Ask):
    """What does not matter of a share is far less than the same number of standard deviations."""
    zones = {
        name: datasets(get(f"{API}course.json", column="device", component=name))["zone"][0]["high"]
        for name in ("shape", "missing")
    }
    assert 0 < zones["missing"] < zones["shape"]
