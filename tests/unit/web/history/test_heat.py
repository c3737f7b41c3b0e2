"""The heat map, against looks and incidents read one by one."""

import math

import msgspec
import numpy as np
import pytest
from tests.story import BEGIN, END, GONE, SHIFT, SHOP, Story

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.engine.looks import read_look
from vedette.monitors.finding import NOTABLE
from vedette.web.history.heat import heat
from vedette.web.history.past import Past
from vedette.web.history.span import Span, span_of


def incidents(told: Story) -> list[Incident]:
    entries = told.live.store.read("incident", SHOP)
    return [msgspec.json.decode(entry.body, type=Incident) for entry in entries]


def lasting(told: Story, past: Past, span: Span, column: str) -> set[int]:
    """The steps in which an incident holds a column."""
    found = set()
    for one in incidents(told):
        end = past.now if one.closed is None else one.closed
        if any(held == column for _, held, _ in one.streams):
            found |= {at for at in span.starts if one.onset < at + span.width and at < end}
    return found


def shares(told: Story, span: Span, column: str) -> dict[int, tuple[float, set[float]]]:
    """In every step the largest share of what alarms, and the effects of the streams that have
    it."""
    best: dict[int, tuple[float, set[float]]] = {}
    for entry in told.live.store.read("look", SHOP, span.start, span.end, prefix="drift/"):
        look = read_look(entry.body)
        part = look["weights"] * look["evidence"] / np.float32(look["threshold"])
        step = span.starts[int(span.at([look["window"].start])[0])]
        for (_, own, _segment), share, effect in zip(
            look["streams"], part.tolist(), look["effect"].tolist(), strict=True
        ):
            most, effects = best.get(step, (-1.0, set()))
            if own == column and not math.isnan(effect) and share >= most:
                best[step] = (share, {effect} | (effects if share == most else set()))
    return best


SPANS = {"hours": (SHIFT[0] - 12 * HOUR, SHIFT[0] + 2 * DAY, HOUR), "all": (BEGIN, END, HOUR)}


@pytest.mark.parametrize("name", SPANS)
@pytest.mark.parametrize("column", ["amount", "device", "visits", "score", "country"])
def test_cells_are_what_the_monitors_saw(told: Story, past: Past, name: str, column: str):
    span = span_of(*SPANS[name])
    cells = {c.start: c for c in heat(past, span, 40).cells if c.column == column}
    seen, over = shares(told, span, column), lasting(told, past, span, column)
    assert set(cells) == set(seen) | over
    for at, cell in cells.items():
        assert (cell.verdict == "alarming") == (at in over)
        if at in seen:
            share, effects = seen[at]
            assert cell.effect in effects
            if at not in over:
                assert cell.verdict == ("notable" if share >= NOTABLE else "calm")
        else:
            assert math.isnan(cell.effect)


def test_what_alarmed_is_the_worst_and_in_its_segment(told: Story, past: Past):
    span = span_of(SHIFT[0], SHIFT[1], HOUR)
    shown = heat(past, span, 2)
    assert shown.columns[0] == "amount"
    assert len(shown.columns) == 2
    assert shown.of == len(past.watched) == len(past.baseline.columns) - 1  # but for a latency
    assert {cell.column for cell in shown.cells} <= set(shown.columns)
    alarming = [c for c in shown.cells if c.verdict == "alarming"]
    assert {cell.column for cell in alarming} == {"amount"}
    named = [cell.segment for cell in alarming if cell.effect > 0.3]
    assert named.count("country=fr") > len(named) / 2


def test_one_segment_alone(told: Story, past: Past):
    span = span_of(SHIFT[0], SHIFT[1], HOUR)
    cells = heat(past, span, 40, "country=de").cells
    assert {cell.segment for cell in cells} == {"country=de"}
    assert not [cell for cell in cells if cell.column == "amount" and cell.verdict == "alarming"]
    whole = heat(past, span, 40, "").cells
    assert {cell.segment for cell in whole} == {""}


def test_a_column_that_is_gone_alarms_to_this_day(past: Past):
    span = span_of(GONE - DAY, END, HOUR)
    cells = [c for c in heat(past, span, 40).cells if c.column == "device"]
    assert {c.start for c in cells if c.verdict == "alarming"} == {
        at for at in span.starts if at >= GONE and at < past.now
    }


def test_within_an_hour_nothing_is_invented(told: Story, past: Past):
    span = span_of(SHIFT[0] - HOUR, SHIFT[0] + 3 * HOUR, 15 * MINUTE)
    cells = heat(past, span, 40).cells
    assert {cell.start for cell in cells if cell.verdict == "alarming"} == lasting(
        told, past, span, "amount"
    )
