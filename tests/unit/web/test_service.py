"""Is it up and fast: on a model's page and as charts, of a model that the real engine watches.

Owns: what the page says, its charts in every form.  Does not own: keeping the pace of windows
(`tests/unit/engine/test_paces`), alarms (`tests/unit/monitors`).
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import numpy as np
import pytest
from tests.service_story import BEGIN, CPU, END, FAILS, MEMORY, MODEL, ROWS, SLOW, service_story
from tests.story import served
from tests.traffic import HOUR, MINUTE
from tests.unit.web.test_charts import FIGURE, HELD
from tests.unit.web.test_performance import Ask, asking

from vedette.core.words import percent
from vedette.web.charts.forms import KINDS
from vedette.web.documents import instant

CHARTS = f"/api/v1/models/{MODEL}/charts"
PAGE = f"/models/{MODEL}/service"
SEEN = {"start": instant(SLOW - 4 * HOUR), "end": instant(END)}


@pytest.fixture(scope="module")
def get() -> Iterator[Ask]:
    service = served(service_story(), END)
    yield asking(service)
    service.stop()


def drawn(get: Ask, chart: str, **query: Any) -> list[dict[str, Any]]:
    answer = get(f"{CHARTS}/{chart}.json", **{**SEEN, **query})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["spec"]["datasets"]["rows"]
    return rows


def rows_of(start: int, country: str = "") -> Any:
    """The rows that were sent of an hour."""
    table = service_story().rows
    times = table["_time"].cast("int64").to_numpy()
    own = (times >= start) & (times < start + HOUR)
    if country:
        own &= np.array(table["country"].to_pylist()) == country
    return table.filter(own)


@pytest.mark.parametrize("country", ["", "fr"])
def test_quantiles_are_those_of_the_rows_but_for_their_bins(get: Ask, country: str):
    query = {"segment": f"country={country}"} if country else {}
    points = drawn(get, "latency", **query)
    assert len(points) == 3 * 10  # ten hours
    for point in points:
        took = np.sort(rows_of(round(point["t0"] * 1e6), country)["latency_s"].to_numpy())
        q = int(point["name"][1:]) / 100
        assert point["rows"] == len(took)
        assert point["value"] == pytest.approx(took[int(np.ceil(q * len(took))) - 1], rel=0.008)


def told_of(points: list[dict[str, Any]]) -> dict[tuple[int, str], float]:
    return {(round(point["t0"] * 1e6), point["name"]): point["value"] for point in points}


@pytest.mark.parametrize("segment", ["", "country=fr"])
def test_every_place_that_shows_a_quantile_says_the_same_of_it(get: Ask, segment: str):
    """The page of the service and of the model, that of the column, the API, Prometheus."""
    asked = {"segment": segment, "column": "latency_s"}
    by_hour = told_of(drawn(get, "latency", **asked))
    assert len(by_hour) == 3 * 10
    assert told_of(drawn(get, "quantiles", **asked)) == by_hour
    spec = get(f"{CHARTS}/quantiles.json", **{**SEEN, **asked}).json()["spec"]
    assert "format(datum.value, '~s') + 's'" in str(spec)  # 30ms, not 30m
    assert get(f"/models/{MODEL}/columns/latency_s", **SEEN, segment=segment).status_code == 200
    for (start, name), value in by_hour.items():
        stretch = {"start": instant(start), "end": instant(start + HOUR)}
        [own] = get(f"/api/v1/models/{MODEL}/tails", **stretch, **asked).json()["tails"]
        assert own[name] == value
    # A window of the base clock is what Prometheus has a sample of.
    base = {"start": instant(SLOW), "end": instant(SLOW + 5 * MINUTE)}
    [own] = get(f"/api/v1/models/{MODEL}/tails", **base, **asked).json()["tails"]
    labels = f'model="{MODEL}",column="latency_s",segment="{segment}",q="0.99"'
    [sample] = get(
        "/prometheus/api/v1/query", time=base["end"],
        query=f"vedette_latency_quantile_seconds{{{labels}}}",
    ).json()["data"]["result"]  # fmt: skip
    assert float(sample["value"][1]) == own["p99"]


def test_errors_are_shares_of_all_rows(get: Ask):
    for point in drawn(get, "errors"):
        failed = rows_of(round(point["t0"] * 1e6))["error_type"].to_pylist().count(FAILS)
        assert (point["name"], point["rows"]) == (FAILS, ROWS)
        assert point["value"] == pytest.approx(failed / ROWS)


def test_resources_are_drawn_by_their_unit(get: Ask):
    used = drawn(get, "utilization")
    assert {(point["name"], point["value"]) for point in used} == {(CPU, 0.25), (CPU, 0.5)}
    assert all((point["value"] == 0.5) == (point["t0"] * 1e6 >= SLOW) for point in used)
    assert {(p["name"], p["value"]) for p in drawn(get, "memory")} == {(MEMORY, float(2**30))}


@pytest.mark.parametrize("form", KINDS)
@pytest.mark.parametrize("chart", ["latency", "errors", "utilization", "memory"])
def test_every_chart_answers_in_every_form(get: Ask, chart: str, form: str):
    answer = get(f"{CHARTS}/{chart}.{form}", **SEEN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == KINDS[form].decode()
    assert len(answer.content) > 200


def test_charts_below_one_another_share_their_axis_of_time(get: Ask):
    domains, widths = set(), set()
    for chart in ("timeline", "traffic", "latency", "errors", "utilization", "memory", "evidence"):
        spec = get(f"{CHARTS}/{chart}.json", **SEEN).json()["spec"]
        across = [layer["encoding"]["x"] for layer in spec["layer"] if "x" in layer["encoding"]]
        domains |= {x["scale"]["domain"]["expr"] for x in across}
        own = [layer["encoding"]["y"]["axis"] for layer in spec["layer"]
               if layer["encoding"].get("y", {}).get("axis")]  # fmt: skip
        widths |= {(axis["minExtent"], axis["maxExtent"]) for axis in own}
    assert domains == {f"[{(SLOW - 4 * HOUR) / 1e6:.0f}, {END / 1e6:.0f}]"}
    assert len(widths) == 1


def test_the_page_answers_with_figures_of_the_rows(get: Ask):
    text = unescape(get(PAGE, start=instant(SLOW), end=instant(END)).text)
    rows = [rows_of(start) for start in range(SLOW, END, HOUR)]
    failed = sum(one["error_type"].to_pylist().count(FAILS) for one in rows)
    assert f"{6 * ROWS} requests came" in text
    share = percent(failed / (6 * ROWS))
    assert f"{share} of them failed, mostly by <code>{FAILS}</code>" in text
    took = np.concatenate([one["latency_s"].to_numpy() for one in rows])
    said = float(text.partition("Half were answered within ")[2].partition(" ms")[0])
    assert said == pytest.approx(1000 * np.median(took), rel=0.01)
    assert all(f"segment=country%3D{country}" in text for country in ("de", "fr"))


def test_the_page_keeps_free_what_its_charts_need(get: Ask):
    figures = list(FIGURE.finditer(get(PAGE, **SEEN).text))
    assert len(figures) == 6
    for match in figures:
        spec = get(unescape(match[1])).json()["spec"]
        assert spec["height"] == int(HELD.search(match[0])[1]), match[1]  # type: ignore[index]


def test_a_stretch_of_which_nothing_is_kept_is_unknown(get: Ask):
    text = get(PAGE, start=instant(BEGIN - 400 * HOUR), end=instant(BEGIN - 399 * HOUR)).text
    assert 'class="answer unknown"' in text
    assert "No event says how long it took" in text


def test_every_line_of_times_leads_to_its_own_drawing(get: Ask):
    text = get(PAGE, **SEEN).text
    links = [unescape(one) for one in re.findall(r'href="(/models/[^"]*segment=[^"]*)#over"', text)]
    assert {"endpoint%3D%2Fpredict", "_version%3D2", "country%3Dfr"} <= {
        one.partition("segment=")[2].partition("&")[0] for one in links
    }
    for link in links:
        page = get(link)
        assert page.status_code == 200, link
        [chart] = [one for one in FIGURE.finditer(page.text) if "latency.json" in one[0]]
        assert get(unescape(chart[1])).json()["spec"] is not None, link


@pytest.mark.parametrize("query", [{"segment": "country=xx"}, {"column": "none"}])
def test_what_is_not_there_is_refused(get: Ask, query: dict[str, str]):
    assert get(PAGE, **query).status_code in (400, 404)
