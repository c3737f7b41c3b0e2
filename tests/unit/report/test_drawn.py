"""Every figure is drawn without a warning, as high as its page thinks, and its text is inert.

Owns: what holds for all figures.  Does not own: what single ones show.
"""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert

from vedette.report.figures import course, evidence, heat, lines, theme, timeline, traffic
from vedette.report.figures.change import change, change_height
from vedette.report.figures.figure import Figure, as_csv, as_png, as_svg, for_page

HOSTILE = "<script>alert(1)</script>\"'\u202e\x00 @here"
HOUR = 3_600_000.0
AT = 1_793_527_200_000.0
WIDTHS = (260, 390, 760, 1300)
AXES = ("drift", "anomalies", "skew", "infrastructure", "fairness and security")
VERDICTS = ("alarming", "notable", "unknown", "calm")


STRETCH = (AT, AT + 8 * HOUR)


def stretch(at: int) -> dict[str, float]:
    return {"t0": AT + at * HOUR, "t1": AT + (at + 1) * HOUR}


def marks(name: str) -> list[dict[str, Any]]:
    return [{"t0": AT + 2.5 * HOUR, "text": name}, {"t0": AT + 2.6 * HOUR, "text": f"{name} 2"}]


def incidents(name: str) -> list[dict[str, Any]]:
    plain = {"axis": "drift", "opened": AT + 3 * HOUR, "title": name, "severity": "critical",
             "state": "open", "href": "/incidents/a"}  # fmt: skip
    return [{**stretch(1), **plain}, {**stretch(1), **plain, "severity": "info"}]


def drawn_timeline(name: str) -> Figure:
    cells = [
        {"axis": axis, **stretch(at), "verdict": VERDICTS[at % 4], "part": at / 10}
        for axis in AXES
        for at in range(8)
    ]
    shown = [{"axis": timeline.LABELS, **stretch(at), "share": at / 8, "rows": at} for at in (1, 2)]
    return timeline.timeline(
        AXES, cells, incidents(name), marks(name), shown, step="1 h", stretch=STRETCH
    )


def drawn_heat(name: str) -> Figure:
    columns = [name, *(f"column {at}" for at in range(6)), "x" * 200]
    cells = [
        {"column": column, "segment": name, **stretch(at), "verdict": VERDICTS[at % 4],
         "effect": None if at == 3 else at / 7 - 0.3, "href": "/models/m/columns/c"}
        for column in columns
        for at in range(6)
    ]  # fmt: skip
    return heat.heat(columns, 90, cells, marks(name), step="1 h")


def drawn_traffic(name: str) -> Figure:
    rows = [{**stretch(at), "rows": at * 900, "late": at % 2} for at in range(6)]
    return traffic.traffic(rows, marks(name), step="1 h", stretch=STRETCH)


def drawn_lines(name: str, unit: str = lines.SHARE, steps: Sequence[int] = range(5)) -> Figure:
    names = [name, "b"]
    rows = [
        {**stretch(at), "name": own, "value": at * 0.1, "rows": None} for at in steps
        for own in names
    ]  # fmt: skip
    return lines.lines(rows, marks(name), incidents(name), title=f"`{name}`", unit=unit,
                       step="1 h", stretch=STRETCH, names=names)  # fmt: skip


def drawn_evidence(name: str) -> Figure:
    rows = [{**stretch(at), "value": at / 2, "threshold": 3.0, "share": at / 6} for at in range(7)]
    return evidence.evidence(rows, marks(name), step="1 h", stretch=STRETCH)


def drawn_course(name: str, component: str) -> Figure:
    points = [
        {**stretch(at), "effect": at / 9, "low": at / 9 - 0.1, "high": at / 9 + 0.1,
         "observed": 1.0, "expected": 0.5, "rows": 30}
        for at in range(6)
    ]  # fmt: skip
    return course.course(
        component, points, marks(name), incidents(name), column=name, min_effect=0.05, step="1 h"
    )


def drawn_segments(name: str, component: str = "level") -> Figure:
    rows = [
        {"segment": segment, "effect": 0.2 * at, "low": 0.1 * at, "high": 0.3 * at, "rows": 9,
         "reason": "", "verdict": ("beyond", "there", "calm")[at % 3]}
        for at, segment in enumerate(["all rows", name, "country=de"])
    ]  # fmt: skip
    blind = {"segment": "country=it", "effect": None, "low": None, "high": None, "rows": 3,
             "reason": name, "verdict": "unknown"}  # fmt: skip
    return course.segments([*rows, blind], column=name, component=component, min_effect=0.05)


def document(name: str, kind: str, component: str) -> dict[str, Any]:
    side = {"rows": 100, "missing": 3, "not_finite": 0, "broken": 0, "unseen": 1}
    told: dict[str, Any] = {"type": "numeric", "edges": [0.0, 5.0, 9.0, 20.0],
                            "reference": [20, 60, 20], "current": [5, 20, 75]}  # fmt: skip
    if kind == "category":
        told = {"type": "nominal", "categories": [name, "b", "(other)"],
                "reference": [50, 40, 10], "current": [10, 80, 10]}  # fmt: skip
    return {"name": name, "kind": kind, "title": name, "component": component,
            "reference": side, "current": side, "distribution": told}  # fmt: skip


def figures(name: str) -> dict[str, Figure]:
    return {
        "timeline": drawn_timeline(name),
        "heat": drawn_heat(name),
        "traffic": drawn_traffic(name),
        "lines of shares": drawn_lines(name),
        "lines of seconds": drawn_lines(name, "seconds"),
        "evidence": drawn_evidence(name),
        "course of level": drawn_course(name, "level"),
        "course of missing": drawn_course(name, "missing"),
        "segments": drawn_segments(name),
        "segments of shares": drawn_segments(name, "missing"),
        "change of numbers": change(document(name, "numeric", "level")),
        "change of missing": change(document(name, "numeric", "missing")),
        "change of categories": change(document(name, "category", "category")),
    }


NAMES = tuple(figures("a"))
HEIGHTS = {
    "timeline": timeline.timeline_height(len(AXES)),
    "heat": heat.heat_height(8),
    "traffic": traffic.HEIGHT,
    "lines of shares": lines.HEIGHT,
    "lines of seconds": lines.HEIGHT,
    "evidence": evidence.HEIGHT,
    "course of level": course.HEIGHT,
    "course of missing": course.HEIGHT,
    "segments": course.segments_height(4),
    "segments of shares": course.segments_height(4),
    "change of numbers": change_height(document("a", "numeric", "level")),
    "change of missing": change_height(document("a", "numeric", "missing")),
    "change of categories": change_height(document("a", "category", "category")),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_compiled_without_a_warning(name: str, capfd: pytest.CaptureFixture[str]):
    figure = figures("amount")[name]
    assert vl_convert.vegalite_to_vega(figure.spec, show_warnings=True)["marks"]
    assert capfd.readouterr().err == ""


def test_a_warning_would_be_heard(capfd: pytest.CaptureFixture[str]):
    encoding = {"x": {"field": "a", "type": "quantitative"}, "shape": {"value": 3}}
    spec = {"data": {"values": []}, "mark": "bar", "encoding": encoding}
    vl_convert.vegalite_to_vega(spec, show_warnings=True)
    assert "shape" in capfd.readouterr().err


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_figure_is_as_high_as_its_page_keeps_free(name: str, width: int):
    spec = theme.painted(figures("amount of something with a rather long name")[name].spec)
    drawn = vl_convert.vegalite_to_svg({**spec, "width": width})
    size = re.search(r'<svg[^>]*? width="([0-9.]+)" height="([0-9.]+)"', drawn)
    assert float(size[2]) == HEIGHTS[name]
    assert float(size[1]) == width


@pytest.mark.parametrize("name", NAMES)
def test_names_do_no_harm_in_a_drawing(name: str):
    figure = figures(HOSTILE)[name]
    drawn = as_svg(figure)
    root = ElementTree.fromstring(drawn)  # well-formed
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert tags <= {"svg", "g", "path", "text", "tspan", "rect", "defs", "clipPath", "style", "a",
                    "title", "line", "circle", "linearGradient", "stop", "image"}  # fmt: skip
    assert not [key for node in root.iter() for key in node.attrib if key.startswith("on")]
    links = [value for node in root.iter() for key, value in node.attrib.items()
             if key.endswith("href")]  # fmt: skip
    assert all(link.startswith("#") for link in links)
    assert as_png(figure).startswith(b"\x89PNG")


def expressions(value: Any) -> Iterator[str]:
    """Everything of a Vega specification that is run."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("signal", "expr", "test", "update") and isinstance(item, str):
                yield item
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def test_a_line_joins_steps_that_follow_one_another_and_no_others():
    def joints(*steps: int) -> int:
        drawn = as_svg(drawn_lines("a", "seconds", steps))
        return sum("next: " in node.get("aria-label", "") for node in ElementTree.fromstring(drawn)
                   .iter())  # fmt: skip

    assert joints(0, 1, 2, 3) == 2 * 3  # of two lines
    assert joints(0, 1, 5, 6) == 2 * 2  # nothing is known of the time between


@pytest.mark.parametrize("name", NAMES)
def test_no_name_becomes_part_of_an_expression(name: str):
    spec = figures("\\" + '" + injected + "' + "\\'")[name].spec
    found = list(expressions(vl_convert.vegalite_to_vega(spec)))
    assert found
    assert not [text for text in found if "injected" in text]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_the_rows_of_the_drawing(name: str):
    figure = figures(HOSTILE)[name]
    written = as_csv(figure).split("\r\n")
    assert written[-1] == ""
    assert len(written) == len(figure.rows) + 2
    assert not re.search(r"(^|,)[=+@]", as_csv(figures("=1+1")[name]), re.M)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_names_only_colours_that_there_are(name: str):
    spec = figures("amount")[name].spec
    named = {one for text in texts(spec) for one in re.findall(r"var\((--[\w-]+)\)", text)}
    assert named
    assert named <= theme.LIGHT.keys()
    painted = theme.painted(spec)
    assert not [text for text in texts(painted) if "var(" in text]
    assert '"container"' not in str(painted)


@pytest.mark.parametrize("name", NAMES)
def test_drawing_leaves_the_figure_as_it_was(name: str):
    figure = figures("amount")[name]
    before = for_page(figure)
    as_svg(figure)
    as_png(figure)
    assert for_page(figure) == before == for_page(figures("amount")[name])


EMPTY = {
    "timeline": timeline.timeline(AXES, [], [], [], [], step="1 h", stretch=STRETCH),
    "heat": heat.heat([], 0, [], [], step="1 h"),
    "traffic": traffic.traffic([], [], step="1 h", stretch=STRETCH),
    "lines": lines.lines([], [], [], title="x", unit="", step="1 h", stretch=STRETCH, names=[]),
    "evidence": evidence.evidence([], [], step="1 h", stretch=STRETCH),
    "course": course.course("level", [], [], [], column="x", min_effect=0.1, step="1 h"),
    "segments": course.segments([], column="x", component="level", min_effect=0.1),
    "change": change({**document("x", "numeric", "level"), "distribution": None}),
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_draw_is_said_in_a_sentence(name: str):
    figure = EMPTY[name]
    assert figure.spec is None
    assert re.fullmatch(r"[A-Z][^.]+[.]", figure.empty)
    assert (as_png(figure), as_svg(figure)) == (None, None)
    assert as_csv(figure).strip() == ""


def test_a_time_line_of_unknown_steps_alone_is_empty():
    cells = [{"axis": "drift", **stretch(0), "verdict": "unknown", "part": 0.0}]
    assert timeline.timeline(AXES, cells, [], [], [], step="1 h", stretch=STRETCH).empty
    assert timeline.timeline(AXES, cells, incidents("x"), [], [], step="1 h", stretch=STRETCH).spec


def test_a_time_line_is_as_long_as_its_windows_whenever_incidents_began():
    plain = drawn_timeline("a")
    early = deepcopy(plain)
    for one in early.spec["datasets"]["incidents"]:
        one["t0"] -= 900 * HOUR
    cells = [re.findall(r'aria-label="[^"]*verdict: [^"]*"[^>]* d="[^"]*"', as_svg(figure) or "")
             for figure in (plain, early)]  # fmt: skip
    assert len(cells[0]) == len(plain.spec["datasets"]["cells"])
    assert cells[0] == cells[1]
