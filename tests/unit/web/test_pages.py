"""The pages: nothing of a model's own text comes alive, acts work without a script."""

import asyncio
import re
import socket
import threading
import time
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest
import uvicorn

from vedette.core.windows import Window
from vedette.engine.api import Baseline, profile
from vedette.engine.live import make_live
from vedette.profiles import codec
from vedette.web.app import make_app
from vedette.web.serving import server_config

OWN = {"origin": "http://127.0.0.1:8642"}
OURS = re.compile('<script src="/assets/[0-9a-f]{12}/(vedette|vega)[.]js" defer>')
PAGES = (
    "/", "/models/fraud", "/incidents/a", "/quarantine", "/status", "/login", "/settings",
    "/models/fraud/settings",
)  # fmt: skip


def asked(client, method, path, **given):
    async def go():
        async with client:
            return await client.request(method, path, **given)

    return asyncio.run(go())


@pytest.fixture
def filled(stand, kit):
    """A server with one model, one incident, and hostile text wherever text can come from."""
    bad = kit.HOSTILE
    stand.views["fraud"] = kit.make_view(
        "fraud", rows=80_789, open_incidents=1, why=bad, version=bad
    )
    incident = kit.make_incident("fraud", "a", column=bad, title=f"{bad} rose", version=bad)
    kit.put_incident(stand, incident)
    finding = incident.findings[0]
    entries = [
        ("finding", finding.id, msgspec.json.encode(finding)),
        ("quarantine", "q", msgspec.json.encode({"reason": bad, "event": bad})),
        ("message", "m", msgspec.json.encode({"state": "dead", "channel": bad, "error": bad})),
        ("note", "n", msgspec.json.encode({"act": "deploy", "version": bad, "text": bad})),
        (
            "note",
            "s",
            msgspec.json.encode({"act": "settings", "by": bad, "text": bad, "note": bad}),
        ),
    ]
    stand.store.commit(
        [kit.Entry(kind, "fraud", key, kit.NOW, body) for kind, key, body in entries]
    )
    return stand


@pytest.mark.parametrize("path", PAGES)
def test_hostile_text_is_inert(ask, filled, path):
    answer = asked(ask(), "GET", path)
    assert answer.status_code == 200
    scripts = re.findall("<script[^>]*>", answer.text)
    assert all(OURS.fullmatch(script) for script in scripts)
    assert "\u202e" not in answer.text
    assert "\x00" not in answer.text


def test_an_incident_is_acted_on_by_a_form(ask, filled):
    data = {"act": "acknowledge", "by": "Ann", "note": "on it"}
    answer = asked(ask(), "POST", "/incidents/a", data=data, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/a")
    page = asked(ask(), "GET", "/incidents/a").text
    assert "acknowledge by Ann: on it" in page
    assert "vedette replay a" in page
    again = asked(ask(), "POST", "/incidents/a", data=data, headers=OWN)
    assert (again.status_code, "cannot acknowledge" in again.text) == (400, True)


def test_a_mute_lasts_as_long_as_the_form_says(ask, filled, kit):
    asked(ask(), "POST", "/incidents/a", data={"act": "mute", "hours": "2"}, headers=OWN)
    assert filled.acts[-1][1]["until"] == kit.NOW + 2 * kit.HOUR


@pytest.mark.parametrize(
    "path", ["/models/none", "/incidents/none", "/nothing/here", "/quarantine"]
)
def test_what_is_not_there_is_a_page_with_a_way_back(ask, path):
    method, status = ("POST", 405) if path == "/quarantine" else ("GET", 404)
    browser = {"accept": "text/html,*/*;q=0.8"}
    answer = asked(ask(), method, path, headers=browser)
    kind = answer.headers["content-type"]
    assert (answer.status_code, kind) == (status, "text/html; charset=utf-8")
    assert '<main id="main">' in answer.text
    assert '<a href="/">All models</a>' in answer.text


def test_a_program_is_told_in_json_that_nothing_is_there(ask):
    answer = asked(ask(), "GET", "/nothing/here")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_such_path")


def test_an_empty_server_says_how_to_begin(ask):
    assert "curl -X POST" in asked(ask(), "GET", "/").text


def table(shift):
    """Two columns; `shift` moves both."""
    rng = np.random.default_rng(7)
    share = [0.6 - shift / 4, 0.3, 0.1 + shift / 4]
    amount = rng.normal(100 + 30 * shift, 20, 4000)
    return pa.table({"amount": amount, "country": rng.choice(["FR", "DE", "IT"], 4000, p=share)})


def with_profiles(stand, kit):
    """The incident's columns before and after, from stored profiles."""
    baseline = Baseline.fit(table(0))
    start = kit.NOW - 3 * kit.HOUR
    window = Window(start, start + kit.HOUR)
    during = replace(profile(table(1), baseline), window=window)
    stand.store.commit(
        [
            kit.Entry("baseline", "fraud", "b1", 1, codec.encode(baseline, baseline.profile)),
            kit.Entry("profile", "fraud", f"drift/{start}", start, codec.pack(during)),
        ]
    )
    given = {"rows": 80_789, "open_incidents": 1, "baseline": "b1"}
    stand.views["fraud"] = kit.make_view("fraud", **given)
    causes = tuple(
        kit.Cause(column=column, share=share, statement=f"`{column}` moved by 0.4 sd")
        for column, share in (("amount", 0.7), ("country", 0.3))
    )
    kit.put_incident(stand, kit.make_incident("fraud", "a", causes=causes))


def test_an_incident_has_its_picture_in_two_forms(ask, stand, kit):
    with_profiles(stand, kit)
    path = "/api/v1/incidents/a/picture"
    drawn = asked(ask(), "GET", f"{path}.png")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert drawn.content.startswith(b"\x89PNG")
    drawn = asked(ask(), "GET", f"{path}.svg")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert "<svg" in drawn.text
    assert asked(ask(), "GET", "/api/v1/incidents/none/picture.png").status_code == 404


def test_an_incident_whose_profiles_are_gone_has_no_picture(ask, stand, kit):
    kit.put_incident(stand, kit.make_incident("fraud", "i1"))
    assert asked(ask(), "GET", "/api/v1/incidents/i1/picture.png").status_code == 404


def test_before_and_after_are_drawn(ask, stand, kit):
    with_profiles(stand, kit)
    page = asked(ask(), "GET", "/incidents/a").text
    charts = re.findall('data-chart="([^"]*/change[.]json[^"]*)"', page)
    assert len(charts) == 2
    for chart in charts:
        drawn = asked(ask(), "GET", chart.replace("&amp;", "&")).json()
        assert {row["side"] for row in drawn["spec"]["datasets"]["bars"]} == {"reference", "window"}
    found = asked(ask(), "GET", "/api/v1/models/fraud/baselines").json()["baselines"]
    assert found[0]["rows"] == 4000
    profiles = asked(ask(), "GET", "/api/v1/models/fraud/profiles?column=amount").json()["profiles"]
    assert profiles[0]["columns"][0]["mean"] > 120


def test_all_open_incidents_count_and_rank_not_the_newest_alone(ask, stand, kit):
    stand.views["many"] = kit.make_view(
        "many", open_incidents=70, incidents_by_severity={"info": 70}
    )
    stand.views["grave"] = kit.make_view(
        "grave", open_incidents=1, incidents_by_severity={"critical": 1}
    )
    page = asked(ask(), "GET", "/").text
    assert "<h1>71 incidents open</h1>" in page
    assert page.index('data-name="grave"') < page.index('data-name="many"')


@pytest.fixture
def served(stand):
    """The app on a real socket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(server_config(make_app(stand, make_live({})), "127.0.0.1", port))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_in_a_browser(browser, served, stand, filled, kit, tmp_path, scheme, size):
    with_profiles(stand, kit)
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    page, heard = context.new_page(), []
    page.set_default_timeout(10_000)
    page.on("console", lambda message: heard.append(message.text))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    for path in PAGES:
        page.goto(served + path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '_') or 'models'}.png")
    page.goto(served + "/incidents/a")
    page.get_by_label("your name").fill("Ann")
    page.get_by_role("button", name="acknowledge").click()
    page.get_by_text("acknowledge by Ann").wait_for()
    context.close()
    assert heard == []
