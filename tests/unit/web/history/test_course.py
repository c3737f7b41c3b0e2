"""Components over time, against a direct comparison of the same rows."""

import pytest
from tests.story import BEGIN, END, GONE, SHIFT, Story

import vedette as vd
from vedette.core.durations import DAY, HOUR
from vedette.web.history.course import DRAWN, course, parts
from vedette.web.history.past import Past
from vedette.web.history.span import span_of


def compared(told: Story, past: Past, start: int, end: int) -> dict:
    """The components of every column and segment, of the rows themselves."""
    rows = told.between(start, end)
    result = vd.compare(past.baseline.profile, rows, baseline=past.baseline)
    return {(pair.column, pair.segment): pair.components() for pair in result.pairs}


def strongest(components: list) -> dict:
    found: dict = {}
    for one in components:
        if one.name not in found or abs(one.effect) > abs(found[one.name].effect):
            found[one.name] = one
    return {name: found[name] for name in DRAWN if name in found}


COLUMNS = [("amount", ""), ("amount", "country=fr"), ("visits", ""), ("country", ""),
           ("device", "country=de"), ("took_s", "")]  # fmt: skip


@pytest.mark.parametrize(("column", "segment"), COLUMNS)
def test_effects_are_those_of_the_rows(told: Story, past: Past, column: str, segment: str):
    span = span_of(SHIFT[0] - 12 * HOUR, SHIFT[0] + 36 * HOUR, 6 * HOUR)
    shown = course(past, span, column, segment)
    assert span.width == 6 * HOUR
    for start in span.starts:
        direct = compared(told, past, start, start + span.width)[column, segment]
        wanted = strongest(direct)
        points = {name: next((p for p in found if p.start == start), None)
                  for name, found in shown.items()}  # fmt: skip
        assert {name for name, point in points.items() if point} <= set(wanted)
        assert set(wanted) - {"category"} <= {name for name, point in points.items() if point}
        for name, one in wanted.items():
            point = points[name]
            if name == "category":  # the same one in every step, not the strongest of each
                effects = [c.effect for c in direct if c.name == name]
                assert point is None or pytest.approx(point.effect, abs=1e-9) in effects
                continue
            assert point.effect == pytest.approx(one.effect, abs=1e-9)
            assert (point.low, point.high) == pytest.approx((one.low, one.high), abs=1e-9)
            assert point.observed == pytest.approx(one.observed, abs=1e-9)
            assert point.expected == pytest.approx(one.expected, abs=1e-9)
            assert point.low <= point.effect <= point.high


def test_a_category_keeps_its_sign(told: Story, past: Past):
    """One category all the way: its shares are never those of another one."""
    span = span_of(SHIFT[0] - 12 * HOUR, SHIFT[0] + 36 * HOUR, 6 * HOUR)
    points = course(past, span, "country")["category"]
    assert len({round(point.expected, 9) for point in points}) == 1


def test_the_planted_shift_is_seen_in_its_segment_and_while_it_lasts(past: Past):
    span = span_of(BEGIN + 3 * DAY, BEGIN + 9 * DAY, DAY)
    level = {p.start: p for p in course(past, span, "amount", "country=fr")["level"]}
    moved = [start for start, point in level.items() if point.low > 0.05]
    assert moved == [SHIFT[0]]
    other = {p.start: p for p in course(past, span, "amount", "country=de")["level"]}
    assert abs(other[SHIFT[0]].effect) < 0.1 < level[SHIFT[0]].effect


def test_segments_are_compared_by_one_component(told: Story, past: Past):
    span = span_of(*SHIFT, HOUR)
    shown = parts(past, span, "amount")
    assert [part.segment for part in shown] == ["", "country=de", "country=fr", "country=it"]
    assert len({part.component for part in shown}) == 1
    direct = compared(told, past, *SHIFT)
    for part in shown:
        one = strongest(direct["amount", part.segment])[part.component]
        assert part.effect == pytest.approx(one.effect, abs=1e-9)
        assert part.rows == len(
            told.between(*SHIFT).to_pandas().query(
                f"country == '{part.segment[8:]}'" if part.segment else "country == country"
            )
        )  # fmt: skip
    assert max(shown, key=lambda part: part.effect).segment == "country=fr"


def test_a_column_is_not_split_by_itself(past: Past):
    span = span_of(*SHIFT, HOUR)
    assert [part.segment for part in parts(past, span, "country")] == [""]


def test_a_column_that_is_gone_says_why_there_is_no_effect(past: Past):
    span = span_of(GONE, END, HOUR)
    missing = course(past, span, "device")["missing"]
    assert {point.observed for point in missing} == {1.0}
    for part in parts(past, span, "device", "category"):
        assert part.effect is None
        assert part.reason


def test_what_is_not_known_has_no_course(past: Past):
    span = span_of(*SHIFT, HOUR)
    assert course(past, span, "no such column") == {}
    assert course(past, span, "amount", "country=xx") == {}
    assert course(past, span_of(BEGIN - 3 * DAY, BEGIN - DAY, HOUR), "amount") == {}
