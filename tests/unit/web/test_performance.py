"""Whether a model is still right: over HTTP, as charts, on pages, of a model that the real engine
watches.

Owns: the answer, its charts in every form, what pages say of it.  Does not own: sums
(`history/test_performance`), metrics (`tests/unit/engine/test_performance`).
"""

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
from tests.labelled_story import BEGIN, BROKEN, DELAY, END, SHOP, labelled_story
from tests.story import ROWS, served
from tests.traffic import HOUR, MINUTE, Live, hours, live, tick
from tests.traffic import MODEL as PLAIN
from tests.unit.web.test_charts import FIGURE, HELD

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY
from vedette.engine.service import Service
from vedette.web.app import make_app
from vedette.web.charts.forms import KINDS
from vedette.web.documents import instant
from vedette.web.openapi import document

API = f"/api/v1/models/{SHOP}"
CHARTS = ("performance", "labels", "delays", "calibration", "thresholds", "losses")
WARM = BEGIN + DAY
Ask = Callable[..., httpx.Response]


def asking(service: Service) -> Ask:
    app = make_app(service, service.settings)
    app.state.pulse.end()

    def get(path: str, headers: Mapping[str, str] | None = None, **query: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as one:
                return await one.get(path, params=query or None, headers=headers)

        return asyncio.run(go())

    return get


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = served(labelled_story(), END)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def get(service: Service) -> Ask:
    return asking(service)


@pytest.fixture(scope="module")
def unlabelled() -> Iterator[Ask]:
    """A model of which no label ever came, with an incident."""
    begins = BEGIN + 10 * HOUR
    moved = [one for one in hours(16, 400, 2, shift=3.0) if one.received > begins + MINUTE]
    settings = live(baseline={"warm_up": 6})
    made = Live(settings).feed([*hours(10, 400, 2), *moved, tick(BEGIN + 16 * HOUR + MINUTE)])
    made.runner.commit(BEGIN + 16 * HOUR, force=True)
    service = Service(made.log, made.store, settings, lambda: BEGIN + 17 * HOUR)
    service.start()
    yield asking(service)
    service.stop()


def stretch(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"start": instant(start), "end": instant(end), **more}


def fits(answer: httpx.Response, name: str) -> dict[str, Any]:
    """The JSON of an answer, after it was held against its schema."""
    assert answer.status_code == 200
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    jsonschema.validate(answer.json(), schema)
    return answer.json()


# --- the answer -----------------------------------------------------------------------------------


def test_the_answer_tells_what_came_and_what_was_made_of_it(get: Ask):
    found = fits(get(f"{API}/performance", **stretch(WARM, END, step="1h")), "Performance")
    assert (found["task"], found["metric"], found["better"]) == ("binary", "accuracy", "higher")
    assert found["labels"]["predictions"] == 4 * 24 * ROWS
    assert found["labels"]["labelled"] == 4 * 24 * ROWS - 5 * ROWS
    assert found["labels"]["delay_q90_s"] == pytest.approx(DELAY / 1e9, rel=0.1)
    assert len(found["steps"]) == 96
    before, after = found["steps"][10], found["steps"][60]
    assert before["mature"]
    assert before["estimated"]["trusted"]
    assert before["realised"]["low"] < 0.75 < before["realised"]["high"]
    assert after["realised"]["value"] < 0.68
    last = found["steps"][-1]
    assert last["realised"] is None
    assert last["estimated"]["value"] == pytest.approx(0.75, abs=0.03)
    assert not last["mature"]
    assert last["immature"]
    assert found["reference"]["value"] == pytest.approx(0.75, abs=0.02)


def test_all_metrics_stand_with_what_they_rest_on(get: Ask):
    found = fits(get(f"{API}/performance", **stretch(BROKEN, END)), "Performance")
    names = [metric["name"] for metric in found["metrics"]]
    assert list(found["total"]) == names
    assert {"accuracy", "f1", "roc_auc", "log_loss", "ece", "cost"} <= set(names)
    for row in found["total"].values():
        for side in ("realised", "estimated", "reference"):
            assert row[side]["low"] <= row[side]["value"] <= row[side]["high"]
            assert row[side]["n"] > 0
    assert found["total"]["accuracy"]["trusted"] is False
    [[tn, fn], [fp, tp]] = found["confusion"]["counts"]
    assert tn + fn + fp + tp == found["labels"]["labelled"]
    accuracy = (tn + tp) / (tn + fn + fp + tp)
    assert found["total"]["accuracy"]["realised"]["value"] == pytest.approx(accuracy)
    cost = (10 * fn + 2 * fp) / (tn + fn + fp + tp)
    assert found["total"]["cost"]["realised"]["value"] == pytest.approx(cost)
    half = next(row for row in found["thresholds"] if row["threshold"] == 0.5)
    assert half["accuracy"] == pytest.approx(accuracy)
    assert half["recall"] == pytest.approx(tp / (tp + fn))
    assert half["cost"] == pytest.approx(cost)
    assert sum(row["n"] for row in found["calibration"]) == found["labels"]["labelled"]


def test_the_weakest_segment_comes_first(get: Ask):
    rows = fits(get(f"{API}/performance", **stretch(BROKEN, END)), "Performance")["segments"]
    assert rows[0]["segment"] == "country=fr"
    assert rows[0]["realised"]["high"] < 0.35
    assert rows[0]["difference"]["high"] < -0.3
    for row in rows[1:]:
        assert row["difference"]["low"] < 0 < row["difference"]["high"]
    by_loss = get(f"{API}/performance", metric="log_loss", **stretch(BROKEN, END)).json()
    assert by_loss["segments"][0]["segment"] == "country=fr"


def test_a_segment_is_told_alone(get: Ask):
    query = stretch(BROKEN, END, segment="country=fr", metric="recall")
    found = fits(get(f"{API}/performance", **query), "Performance")
    assert found["segment"] == "country=fr"
    assert found["metric"] == "recall"
    assert all(step["realised"]["value"] < 0.5 for step in found["steps"] if step["realised"])


@pytest.mark.parametrize(
    ("query", "field"),
    [({"metric": "acuracy"}, "metric"), ({"segment": "country=xx"}, "segment"),
     ({"step": "soon"}, "step"), ({"step": "90min"}, "step"), ({"step": "0s"}, "step"),
     ({"colum": "x"}, "colum")],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(get: Ask, query: dict[str, str], field: str):
    answer = get(f"{API}/performance", **query)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


def test_too_many_steps_are_refused(get: Ask):
    query = stretch(END - 60 * DAY, END, step="1h")
    assert get(f"{API}/performance", **query).json()["error"]["field"] == "step"


def test_without_labels_in_the_reference_it_says_what_is_missing(unlabelled: Ask):
    found = fits(unlabelled(f"/api/v1/models/{PLAIN}/performance"), "Performance")
    assert found["task"] is None
    assert found["steps"] == []
    assert "reference has no labels" in found["labels"]["reason"]


# --- charts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("form", KINDS)
def test_every_chart_answers_in_every_form(get: Ask, name: str, form: str):
    query = {"column": "country"} if name == "losses" else {}
    answer = get(f"{API}/charts/{name}.{form}", **query)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == KINDS[form].decode()
    if form == "json":
        assert answer.json()["spec"]["layer"]
        assert answer.json()["empty"] == ""
    elif form == "csv":
        assert len(list(csv.reader(io.StringIO(answer.text)))) > 1


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_without_labels_says_why(unlabelled: Ask, name: str):
    query = {"column": "x1"} if name == "losses" else {}
    found = unlabelled(f"/api/v1/models/{PLAIN}/charts/{name}.json", **query).json()
    assert found["spec"] is None
    assert re.fullmatch(r"[A-Z][^.]+[.]", found["empty"])


def rows_of(get: Ask, name: str, **query: Any) -> list[dict[str, Any]]:
    return get(f"{API}/charts/{name}.json", **query).json()["spec"]["datasets"]["rows"]


def test_immature_steps_are_hollow_and_distrust_lasts(get: Ask):
    rows = rows_of(get, "performance", **stretch(WARM, END))
    assert [row["mature"] for row in rows][-5:] == [False] * 5
    assert all(row["mature"] for row in rows[:-5])
    assert {row["trusted"] for row in rows[-5:]} == {"no"}
    assert rows[5]["trusted"] == "yes"
    assert all(row["realised_low"] <= row["realised"] <= row["realised_high"] for row in rows[:-5])


def test_the_incident_of_a_segment_is_drawn_on_its_chart(get: Ask):
    spec = get(f"{API}/charts/performance.json", segment="country=fr", **stretch(WARM, END)).json()
    [incident, *_] = spec["spec"]["datasets"]["incidents"]
    assert get(incident["href"]).status_code == 200
    calm = get(f"{API}/charts/performance.json", segment="country=de", **stretch(WARM, END)).json()
    assert calm["spec"]["datasets"]["incidents"] == []


def test_losses_stand_beside_the_reference_s(get: Ask):
    rows = rows_of(get, "losses", column="country", **stretch(BROKEN, END))
    found = {(row["bin"], row["side"]): row["loss"] for row in rows}
    assert found["value = fr", "by labels"] > 0.65
    for side in ("reference", "estimated"):
        assert found["value = fr", side] == pytest.approx(0.25, abs=0.05)


def test_a_metric_that_is_none_is_refused_by_charts_and_pages(get: Ask):
    for path in (f"{API}/charts/performance.json", f"/models/{SHOP}"):
        assert get(path, metric="none").status_code == 400


# --- pages ----------------------------------------------------------------------------------------


def text_of(page: httpx.Response) -> str:
    assert page.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def test_a_model_s_page_answers_whether_it_is_still_right(get: Ask):
    said = text_of(get(f"/models/{SHOP}", **stretch(WARM, END)))
    assert "Is the model still right?" in said
    assert "No. " in said
    assert "in the reference" in said
    assert "labels are still under way" in said
    fine = text_of(get(f"/models/{SHOP}", segment="country=de", **stretch(WARM, END)))
    assert "country=de" in fine


@pytest.mark.parametrize(
    ("start", "end", "segment", "word"),
    [(WARM, BROKEN, "", "Yes. Accuracy is"), (BROKEN, END, "country=fr", "No. Accuracy where"),
     (BROKEN, END, "country=de", "Probably. Accuracy where country=de is"),
     (BEGIN, BEGIN + 2 * HOUR, "", "Accuracy is"),
     (END - 4 * HOUR, END, "country=it", "Probably. Accuracy where country=it is estimated at"),
     (BEGIN - 9 * DAY, BEGIN - 8 * DAY, "", "Unknown. No prediction of this time is kept")],
)  # fmt: skip
def test_the_answer_is_that_of_the_stretch(get: Ask, start: int, end: int, segment: str, word: str):
    assert word in text_of(get(f"/models/{SHOP}", segment=segment, **stretch(start, end)))


def test_no_number_stands_without_its_rows_and_interval(get: Ask):
    page = get(f"/models/{SHOP}", **stretch(WARM, END)).text
    part = page[page.index('id="every-metric"') : page.index('id="confusion"')]
    cells = re.findall(r'<td data-label="(?:by labels|estimated|reference)">([^<]*)</td>', part)
    assert len(cells) == 3 * 12
    for cell in cells:
        assert re.search(r"\(.+ to .+\), n\s=\s[\d,]+", cell), cell


def test_metric_and_segment_are_chosen_without_a_script(get: Ask):
    page = get(f"/models/{SHOP}").text
    form = page[page.index('action="/models/shop#right"') :]
    form = form[: form.index("</form>")]
    for name in ("roc_auc", "cost", "country=fr"):
        assert f'value="{name}"' in form
    chosen = get(f"/models/{SHOP}", metric="roc_auc", segment="country=fr").text
    assert '<option value="roc_auc" selected>' in chosen
    assert "metric=roc_auc" in chosen
    assert "ROC AUC where country=fr is" in text_of(get(f"/models/{SHOP}", metric="roc_auc",
                                                       segment="country=fr"))  # fmt: skip


def test_without_labels_the_page_says_how_to_send_them(unlabelled: Ask):
    page = unlabelled(f"/models/{PLAIN}")
    assert "The reference has no labels" in text_of(page)
    assert f"/v1/models/{PLAIN}/labels" in page.text


def test_the_axis_of_drift_speaks_of_outcomes(get: Ask):
    reason = get(f"{API}").json()["axes"]["drift"]["reason"]
    assert "country = fr" in reason


@pytest.mark.parametrize(
    "path", [f"/models/{SHOP}", f"/models/{SHOP}/columns/country", f"/models/{SHOP}/columns/amount"]
)
def test_pages_keep_free_what_their_charts_need(get: Ask, path: str):
    figures = list(FIGURE.finditer(get(path, **stretch(WARM, END)).text))
    drawn = 0
    for match in figures:
        spec = get(unescape(match[1])).json()["spec"]
        if spec is not None:
            drawn += 1
            assert spec["height"] == int(HELD.search(match[0])[1]), match[1]
    assert drawn >= 5


# --- incidents ------------------------------------------------------------------------------------


def incidents() -> list[Incident]:
    entries = labelled_story().live.store.read("incident", SHOP)
    return [msgspec.json.decode(entry.body, type=Incident) for entry in entries]


def test_an_incident_is_explained_on_its_page_and_as_json(get: Ask):
    [one] = [incident for incident in incidents() if incident.axis == "drift"]
    found = fits(get(f"/api/v1/incidents/{one.id}/explanation"), "Explained")
    assert found["reason"] == ""
    assert found["explanation"]["harm"]["verdict"] == "harmful"
    said = text_of(get(f"/incidents/{one.id}"))
    assert "Does it harm?" in said
    assert found["explanation"]["statement"] in said
    for cause in found["explanation"]["causes"]:
        assert cause["statement"] in said
        assert cause["verdict"] in said
    assert fits(get(f"/api/v1/incidents/{one.id}"), "Incident")["harm"]["verdict"] == "harmful"


def test_lists_of_incidents_say_what_harms(get: Ask):
    for path in ("/", f"/models/{SHOP}"):
        page = get(path).text
        assert re.search(r'data-label="harm">.*?harmful', page, re.S)


def test_an_incident_of_performance_shows_it_before_and_after(get: Ask):
    [one] = [incident for incident in incidents() if incident.axis == "drift"]
    page = get(f"/incidents/{one.id}").text
    charts = [unescape(match[1]) for match in FIGURE.finditer(page)]
    [chart] = [chart for chart in charts if "/charts/performance.json" in chart]
    assert get(chart).json()["spec"] is not None
    for link in re.findall(r'href="(/models/[^"]+)"', page):
        assert get(unescape(link).partition("#")[0]).status_code == 200, link


def test_what_is_not_explained_says_why(unlabelled: Ask):
    told = unlabelled(f"/api/v1/models/{PLAIN}/incidents").json()["incidents"]
    assert told
    for one in told:
        found = fits(unlabelled(f"/api/v1/incidents/{one['id']}/explanation"), "Explained")
        assert found["explanation"] is None
        assert found["reason"]
        said = text_of(unlabelled(f"/incidents/{one['id']}"))
        assert f"Not explained yet, because {found['reason']}." in said
    assert unlabelled("/api/v1/incidents/none/explanation").status_code == 404
