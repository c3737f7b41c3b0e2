"""Who may do what: keys, hosts, origins, and the route x scope matrix from the table itself."""

import asyncio
import re

import pytest

from vedette.core.errors import SettingsError
from vedette.web.guard import SECURITY
from vedette.web.keys import (
    ADMIN,
    INGEST,
    READ,
    SCOPES,
    KeyRing,
    check_bind,
    ended,
    entry_of,
    make_key,
    read_keys,
)  # fmt: skip
from vedette.web.routes import OPEN, ROUTES

SECRET = "s" * 43


def keyed(stand, *scopes, number=1, **given):
    text, key = make_key(bytes([number] * 6), SECRET, scopes=scopes, made=1, **given)
    stand.store.commit([entry_of(key)])
    return text


def asked(client, method, path, **given):
    async def go():
        async with client:
            return await client.request(method, path, **given)

    return asyncio.run(go())


def bearer(text):
    return {"authorization": f"Bearer {text}"}


def path_of(route):
    return route.path.replace("{model}", "fraud").replace("{incident}", "i1")


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
@pytest.mark.parametrize("scope", ["none", *SCOPES])
def test_every_route_asks_for_its_scope(ask, stand, kit, route, scope):
    stand.views["fraud"] = kit.make_view("fraud")
    kit.put_incident(stand, kit.make_incident("fraud", "i1"))
    text = keyed(stand, ADMIN if scope == "none" else scope)
    headers = {} if scope == "none" else bearer(text)
    answer = asked(ask(), route.method, path_of(route), headers=headers)
    may = route.scope == OPEN or scope in (ADMIN, route.scope)
    if may:
        assert answer.status_code not in (401, 403, 500)
    elif scope == "none":
        assert answer.status_code == (303 if route.kind == "text/html" else 401)
    else:
        assert answer.status_code == 403


def test_a_key_is_for_its_models_only(ask, stand, kit):
    for name in ("fraud", "churn"):
        stand.views[name] = kit.make_view(name)
        kit.put_incident(stand, kit.make_incident(name, f"i-{name}"))
    text = keyed(stand, READ, models="fraud*")

    def get(path):
        return asked(ask(), "GET", path, headers=bearer(text))

    assert [m["name"] for m in get("/api/v1/models").json()["models"]] == ["fraud"]
    assert [i["id"] for i in get("/api/v1/incidents").json()["incidents"]] == ["i-fraud"]
    assert get("/api/v1/models/churn").status_code == 403
    assert get("/api/v1/incidents/i-churn").status_code == 404
    assert get("/metrics").status_code == 403
    assert "i-churn" not in get("/").text


def test_keys_expire_and_are_revoked(stand, kit):
    text = keyed(stand, READ, expires=kit.NOW)
    now = [kit.NOW - 1]
    tick = iter(range(100))
    ring = KeyRing(stand.store, wall=lambda: now[0], clock=lambda: float(2 * next(tick)))
    assert ring.find(text) is not None
    now[0] += 1
    assert ring.find(text) is None
    now[0] -= 1
    (key,) = read_keys(stand.store)
    stand.store.commit([entry_of(ended(key, kit.NOW))])
    assert ring.find(text) is None
    assert not ring.keys()
    assert not ring.is_open


def test_a_server_whose_last_key_was_revoked_stays_closed(ask, stand, kit):
    assert asked(ask(), "GET", "/api/v1/models").status_code == 200
    text = keyed(stand, READ)
    (key,) = read_keys(stand.store)
    stand.store.commit([entry_of(ended(key, kit.NOW))])
    assert read_keys(stand.store)[0].digest == ""
    for headers in ({}, bearer(text), bearer("")):
        assert asked(ask(), "GET", "/api/v1/models", headers=headers).status_code == 401
    assert asked(ask(), "GET", "/livez").status_code == 200
    with pytest.raises(SettingsError, match="nothing says who may"):
        check_bind("0.0.0.0", list(KeyRing(stand.store).keys().values()))


@pytest.mark.parametrize(
    "text", ["", "vdt_", "x" * 10_000, "vdt_010101010101_" + "t" * 43, "\ud800"]
)
def test_what_is_no_key(stand, text):
    keyed(stand, READ)
    assert KeyRing(stand.store).find(text) is None


def test_the_store_keeps_no_secret(stand):
    keyed(stand, READ)
    assert SECRET not in str(stand.store.read("key"))
    assert read_keys(stand.store)[0].may(READ)


def test_a_server_for_others_needs_a_key(stand, ask):
    with pytest.raises(SettingsError, match=r"nothing says who may.*--scope admin`"):
        check_bind("0.0.0.0", [])
    with pytest.raises(SettingsError, match="--scope admin --data '/srv/my data'`"):
        check_bind("0.0.0.0", [], "/srv/my data")
    keyed(stand, INGEST)
    check_bind("0.0.0.0", read_keys(stand.store))
    check_bind("127.0.0.1", [])
    (key,) = read_keys(stand.store)
    stand.store.commit([entry_of(ended(key, 1))])
    answer = asked(ask({"host": "0.0.0.0"}), "GET", "/api/v1/models")
    assert answer.status_code == 401  # its keys were revoked while it ran


def test_a_scope_that_does_not_exist():
    with pytest.raises(SettingsError, match="did you mean 'read'"):
        make_key(b"123456", SECRET, scopes=["reed"], made=0)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", ""]
)
def test_other_names_for_this_machine_are_not_answered(ask, host):
    assert asked(ask(), "GET", "/api/v1/models", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8642", "127.0.0.1", "[::1]:8642", "watch.example"])
def test_its_own_names_are(ask, host):
    client = ask({"url": "https://watch.example/vedette"})
    assert asked(client, "GET", "/api/v1/models", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(ask, stand, headers):
    for path in ("/v1/models/fraud/events", "/incidents/i1", "/login"):
        answer = asked(ask(), "POST", path, headers=headers, json={"id": "a"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    assert stand.decoded == []


def test_headers_that_keep_a_browser_safe_are_everywhere(ask, stand):
    for path in ("/", "/livez", "/api/v1/models", "/nothing", "/assets/0/vedette.css", "/metrics"):
        answer = asked(ask(), "GET", path)
        assert {key.decode() for key, _ in SECURITY} <= set(answer.headers), path
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_person_logs_in_with_a_key(ask, stand):
    text = keyed(stand, READ)
    own = {"origin": "http://127.0.0.1:8642"}
    bad = asked(ask(), "POST", "/login", data={"key": "vdt_x"}, headers=own)
    assert (bad.status_code, "not known" in bad.text) == (403, True)
    good = asked(ask(), "POST", "/login", data={"key": text}, headers=own)
    cookie = good.headers["set-cookie"]
    assert re.search("HttpOnly; SameSite=Strict", cookie)
    shown = asked(ask(), "GET", "/", headers={"cookie": cookie.split(";")[0]})
    assert shown.status_code == 200
    assert "forget key" in shown.text
