"""Is anything out of the ordinary: on a model's page and as charts, of a model that the real engine
watches.

Owns: what the page says, its charts in every form, who sees values.  Does not own: scoring and
counting rows (`tests/unit/engine/test_rare`), alarms (`tests/unit/monitors`).
"""

import csv
import io
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from tests.anomaly_story import BURST, END, FAR, MODEL, ODD, anomaly_story, odd_id
from tests.story import served
from tests.traffic import HOUR
from tests.unit.web.test_charts import FIGURE, HELD
from tests.unit.web.test_performance import Ask, asking

from vedette.web.charts.forms import KINDS
from vedette.web.documents import instant

CHARTS = f"/api/v1/models/{MODEL}/charts"
PAGE = f"/models/{MODEL}/anomalies"
LATE = {"start": instant(BURST - 6 * HOUR), "end": instant(END)}
CALM = {"start": instant(ODD - 2 * HOUR), "end": instant(ODD + 2 * HOUR)}


@pytest.fixture(scope="module")
def get() -> Iterator[Ask]:
    service = served(anomaly_story(), END)
    yield asking(service)
    service.stop()


def drawn(get: Ask, **query: Any) -> list[dict[str, Any]]:
    answer = get(f"{CHARTS}/unlike.json", **query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["spec"]["datasets"]["rows"]
    return rows


def test_the_share_of_a_step_is_that_of_its_rows(get: Ask):
    steps = {row["t0"]: row for row in drawn(get, **LATE)}
    burst = steps[BURST / 1e6]
    assert burst["rows"] == 240
    assert burst["rate"] == burst["k"] / 240
    assert burst["low"] < burst["rate"] < burst["high"]
    assert burst["over"]
    assert not steps[(BURST - 4 * HOUR) / 1e6]["over"]
    where = {row["t0"]: row for row in drawn(get, segment="country=fr", **LATE)}[BURST / 1e6]
    assert 12 <= where["k"] <= burst["k"]
    assert where["rate"] > 2 * burst["rate"]


@pytest.mark.parametrize("form", KINDS)
def test_the_chart_comes_in_every_form(get: Ask, form: str):
    found = get(f"{CHARTS}/unlike.{form}", segment="country=fr")
    assert found.status_code == 200
    assert found.headers["content-type"].encode() == KINDS[form]
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(found.text)))
        assert {"t0", "rate", "low", "high", "k", "rows", "expected", "tolerated"} <= set(rows[0])


def test_a_burst_is_told_with_its_incident_and_where_it_is(get: Ask):
    text = unescape(get(PAGE, **LATE).text)
    said = text[text.index('id="answer"') : text.index("</section>")]
    assert "of rows are unlike the reference" in said
    assert "country = fr" in said
    assert "/incidents/" in said
    assert '<p class="answer alarming">' in said or "Over by now" in said
    first = text[text.index("<tbody>") :]
    assert first.index("country=fr") < first.index("country=de")


def test_an_odd_event_is_listed_and_raises_no_alarm(get: Ask):
    text = unescape(get(PAGE, **CALM).text)
    assert '<p class="answer calm">' in text
    assert "<b>No.</b>" in text
    listed = text[text.index('id="events"') :]
    first = listed[: listed.index("</tr>", listed.index("<tbody>"))]
    assert f"/events/{odd_id()}?time=" in first
    assert f"<code>x3</code> {FAR:.0f} lies above everything in the reference" in first
    assert "1 in " in first
    link = first[first.index(f"/models/{MODEL}/events/") :].split('"')[0]
    assert get(link).status_code == 200


def test_charts_of_the_page_have_their_room(get: Ask):
    text = get(PAGE, segment="country=fr").text
    figures = list(FIGURE.finditer(text))
    assert figures
    for match in figures:
        found = get(unescape(match[1]))
        room = HELD.search(match[0])
        assert room is not None
        assert found.json()["spec"]["height"] == int(room[1]), match[1]


def test_a_segment_that_is_none_is_refused(get: Ask):
    assert get(PAGE, segment="country=xx").status_code == 400


def test_a_model_without_a_baseline_says_what_would_stand_here():
    ask = asking(served(anomaly_story(BURST - 15 * HOUR), BURST - 15 * HOUR))
    text = unescape(ask(PAGE).text)
    assert '<p class="answer unknown">' in text
    assert "the baseline is a first guess" in text
    assert "None in this time." in text


def test_rows_of_a_stretch_before_all_are_not_calm(get: Ask):
    early = {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}
    text = unescape(get(PAGE, **early).text)
    assert "<b>Unknown.</b> No row of this time was scored." in text
