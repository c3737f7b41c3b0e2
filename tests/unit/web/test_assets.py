"""What pages load: kept for ever under the address of its contents, and no longer."""

import asyncio
import gzip
import re
from importlib.resources import files

import pytest

from vedette.web import assets

EVER = "public, max-age=31536000, immutable"
NAMES = tuple(assets.KINDS)


def asked(client, path, **headers):
    async def go():
        async with client:
            return await client.get(path, headers={"accept-encoding": "identity"} | headers)

    return asyncio.run(go())


@pytest.mark.parametrize("name", NAMES)
def test_the_right_address_is_kept_for_ever(ask, name):
    answer = asked(ask(), assets.path(name))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == assets.KINDS[name].decode()
    assert answer.headers.get_list("cache-control") == [EVER]
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("name", NAMES)
def test_an_old_address_gives_the_new_one_which_is_not_kept(ask, name):
    answer = asked(ask(), f"/assets/{'0' * 12}/{name}")
    assert answer.status_code == 200
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.content == asked(ask(), assets.path(name)).content


@pytest.mark.parametrize("name", NAMES)
def test_it_is_sent_compressed_once_to_who_takes_that(ask, name):
    client = ask()
    plain = asked(client, assets.path(name)).content
    answer = asked(ask(), assets.path(name), **{"accept-encoding": "gzip, br"})
    assert answer.headers.get_list("content-encoding") == ["gzip"]
    assert answer.content == plain  # the client unpacks once
    assert int(answer.headers["content-length"]) < len(plain)
    assert gzip.compress(plain, mtime=0)[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/0/none.css",
        "/assets/0/..%2Fapp.py",
        "/assets/0/vedette.css.map",
        "/assets/0/",
        "/assets/vedette.css",
    ],
)
def test_what_is_not_there_is_not_found(ask, path):
    answer = asked(ask(), path)
    assert answer.status_code == 404
    assert "cache-control" in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_the_address_follows_the_contents(ask):
    for name in ("vedette.css", "vedette.js"):
        text = (files("vedette.web") / "static" / name).read_bytes()
        assert asked(ask(), assets.path(name)).content == text
        assert re.fullmatch(rf"/assets/[0-9a-f]{{12}}/{re.escape(name)}", assets.path(name))
    assert len({assets.path(name) for name in NAMES}) == len(NAMES)


def test_pages_name_the_right_addresses(ask):
    page = asked(ask(), "/").text
    named = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert named
    assert set(named) <= {assets.path(name) for name in NAMES}
