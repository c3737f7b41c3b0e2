"""Where findings about the service lead: to its page, or to the series of a reading; never to a
column that is none.

Owns: following every link of a model on which all monitors of the service spoke.  Does not own:
what the pages say (`test_service`, `test_anomalies`).
"""

import re
from collections.abc import Iterator
from html import unescape

import numpy as np
import pyarrow as pa
import pytest
from tests.story import Story, served
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, events, live, rows
from tests.unit.web.test_performance import Ask, asking

from vedette.engine.axes import axes_of
from vedette.engine.outputs import Changed
from vedette.stores.store import METRICS, Record
from vedette.web.documents import instant

QUARTER, FROM, UNTIL = HOUR // 4, 16, 20  # hours, of what goes wrong
CPU, UP = "resource.cpu.utilization", "scrape_up"
ABOUT = {
    "objectives": "/models/fraud/service#objectives",
    "tail": "/models/fraud/service?column=latency_s#over",
    "metrics": "/models/fraud/anomalies?series=latency_s#metrics",
    "saturation": f"/models/fraud/anomalies?series={CPU}#metrics",
    "blindness": f"/models/fraud/anomalies?series={UP}#metrics",
}


def batch(start: int) -> pa.RecordBatch:
    """A quarter of an hour of events, slow and failing at the end."""
    rng = np.random.default_rng([3, start // SECOND])
    bad = FROM <= (start - BEGIN) / HOUR < UNTIL
    some = rows(start, 400, QUARTER)
    took = rng.lognormal(-4, 0.3, 400) * (3 if bad else 1)
    failed = rng.random(400) < (0.3 if bad else 0.002)
    some = some.append_column("latency_s", pa.array(took))
    return some.append_column(
        "error_type", pa.array(["timeout" if one else None for one in failed])
    )


def readings(start: int) -> pa.RecordBatch:
    bad = FROM <= (start - BEGIN) / HOUR < UNTIL
    values = {CPU: 0.99 if bad else 0.5, UP: 0.0 if bad else 1.0}
    times = [start + k * 5 * MINUTE for k in range(3)]
    found = [(at, name, value) for at in times for name, value in values.items()]
    return pa.record_batch({
        "_id": [f"{name}-{at}" for at, name, _ in found],
        "_time": pa.array([at for at, *_ in found], pa.timestamp("ns", "UTC")),
        "metric": [name for _, name, _ in found], "value": [value for *_, value in found],
    })  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Live:
    made = Live(live(baseline={"warm_up": 12}, objectives={"availability": {"target": 0.99}}))
    for start in range(BEGIN, BEGIN + UNTIL * HOUR, QUARTER):
        end = start + QUARTER + SECOND
        made.feed([events(batch(start), end), Record(METRICS, MODEL, end, readings(start))])
    made.runner.commit(BEGIN + UNTIL * HOUR, force=True)
    return made


@pytest.fixture(scope="module")
def get(model: Live) -> Iterator[Ask]:
    service = served(Story(model, pa.table({}), frozenset()), BEGIN + UNTIL * HOUR)
    yield asking(service)
    service.stop()


def links(text: str) -> set[str]:
    return {unescape(one) for one in re.findall(r'href="(/[^"]*)"', text)}


def test_every_monitor_of_the_service_has_a_link_and_every_link_leads_somewhere(model, get):
    incidents = {one.incident.id: one.incident for one in model.of(Changed)}
    told = {f.monitor: f for one in incidents.values() for f in one.findings}
    assert set(ABOUT) <= set(told)
    pages = [f"/incidents/{one}" for one in incidents]
    pages += [f"/models/{MODEL}", f"/models/{MODEL}/service", f"/models/{MODEL}/anomalies"]
    seen: set[str] = set()
    for page in pages:
        answer = get(page)
        assert answer.status_code == 200, page
        seen |= links(answer.text)
    assert set(ABOUT.values()) <= seen
    for link in sorted(seen):
        path, _, section = link.partition("#")
        answer = get(path)
        assert answer.status_code == 200, link
        assert not section or f'id="{section}"' in answer.text, link


def test_a_reading_is_drawn_where_its_link_leads(get):
    text = get(f"/models/{MODEL}/anomalies", series=CPU).text
    assert f"charts/metric?series={CPU}" in unescape(text).replace("&amp;", "&") or CPU in text
    assert get(f"/models/{MODEL}/anomalies", series="no.such").status_code == 404
    assert get(f"/models/{MODEL}/anomalies", series="error_type").status_code == 200


def test_slower_answers_are_an_incident_of_the_infrastructure_wherever_axes_are_shown(model, get):
    incidents = {one.incident.id: one.incident for one in model.of(Changed)}.values()
    own = [one for one in incidents if any(s[:2] == ("metrics", "latency_s") for s in one.streams)]
    assert own
    assert {one.axis for one in own} == {"infrastructure"}
    state = model.runner.models[MODEL]
    axes = axes_of(state)
    assert axes["infrastructure"].verdict == "alarming"
    assert axes["anomalies"].verdict != "alarming"
    query = {"start": instant(BEGIN + 13 * HOUR), "end": instant(BEGIN + UNTIL * HOUR)}
    chart = get(f"/api/v1/models/{MODEL}/charts/timeline.json", **query).json()
    cells = next(one for one in chart["spec"]["datasets"].values() if one and "axis" in one[0])
    alarming = {one["axis"] for one in cells if one["verdict"] == "alarming"}
    assert alarming == {"infrastructure"}
    service = get(f"/models/{MODEL}/service", **query).text
    assert 'class="answer alarming"' in service
    anomalies = get(f"/models/{MODEL}/anomalies", **query).text
    assert 'class="answer alarming"' not in anomalies
    found = get(f"/api/v1/models/{MODEL}/findings", axis="anomalies", limit=500).json()["findings"]
    assert not [f for f in found if f["monitor"] == "metrics" and f["column"] == "latency_s"]
