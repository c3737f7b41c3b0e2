"""Figures: drawn from plain data alone, whatever its names hold."""

import re

import pytest

from vedette.report.figures.change import change
from vedette.report.figures.figure import as_png, as_svg


def side(**counts):
    return {"rows": 100, "missing": 0} | counts


def picture(document):
    return as_png(change(document))


def svg(document):
    return as_svg(change(document))


def numeric(**changed):
    return {
        "name": "distance",
        "kind": "numeric",
        "title": "`distance` where carrier = UA rose by 1 sd: mean 1500 -> 2400",
        "component": "level",
        "reference": side(),
        "current": side(),
        "distribution": {
            "type": "numeric",
            "edges": [0.0, 500.0, 1000.0, 2000.0, 4000.0],
            "reference": [20, 40, 30, 10],
            "current": [5, 20, 35, 40],
        },
    } | changed


def nominal(**changed):
    return numeric(
        name="carrier",
        kind="category",
        component="category",
        distribution={
            "type": "nominal",
            "categories": ["UA", "AA", "(other)"],
            "reference": [50, 40, 10],
            "current": [10, 80, 10],
        },
        **changed,
    )


@pytest.mark.parametrize("document", [numeric(), nominal()], ids=["numeric", "nominal"])
def test_a_png_is_drawn_of_either_kind(document):
    drawn = picture(document)
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) < 200_000


def test_the_svg_holds_title_rows_and_names_as_text():
    drawn = svg(nominal(title="`carrier` <script>alert(1)</script> changed"))
    assert "&lt;script&gt;" in drawn
    assert "<script" not in drawn
    assert "reference: 100 rows; window: 100 rows" in drawn
    assert ">UA<" in drawn


def values_of(document):
    [values] = change(document).spec["datasets"].values()
    return values


def test_a_column_that_is_gone_is_drawn_with_its_missing_values():
    distribution = numeric()["distribution"] | {"current": [0, 0, 0, 0]}
    gone = numeric(component="missing", current=side(missing=100), distribution=distribution)
    names = {row["name"]: row["share"] for row in values_of(gone) if row["side"] == "window"}
    assert names["missing"] == 1.0
    assert picture(gone).startswith(b"\x89PNG")


def test_bars_are_shares_of_their_own_side():
    shares = {(row["name"], row["side"]): row["share"] for row in values_of(nominal())}
    assert shares["UA", "reference"] == 0.5
    assert shares["UA", "window"] == 0.1


def test_there_is_no_picture_without_a_distribution():
    assert picture(numeric(distribution=None)) is None
    assert svg(numeric(distribution=None)) is None


def test_a_title_without_end_is_cut():
    drawn = svg(numeric(title="word " * 200))
    lines = re.findall(">(word [^<]*)<", drawn)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
