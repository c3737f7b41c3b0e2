"""Laying bins out for the eye loses no row and keeps point masses where they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.report import shapes

EDGES = st.lists(
    st.floats(-1e6, 1e6, allow_subnormal=False), min_size=2, max_size=40, unique=True
).map(sorted)


def distribution(edges, reference, current):
    return {"type": "numeric", "edges": edges, "reference": reference, "current": current}


@given(EDGES, st.data(), st.booleans())
def test_shares_add_up_to_one(edges, data, whole):
    counts = st.lists(st.integers(0, 1000), min_size=len(edges) - 1, max_size=len(edges) - 1)
    reference, current = data.draw(counts), data.draw(counts)
    picture = shapes.shape(distribution(edges, reference, current), whole=whole)
    if not picture.bars:
        assert not any(reference + current)
        return
    for side, counts in (("reference", reference), ("current", current)):
        total = sum(getattr(bar, side) for bar in picture.bars)
        assert total == pytest.approx(1.0 if sum(counts) else 0.0, abs=1e-3)
    assert sum(picture.parts) == len(picture.bars) <= 2 * shapes.DISPLAY_BINS + 2
    places = [bar.x0 for bar in picture.bars if 0 <= bar.x0 <= 1]
    assert places == sorted(places)


def test_point_mass_at_zero_stays_in_the_first_bar():
    picture = shapes.shape(distribution([-5e-324, 0.0, 1.0, 2.0], [70, 20, 10], [60, 30, 10]))
    assert picture.bars[0].reference == pytest.approx(0.7, abs=0.03)
    assert shapes.ceiling(picture.bars) < 0.1


def test_long_thin_tails_become_one_bar():
    edges, counts = [0.0, *range(1, 21), 1000.0], [50] * 20 + [5]
    picture = shapes.shape(distribution(edges, counts, counts))
    assert picture.parts[-1] == 1
    assert picture.bars[-1].name == "20 to 1000, drawn as one bar"
    assert picture.labels[-1] == "> 20"


def test_crowded_positive_axis_is_logarithmic():
    edges = [10.0**i for i in range(6)]
    picture = shapes.shape(distribution(edges, [20] * 5, [20] * 5))
    assert picture.labels == ["1", "10", "100", "1000", "10,000", "100,000"]


def test_whole_numbers_stand_on_their_values():
    picture = shapes.shape(distribution([4.999, 5.0, 6.0, 7.0], [1, 2, 1], [1, 1, 2]), whole=True)
    assert [bar.name for bar in picture.bars] == ["5", "6", "7"]
    assert [bar.reference for bar in picture.bars] == [0.25, 0.5, 0.25]


@pytest.mark.parametrize("edges", [[None, 1.0, None], [0.0, 0.0], [None, None]])
def test_strange_edges_do_not_break(edges):
    counts = [3] * (len(edges) - 1)
    shapes.shape(distribution(edges, counts, counts))


def test_shift_holds_every_row(made):
    for column in made("example")["columns"]:
        if column["distribution"] and column["distribution"]["type"] == "numeric":
            bars = shapes.shift(column).bars
            assert sum(bar.reference for bar in bars) == pytest.approx(1)
            assert sum(bar.current for bar in bars) == pytest.approx(1)


def test_movers_are_among_the_categories_drawn():
    n = 60
    column = {
        "distribution": {
            "type": "nominal",
            "categories": [f"c{i}" for i in range(n)] + ["(other)", "(unseen)"],
            "reference": [100] * n + [0, 0],
            "current": [100] * (n - 1) + [5000, 0, 7],
        },
        "reference": {"rows": 6000, "missing": 0},
        "current": {"rows": 10907, "missing": 3},
    }
    bars, left_out = shapes.nominal(column)
    assert bars[0].name == f"c{n - 1}"
    assert [bar.name for bar in bars[-2:]] == ["(unseen)", "(missing)"]
    assert left_out == n - shapes.CATEGORIES_DRAWN
