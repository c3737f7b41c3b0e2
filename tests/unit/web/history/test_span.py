"""Stretches of time: whole windows, few steps, and links that lead where they say."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.durations import DAY, HOUR, MINUTE, SECOND
from vedette.web.answers import Problem
from vedette.web.asked import span_asked
from vedette.web.history.past import Past
from vedette.web.history.span import LONGEST, REACHES, STEPS, Span, span_of
from vedette.web.pages.ranges import Range, range_of
from vedette.web.query import read_query

NOW = 1_793_527_200 * SECOND + 123_456_789
instants = st.integers(0, 4 * 10**18)
lengths = st.integers(1, LONGEST) | st.sampled_from([*REACHES.values(), 6 * HOUR, 28 * DAY])
windows = st.sampled_from([SECOND, 7 * SECOND, MINUTE, 5 * MINUTE, HOUR, 8 * HOUR, DAY, 3 * DAY])
clocks = st.sampled_from([(MINUTE, MINUTE, HOUR), (15 * MINUTE, HOUR, 2 * HOUR), (HOUR, HOUR, DAY)])


@given(instants, lengths, windows)
def test_steps_are_whole_windows_few_and_cover_the_stretch(start: int, length: int, window: int):
    span = span_of(start, start + length, window)
    assert span.width % window == 0
    assert span.start % span.width == span.end % span.width == 0
    assert span.start <= start
    assert start + length <= span.end or span.end - span.start > LONGEST - span.width
    assert start - span.start < span.width
    assert span.end - (start + length) < span.width
    assert 1 <= span.steps <= max(STEPS, LONGEST // (28 * DAY))
    assert span.starts[-1] + span.width == span.end


@given(instants, lengths, windows)
def test_every_instant_lies_in_its_step(start: int, length: int, window: int):
    span = span_of(start, start + length, window)
    assert span.at([start, span.start]).tolist() == [0, 0]
    for at in span.at([start + length // 2, span.end - 1]).tolist():
        assert 0 <= at < span.steps or length > LONGEST - 60 * DAY
    assert span.at([span.start - 1])[0] == -1
    assert span.at([span.end])[0] == span.steps


@given(instants, lengths, windows)
def test_a_span_is_cut_into_itself(start: int, length: int, window: int):
    span = span_of(start, start + length, window)
    assert span_of(span.start, span.end, window) == span


def test_what_ends_before_it_begins_still_has_a_step():
    assert span_of(HOUR, 0, MINUTE).steps == 1


def followed(past: Past, path: str) -> Span:
    """The stretch that a link opens."""
    query = read_query(parse_qsl(urlsplit(path).query), ("start", "end"))
    return span_asked(past, query.start, query.end)


def of_widths(widths: tuple[int, int, int]) -> Past:
    return Past(None, None, "m", widths, NOW)  # type: ignore[arg-type]


def ranged(past: Past, span: Span) -> Range:
    return range_of("/models/m", span, past.now)


@given(clocks, st.integers(0, 400 * DAY), lengths)
def test_links_lead_to_the_stretch_that_they_name(
    widths: tuple[int, int, int], ago: int, length: int
):
    past = of_widths(widths)
    span = span_asked(past, NOW - ago - length, NOW - ago)
    for name, path, _ in ranged(past, span).reaches:
        there = followed(past, path)
        assert 0 <= there.end - there.start - REACHES[name] < 2 * there.width
        assert there.start < span.end  # what was shown last is shown still
        assert there.end >= min(span.end, NOW + 1)
        chosen = [(at, current) for at, _, current in ranged(past, there).reaches]
        assert (name, True) in chosen
        assert sum(current for _, current in chosen) == 1


@given(clocks, st.integers(0, 400 * DAY), lengths)
def test_earlier_and_later_are_next_to_what_is_shown(
    widths: tuple[int, int, int], ago: int, length: int
):
    past = of_widths(widths)
    span = span_asked(past, NOW - ago - min(length, 3000 * DAY), NOW - ago)
    shown = ranged(past, span)
    before = followed(past, shown.earlier)
    assert before.start <= span.start - (span.end - span.start)
    assert span.start <= before.end < span.start + before.width
    assert bool(shown.later) == (span.end <= NOW)
    if shown.later:
        after = followed(past, shown.later)
        assert after.start <= span.end < after.start + after.width
        assert after.end >= span.end + (span.end - span.start)


@given(clocks, st.integers(0, 400 * DAY), lengths)
def test_the_charts_of_a_page_show_the_stretch_of_the_page(
    widths: tuple[int, int, int], ago: int, length: int
):
    past = of_widths(widths)
    span = span_asked(past, NOW - ago - length, NOW - ago)
    query = ranged(past, span).query
    again = read_query(query.items(), ("start", "end"))
    assert span_asked(past, again.start, again.end) == span


def test_a_stretch_that_ends_before_it_begins_is_refused():
    with pytest.raises(Problem, match="start is not before end"):
        span_asked(of_widths((MINUTE, MINUTE, HOUR)), NOW, NOW)
