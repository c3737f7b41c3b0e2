"""Traffic and quantiles per step, against the rows that were sent."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.story import BEGIN, END, GONE, HOUR, LATE, LATE_ROWS, ROWS, SILENCE, Story
from tests.traffic import MODEL, Live, hours, live

from vedette.core.durations import DAY, MINUTE
from vedette.web.history.past import Past
from vedette.web.history.service import QUANTILES
from vedette.web.history.span import span_of
from vedette.web.history.traffic import latency_column, quantile, spread, traffic

SPANS = {
    "all of it": (BEGIN, END, HOUR),
    "a week": (END - 7 * DAY, END, HOUR),
    "a day": (LATE - 5 * HOUR, LATE + 19 * HOUR, HOUR),
    "some hours": (LATE - 2 * HOUR, LATE + 2 * HOUR, 15 * MINUTE),
}


@pytest.mark.parametrize("name", SPANS)
def test_rows_of_every_step_are_the_events_sent(told: Story, past: Past, name: str):
    span = span_of(*SPANS[name])
    times = told.times()
    # The first hour was what the first guess was fitted to: nothing watched it.
    times = times[(times >= max(span.start, BEGIN + HOUR)) & (times < span.end)]
    sent = np.bincount(span.at(times), minlength=span.steps)
    shown = traffic(past, span)
    assert {step.start: step.rows for step in shown} == {
        start: n for start, n in zip(span.starts, sent.tolist(), strict=True)
        if shown[0].start <= start <= shown[-1].start
    }  # fmt: skip
    assert sum(step.rows for step in shown) == len(times)


def test_late_rows_are_told_in_the_step_they_belong_to(past: Past):
    span = span_of(BEGIN, END, HOUR)
    late = {step.start: step.late for step in traffic(past, span) if step.late}
    assert late == {LATE // span.width * span.width: LATE_ROWS}


def test_silence_is_shown_as_no_rows(past: Past):
    span = span_of(SILENCE[0] - HOUR, SILENCE[1] + HOUR, HOUR)
    shown = {step.start: step.rows for step in traffic(past, span)}
    assert [shown[start] for start in span.starts] == [ROWS, *[0] * 6, ROWS]


def test_nothing_is_shown_of_a_time_of_which_nothing_is_kept(past: Past):
    assert traffic(past, span_of(BEGIN - 9 * DAY, BEGIN - 2 * DAY, HOUR)) == []


def edges_around(bounds: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The bin edges beyond two values."""
    below, above = bounds[bounds < low], bounds[bounds > high]
    return (below[-1] if len(below) else low), (above[0] if len(above) else high)


@pytest.mark.parametrize("segment", ["", "country=de"])
def test_quantiles_of_what_took_time_are_those_of_the_rows(told: Story, past: Past, segment: str):
    span = span_of(BEGIN + 6 * DAY, BEGIN + 7 * DAY, HOUR)
    shown = spread(past, span, "took_s", segment)
    assert [step.start for step in shown] == span.starts
    for step in shown:
        rows = told.between(step.start, step.start + span.width)
        if segment:
            rows = rows.filter(pc.equal(rows["country"], "de"))
        values = np.sort(rows["took_s"].to_numpy())
        assert step.rows == len(values)
        exact = [values[int(np.ceil(q * len(values))) - 1] for q in QUANTILES]
        assert step.values == pytest.approx(exact, rel=0.008)


@pytest.mark.parametrize("column", ["amount", "amount.eur", "visits"])
def test_quantiles_lie_within_a_bin_of_those_of_the_rows(told: Story, past: Past, column: str):
    span = span_of(BEGIN + 6 * DAY, BEGIN + 9 * DAY, HOUR)
    shown = spread(past, span, column)
    assert [step.start for step in shown] == span.starts
    binning = past.baseline.binnings[column]
    for step in shown:
        values = np.sort(told.between(step.start, step.start + span.width)[column].to_numpy())
        assert step.rows == len(values)
        for q, value in zip(QUANTILES, step.values, strict=True):
            rank = q * len(values)
            ends = values[max(int(rank) - 1, 0)], values[min(int(np.ceil(rank)), len(values) - 1)]
            low, high = edges_around(np.asarray(binning.edges), *map(float, ends))
            assert low - 1e-9 <= value <= high + 1e-9
        assert list(step.values) == sorted(step.values)


def test_quantiles_of_the_ends_are_the_extremes(told: Story, past: Past):
    span = span_of(BEGIN + 6 * DAY, BEGIN + 7 * DAY, DAY)
    [step] = spread(past, span, "amount", "", (0.0, 1.0))
    values = told.between(span.start, span.end)["amount"].to_numpy()
    assert step.values == pytest.approx((values.min(), values.max()))


def test_the_latency_column_is_the_one_of_that_role(past: Past):
    assert latency_column(past.baseline) == "took_s"
    assert latency_column(None) is None


def test_categories_and_missing_values_have_no_quantile(past: Past):
    span = span_of(GONE, END, HOUR)
    assert spread(past, span, "country") == []
    assert spread(past, span, "no such column") == []
    binning = past.baseline.binnings["amount"]
    empty = past.baseline.profile.cells["country", ""]
    assert quantile(binning, empty, 0.5) is None


@pytest.mark.parametrize(
    ("columns", "watched"),
    [({}, False), ({"latency_s": {"unit": "s"}}, False), ({"*": {"role": "feature"}}, False),
     ({"latency_s": {"role": "feature"}}, True)],
)  # fmt: skip
def test_the_latency_of_events_is_drawn_and_watched_when_an_operator_says_so(
    columns: dict[str, dict[str, str]], watched: bool
):
    model = Live(live(baseline={"warm_up": 2}, columns=columns))
    for record in hours(3, 400, 2):
        took = pa.array(np.linspace(0.01, 0.3, record.rows.num_rows))
        rows = record.rows.append_column("latency_s", took)
        model.feed([record._replace(rows=rows)])
    plan = model.runner.models[MODEL].plan
    baseline = plan.baseline
    assert latency_column(baseline) == "latency_s"
    every = [stream for rung in (plan.fast, plan.drift) for stream in rung.streams]
    streams = {stream.column for stream in every if stream.monitor not in ("metrics", "tail")}
    assert ("latency_s" in streams) is watched
    means = {stream.column for stream in every if stream.monitor == "metrics"}
    assert ("latency_s" in means) is not watched  # by its role
    assert "_weight" not in baseline.binnings
