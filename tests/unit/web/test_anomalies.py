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

import msgspec
import pytest
from tests.anomaly_story import (
    BURST,
    END,
    FAR,
    JUMP,
    MODEL,
    ODD,
    ROWS,
    anomaly_story,
    odd_id,
    settings,
    whole_records,
)
from tests.story import Story, served
from tests.traffic import HOUR, Live
from tests.unit.web.test_charts import FIGURE, HELD
from tests.unit.web.test_performance import Ask, asking

from vedette.core.schema import Schema
from vedette.web.charts.forms import KINDS
from vedette.web.documents import instant
from vedette.web.keys import entry_of, make_key

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
    assert burst["rows"] == ROWS
    assert burst["rate"] == burst["k"] / ROWS
    assert burst["low"] < burst["rate"] < burst["high"]
    assert burst["over"]
    assert not steps[(BURST - 4 * HOUR) / 1e6]["over"]
    where = {row["t0"]: row for row in drawn(get, segment="country=fr", **LATE)}[BURST / 1e6]
    assert 48 <= where["k"] <= burst["k"]
    assert where["rate"] > 2 * burst["rate"]


SHARE = "prediction=yes"
SINCE = {"start": instant(JUMP - 5 * HOUR), "end": instant(END)}


def test_a_class_that_is_predicted_more_often_is_named_with_its_incident(get: Ask):
    text = unescape(get(PAGE, **SINCE).text)
    assert '<p class="answer alarming">' in text
    said = text[text.index('id="answer"') : text.index("</section>")]
    assert 'href="/incidents/' in said  # one with the burst of rows: they lie within a day
    listed = text[text.index('id="series"') : text.index('<section id="rows">')]
    first = listed[listed.index("<tbody>") : listed.index("</tr>", listed.index("<tbody>"))]
    assert "share of <code>yes</code>" in first
    assert "alarming" in first
    assert f"charts/metric.json?start={SINCE['start'].replace(':', '%3A')}" in text  # type: ignore[union-attr]


def test_a_metric_is_drawn_with_what_is_usual_and_its_odd_values(get: Ask):
    answer = get(f"{CHARTS}/metric.json", series=SHARE, **SINCE).json()
    points = answer["spec"]["datasets"]["points"]
    assert len(points) == 6 * 12
    now = [point for point in points if point["t0"] >= JUMP / 1e6]
    before = [point for point in points if point["t0"] < JUMP / 1e6]
    assert all(point["value"] > 0.95 for point in now)
    assert 0.5 < before[-1]["expected"] < 0.7
    assert now[0]["value"] > now[0]["high"] > now[0]["expected"]
    known = [point for point in before if point["low"] is not None]
    assert len(known) > 40
    assert all(point["low"] <= point["expected"] <= point["high"] for point in known)
    csvs = get(f"{CHARTS}/metric.csv", series=SHARE, **SINCE)
    assert len(list(csv.DictReader(io.StringIO(csvs.text)))) == len(points)


def test_values_of_many_windows_are_drawn_by_step(get: Ask):
    long = {"start": instant(JUMP - 60 * 24 * HOUR), "end": instant(END)}
    short = get(f"{CHARTS}/metric.json", series=SHARE).json()["spec"]["datasets"]["points"]
    assert {point["windows"] for point in short} == {1}
    assert short[0]["expected"] is short[0]["low"] is None  # nothing was known yet
    whole = get(f"{CHARTS}/metric.json", series=SHARE, **long).json()["spec"]["datasets"]["points"]
    assert sum(point["windows"] for point in whole) == len(short)


def test_a_metric_that_is_none_is_not_found(get: Ask):
    assert get(f"{CHARTS}/metric.json", series="nothing").status_code == 404
    assert get(PAGE, series="nothing").status_code == 404


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


# --- who sees what --------------------------------------------------------------------------------


def test_segments_of_a_personal_column_and_hidden_values_are_for_those_who_may_see_them(
    monkeypatch: pytest.MonkeyPatch,
):
    whole = anomaly_story()
    made = Live(settings(columns={"country": {"role": "sensitive"}})).feed(whole_records(END))
    made.runner.commit(END, force=True)
    service = served(Story(made, whole.rows, frozenset()), END)
    headers = {}
    for number, scope in enumerate(("read", "admin")):
        text, key = make_key(bytes([number] * 6), "s" * 43, scopes=[scope], made=1)
        service.store.commit([entry_of(key)])
        headers[scope] = {"authorization": f"Bearer {text}"}
    schema = service.schema_of(MODEL)
    assert schema is not None
    later = [
        msgspec.structs.replace(one, role="sensitive") if one.name == "x3" else one
        for one in schema.fields
    ]
    monkeypatch.setattr(service, "schema_of", lambda model: Schema(tuple(later)))
    get = asking(service)
    for scope, sees in (("read", False), ("admin", True)):
        text = unescape(get(PAGE, headers[scope], **LATE).text)
        assert ("country=fr" in text) == sees
        assert ("country = fr" in text) == sees
        odd = unescape(get(PAGE, headers[scope], **CALM).text)
        assert odd_id() in odd
        assert (f"{FAR:.0f} lies above" in odd) == sees
    hidden = get(f"{CHARTS}/unlike.json", headers["read"], segment="country=fr")
    assert hidden.status_code == 400
    service.stop()
