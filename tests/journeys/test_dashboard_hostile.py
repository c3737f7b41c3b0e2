"""Names that would like to be more than text: no page, chart, tip or picture lets them.

Owns: a server whose models, columns, categories, versions, notes and refused events are hostile,
and a walk along every link of it.  Does not own: names in reports (`unit/report/test_browser`).
"""

import re
import time
from collections import Counter
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from docs.screenshots import settle
from tests.journeys.live_server import HOUR, START, LiveServer
from tests.journeys.onlooker import PHONE, Onlooker

from vedette.web.routes import ROUTES

pytestmark = pytest.mark.chromium
SCRIPT, IMAGE = "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'
ADDRESS, TEMPLATE = "javascript:alert(1)", "{{7*7}}"
PLAIN = (IMAGE, ADDRESS, TEMPLATE, "</title><svg onload=alert(1)>", "'-alert(1)-'")
TURNED = "\u202egnp.exe"
LONG = "long_" * 40
FIELDS = ("a.b[0]", "datum['x']", "#hash?query=1&b=2")  # what a drawing library may take apart
COLUMNS = (SCRIPT, *PLAIN, TURNED, LONG, *FIELDS)
MODELS = (IMAGE, "<script>alert(1)<script>", ADDRESS, TEMPLATE, "x" * 128)  # a name holds no slash
LED = MODELS[0]  # the one with an incident
CONFIG = f"""\
storage: {{events: "", minutes: "", profiles: "", findings: ""}}
models:
  "*":
    budget: 30
    clocks: {{base: 1h, fast: 1h, drift: 1h}}
    lateness: 1min
    segments: ['{SCRIPT}']
    baseline: {{warm_up: 6}}
"""
PER_KIND = 4  # pages that are looked at of one route; of files that are called alike, one
ALIVE = """() => [...document.querySelectorAll("*")].filter((it) =>
    (it.tagName.toLowerCase() === "script" && !it.src.startsWith(location.origin + "/assets/"))
    || [...it.attributes].some(({ name, value }) =>
        name.startsWith("on") || /^\\s*javascript:/i.test(value) && /href|src|action/.test(name))
    || (it.tagName === "IMG" && it.getAttribute("src") === "x"))
  .map((it) => it.outerHTML.slice(0, 200))"""


def rows(hour, n=120):
    """One hour; from the ninth on numbers have risen, categories changed places."""
    rng = np.random.default_rng(hour)
    shift = 3.0 if hour >= 9 else 0.0
    for i in range(n):
        features = {name: float(rng.normal(shift)) for name in (*PLAIN, LONG, *FIELDS)}
        features[SCRIPT] = str(rng.choice([SCRIPT, "calm"], p=[0.8, 0.2] if shift else [0.2, 0.8]))
        features[TURNED] = str(rng.choice([TURNED, IMAGE, TEMPLATE]))
        yield {
            "id": f"{IMAGE}-{hour}-{i}",
            "time": (START + hour * HOUR + i * HOUR // n) // 10**9,
            "version": SCRIPT,
            "prediction": SCRIPT if rng.random() < 0.5 else ADDRESS,
            "score": float(rng.random()),
            "features": features,
            "attributes": {f"attribute {IMAGE}": SCRIPT},
            "text": {f"text {SCRIPT}": IMAGE},
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """All of it, sent through the HTTP API."""
    with LiveServer(tmp_path_factory.mktemp("hostile") / "data", CONFIG) as server:
        for model in MODELS:
            hours = 14 if model == LED else 1
            for hour in range(hours):
                status, said = server.send(quote(model, safe=""), list(rows(hour)))
                assert (status, said["rejected_count"]) == (200, 0), said
            server.settled(quote(model, safe=""), 120 * hours)
        path = quote(LED, safe="")
        server.send(path, {"id": SCRIPT, "time": IMAGE, "features": {SCRIPT: IMAGE}})
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
            deploy = {"version": SCRIPT, "text": IMAGE}
            client.post(f"/api/v1/models/{path}/deploys", json=deploy).raise_for_status()
        yield server


@pytest.fixture
def onlooker(browser, server):
    with Onlooker(browser, f"http://127.0.0.1:{server.port}", size=PHONE) as onlooker:
        yield onlooker


@pytest.fixture(scope="module")
def incidents(server):
    end = time.monotonic() + 20
    while not (found := server.get("/api/v1/incidents?limit=200")["incidents"]):
        assert time.monotonic() < end, "the change was to be found"
        time.sleep(0.1)
    return found


def test_no_name_comes_alive_on_any_page(onlooker, incidents):
    """Along every link, as far as each kind of page was not seen often enough."""
    waiting, known, seen = ["/"], {"/"}, Counter()
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if seen[kind] >= PER_KIND:
            continue
        seen[kind] += 1
        page = onlooker.open(path)
        assert onlooker.status == 200, path
        settle(page)
        hover(page)
        assert page.evaluate(ALIVE) == [], path
        assert onlooker.heard == [], path
        assert onlooker.sticking_out() == [], path
        links = page.eval_on_selector_all("a[href]", "found => found.map((it) => it.href)")
        for link in links:
            parts = urlsplit(link)
            assert f"{parts.scheme}://{parts.netloc}" == onlooker.url, link
            file = parts.path.rpartition("/")[2] if parts.path.startswith("/api/") else ""
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if {target, file} & known:
                continue
            known |= {target, file} - {""}
            if file:
                downloaded(onlooker, target)
            else:
                waiting.append(target)
    unseen = {r.path for r in ROUTES if r.kind == "text/html" and r.method == "GET"} - set(seen)
    assert unseen <= {"/login"}, "no link leads there"


def downloaded(onlooker, target):
    """A picture or a table behind a link."""
    answer = onlooker.context.request.get(onlooker.url + target)
    if answer.status == 404:
        assert answer.json()["error"]["code"] == "nothing_to_draw", target
        return
    assert answer.status == 200, target
    assert answer.headers["x-content-type-options"] == "nosniff"
    if "svg" in answer.headers["content-type"]:
        for element in ElementTree.fromstring(answer.body()).iter():
            assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "img"), target
            assert not any(name.startswith("on") for name in element.attrib), target


def kind_of(path):
    """The route that answers a path."""
    plain = path.partition("?")[0]
    for route in ROUTES:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        pattern = re.sub(r"\{\w+:path\}", ".+", pattern)
        if route.method == "GET" and re.fullmatch(pattern, plain):
            return route.path
    raise AssertionError(f"a link that leads nowhere: {path}")


def hover(page):
    """The tips of some marks; every chart has room for its marks, however long its names."""
    for chart in page.locator("[data-drawn=yes] svg").all()[:4]:
        marks = chart.locator(".mark-rect path, .mark-symbol path, .mark-rule line")
        assert chart.locator("path.background").first.bounding_box()["width"] > 60
        for mark in marks.all()[:3]:
            box = mark.bounding_box()
            if box and box["width"] * box["height"] > 0:
                mark.hover(force=True)


def test_names_are_seen_as_they_are(onlooker):
    page = onlooker.open("/")
    text = page.locator("main").inner_text()
    for model in MODELS[:4]:
        assert model in text
    onlooker.open(f"/models/{quote(LED, safe='')}")
    text = page.locator("main").text_content()
    for name in (SCRIPT, *PLAIN, LONG, *FIELDS):
        assert name in text, name
    assert TURNED not in page.content()


def test_a_note_is_text(onlooker, server, incidents):
    page = onlooker.open(f"/incidents/{incidents[0]['id']}")
    page.get_by_label("your name").fill(IMAGE)
    page.get_by_label("note").fill(SCRIPT)
    page.get_by_role("button", name="add note").click()
    page.locator(".history li", has_text=f"by {IMAGE}: {SCRIPT}").wait_for()
    assert IMAGE in page.locator(".history").last.inner_text()
    settle(page)
    assert page.evaluate(ALIVE) == []
    assert onlooker.heard == []


@pytest.mark.parametrize("name", [SCRIPT, TURNED, ".."])
def test_a_model_is_not_called_like_that(server, name):
    """A slash, a mark that turns the writing round, a step upwards."""
    status, _ = server.send(quote(name, safe=""), {"features": {"amount": 1}})
    assert status in (400, 404)
