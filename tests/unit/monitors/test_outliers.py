"""How many rows may be unlike the reference, when that is told, and in which words."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.windows import Window
from vedette.derive.outliers.counted import RowCounts
from vedette.derive.outliers.fit import fit_outliers
from vedette.derive.outliers.ordinary import with_ordinary
from vedette.monitors.monitor import Terms
from vedette.monitors.outliers import Outliers
from vedette.profiles.build import build

MINUTE = 60_000_000_000
THRESHOLD = 216_000.0  # a fifth of one alarm in 30 days of minutes


def table(rows: int, seed: int, odd: float = 0.0, where: str = "") -> pa.RecordBatch:
    """Rows of which some have a fare and a distance that none of the reference has."""
    rng = np.random.default_rng(seed)
    fare, distance = rng.gamma(3, 100, rows), rng.normal(900, 200, rows)
    carrier = rng.choice(["AA", "UA"], rows, p=[0.7, 0.3])
    chosen = np.flatnonzero(carrier == where) if where else np.arange(rows)
    wrong = chosen[: int(odd * len(chosen))]
    fare[wrong[::2]], distance[wrong[1::2]] = 9_000, 9_000
    return pa.record_batch({"fare": fare, "distance": distance, "carrier": carrier})


WHOLE = table(20_000, 0)
BARE = vd.Baseline.fit(pa.Table.from_batches([WHOLE]), segments=["carrier"])
FITTED = fit_outliers(WHOLE, BARE.schema)
ROWS = RowCounts.of(FITTED, BARE.segments)
EVERY = ("carrier=AA", "carrier=UA")


def profiled(batch):
    built = build([batch], BARE)
    return replace(built, cells={**built.cells, **ROWS.cells([batch])[0]})


def learnt(rates, rows=300):
    seen = [profiled(table(rows, 1_000 + at, odd=rate)) for at, rate in enumerate(rates)]
    return replace(BARE, outliers=with_ordinary(FITTED, EVERY, seen))


BASELINE = learnt([0.0] * 48)


def monitor_of(baseline):
    streams = Outliers.streams_of(baseline)
    importance = np.array([stream.importance for stream in streams])
    return Outliers.of(baseline, Terms(importance / importance.sum(), THRESHOLD, MINUTE))


def watched(monitor, profiles):
    state = monitor.start()
    for at, profile in enumerate(profiles):
        window = Window(at * MINUTE, (at + 1) * MINUTE)
        state, look = monitor.step(state, profile, window)
    return state, look


def told(monitor, profiles, at=0):
    state, look = watched(monitor, profiles)
    return monitor.tell(state, look, profiles[-1], [at])[0]


def test_all_rows_and_every_segment_are_streams_and_none_where_rows_are_not_scored():
    streams = Outliers.streams_of(BASELINE)
    assert [(s.column, s.segment) for s in streams] == [("", ""), ("", EVERY[0]), ("", EVERY[1])]
    assert [s.importance for s in streams] == [0.5, 0.25, 0.25]
    assert {s.share for s in streams} == {"anomalies"}
    assert Outliers.streams_of(BARE) == ()


def test_a_burst_is_told_in_words_with_the_columns_that_lead():
    finding = told(monitor_of(BASELINE), [profiled(table(1_000, 5, odd=0.06))])
    assert finding.verdict == "alarming"
    assert finding.reason.endswith("mostly by `distance` and `fare`")
    assert (finding.column, finding.segment, finding.unit) == ("", "", "share")
    assert finding.low < finding.effect < finding.high
    assert finding.observed == pytest.approx(0.06, abs=0.02)
    assert "of rows are " in finding.reason
    assert "(expected " in finding.reason


def test_a_burst_in_one_segment_is_told_of_it():
    burst = [profiled(table(600, 7, odd=0.2, where="UA"))]
    finding = told(monitor_of(BASELINE), burst, at=2)
    assert finding.segment == "carrier=UA"
    assert "of rows where carrier = UA are " in finding.reason
    assert finding.verdict == "alarming"
    assert told(monitor_of(BASELINE), burst, at=1).verdict != "alarming"


def test_ordinary_rows_are_calm_however_long():
    monitor = monitor_of(BASELINE)
    _, look = watched(monitor, [profiled(table(100, 10 + at)) for at in range(60)] * 5)
    assert monitor.terms.weights @ look.evidence < 0.1 * THRESHOLD
    assert look.quiet.all()


def test_what_ordinary_windows_show_is_tolerated():
    wobbling = monitor_of(learnt([0.0, 0.06] * 24))
    busy = [profiled(table(300, 50 + at, odd=0.06)) for at in range(60)]
    _, look = watched(wobbling, busy)
    assert wobbling.terms.weights @ look.evidence < 0.1 * THRESHOLD
    calm = monitor_of(BASELINE)
    _, look = watched(calm, busy)
    assert calm.terms.weights @ look.evidence > THRESHOLD


def test_without_rows_nothing_is_known():
    monitor = monitor_of(BASELINE)
    state, look = watched(monitor, [build([], BASELINE)])
    for finding in monitor.tell(state, look, build([], BASELINE), range(3)):
        assert (finding.verdict, finding.reason) == ("unknown", "no rows in this window")


def test_a_segment_that_the_reference_says_nothing_of_is_unknown():
    monitor = monitor_of(replace(BARE, outliers=FITTED))
    finding = told(monitor, [profiled(table(500, 9, odd=0.3))], at=1)
    assert finding.verdict == "unknown"
    assert "too few rows" in finding.reason
