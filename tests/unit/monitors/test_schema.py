"""What the schema monitor tolerates, when it speaks, and in which words."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.core.words import percent
from vedette.derive.checks.served import Served
from vedette.monitors.monitor import Terms
from vedette.monitors.schema import SchemaMonitor
from vedette.profiles.build import build

MINUTE = 60_000_000_000
SCHEMA = Schema(
    (
        Field("amount", "numeric", constraints=Constraints(min=0, required=True)),
        Field("country", "category", constraints=Constraints(allowed=("DE", "FR"), mostly=0.9)),
        Field("seldom", "numeric", constraints=Constraints(max=1, present=0.8)),
        Field("fare", "numeric"),
        Field("score", "numeric", "score", constraints=Constraints(max=1)),
    ),
    (Rule("order", "amount < 1000"),),
)


def table(rows=1_000, **changed):
    rng = np.random.default_rng(rows)
    columns = {
        "amount": rng.exponential(10, rows),
        "country": rng.choice(["DE", "FR"], rows),
        "seldom": pa.array(rng.random(rows), mask=np.arange(rows) % 10 == 0),
        "fare": rng.random(rows),
        "score": rng.random(rows),
    }
    return pa.table(columns | changed)


BASELINE = replace(vd.Baseline.fit(table(), score="score"), checks=SCHEMA)
SERVED = Served.of(SCHEMA)


def watched(rows, windows=1, baseline=BASELINE):
    """The monitor, its state and its last look at windows of the same rows."""
    streams = SchemaMonitor.streams_of(baseline)
    weights = np.full(len(streams), 1 / len(streams))
    monitor = SchemaMonitor.of(baseline, Terms(weights, 43_200.0, MINUTE))
    batches = rows.combine_chunks().to_batches()
    profile = build(batches, baseline)
    cells = {**profile.cells, **SERVED.cells(batches)}
    profile, state = replace(profile, cells=cells), monitor.start()
    for at in range(windows):
        state, look = monitor.step(state, profile, Window(at * MINUTE, (at + 1) * MINUTE))
    return monitor, state, look, profile


def told(name, *given, **more):
    monitor, state, look, profile = watched(*given, **more)
    at = [stream.column for stream in monitor.streams].index(name)
    return monitor.tell(state, look, profile, [at])[0]


def broken(share, value, good, rows=1_000):
    return pa.array([value if at < share * rows else good for at in range(rows)])


def test_there_is_a_stream_for_every_constrained_field_and_rule():
    streams = SchemaMonitor.streams_of(BASELINE)
    assert [s.column for s in streams] == [
        "amount", "country", "seldom", "fare", "score", "rule order",
    ]  # fmt: skip
    assert {s.share for s in streams} == {"quality"}
    assert [s.importance for s in streams] == [1, 1, 1, 1, 3, 1]
    assert SchemaMonitor.streams_of(replace(BASELINE, checks=None)) == ()


def test_rows_that_obey_are_calm_however_long():
    monitor, _, look, _ = watched(table(), windows=500)
    assert monitor.terms.weights @ look.evidence < 0.1 * monitor.terms.threshold
    assert look.quiet.all()


def test_a_violation_beyond_what_is_allowed_is_told_at_once_in_words():
    finding = told("amount", table(amount=broken(0.031, -5.0, 3.0)))
    assert (finding.monitor, finding.component, finding.verdict) == ("schema", "values", "alarming")
    assert finding.reason == "3.1 % of `amount` break the schema: 3.1 % below min 0; allowed 0 %"
    assert finding.observed == pytest.approx(0.031)
    assert finding.low < finding.effect < finding.high


def test_several_ways_are_named_by_how_many_rows_have_them():
    values = [np.inf] * 5 + [-1.0] * 20 + [1.0] * 975
    field = Field("amount", "numeric", constraints=Constraints(min=0, finite=True))
    own = replace(BASELINE, checks=Schema((field,)))
    batches = table(amount=pa.array(values)).combine_chunks().to_batches()
    streams = SchemaMonitor.streams_of(own)
    monitor = SchemaMonitor.of(own, Terms(np.ones(len(streams)), 43_200.0, MINUTE))
    profile = replace(build(batches, own), cells=Served.of(own.checks).cells(batches))
    state, look = monitor.step(monitor.start(), profile, Window(0, MINUTE))
    (finding,) = monitor.tell(state, look, profile, [0])
    assert finding.reason == (
        "2.5 % of `amount` break the schema: 2 % below min 0, 0.5 % no finite number; allowed 0 %"
    )


def test_ways_are_those_of_the_last_window_when_more_is_known():
    streams = SchemaMonitor.streams_of(BASELINE)
    monitor = SchemaMonitor.of(BASELINE, Terms(np.ones(len(streams)), 43_200.0, MINUTE))
    state = monitor.start()
    for at, share in enumerate((0.004, 0.004, 0.004, 0.04)):
        rows = table(amount=broken(share, -5.0, 3.0)).combine_chunks().to_batches()
        profile = replace(build(rows, BASELINE), cells=SERVED.cells(rows))
        state, look = monitor.step(state, profile, Window(at * MINUTE, (at + 1) * MINUTE))
    (finding,) = monitor.tell(state, look, profile, [0])
    assert 0.004 < finding.observed < 0.04
    assert finding.reason.startswith(
        f"{percent(finding.observed)} of `amount` break the schema, in the last window 4 % below"
    )


def test_what_mostly_allows_is_no_violation_and_more_is():
    assert told("country", table(country=broken(0.1, "XX", "DE")), windows=60).verdict == "calm"
    finding = told("country", table(country=broken(0.3, "XX", "DE")))
    assert finding.verdict == "alarming"
    assert "30 % none of 'DE', 'FR'; allowed 10 %" in finding.reason


def test_values_that_must_be_there_and_shares_that_must_be_present():
    finding = told("amount", table(amount=broken(0.02, None, 3.0)))
    assert finding.component == "required"
    assert "2 % without a value; allowed 0 %" in finding.reason
    assert told("seldom", table(), windows=60).verdict == "calm"  # a tenth is missing, a fifth may
    finding = told("seldom", table(seldom=broken(0.5, None, 0.1)))
    assert (finding.verdict, finding.expected) == ("alarming", pytest.approx(0.2))


def test_a_rule_is_told_with_what_it_says():
    finding = told("rule order", table(amount=broken(0.04, 2_000.0, 3.0)))
    assert finding.component == "rule"
    assert finding.reason == ("4 % of rows break the rule order (amount < 1000); allowed 0 %")


def test_a_field_that_never_arrived_is_told_one_that_went_away_is_for_rates():
    bare = table().drop_columns(["fare"])
    never = replace(vd.Baseline.fit(bare, score="score"), checks=SCHEMA)
    finding = told("fare", bare, baseline=never)
    assert finding.verdict == "alarming"
    assert finding.reason == "`fare` is in the schema and does not arrive: 100 % missing"
    gone = told("fare", bare)
    assert (gone.verdict, gone.reason) == ("unknown", "no row has a value of `fare`")


def test_without_rows_nothing_is_known():
    monitor, state, _, _ = watched(table())
    state, look = monitor.step(state, build([], BASELINE), Window(MINUTE, 2 * MINUTE))
    found = monitor.tell(state, look, build([], BASELINE), range(len(monitor.streams)))
    assert {(f.verdict, f.reason) for f in found} == {("unknown", "no rows in this window")}
