"""Settings over HTTP: the API and the pages, with the real service over stores in memory."""

import asyncio
import re
import threading
import time

import httpx
import msgspec
import pytest
from tests.traffic import BEGIN, HOUR, MODEL, hours, rows
from tests.unit.web.test_api import fits

from vedette.engine.guard import Guard
from vedette.engine.live import make_live
from vedette.engine.service import Service
from vedette.engine.trials import Trials
from vedette.ingest.decoded import Decoded, Rejected
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.web.app import make_app
from vedette.web.keys import entry_of, make_key, read_keys
from vedette.web.tools import Tools

NOW = BEGIN + 40 * HOUR
HOST = "http://127.0.0.1:8642"
OWN = {"origin": HOST}
SECRET = "https://hooks.example.org/services/T0/B0/very-secret"
SETTINGS = {
    "models": {
        MODEL: {
            "clocks": {"base": "5min", "fast": "5min", "drift": "1h"},
            "baseline": {"warm_up": 4},
            "budget": 3.0,
            "columns": {"x0": {"min_effect": 0.3}},
        }
    },
    "channels": {"oncall": {"webhook": SECRET}, "mute": {"webhook": "https://example.org"}},
    "routes": [{"to": ["oncall"], "min_severity": "warning"}],
}
PATH, PAGE = f"/api/v1/models/{MODEL}", f"/models/{MODEL}/settings"


class Running:
    """A running service with its application, asked as if over a socket."""

    def __init__(self, log=None, store=None, limit_s=60.0):
        self.settings = make_live(SETTINGS)
        self.log, self.store = log or MemoryLog(), store or MemoryState()
        began = time.monotonic_ns()
        clock = lambda: NOW + time.monotonic_ns() - began  # noqa: E731
        self.service = Service(self.log, self.store, self.settings, clock)
        self.service.start()
        self.sent, self.gate = [], threading.Event()
        self.gate.set()
        self.trials = Trials(
            self.log, self.store, self.settings, self._scratch, Guard(), limit_s=limit_s
        )
        self.tools = Tools(self.trials, self._send)
        self.cookie = ""

    def _scratch(self):
        self.gate.wait(20)
        return MemoryState()

    def _send(self, name):
        self.sent.append(name)
        return (name == "oncall", "delivered" if name == "oncall" else "nobody is there")

    def ask(self, method, path, **given):
        app = make_app(self.service, self.settings, wall=lambda: NOW, tools=self.tools)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {**OWN, **given.pop("headers", {})}
        if self.cookie:
            headers["cookie"] = self.cookie

        async def go():
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
                return await client.request(method, path, headers=headers, **given)

        return asyncio.run(go())

    def get(self, path, status=200):
        answer = self.ask("GET", path)
        assert answer.status_code == status, answer.text
        return answer

    def send(self, records):
        for record in records:  # one by one: each is a record of the log
            self.service.offer(MODEL, Decoded(rows=record.rows)).result(20)
        want, until = sum(record.rows.num_rows for record in records), time.monotonic() + 60
        while not self._knows(want):
            assert time.monotonic() < until
            time.sleep(0.02)

    def _knows(self, rows):
        view = self.service.model(MODEL)
        kept = self.store.get("model", MODEL, "counts") is not None
        return view is not None and view.rows >= rows and kept

    def stop(self):
        self.gate.set()
        self.trials.stop()
        self.service.stop()


@pytest.fixture
def running():
    made = Running()
    made.send([*hours(8), *moved(8, 12)])
    until = time.monotonic() + 60
    while not made.store.read("incident"):  # written within half a second
        assert time.monotonic() < until
        time.sleep(0.02)
    yield made
    made.stop()


def moved(first, last):
    """Records of some hours in which x2 is another."""
    every = hours(last)[4 * first :]
    return [
        record._replace(rows=rows(BEGIN + first * HOUR + at * HOUR // 4, 250, HOUR // 4, shift=9.0))
        for at, record in enumerate(every)
    ]


def setting(answer, name, column=""):
    """One value of an answer."""
    found = [s for s in answer["settings"] if (s["name"], s["column"]) == (name, column)]
    assert len(found) == 1
    return found[0]


# --- the API --------------------------------------------------------------------------------------


def test_settings_say_where_they_come_from_and_what_the_budget_is_for(running):
    answer = running.get(f"{PATH}/settings").json()
    fits(answer, "Settings")
    assert setting(answer, "budget")["origin"] == "file"
    assert setting(answer, "period")["origin"] == "default"
    assert setting(answer, "min_effect", "x0")["value"] == 0.3
    shares = {one["monitor"]: one for one in answer["monitors"]}
    assert shares.keys() == {
        "shift", "rates", "volume", "concept", "estimate", "parity", "odds", "skew",
        "schema", "twins", "outliers", "metrics", "dependence", "tail", "objectives", "saturation",
        "blindness",
    }  # fmt: skip
    # No label came, nobody named groups, a training sample, a schema or a twin.
    idle = (
        "concept",
        "estimate",
        "parity",
        "odds",
        "skew",
        "schema",
        "twins",
        "objectives",
        "saturation",
    )
    assert all(shares[name]["reason"] for name in idle)
    assert sum(one["share"] for one in shares.values()) == pytest.approx(1, abs=1e-4)
    assert shares["volume"]["streams"] == 2
    parts = [*shares["shift"]["parts"].values(), *shares["dependence"]["parts"].values()]
    assert sum(parts) == pytest.approx(0.8, abs=1e-4)
    assert running.get("/api/v1/models/none/settings", 404).json()["error"]["code"] == "no_model"


def test_settings_are_saved_listed_and_taken_back(running):
    changes = {"budget": 2, "without": ["volume"], "columns": {"x1": {"min_effect": 0.5}}}
    body = {"changes": changes, "by": "Ann", "note": "too loud"}
    answer = running.ask("POST", f"{PATH}/settings", json=body).json()
    fits(answer, "SavedSettings")
    assert answer["said"] == "settings: budget 2, without volume, min_effect of `x1` 0.5"
    budget = setting(answer, "budget")
    assert (budget["value"], budget["file"], budget["by"]) == (2.0, 3.0, "Ann")
    assert (budget["origin"], budget["note"]) == ("saved", "too loud")
    assert budget["at"].startswith("2023-11-15T16:00:")
    volume = next(one for one in answer["monitors"] if one["monitor"] == "volume")
    assert (volume["share"], volume["reason"]) == (0.0, "left out in the settings")
    back = {"changes": {"budget": None, "columns": {"x1": None}}}
    answer = running.ask("POST", f"{PATH}/settings", json=back).json()
    assert setting(answer, "budget")["origin"] == "file"
    assert [s for s in answer["settings"] if s["column"] == "x1"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"budget": -1}, "settings: budget is out of range; got -1.0; wanted above 0"),
        ({"budgt": 1}, "there is no setting 'budgt'; did you mean 'budget'?"),
        ({"lateness": "1h"}, "lateness cannot be changed here"),
        ({"columns": {"x9": {"min_effect": 1}}}, "there is no column 'x9'; columns are x0"),
        ({}, "nothing is changed"),
    ],
)
def test_wrong_settings_are_refused_and_never_logged(running, changes, words):
    before = running.log.position
    answer = running.ask("POST", f"{PATH}/settings", json={"changes": changes})
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert running.log.position == before
    tried = running.ask("POST", f"{PATH}/backtest", json={"changes": changes})
    assert tried.status_code == (400 if changes else 200)


def test_what_was_saved_is_there_after_a_restart(running):
    running.ask("POST", f"{PATH}/settings", json={"changes": {"budget": 2}})
    running.service.stop()
    again = Running(running.log, running.store)
    assert setting(again.get(f"{PATH}/settings").json(), "budget")["value"] == 2.0
    again.stop()


def test_a_backtest_shows_what_would_have_been_raised_beside_what_was(running):
    body = {"changes": {"without": ["rates", "shift", "outliers"]}}
    answer = running.ask("POST", f"{PATH}/backtest", json=body)
    assert answer.status_code == 200
    found = answer.json()
    fits(found, "Backtest")
    assert (found["state"], found["complete"], found["progress"]) == ("done", True, 1.0)
    assert found["would_have_raised"] == []
    assert len(found["raised"]) == 1
    same = running.ask("POST", f"{PATH}/backtest", json={}).json()
    assert [i["id"] for i in same["would_have_raised"]] == [i["id"] for i in same["raised"]]
    assert running.get(f"{PATH}/backtest").json() == same
    late = {"start": "2023-11-20T00:00:00Z"}
    assert running.ask("POST", f"{PATH}/backtest", json=late).json()["raised"] == []
    empty = {"start": 20, "end": 10}
    assert running.ask("POST", f"{PATH}/backtest", json=empty).status_code == 400
    assert setting(running.get(f"{PATH}/settings").json(), "without")["origin"] == "default"


def test_one_backtest_at_a_time_and_its_progress_can_be_asked_for(running):
    assert running.get(f"{PATH}/backtest", 404).json()["error"]["code"] == "no_backtest"
    running.gate.clear()
    first = running.ask("POST", f"{PATH}/backtest", json={"wait_s": 0})
    assert (first.status_code, first.json()["state"]) == (202, "running")
    other = running.ask("POST", f"{PATH}/backtest", json={})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "busy")
    assert int(other.headers["retry-after"]) > 0
    page = running.get(f"{PAGE}?backtest={first.json()['id']}").text
    assert "data-again" in page
    assert "http-equiv" not in page
    assert "<progress" in page
    running.gate.set()
    assert running.trials.find(MODEL).ended.wait(20)
    assert running.get(f"{PATH}/backtest").json()["state"] == "done"


def test_a_backtest_that_takes_too_long_says_so():
    made = Running(limit_s=0.0)
    made.send(hours(8))
    answer = made.ask("POST", f"{PATH}/backtest", json={})
    assert answer.json()["error"]["message"].endswith("the time was over before its first window")
    made.trials._limit_s = 60.0
    asked = iter(range(10**6))
    made.trials._clock = lambda: 0.0 if next(asked) < 15 else 1e9
    found = made.ask("POST", f"{PATH}/backtest", json={}).json()
    assert (found["state"], found["complete"]) == ("done", False)
    assert found["end"] < "2023-11-14T08:00:00Z"
    key = found["id"]
    assert "The time limit of 1 minutes was reached" in made.get(f"{PAGE}?backtest={key}").text
    made.stop()


def test_a_server_that_ends_does_not_wait_for_a_backtest():
    made = Running()
    made.send(hours(6))
    made.gate.clear()
    made.ask("POST", f"{PATH}/backtest", json={"wait_s": 0})
    threading.Timer(0.2, made.gate.set).start()
    began = time.monotonic()
    made.trials.stop()
    assert time.monotonic() - began < 5
    made.stop()


def test_a_channel_is_tested_and_only_a_known_one(running):
    answer = running.ask("POST", "/api/v1/channels/oncall/test").json()
    fits(answer, "Tested")
    assert (answer["ok"], answer["detail"]) == (True, "delivered")
    assert running.ask("POST", "/api/v1/channels/mute/test").json()["ok"] is False
    gone = running.ask("POST", "/api/v1/channels/oncal/test")
    assert (gone.status_code, "did you mean 'oncall'" in gone.text) == (404, True)
    assert running.sent == ["oncall", "mute"]


def test_keys_are_made_shown_once_and_revoked(running):
    body = {"scopes": ["admin"], "note": "Ann", "expires": "90d"}
    made = running.ask("POST", "/api/v1/keys", json=body).json()
    fits(made, "NewKey")
    assert made["expires"] == "2024-02-13T16:00:00Z"
    assert running.ask("GET", "/api/v1/keys").status_code == 401  # from the first on
    headers = {"authorization": f"Bearer {made['key']}"}
    listed = running.ask("GET", "/api/v1/keys", headers=headers)
    fits(listed.json(), "Keys")
    assert made["key"] not in listed.text
    assert listed.json()["keys"][0]["state"] == "in force"
    other = running.ask("POST", "/api/v1/keys", json={"scopes": ["read"]}, headers=headers).json()
    path = f"/api/v1/keys/{other['id']}/revoke"
    assert running.ask("POST", path, headers=headers).json()["state"] == "revoked"
    assert running.ask("POST", path, headers=headers).status_code == 404
    shown = {"authorization": f"Bearer {other['key']}"}
    assert running.ask("GET", PATH, headers=shown).status_code == 401  # at once
    for wrong in ({"scopes": ["reed"]}, {"scopes": []}, {"scopes": ["read"], "expires": "soon"}):
        assert running.ask("POST", "/api/v1/keys", json=wrong, headers=headers).status_code == 400


def test_an_admin_of_some_models_does_not_manage_the_server(running):
    text, key = make_key(b"123456", "s" * 43, scopes=["admin"], models="fr*", made=1)
    running.store.commit([entry_of(key)])
    headers = {"authorization": f"Bearer {text}"}
    for method, path in (
        ("GET", "/api/v1/keys"), ("POST", "/api/v1/keys"),
        ("POST", f"/api/v1/keys/{key.id}/revoke"), ("POST", "/settings/keys"),
        ("POST", "/api/v1/channels/oncall/test"), ("POST", f"/settings/keys/{key.id}"),
        ("POST", "/settings/channels/oncall"),
    ):  # fmt: skip
        given = {"json": {"scopes": ["admin"]}} if path.startswith("/api") else {"data": {"a": "b"}}
        answer = running.ask(method, path, headers=headers, **given)
        assert answer.status_code == 403, path
    assert len(read_keys(running.store)) == 1
    assert running.sent == []
    body = {"changes": {"budget": 2}}
    assert running.ask("POST", f"{PATH}/settings", json=body, headers=headers).status_code == 200
    page = running.ask("GET", "/settings", headers=headers).text
    assert "Keys are shown to admins of all models" in page
    assert key.id not in page
    assert "hooks.example.org" not in page


def test_the_schema_comes_as_a_file(running):
    answer = running.get(f"{PATH}/schema.yaml")
    assert answer.headers["content-type"].startswith("application/yaml")
    assert "x0:" in answer.text


# --- the pages ------------------------------------------------------------------------------------

FORM = {"budget": "3", "period": "30d", "min_effect": "0.05"}


def test_settings_are_saved_from_the_page_without_a_script(running):
    sent = {**FORM, "budget": "2", "without_volume": "on", "column_0": "x1", "effect_0": "0.5",
            "by": "Ann", "note": "too loud", "do": "save"}  # fmt: skip
    answer = running.ask("POST", PAGE, data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?said=saved")
    page = running.get(f"{PAGE}?said=saved").text
    assert "Saved. It holds from now on" in page
    assert re.search('name="budget"[^>]* value="2"', page)
    assert re.search('name="without_volume" checked', page)
    assert re.search('name="column_0" value="x1"', page)
    assert "saved by Ann" in page
    assert "settings: budget 2, without volume, min_effect of <code>x1</code> 0.5" in page
    back = {"do": "back", "name": "min_effect", "column": "x1"}
    assert running.ask("POST", PAGE, data=back).headers["location"] == f"{PAGE}?said=back"
    # what the form shows again as the file has it is taken back, not saved anew
    running.ask("POST", PAGE, data={**FORM, "do": "save"})
    assert running.service.runner.models[MODEL].saved == {}
    acts = [record for _, record in running.log.read() if record.kind == "note"]
    assert msgspec.json.decode(acts[-1].note)["changes"] == {"budget": None, "without": None}
    nothing = running.ask("POST", PAGE, data={**FORM, "do": "save"})
    assert (nothing.status_code, "nothing is changed" in nothing.text) == (400, True)


def test_a_wrong_value_keeps_the_form(running):
    sent = {**FORM, "budget": "-7", "column_0": "x9", "effect_0": "abc", "do": "save"}
    answer = running.ask("POST", PAGE, data=sent)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert re.search('name="budget"[^>]* value="-7"', answer.text)
    assert 'value="x9"' in answer.text


def test_a_backtest_keeps_the_form_to_be_saved(running):
    sent = {**FORM, "without_rates": "on", "without_shift": "on", "without_outliers": "on",
            "column_0": "x1", "effect_0": "0.5", "do": "backtest"}  # fmt: skip
    answer = running.ask("POST", PAGE, data=sent)
    assert answer.status_code == 303
    where = answer.headers["location"].partition("#")[0]
    page = running.get(where).text
    assert "0 incidents with these settings" in page
    assert "1 incident raised" in page
    assert "would not be raised" in page
    assert "it is not saved yet" in page
    assert re.search('name="without_rates" checked', page)
    assert re.search('name="column_0" value="x1"', page)
    assert re.search('name="effect_0"[^>]* value="0.5"', page)
    assert running.service.runner.models[MODEL].saved == {}
    lost = running.get(f"{PAGE}?backtest=99").text
    assert "run it again" in lost


def test_a_backtest_of_taking_something_back_shows_the_file(running):
    running.ask("POST", PAGE, data={**FORM, "budget": "2", "do": "save"})
    answer = running.ask("POST", PAGE, data={**FORM, "do": "backtest"})
    page = running.get(answer.headers["location"].partition("#")[0]).text
    assert re.search('name="budget"[^>]* value="3"', page)
    assert "budget as in the file" in page


def test_a_period_is_promoted_from_the_page(running):
    sent = {"start": "2023-11-14T02:00", "end": "2023-11-14T06:00"}
    answer = running.ask("POST", f"/models/{MODEL}/baseline", data=sent)
    assert answer.headers["location"] == f"{PAGE}?said=baseline#baselines"
    assert running.service.baseline_of(MODEL).profile.rows == 4000
    page = running.get(f"{PAGE}?said=baseline").text
    assert "Promoted." in page
    assert page.count("in force") == 1
    for wrong in ({"start": "2001-01-01", "end": "2001-01-02"}, {"start": "x", "end": ""}):
        answer = running.ask("POST", f"/models/{MODEL}/baseline", data=wrong)
        assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)
    assert "has no rows" not in running.service.model(MODEL).why  # told to who asked, once


def test_the_server_is_shown(running):
    bad = Decoded(rejected=(Rejected(0, "wrong", {"a": 1}),) * 1)
    running.service.offer(MODEL, bad).result(10)
    running.service.offer(MODEL, Decoded(rows=hours(13)[-1].rows)).result(10)
    page = running.get("/settings").text
    assert "Health: ready" in page
    assert "hooks.example.org" in page
    assert "very-secret" not in page
    assert "none: nothing is sent here" in page
    assert "storage.max_bytes" in page
    assert f'href="/models/{MODEL}/settings"' in page
    answer = running.ask("POST", "/settings/channels/mute")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings#channels")
    page = running.get("/settings").text
    assert "nobody is there" in page
    assert running.ask("POST", "/settings/channels/none").status_code == 404


def test_the_first_key_logs_the_browser_in(running):
    page = running.get("/settings").text
    assert "There has never been a key" in page
    wrong = running.ask("POST", "/settings/keys", data={"models": "fr*", "expires": "soon"})
    assert (wrong.status_code, 'value="fr*"' in wrong.text) == (400, True)
    made = running.ask("POST", "/settings/keys", data={"scope_admin": "on", "models": "*"})
    assert made.status_code == 200
    assert "every request to this server needs a key" in made.text
    (text,) = re.findall(r"vdt_[0-9a-f]{12}_[\w-]{43}", made.text)
    assert "HttpOnly; SameSite=Strict" in made.headers["set-cookie"]
    assert running.ask("GET", "/settings").headers["location"] == "/login?to=%2Fsettings"
    running.cookie = made.headers["set-cookie"].split(";")[0]
    page = running.get("/settings").text
    assert text not in page
    assert "yours" in page
    second = running.ask("POST", "/settings/keys", data={"scope_read": "on"})
    assert "set-cookie" not in second.headers
    own = text.split("_")[1]
    last = [key.id for key in read_keys(running.store) if key.id != own]
    assert running.ask("POST", f"/settings/keys/{last[0]}").status_code == 303
    ended = running.ask("POST", f"/settings/keys/{own}")
    assert "No key is left" in ended.text
    assert running.ask("GET", "/settings").headers["location"] == "/login?to=%2Fsettings"


def test_hostile_words_of_keys_and_changes_are_inert(running, kit):
    bad = kit.HOSTILE
    change = {"changes": {"budget": 2}, "by": bad, "note": bad}
    assert running.ask("POST", f"{PATH}/settings", json=change).status_code == 200
    wrong = running.ask("POST", PAGE, data={**FORM, "column_0": bad, "effect_0": "1", "do": "save"})
    assert wrong.status_code == 400
    made = running.ask("POST", "/settings/keys", data={"scope_admin": "on", "note": bad})
    running.cookie = made.headers["set-cookie"].split(";")[0]
    for page in (wrong, made, running.get("/settings"), running.get(PAGE)):
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
        assert "alert(1)" in page.text


@pytest.mark.parametrize("form", [{"scope_ingest": "on"}, {"scope_admin": "on", "models": "a*"}])
def test_the_first_key_locks_nobody_out(running, form):
    made = running.ask("POST", "/settings/keys", data=form)
    assert made.status_code == 400
    assert "The first key must be one for everything" in made.text
    assert running.ask("GET", "/settings").status_code == 200


def test_who_may_only_look_finds_no_buttons(running):
    text, key = make_key(b"123456", "s" * 43, scopes=["read"], made=1)
    running.store.commit([entry_of(key)])
    headers = {"authorization": f"Bearer {text}"}
    page = running.ask("GET", PAGE, headers=headers).text
    assert 'value="save"' not in page
    assert "<fieldset" in page
    assert page.count("<fieldset") == page.count("disabled")
    assert 'action="/settings/channels' not in running.ask("GET", "/settings", headers=headers).text
    assert running.ask("POST", PAGE, data=FORM, headers=headers).status_code == 403
