"""What holds for the markup of every page, of a model that the real engine watches.

Owns: no inline style or script, charts that can be taken away and are named, times with UTC, and
tables and forms that can be read aloud.  Does not own: browsers (`test_pages`).
"""

import asyncio
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

import httpx
import pytest
from tests.story import SHIFT, SHOP, served, story

from vedette.core.durations import DAY
from vedette.web.app import make_app
from vedette.web.documents import instant
from vedette.web.routes import ROUTES

VOID = {"meta", "link", "input", "img", "br", "hr", "path", "source", "wbr"}


class Node:
    """An element."""

    def __init__(self, tag: str, attrs: list[tuple[str, str | None]], above: "Node | None") -> None:
        self.tag, self.attrs, self.above = tag, {k: v or "" for k, v in attrs}, above
        self.keys = [key for key, _ in attrs]
        self.below: list[Node] = []
        self.text = ""

    def all(self, tag: str = "") -> "Iterator[Node]":
        for node in self.below:
            if tag in ("", node.tag):
                yield node
            yield from node.all(tag)

    def words(self) -> str:
        return " ".join([self.text, *(node.words() for node in self.below)]).strip()


class Tree(HTMLParser):
    """Elements by nesting; a tag that closes another than the open one is a fault."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.top = self.at = Node("", [], None)
        self.faults: list[str] = []
        self.feed(text)
        self.close()
        if self.at is not self.top:
            self.faults.append(f"{self.at.tag} is not closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, attrs, self.at)
        self.at.below.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.below.append(Node(tag, attrs, self.at))

    def handle_endtag(self, tag: str) -> None:
        if tag != self.at.tag:
            self.faults.append(f"{tag} closes {self.at.tag} at {self.getpos()}")
            return
        assert self.at.above is not None
        self.at = self.at.above

    def handle_data(self, data: str) -> None:
        self.at.text += data


def paths() -> list[str]:
    incidents = [entry.key for entry in story().live.store.read("incident", SHOP)]
    own = f"/models/{SHOP}"
    near = f"start={instant(SHIFT[0])}&end={instant(SHIFT[1] - DAY // 2)}"
    named = [
        "/", own, f"{own}?rows=all", f"{own}?{near}", f"{own}/columns/amount?{near}",
        f"{own}/columns/country?{near}&segment=country%3Dde", f"{own}/columns/device",
        f"{own}/columns/none", "/models/none", "/quarantine", "/status", "/login",
        *(f"/incidents/{one}" for one in incidents), "/incidents/none",
    ]  # fmt: skip
    known = {path.split("?")[0] for path in named}
    plain = [r.path for r in ROUTES if r.method == "GET" and r.kind == "text/html"]
    made = (path.replace("{model}", SHOP) for path in plain if "{incident}" not in path)
    return named + [path for path in made if path not in known and "{" not in path]


@pytest.fixture(scope="module")
def pages() -> Iterator[dict[str, Tree]]:
    """Every page."""
    service = served()
    app = make_app(service, service.settings)

    async def go() -> dict[str, Tree]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            found = {}
            for path in paths():
                answer = await client.get(path)
                assert answer.status_code == (404 if path.endswith("none") else 200), path
                found[path] = Tree(answer.text)
            return found

    yield asyncio.run(go())
    service.stop()


def test_elements_are_closed_in_order(pages: dict[str, Tree]):
    assert {path: tree.faults for path, tree in pages.items() if tree.faults} == {}


def test_nothing_is_styled_or_scripted_in_place(pages: dict[str, Tree]):
    for path, tree in pages.items():
        for node in tree.top.all():
            assert node.tag != "style", path
            handlers = [key for key in node.attrs if key == "style" or key.startswith("on")]
            assert handlers == [], (path, node.tag)
            for key in ("href", "src", "action"):
                value = node.attrs.get(key, "/").strip().lower()
                assert not value.startswith(("javascript:", "data:text", "http", "//")), path
            if node.tag == "script":
                assert node.attrs["src"].startswith("/assets/"), path
                assert node.text.strip() == "", path


def test_no_attribute_and_no_id_is_there_twice(pages: dict[str, Tree]):
    for path, tree in pages.items():
        ids = [node.attrs["id"] for node in tree.top.all() if "id" in node.attrs]
        assert len(ids) == len(set(ids)), path
        for node in tree.top.all():
            assert len(node.keys) == len(set(node.keys)), (path, node.tag, node.keys)


def test_what_is_swapped_has_an_id_and_holds_no_other(pages: dict[str, Tree]):
    for path, tree in pages.items():
        for node in tree.top.all():
            if "data-region" in node.attrs:
                assert node.attrs.get("id"), path
                assert not [n for n in node.all() if "data-region" in n.attrs], path
                assert not [n for n in node.all() if "data-chart" in n.attrs], path


def name_of(node: Node) -> str:
    return node.attrs.get("aria-label") or node.words()


def test_every_chart_has_a_title_and_can_be_taken_away(pages: dict[str, Tree]):
    seen = 0
    for path, tree in pages.items():
        names: list[str] = []
        for figure in (n for n in tree.top.all("figure") if "data-chart" in n.attrs):
            seen += 1
            [title] = figure.all("h3")
            assert title.words(), path
            links = {name_of(a): a.attrs["href"] for a in figure.all("a")}
            assert len(links) == 3, path
            address = figure.attrs["data-chart"]
            for form, word in (("csv", "data"), ("png", "PNG"), ("svg", "SVG")):
                [name] = [one for one, href in links.items() if f".{form}" in href]
                assert word in name, path
                assert links[name] == address.replace(".json", f".{form}", 1)
            names += links
            [picture] = [n for n in figure.all() if n.attrs.get("role") == "img"]
            assert picture.attrs["aria-label"], path
            [image] = figure.all("img")  # without a script
            assert image.attrs["alt"], path
            assert image.attrs["src"] == address.replace(".json", ".svg", 1)
        assert len(names) == len(set(names)), path  # read aloud, each link says what it gives
    assert seen > 30


def test_every_time_says_utc(pages: dict[str, Tree]):
    seen = 0
    for path, tree in pages.items():
        for node in tree.top.all("time"):
            seen += 1
            at = node.attrs["datetime"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", at), path
            plain = at[:19].replace("T", " ")
            assert node.attrs["title"] == f"{plain} UTC", path
            assert node.words() in (f"{plain[:16]} UTC", f"{plain} UTC"), path
        bare = re.sub(r"<time.*?</time>", "", "".join(n.text for n in tree.top.all()))
        assert not re.search(r"\b1\d{18}\b", bare), path  # no nanoseconds for people
    assert seen > 40


def test_cells_of_tables_say_what_they_are(pages: dict[str, Tree]):
    for path, tree in pages.items():
        for table in tree.top.all("table"):
            assert list(table.all("thead")), path
            for cell in table.all("td"):
                assert cell.attrs.get("data-label"), (path, cell.words())


def test_every_control_has_a_name(pages: dict[str, Tree]):
    for path, tree in pages.items():
        labels = {n.attrs.get("for", "") for n in tree.top.all("label")}
        for node in tree.top.all():
            shown = node.attrs.get("type") != "hidden" and "hidden" not in node.attrs
            if shown and node.tag in ("input", "select", "textarea"):
                inside, above = False, node.above
                while above is not None:
                    inside, above = inside or above.tag == "label", above.above
                named = inside or node.attrs.get("id") in labels or "aria-label" in node.attrs
                assert named, (path, node.attrs)
            if node.tag in ("a", "button"):
                assert name_of(node), (path, node.attrs)
            if node.tag == "meter" and node.attrs.get("aria-hidden") != "true":
                assert node.attrs.get("aria-label") or node.words() or "title" in node.attrs, path


def test_a_page_has_one_heading_of_its_own_and_a_title(pages: dict[str, Tree]):
    for path, tree in pages.items():
        assert len(list(tree.top.all("h1"))) == 1, path
        [title] = tree.top.all("title")
        assert title.words(), path
        [html] = tree.top.all("html")
        assert html.attrs["lang"] == "en"
        levels = [int(n.tag[1]) for n in tree.top.all() if re.fullmatch("h[1-6]", n.tag)]
        for before, after in pairwise(levels):
            assert after <= before + 1, path


def test_links_within_the_site_lead_somewhere(pages: dict[str, Tree]):
    patterns = [
        re.compile(re.sub(r"\{\w+:path\}", ".+", re.sub(r"\{\w+\}", "[^/]+", route.path)))
        for route in ROUTES
    ]
    for path, tree in pages.items():
        for node in tree.top.all("a"):
            to = node.attrs["href"].split("?")[0].split("#")[0]
            if to:
                assert any(p.fullmatch(to) for p in patterns), (path, to)
