"""The page as text: size, isolation, words."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from vedette.report.bundle import vega_bundle
from vedette.report.html import render_html

LOADS = {"src", "href", "srcset", "action", "data", "poster", "style"}


class Reader(HTMLParser):
    """Collects every tag, its attributes, and what scripts and styles hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, str]] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside = "json" if dict(attrs).get("type") else tag
            self.blocks.append((self.inside, ""))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside:
            kind, text = self.blocks[-1]
            self.blocks[-1] = kind, text + data


@pytest.mark.parametrize("name", ["example", "hostile", "quiet", "wide"])
def test_page_names_nothing_outside_itself(made, name):
    page = Reader(render_html(made(name)))
    for tag, attributes in page.tags:
        for key in LOADS & attributes.keys():
            assert attributes[key].startswith(("#", "data:,")), (tag, key, attributes[key])
        assert not any(key.startswith("on") for key in attributes), (tag, attributes)
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "iframe", "object", "embed", "base"})


@pytest.mark.parametrize("name", ["example", "hostile"])
def test_policy_allows_exactly_the_scripts_and_styles_of_the_page(made, name):
    page = Reader(render_html(made(name)))
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    digests = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for kind, text in page.blocks
        if kind != "json"
    }
    assert set(re.findall(r"'sha256-[^']+'", policy)) == digests
    assert [kind for kind, _ in page.blocks] == ["style", "json", "script", "script"]


def test_hundred_columns_take_less_than_two_megabytes(made):
    assert len(render_html(made("wide")).encode()) < 2_000_000


def test_same_document_gives_the_same_page(made):
    assert render_html(made("example")) == render_html(made("example"))


def test_bundle_can_be_given(made):
    page = render_html(made("quiet"), bundle="window.given = 1</script><script>bad")
    assert "window.given = 1<\\/script>" in page
    assert len(page) < 120_000


def test_page_says_what_matters(made):
    page = render_html(made("example"), bundle="")
    for words in (
        "3 of 13 columns changed by more than 0.05.",
        "80,789 rows",
        "1 Jan 2013 to 31 Mar 2013",
        "missing values of dewp rose from 0.2 % to 4.3 %",
        "would have noticed a shift of 0.017 sd",
        "carrier=UA",
        "<b>ZZ</b> 1240",
        "role id is not compared",
        "at most 5 % of comparisons of unchanged tables",
        "vedette compare january.parquet april.parquet --min-effect 0.05 --alpha 0.05",
    ):
        assert words in page, words


def test_alarms_stand_before_everything_else(made):
    changes = render_html(made("example"), bundle="").split('class="changes"', 1)[1]
    verdicts = re.findall(r'<li class="(\w+)">', changes.split("</section>")[0])
    assert verdicts == sorted(verdicts, key=["alarming", "notable"].index)


def test_findings_of_segments_are_shown_up_to_a_limit(made):
    document = made("example")
    part = next(f for f in document["findings"] if f["segment"])
    column = next(c for c in document["columns"] if c["name"] == part["column"])
    parts = [part | {"id": f"{i:04x}", "segment": f"carrier=S{i}"} for i in range(40)]
    calm = [p | {"id": f"c{i:04x}", "verdict": "calm"} for i, p in enumerate(parts)]
    document = document | {
        "findings": [*document["findings"], *parts, *calm],
        "columns": [column | {"findings": [f["id"] for f in [*parts, *calm]]}],
    }
    page = render_html(document, bundle="")
    assert "carrier=S11" in page
    assert "carrier=S12" not in page
    assert "28 more findings that matter, 40 comparisons inside segments calm" in page


class TestBundle:
    def test_is_kept_and_read_again(self, tmp_path):
        text = vega_bundle(tmp_path)
        (path,) = tmp_path.iterdir()
        assert path.read_text("utf-8") == text
        path.write_text(f"{text[:10]}marked{text[10:]}", "utf-8")
        assert "marked" in vega_bundle(tmp_path)

    def test_torn_file_is_made_again(self, tmp_path):
        text = vega_bundle(tmp_path)
        (path,) = tmp_path.iterdir()
        path.write_text(text[:1000], "utf-8")
        assert vega_bundle(tmp_path) == text == path.read_text("utf-8")

    def test_unusable_folder_is_done_without(self, tmp_path):
        (tmp_path / "file").touch()
        assert "vegaEmbed" in vega_bundle(tmp_path / "file")

    def test_cannot_end_its_element(self):
        assert "</script" not in vega_bundle()
