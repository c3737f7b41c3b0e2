"""How many predictions have a label, against the truth; nothing is said beyond the bounds."""

from itertools import count

import numpy as np
import pytest
from tests.story import BEGIN, END, LABELLED, Story

from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.web.history import labels
from vedette.web.history.past import Past
from vedette.web.history.span import span_of


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [(BEGIN, END, HOUR), (BEGIN + DAY, BEGIN + 3 * DAY, HOUR),
     (LABELLED[1] - 2 * HOUR, LABELLED[1] + 2 * HOUR, 15 * MINUTE)],
)  # fmt: skip
def test_coverage_is_the_truth_by_step(told: Story, past: Past, start: int, end: int, window: int):
    span = span_of(start, end, window)
    times = told.times()
    inside = (times >= span.start) & (times < span.end)
    steps = span.at(times[inside])
    known = np.isin(told.rows["_id"].to_pandas()[inside], list(told.labelled))
    rows = np.bincount(steps, minlength=span.steps)
    hits = np.bincount(steps[known], minlength=span.steps)
    shown = {step.start: (step.rows, step.labelled) for step in labels.coverage(past, span)}
    assert shown == {
        at: (int(n), int(k)) for at, n, k in zip(span.starts, rows, hits, strict=True) if n
    }


def test_nothing_is_said_of_more_rows_than_are_joined(past: Past, monkeypatch: pytest.MonkeyPatch):
    span = span_of(LABELLED[0], LABELLED[0] + 4 * HOUR, HOUR)
    own = sum(step.rows for step in labels.coverage(past, span))
    monkeypatch.setattr(labels, "SCAN_ROWS", 20_000)  # of labels there are fewer
    assert labels.coverage(past, span) is not None
    monkeypatch.setattr(labels, "SCAN_ROWS", own)
    assert labels.coverage(past, span) is None  # labels of later times are more
    quiet = span_of(END - 2 * DAY, END, HOUR)
    monkeypatch.setattr(labels, "SCAN_ROWS", 1_000)
    assert labels.coverage(past, quiet) is None


def test_nothing_is_said_after_too_long(past: Past):
    ticks = count(step=labels.SCAN_S / 3)
    span = span_of(BEGIN, END, HOUR)
    assert labels.coverage(past, span, clock=lambda: float(next(ticks))) is None
