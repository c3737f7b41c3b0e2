"""Terminal, JUnit, notebook and JSON Schema."""

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from rich.console import Console

from vedette.report.jsonschema import comparison_schema
from vedette.report.junit import render_junit
from vedette.report.notebook import render_notebook
from vedette.report.terminal import render_terminal

NAMES = ("example", "hostile", "quiet", "wide")
PUBLISHED = Path(__file__).parents[3] / "docs" / "formats" / "comparison.schema.json"


def printed(document, width=80, encoding="utf-8", colour=False):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="\n")
    console = Console(
        file=file, width=width, force_terminal=colour, legacy_windows=False, _environ={}
    )
    render_terminal(document, console)
    file.seek(0)
    return file.read()


class TestSchema:
    @pytest.mark.parametrize("name", NAMES)
    def test_documents_obey(self, made, name):
        jsonschema.Draft202012Validator(comparison_schema()).validate(made(name))

    def test_schema_is_itself_valid_and_published(self):
        jsonschema.Draft202012Validator.check_schema(comparison_schema())
        assert json.loads(PUBLISHED.read_text("utf-8")) == comparison_schema()

    @pytest.mark.parametrize("path", [(), ("reference",), ("columns", 0), ("findings", 0)])
    def test_unknown_fields_are_refused(self, made, path):
        document = json.loads(json.dumps(made("example")))
        part = document
        for key in path:
            part = part[key]
        part["surprise"] = 1
        with pytest.raises(jsonschema.ValidationError, match="surprise"):
            jsonschema.Draft202012Validator(comparison_schema()).validate(document)

    def test_every_field_is_described(self):
        def walk(node, path):
            for name, field in node.get("properties", {}).items():
                known = {"description", "$ref", "const"} & field.keys()
                assert known, f"{path}.{name} has no description"
            for key, value in node.items():
                if isinstance(value, dict):
                    walk(value, f"{path}.{key}")

        walk(comparison_schema(), "")


class TestTerminal:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("width", [60, 80, 160])
    def test_fits(self, made, name, width):
        assert max(map(len, printed(made(name), width).splitlines())) <= width

    def test_says_what_matters_without_colour(self, made):
        text = printed(made("example"))
        assert "\x1b" not in text
        for words in ("▲ alarming", "◆ notable", "1 column unknown", "8 columns calm"):
            assert words in text
        assert "would have noticed a shift of 0.017 sd" in text
        assert "visib could not be judged: the current table has no values" in text
        assert "flight_id (role id is not compared)" in text

    def test_plain_ascii_terminal(self, made):
        text = printed(made("example"), encoding="ascii")
        assert "alarming" in text
        assert "▲" not in text

    def test_names_can_neither_style_nor_control(self, made):
        text = printed(made("hostile"))
        assert "[bold" in text
        assert not set(text) & set("\x1b\x07\x00\u2028")

    def test_colour_is_only_added(self, made):
        coloured = printed(made("example"), colour=True)
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(made("example"))

    def test_long_lists_end(self, made):
        text = printed(made("wide"))
        assert "more findings" in text
        assert len(text.splitlines()) < 90


class TestJunit:
    @pytest.mark.parametrize("name", NAMES)
    def test_is_well_formed_and_counts(self, made, name):
        document = made(name)
        root = ET.fromstring(render_junit(document).encode())
        suite = root.find("testsuite")
        cases = suite.findall("testcase")
        assert len(cases) == len(document["columns"]) == int(root.get("tests"))
        failed = [case for case in cases if case.find("failure") is not None]
        assert len(failed) == document["counts"]["alarming"] == int(suite.get("failures"))
        skipped = [case for case in cases if case.find("skipped") is not None]
        assert len(skipped) == document["counts"]["unknown"] == int(suite.get("skipped"))
        assert {case.get("classname") for case in cases} == {"vedette.compare"}

    def test_failures_hold_the_reasons(self, made):
        root = ET.fromstring(render_junit(made("example")).encode())
        failure = root.find(".//testcase[@name='dewp']/failure")
        assert "missing values of dewp rose from 0.2 % to 4.3 %" in failure.text
        notable = root.find(".//testcase[@name='dep_delay']")
        assert notable.find("failure") is None
        assert "less than 0.05" in notable.find("system-out").text
        values = {p.get("name"): p.get("value") for p in root.iter("property")}
        assert values["settings.min_effect"] == "0.05"

    def test_finding_about_no_column_has_its_own_case(self, made):
        document = made("example")
        joint = document["findings"][0] | {
            "monitor": "joint", "component": "joint", "column": "", "id": "ff",
            "reason": "the tables can be told apart",
        }  # fmt: skip
        document = document | {"findings": [joint, *document["findings"]]}
        root = ET.fromstring(render_junit(document).encode())
        case = root.find(".//testcase[@name='joint']/failure")
        assert case.get("message") == "the tables can be told apart"


class TestNotebook:
    @pytest.mark.parametrize("name", NAMES)
    def test_is_a_small_inert_fragment(self, made, name):
        fragment = render_notebook(made(name))
        assert len(fragment) < 40_000
        tags = {part.tag for part in ET.fromstring(fragment).iter()}
        assert tags <= {"div", "table", "tr", "td", "b", "span"}

    def test_says_what_matters(self, made):
        fragment = render_notebook(made("example"))
        assert "3 of 13 columns changed" in fragment
        assert "distance rose by 0.42 sd" in fragment
        assert "8 columns calm, would have noticed a shift of 0.017 sd." in fragment
        assert "Unknown: visib could not be judged" in fragment
