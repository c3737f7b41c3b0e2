"""The on-call engineer's way through the dashboard, in a real browser on a real server.

Owns: from the alarm to the cause to the act and its trace; by keyboard alone; without scripts;
live; through errors and an outage.  Does not own: what holds for every page alike
(`test_dashboard_pages`), hostile names (`test_dashboard_hostile`).
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from docs.screenshots import MODEL, ZONE, addresses, examples
from tests.journeys.live_server import HOUR, START, LiveServer, event
from tests.journeys.onlooker import PHONE, Onlooker

pytestmark = pytest.mark.chromium


@pytest.fixture
def look(browser, dashboard):
    """Open onlookers on the demo's server; in the end nothing bad may have been heard."""
    onlookers = []

    def look(**options):
        onlookers.append(Onlooker(browser, dashboard.url, **options))
        return onlookers[-1]

    yield look
    for onlooker in onlookers:
        onlooker.context.close()
    assert [line for onlooker in onlookers for line in onlooker.heard] == []


@pytest.fixture(scope="module")
def first(dashboard):
    """The incident of the demo's first fault."""
    return examples(dashboard)["incident"]


def incident_of(dashboard, key):
    return dashboard.get(f"/api/v1/incidents/{key}")


def other_incident(dashboard, first):
    """An open incident of which nothing else is asked here."""
    found = dashboard.get("/api/v1/incidents?limit=200")["incidents"]
    one = next(one for one in found if one["id"] != first and one["state"] in ("open", "resolved"))
    if one["state"] == "resolved":
        act(dashboard, one["id"], "reopen")
    return one["id"]


def act(dashboard, key, what):
    """Somebody else acts, through the API."""
    api = f"{dashboard.url}/api/v1/incidents/{key}/actions"
    httpx.post(api, json={"act": what, "by": "Bob"}).raise_for_status()


def test_from_the_alarm_to_the_cause_to_the_act(look, dashboard, first):
    page = look().open("/")
    page.locator(f"a[href^='/incidents/{first}']").first.click()
    page.wait_for_url(f"**/incidents/{first}")
    assert "distance" in page.get_by_role("heading", level=1).inner_text()
    causes = page.locator(".causes")
    assert "distance" in causes.inner_text()
    assert "carrier = UA" in page.locator("main").inner_text().replace("carrier=UA", "carrier = UA")

    causes.get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/models/flight-delays/columns/distance"))
    assert "distance" in page.get_by_role("heading", level=1).inner_text()
    page.go_back()

    page.get_by_label("your name").fill("Ann")
    page.get_by_label("note").fill("UA sends kilometres")
    page.get_by_role("button", name="acknowledge").click()
    page.get_by_text("UA sends kilometres").wait_for()
    told = incident_of(dashboard, first)
    assert told["state"] == "acknowledged"
    last = told["history"][-1]
    assert (last["action"], last["by"], last["note"]) == (
        "acknowledge", "Ann", "UA sends kilometres",
    )  # fmt: skip
    history = page.locator(".history").last.inner_text()
    assert "Ann" in history
    assert "acknowledge" in history
    assert page.get_by_role("button", name="acknowledge").count() == 0


def test_mute_then_resolve(look, dashboard, first):
    key = other_incident(dashboard, first)
    page = look(size=PHONE).open(f"/incidents/{key}")
    page.get_by_label("mute for hours").fill("3")
    page.get_by_role("button", name="mute", exact=True).click()
    page.get_by_role("button", name="unmute").click()
    page.get_by_role("button", name="mute", exact=True).wait_for()
    muted, unmuted = incident_of(dashboard, key)["history"][-2:]
    assert (muted["action"], unmuted["action"]) == ("mute", "unmute")

    page.get_by_label("or until").fill("2035-01-02T03:04")
    page.get_by_role("button", name="mute", exact=True).click()
    page.get_by_role("button", name="unmute").wait_for()
    assert incident_of(dashboard, key)["muted_until"] == "2035-01-02T03:04:00Z"
    page.get_by_role("button", name="resolve").click()
    page.get_by_role("button", name="reopen").wait_for()
    assert incident_of(dashboard, key)["state"] == "resolved"


def test_an_act_that_is_not_possible_is_answered_by_a_sentence(look, dashboard, first):
    key = other_incident(dashboard, first)
    onlooker = look()
    page = onlooker.open(f"/incidents/{key}")
    page.get_by_role("button", name="acknowledge").wait_for()
    act(dashboard, key, "resolve")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.get_by_role("button", name="acknowledge").click()
    assert answered.value.status == 400
    assert "cannot acknowledge" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="reopen").is_visible()
    onlooker.heard = [line for line in onlooker.heard if "400 (Bad Request)" not in line]


def test_without_scripts(look, dashboard, first):
    page = look(java_script_enabled=False).open("/")
    page.locator(f"a[href^='/incidents/{first}']").first.click()
    assert page.locator("time").first.inner_text().endswith(" UTC")
    chart = page.locator("figure img").first
    chart.wait_for()
    assert chart.evaluate("it => it.complete && it.naturalWidth") > 100
    page.get_by_label("note").fill("read without scripts")
    page.get_by_role("button", name="add note").click()
    assert "read without scripts" in page.locator(".history").last.inner_text()
    assert incident_of(dashboard, first)["history"][-1]["note"] == "read without scripts"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_whether_the_model_is_still_right_down_to_the_weakest_segment(look, dashboard, scripts):
    page = look(java_script_enabled=scripts).open(f"/models/{MODEL}")
    assert page.locator("#answer").inner_text().split(".")[0].split()[-1] in ("No", "Yes")
    page.locator("#weakest a").first.click()
    page.wait_for_url("**segment=**")
    segment = page.locator("select[name=segment]").input_value()
    assert f"where {segment} is" in page.locator("#answer").inner_text()
    page.get_by_label("metric").select_option("roc_auc")
    page.locator("#right form button").click()
    page.wait_for_url("**metric=roc_auc**")
    assert page.locator("select[name=segment]").input_value() == segment
    assert f"ROC AUC where {segment}" in page.locator("#answer").inner_text()
    if not scripts:
        picture = page.locator("#right figure img").first
        picture.wait_for()
        assert picture.evaluate("it => it.complete && it.naturalWidth") > 100
    page.get_by_text("Predicted and true").click()
    table = page.locator("#confusion table")
    table.wait_for()
    assert table.locator("tbody tr").count() == 2


def test_events_are_found_by_what_they_hold_and_one_is_opened(look):
    page = look().open(f"/models/{MODEL}/events")
    page.get_by_label("column", exact=True).fill("distance")
    page.get_by_label("at least").fill("7000")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**min=7000**")
    found = page.locator("td[data-label=distance]").all_inner_texts()
    assert found
    assert all(float(text.removeprefix("◆ ")) >= 7000 for text in found)
    page.locator("main td a").first.click()
    page.wait_for_url("**/events/flight-*")
    assert "7" in page.locator("main").inner_text()


def test_by_keyboard_alone(look, dashboard, first):
    page = look().open("/")
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "To the content"
    assert focused(page)["top"] >= 0, "the skip link must be seen once it has the focus"
    tab_to(page, lambda it: it["href"] == "/status")
    tab_to(page, lambda it: it["href"].startswith(f"/incidents/{first}"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{first}")
    tab_to(page, lambda it: it["name"] == "by")
    page.keyboard.type("Kim")
    tab_to(page, lambda it: it["name"] == "note")
    page.keyboard.type("by keyboard")
    tab_to(page, lambda it: it["text"] == "add note")
    page.keyboard.press("Enter")
    page.locator(".history").get_by_text("by keyboard").wait_for()
    assert incident_of(dashboard, first)["history"][-1]["by"] == "Kim"


def test_the_skip_link_skips(look):
    page = look().open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def focused(page):
    """What has the focus; an outline or a border must show it."""
    found = page.evaluate(
        """() => {
          const it = document.activeElement;
          return {
            tag: it.tagName, text: it.textContent.trim(),
            href: it.getAttribute("href") ?? "", name: it.name ?? "",
            outline: getComputedStyle(it).outlineStyle, top: it.getBoundingClientRect().y,
          };
        }"""
    )
    assert found["outline"] != "none", f"nothing shows where the focus is: {found}"
    return found


def tab_to(page, wanted, most=80):
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted(found := focused(page)):
            return found
    raise AssertionError(f"not reached by {most} tabs, at last {found}")


def test_times_are_the_readers_and_utc_is_told_on_hover(look, dashboard, first):
    page = look().open(f"/incidents/{first}")
    node = page.locator("time[data-local]").first
    at = datetime.fromisoformat(node.get_attribute("datetime"))
    here = at.astimezone(ZoneInfo(ZONE))
    assert node.inner_text().startswith(f"{here:%Y-%m-%d %H:%M}")
    assert node.get_attribute("title") == f"{at:%Y-%m-%d %H:%M:%S} UTC"


def test_a_page_follows_what_others_do(look, dashboard, first):
    page = look().open(f"/models/{MODEL}")
    page.evaluate("window.stayed = true")
    page.locator("#following", has_text="live").wait_for()
    key = other_incident(dashboard, first)
    act(dashboard, key, "acknowledge")
    row = page.locator("tr", has=page.locator(f"a[href^='/incidents/{key}']"))
    row.get_by_text("acknowledged").first.wait_for()
    assert page.evaluate("window.stayed")


@pytest.mark.parametrize(
    "path",
    [
        "/models/none",
        "/models/<b>",
        "/incidents/none",
        f"/models/{MODEL}/columns/none",
        f"/models/{MODEL}/events/none",
        "/models/none/columns/distance",
        "/models/none/events",
        "/models/none/settings",
        "/nothing/here",
    ],
)
def test_what_is_not_there_is_a_page_with_a_way_back(look, path):
    onlooker = look()
    page = onlooker.open(path)
    assert onlooker.status == 404
    assert page.get_by_role("heading", level=1).inner_text().endswith(".")
    page.locator("main").get_by_role("link").first.click()
    assert page.get_by_role("heading", level=1).is_visible()
    onlooker.heard = [line for line in onlooker.heard if "404 (Not Found)" not in line]


def test_every_page_says_where_one_is(look, dashboard):
    onlooker = look()
    titles = {}
    for name, path in addresses(dashboard).items():
        page = onlooker.open(path)
        titles[name] = page.title()
        assert page.locator("h1").count() == 1, path
        assert page.locator("html[lang=en] main").count() == 1, path
    assert len(set(titles.values())) == len(titles), titles


def filled_hours(server, model, hours, start=0):
    for hour in range(start, start + hours):
        at = START + hour * HOUR
        rows = [event(f"{hour}-{i}", (at + i * HOUR // 40) // 10**9, amount=i) for i in range(40)]
        assert server.send(model, rows)[0] == 200


def test_a_page_survives_its_server(browser, tmp_path):
    """New windows come in by themselves; a server that is gone is said to be, and found again."""
    with LiveServer(tmp_path / "data") as server:
        filled_hours(server, "fraud", 2)
        server.settled("fraud", 80)
        server.at = server.port
        onlooker = Onlooker(browser, f"http://127.0.0.1:{server.port}")
        with onlooker:
            page = onlooker.open("/models/fraud")
            page.evaluate("window.stayed = true")
            following = page.locator("#following")
            following.get_by_text("live", exact=True).wait_for()
            filled_hours(server, "fraud", 4, start=2)
            page.locator("main").get_by_text("240").first.wait_for()

            server.kill()
            following.get_by_text("not connected").wait_for()
            server.start()
            following.get_by_text("live", exact=True).wait_for(timeout=30_000)
            filled_hours(server, "fraud", 4, start=6)
            page.locator("main").get_by_text("400").first.wait_for()
            assert page.evaluate("window.stayed")
            unexpected = [line for line in onlooker.heard if "net::ERR" not in line]
            assert unexpected == [], "".join(server.said)
