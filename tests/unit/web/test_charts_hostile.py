"""Names that mean harm, through the real engine into every chart: nothing comes alive, nothing
falls over.

Owns: charts over HTTP.  Does not own: pages and browsers (`tests/journeys`).
"""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import msgspec
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, Live, hours, note, tick

from vedette.engine.live import make_live
from vedette.engine.service import Service
from vedette.stores.memory import MemoryState
from vedette.stores.store import EVENTS, OUTCOMES, TWINS, Record
from vedette.web.app import make_app
from vedette.web.charts.catalog import CHARTS
from vedette.web.charts.forms import KINDS

BAD = '<script>alert(1)</script>"\'\u202e\x00\\" + 1 + " @here =1+1 [x](javascript:1) /../'
MODEL = "<script>alert(1)\"' @here + \\"  # what a model may be called at worst
WARM = 6
UNTROUBLED = ("latency", "errors", "utilization", "memory")  # nothing of it is said of this model
NOTHING = {  # of categories; of itself
    (404, name) for name in ("quantiles", "course", "segments", *UNTROUBLED)
}


def renamed(record: Record) -> Record:
    """The same events with a hostile column of numbers, of categories, and a hostile segment."""
    rows = record.rows
    names = {"x2": BAD, "country": f"{BAD}2"}
    columns = {names.get(name, name): rows[name] for name in rows.schema.names}
    columns[f"{BAD}2"] = pa.array([f"{BAD}{value}" for value in rows["country"].to_pylist()])
    return Record(EVENTS, MODEL, record.received, pa.record_batch(columns))


def labels(record: Record) -> Record:
    """Hostile names of what became of events, half of them as the score says."""
    rows = record.rows
    odd = [float(score) > 0.5 or at % 4 == 0 for at, score in enumerate(rows["score"].to_pylist())]
    told = {"_id": rows["_id"], "_time": rows["_time"], "label": [f"{BAD}{one}" for one in odd]}
    return Record(OUTCOMES, MODEL, record.received + 1, pa.record_batch(told))


def twins(record: Record) -> Record:
    """What was reckoned offline for events: of every hostile column another value."""
    rows = record.rows
    offline = {name: rows[name] for name in ("_id", "_time", "x1")}
    offline |= {BAD: pa.array([f"{BAD}{at}" for at in range(rows.num_rows)])}
    offline |= {f"{BAD}2": pa.array([BAD] * rows.num_rows)}
    return Record(TWINS, MODEL, record.received + 2, pa.record_batch(offline))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    own = {
        "clocks": {"base": "5min", "fast": "5min", "drift": "1h"},
        "segments": [f"{BAD}2"],
        "fairness": {"groups": [f"{BAD}2"]},
        "baseline": {"warm_up": WARM},
        "columns": {"x1": {"role": "latency", "unit": BAD}},
    }
    settings = make_live({"models": {MODEL: own}})
    begins = BEGIN + (WARM + 4) * HOUR
    quiet = hours(WARM + 4, 400, 2)
    moved = [one for one in hours(WARM + 10, 400, 2, shift=3.0) if one.received > begins + MINUTE]
    act = {"act": "deploy", "version": BAD, "text": BAD, "time": BEGIN + (WARM + 2) * HOUR}
    end = BEGIN + (WARM + 10) * HOUR + MINUTE
    deploy = note(msgspec.json.encode(act), end)._replace(model=MODEL)
    events = [*map(renamed, quiet), *map(renamed, moved)]
    told = [labels(one) for one in events]
    offline = [twins(one) for one in events]
    made = Live(settings).feed([*events, *told, *offline, deploy, tick(end)])
    made.runner.commit(end, force=True)
    service = Service(made.log, made.store, settings, lambda: end + MINUTE)
    service.start()
    app = make_app(service, settings)

    def get(path: str, **query: str) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as one:
                return await one.get(path, params=query or None)

        return asyncio.run(go())

    yield get, made.store
    service.stop()


def harmless(answer: httpx.Response, form: str) -> None:
    assert "\x00" not in answer.headers.get("content-disposition", "")
    if form == "svg":
        root = ElementTree.fromstring(answer.text)
        assert not [n for n in root.iter() if n.tag.endswith(("script", "foreignObject", "}a"))]
        assert not [key for n in root.iter() for key in n.attrib if key.startswith("on")]
    elif form == "csv":
        for row in csv.reader(io.StringIO(answer.text)):
            for cell in row:
                try:
                    float(cell or 0)
                except ValueError:
                    assert cell[0] not in "=+-@\t\r"
    elif form == "png":
        assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("form", KINDS)
def test_every_chart_of_hostile_names(client: Any, name: str, form: str):
    get, _ = client
    path = f"/api/v1/models/{quote(MODEL, safe='')}/charts/{name}.{form}"
    drawn = 0
    for column in (BAD, f"{BAD}2"):
        for segment in ("", f"{BAD}2={BAD}de"):
            answer = get(path, column=column, segment=segment)
            assert answer.status_code == 200 or (answer.status_code, name) in NOTHING
            if answer.status_code == 200:
                drawn += 1
                harmless(answer, form)
    assert drawn or name in UNTROUBLED  # (`report/test_drawn` draws those)


def test_an_incident_of_a_hostile_column(client: Any):
    get, store = client
    incidents: MemoryState = store.read("incident", MODEL)
    assert incidents
    for entry in incidents:
        for form in KINDS:
            answer = get(f"/api/v1/incidents/{entry.key}/change.{form}", column=BAD)
            assert answer.status_code == 200
            harmless(answer, form)
        for form in ("png", "svg"):
            answer = get(f"/api/v1/incidents/{entry.key}/picture.{form}")
            assert answer.status_code == 200
            harmless(answer, form)
