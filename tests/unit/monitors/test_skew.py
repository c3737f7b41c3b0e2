"""Skew on its own: where windows are expected, how it speaks, what it is silent about."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from bench.traffic import WORLDS, Model, reference_of, watch

import vedette as vd
from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.monitors.skew import Skew, is_drift
from vedette.profiles.build import build
from vedette.profiles.training import Training
from vedette.profiles.training_fit import quantiles_of
from vedette.profiles.variation import fit_variation

HOUR = 3_600_000_000_000
MONDAY = 24 * 7 * 2_900 * HOUR
CARRIERS = ["AA", "DL", "UA"]


def table(rows: int, seed: int, *, day: float = 0.0, factor: float = 1.0) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "distance": factor * rng.lognormal(6 + day, 0.5, rows),
            "carrier": rng.choice(CARRIERS, rows, p=[0.5, 0.3, 0.2]),
            "delay": pa.array(rng.normal(0, 1, rows), mask=rng.random(rows) < 0.02),
            "score": rng.random(rows),
        }
    )


def counted(rows: pa.Table, baseline) -> Training:
    (batch,) = rows.combine_chunks().to_batches()
    profile = build([batch], baseline)
    return Training(
        "k", "t", profile, quantiles_of(batch, baseline, baseline.columns), batch.num_rows
    )


def served(hours: int, first: int = 0, rows: int = 200, **law) -> list[tuple[int, pa.Table]]:
    """Hours of which busy ones have longer distances, and more rows."""
    found = []
    for at in range(first, first + hours):
        day = np.sin(2 * np.pi * at / 24)
        found.append((at, table(int(rows * (1 + day / 2)), 1_000 + at, day=day / 8, **law)))
    return found


def window(at: int) -> Window:
    return Window(MONDAY + at * HOUR, MONDAY + (at + 1) * HOUR)


def watched(training: pa.Table, hours=192, later=48, *, flat=False, **law):
    """The looks of windows after a reference of serving, or one that lends its bins alone."""
    past = served(hours, **law)
    whole = pa.concat_tables([rows for _, rows in past])
    kept = {"segments": ["carrier"], "score": "score"}
    baseline = vd.Baseline.fit(training if flat else whole, **kept)
    windows = [(window(at), build(rows.to_batches(), baseline)) for at, rows in past]
    baseline = replace(
        baseline,
        variation=fit_variation(baseline, windows, HOUR, flat=flat),
        training=counted(training, baseline),
    )
    streams = Skew.streams_of(baseline)
    monitor = Skew.of(baseline, Terms(np.full(len(streams), 1 / len(streams)), 900.0, HOUR))
    state, found = monitor.start(), []
    for at, rows in served(later, hours, **law):
        profile = build(rows.to_batches(), baseline)
        state, look = monitor.step(state, profile, window(at))
        found.append((state, look, profile))
    return monitor, found


def alarmed(monitor, found) -> list[int]:
    """Places of windows in which the weighted evidence reaches the bar."""
    worth = [float(monitor.terms.weights @ look.evidence) for _, look, _ in found]
    return [at for at, one in enumerate(worth) if one >= monitor.terms.threshold]


def said(monitor, found, column: str, segment: str = ""):
    state, look, profile = found[-1]
    at = [(s.column, s.segment) for s in monitor.streams].index((column, segment))
    (finding,) = monitor.tell(state, look, profile, [at])
    return finding


@pytest.fixture(scope="module")
def sample() -> pa.Table:
    """Training rows of many days, so of all hours by their traffic."""
    return pa.concat_tables([rows for _, rows in served(240, 5_000)])


@pytest.mark.parametrize("flat", [False, True])
def test_a_season_is_no_skew(sample, flat):
    monitor, found = watched(sample, flat=flat)
    assert alarmed(monitor, found) == []
    assert (
        "no difference from what the model was trained on" in said(monitor, found, "delay").reason
    )


@pytest.mark.parametrize("flat", [False, True])
def test_a_unit_is_told_from_day_one_with_what_explains_it(sample, flat):
    monitor, found = watched(sample, factor=1.609, flat=flat)
    assert alarmed(monitor, found)[0] <= 1
    finding = said(monitor, found, "distance")
    assert (finding.monitor, finding.verdict) == ("skew", "alarming")
    assert "`distance` in serving is" in finding.reason
    assert "sd above what the model was trained on (" in finding.reason
    assert "in training" in finding.reason
    if not flat:  # an hour alone is no sample of all hours
        assert finding.reason.endswith("as if multiplied by 1.6")
        part = said(monitor, found, "distance", "carrier=AA").reason
        assert "where carrier = AA in serving is" in part


def test_a_column_of_which_nothing_is_alike_is_told_at_once(sample):
    """No training value lies within the range of serving."""
    kelvin = sample.set_column(
        0, "distance", pa.array(1e6 + np.arange(sample.num_rows, dtype=float))
    )
    monitor, found = watched(kelvin)
    assert alarmed(monitor, found)[0] == 0
    assert "below what the model was trained on" in said(monitor, found, "distance").reason


def test_rates_are_held_against_those_of_training(sample):
    full = sample.set_column(
        2, "delay", pa.array(np.random.default_rng(1).normal(0, 1, len(sample)))
    )
    monitor, found = watched(full)
    finding = said(monitor, found, "delay")
    assert finding.component == "missing"
    assert finding.observed == pytest.approx(0.02, abs=0.004)
    assert "of `delay` in serving" in finding.reason
    assert "is missing, 0 % in training" in finding.reason


def test_categories_are_held_against_those_of_training(sample):
    names = np.where(np.arange(len(sample)) % 4 == 0, "UA", "AA")
    monitor, found = watched(sample.set_column(1, "carrier", pa.array(names)))
    finding = said(monitor, found, "carrier")
    assert finding.verdict == "alarming"
    assert "of `carrier` in serving is `" in finding.reason
    assert "in training" in finding.reason


def test_what_training_lacks_has_no_stream(sample):
    baseline = vd.Baseline.fit(sample, score="score")
    assert Skew.streams_of(baseline) == ()
    training = counted(sample, baseline)
    assert is_drift(replace(baseline, training=training))
    assert Skew.streams_of(replace(baseline, training=training)) == ()
    other = counted(table(5_000, 3), baseline)
    cells = {key: cell for key, cell in other.profile.cells.items() if key[0] != "delay"}
    other = replace(other, profile=replace(other.profile, cells=cells))
    streams = Skew.streams_of(replace(baseline, training=other))
    assert {s.column for s in streams} == {"distance", "carrier", "score"}
    assert {s.share for s in streams} == {"skew"}
    assert max(streams, key=lambda s: s.importance).column == "score"


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_two_weeks_of_what_was_trained_on_raise_at_most_one_alarm(world):
    """Training is four weeks before the reference, whatever wobbles between the two."""
    drawing = Model(world, np.random.default_rng(4), numeric=16, nominal=4)
    first = 24 * 7 * 2_900
    past, _ = reference_of(drawing, first, 336, 300)
    baseline, _ = reference_of(drawing, first + 336, 336, 300)
    training = Training("", "", past.profile, {}, 0)
    windows = drawing.hours(first + 672, 336, 1000)
    assert len(watch(replace(baseline, training=training), windows, kind=Skew)) <= 1
