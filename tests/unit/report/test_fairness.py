"""The page and the terminal of an audit: whole, isolated, inert whatever names hold."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

import vedette as vd
from vedette.report.fairness import render_fairness
from vedette.report.fairness_html import render_fairness_html
from vedette.report.fairness_notebook import render_fairness_notebook
from vedette.report.fairness_tables import KINDS, sheets
from vedette.report.fairness_view import first_of, panels, told
from vedette.report.figures.figure import as_svg
from vedette.report.figures.forest import forest

HOSTILE = "<script>alert(1)</script>\x1b[31m`x`"
LOADS = {"src", "href", "srcset", "action", "data", "poster", "style"}


def audited(names=("A", "B", "C"), column="race", gap=0.25, n=3000):
    rng = np.random.default_rng(0)
    race = rng.choice(names, n, p=[0.6, 0.395, 0.005])
    score = np.clip(rng.random(n) - gap * (race == names[1]), 0, 1)
    table = {
        column: [None if i % 50 == 0 else str(r) for i, r in enumerate(race)],
        "sex": rng.choice(["F", "M"], n).tolist(),
        "score": score.tolist(),
        "label": (rng.random(n) < score).astype(int).tolist(),
        "latency": rng.gamma(2.0, 1.0, n).tolist(),
        "post": [str(r) for r in race],
    }
    return vd.fairness(
        table, [column, "sex"], measures=["latency"], reference=table, against="best"
    ).to_dict()


@pytest.fixture(scope="module")
def document():
    return audited()


@pytest.fixture(scope="module")
def hostile():
    return audited(("A", HOSTILE, "C"), "ra<b>ce")


@pytest.fixture(scope="module")
def page(document):
    return render_fairness_html(document, at="2026-11-26 10:05 UTC", bundle="library")


class Reader(HTMLParser):
    """Collects tags, and what scripts and styles hold."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.blocks, self.inside, self.words = [], [], "", []
        self.feed(text)

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
        else:
            self.words.append(data)


# --- the page -------------------------------------------------------------------------------------


def test_the_page_loads_nothing_and_its_policy_allows_exactly_its_own(page):
    read = Reader(page)
    for tag, attributes in read.tags:
        for key in LOADS & attributes.keys():
            assert attributes[key].startswith(("#", "data:,")), (tag, key, attributes[key])
        assert not any(key.startswith("on") for key in attributes)
    policy = next(a["content"] for t, a in read.tags if t == "meta" and "http-equiv" in a)
    digests = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for kind, text in read.blocks
        if kind != "json"
    }
    assert digests == set(re.findall(r"'sha256-[^']+'", policy))
    assert "unsafe" not in policy


def test_names_are_inert_wherever_they_appear(hostile):
    text = render_fairness_html(hostile, bundle="library")
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert sum(tag == "script" for tag, _ in Reader(text).tags) == 3
    fragment = render_fairness_notebook(hostile)
    assert "<script" not in fragment
    assert "<b>ce" not in fragment


def test_the_page_says_the_verdict_the_moment_and_that_nothing_is_law(page, document):
    words = " ".join(" ".join(Reader(page).words).split())
    assert document["verdict"].replace("`", "").split(":")[0][:40] in words.replace("`", "")
    assert "2026-11-26 10:05 UTC" in words
    assert "Limits are settings, not law." in words
    assert "What cannot be told, and why" in words


def test_every_set_and_metric_has_a_drawing_that_can_be_drawn(document, page):
    drawn = [one for panel in panels(document) for one in panel.figures]
    assert len(drawn) == 3 * 8
    assert [one.at for one in drawn] == list(range(len(drawn)))
    assert page.count("data-figure=") == len(drawn)
    for one in drawn[:3]:
        assert as_svg(one.figure).startswith("<svg")


def test_every_table_of_the_document_with_rows_is_shown(document):
    shown = {sheet.key for sheet in sheets(document)}
    assert {"selection", "scoring", "four_fifths", "widest", "calibration", "measures", "spread",
            "coverage", "change", "proxies"} <= shown  # fmt: skip
    assert shown <= KINDS.keys()
    for sheet in sheets(document):
        assert all(len(cells) == len(sheet.heads) for _, cells in sheet.rows), sheet.key


def test_a_fact_that_another_one_says_from_the_other_side_is_told_once(document):
    mirrors = {one["id"] for one in document["findings"] if one["mirror"]}
    assert mirrors
    assert not mirrors & {one["id"] for one in told(document)}
    lower = [one["segment"] for one in told(document) if one["component"] == "selection_rate"]
    assert "race=B" in lower
    assert "race=A" not in lower


def test_what_is_context_is_drawn_without_a_band_and_without_a_verdict(document):
    drawn = {one.title: one.figure for one in panels(document)[0].figures}

    def band(figure):
        (row,) = figure.spec["datasets"]["limit"]
        return row["high"] - row["low"]

    assert band(drawn["Base rate"]) == 0
    assert band(drawn["Accuracy"]) == pytest.approx(0.1)
    assert {row["verdict"] for row in drawn["Base rate"].rows} == {"context"}


def test_groups_that_are_not_shown_take_no_line_of_a_drawing(document):
    figure = panels(document)[2].figures[0]
    assert all(row["value"] is not None for row in figure.figure.rows)
    hidden = sum(row["rate"] is None for row in first_of(document, "race & sex", "selection_rate"))
    assert hidden
    assert f"{hidden} not shown" in figure.note


def test_an_audit_that_tells_nothing_is_headed_cannot_tell():
    found = vd.fairness({"g": ["a"] * 50, "prediction": [0, 1] * 25}, "g").to_dict()
    page = " ".join(" ".join(Reader(render_fairness_html(found, bundle="library")).words).split())
    assert "Cannot tell" in page.split("Groups side by side")[0]
    assert "nobody to hold it against" in page
    assert "cannot tell" in render_fairness_notebook(found)


def test_one_less_a_rate_is_told_once(document):
    parts = {(one["segment"], one["component"]) for one in told(document)
             if one["category"] is None}  # fmt: skip
    twice = {segment for segment, name in parts if name == "true_positive_rate"} & {
        segment for segment, name in parts if name == "false_negative_rate"
    }
    assert twice == set()


# --- the forest -----------------------------------------------------------------------------------


def bar(group, value, low, high, verdict="calm"):
    return {"group": group, "value": value, "low": low, "high": high, "told": "x", "n": 100,
            "rate": 0.5, "verdict": verdict}  # fmt: skip


@pytest.mark.parametrize("by_ratio", [True, False])
def test_a_forest_is_drawn_with_hidden_groups_and_intervals_without_end(by_ratio):
    rows = [
        bar("a", 0.9, 0.8, 1.1),
        bar("b", 0.1, 0.0, None, "unknown"),
        bar("tiny", None, None, None, "unknown"),
    ]
    figure = forest("t", rows, 0.8 if by_ratio else 0.05, by_ratio=by_ratio, note="")
    assert as_svg(figure).count("tiny") >= 1
    low, high = next(p["value"] for p in figure.spec["params"] if p["name"] == "ends")
    assert low < high
    assert low > 0 or not by_ratio


def test_one_wide_interval_does_not_hide_the_others():
    rows = [bar("a", 0.01, -0.02, 0.04), bar("b", 0.1, -0.9, 0.9, "unknown")]
    figure = forest("t", rows, 0.05, by_ratio=False, note="")
    low, high = next(p["value"] for p in figure.spec["params"] if p["name"] == "ends")
    assert (low, high) == pytest.approx((-0.416, 0.416), abs=0.01)
    assert figure.rows[1]["high"] == 0.9  # what is told stays whole


def test_without_any_figure_there_is_a_sentence_instead():
    figure = forest("t", [bar("a", None, None, None)], 0.05, by_ratio=False, note="")
    assert figure.spec is None
    assert "enough rows" in figure.empty


# --- the terminal ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["document", "hostile"])
def test_the_terminal_fits_eighty_columns_and_says_the_verdict_first(name, request):
    document = request.getfixturevalue(name)
    out = io.StringIO()
    render_fairness(document, Console(file=out, width=80, color_system=None))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "alarming" in lines[0]
    assert "\x1b" not in out.getvalue()
    assert "not stated" in out.getvalue()


def test_the_terminal_shows_interval_and_test_of_selection_and_what_else_is_known(document):
    out = io.StringIO()
    render_fairness(document, Console(file=out, width=80, color_system=None))
    text = out.getvalue()
    row = next(line for line in text.splitlines() if line.startswith("B ") and " to " in line)
    assert "< 0.0001" in row
    words = " ".join(text.split())
    assert "Columns that reveal a group, each by itself: `post`" in words
    assert "Since the reference" in words
    assert "nothing is judged of fewer than 30 rows, and nothing shown of fewer than 10" in words


def test_the_terminal_tells_one_estimate_by_chances_where_the_other_is_missing():
    """Nobody is likely enough to be of a group, but for a few."""
    chance = np.full(2000, 0.3)
    chance[:4] = 0.95
    table = {
        "b": chance.tolist(), "w": (1 - chance).tolist(),
        "prediction": [int(i % 3 == 0) for i in range(2000)],
    }  # fmt: skip
    chances = {"ra[red]ce": {"B": "b", "W": "w"}}
    document = vd.fairness(table, (), chances=chances, proxies=False).to_dict()
    out = io.StringIO()
    render_fairness(document, Console(file=out, width=80, color_system=None))
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["ra[red]ce,", "by", "chances", "rows", "selected"] in lines
    assert ["B,", "weighted", "1975", "33", "%?"] in lines  # what the weights are worth
    assert ["B,", "likely", "members", "few", "-"] in lines
    row = document["membership"][0]
    assert row["thresholded_rate"] is None
    assert row["reason"].endswith("weighted by chances alone it is 33 % against 33 % of the rest")
