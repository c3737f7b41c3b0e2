"""Rates in time: which columns are watched, and what is said of them."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.constraints import Constraints
from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.monitors.rates import Rates
from vedette.profiles.build import build

MINUTE = 60_000_000_000


def table(rows=2_000, seed=0, **changed):
    rng = np.random.default_rng(seed)
    columns = {
        "amount": pa.array(rng.normal(10, 2, rows), mask=rng.random(rows) < 0.02),
        "country": pa.array(rng.choice(["DE", "FR"], rows)),
        "price": pa.array(rng.exponential(0.1, rows)),
        "latency_s": pa.array(rng.exponential(0.1, rows)),
        "churned": pa.array(rng.choice(["yes", "no"], rows)),
    }
    return pa.table(columns | changed)


SCHEMA = Schema(
    (
        Field("amount", "numeric"),
        Field("country", "category"),
        Field("price", "numeric", role="cost"),
        Field("latency_s", "numeric", role="latency"),
        Field("churned", "category", role="label"),
    )
)


@pytest.fixture(scope="module")
def baseline():
    return vd.Baseline.fit(table(20_000), schema=SCHEMA)


def monitor_of(baseline, threshold=1e5):
    n = len(Rates.streams_of(baseline))
    return Rates.of(baseline, Terms(np.full(n, 1 / n), threshold, MINUTE))


def told(baseline, whole, windows=1, column="amount"):
    monitor = monitor_of(baseline)
    state, profile = monitor.start(), build(whole.to_batches(), baseline)
    for i in range(windows):
        state, look = monitor.step(state, profile, Window(i * MINUTE, (i + 1) * MINUTE))
    at = [s.column for s in monitor.streams].index(column)
    return monitor.tell(state, look, profile, [at])[0]


def test_labels_and_latencies_are_not_watched(baseline):
    assert [s.column for s in Rates.streams_of(baseline)] == ["amount", "country", "price"]
    assert {s.share for s in Rates.streams_of(baseline)} == {"quality"}


def test_a_column_of_training_alone_is_not_watched(baseline):
    schema = Schema((replace_field(SCHEMA.fields[0], environments=("training",)),
                     *SCHEMA.fields[1:]))  # fmt: skip
    trained = replace(baseline, schema=schema)
    assert "amount" not in [s.column for s in Rates.streams_of(trained)]


def replace_field(field, **changes):
    return Field(**{name: getattr(field, name) for name in field.__struct_fields__} | changes)


def test_a_column_that_is_gone_is_told_in_its_first_window(baseline):
    said = told(baseline, table(15, amount=pa.nulls(15, pa.float64())))
    assert said.verdict == "alarming"
    assert said.component == "missing"
    assert said.reason.startswith("`amount` did not arrive: every value is missing, was 2")
    assert (said.observed, said.n_window) == (1.0, 15)
    assert said.low < said.effect <= said.high


@pytest.mark.parametrize(
    ("column", "values", "component", "words"),
    [
        ("amount", [np.inf] * 40, "not_finite", "100 % of `amount` is NaN or infinite"),
        ("amount", ["x"] * 40, "broken", "100 % of `amount` is not a number"),
        ("amount", [99.0] * 40, "above", "100 % of `amount` lies above"),
        ("country", ["XX"] * 40, "unseen", "`XX` (40)"),
    ],
)
def test_every_kind_is_told_in_its_own_words(baseline, column, values, component, words):
    said = told(baseline, table(40, **{column: pa.array(values)}), column=column)
    assert (said.component, said.verdict) == (component, "alarming")
    assert words in said.reason


def test_a_slow_caller_is_told_after_a_few_windows(baseline):
    whole = table(1, amount=pa.nulls(1, pa.float64()))
    assert told(baseline, whole, 2).verdict != "alarming"
    assert told(baseline, whole, 8).verdict == "alarming"


def test_dear_answers_are_not_out_of_range(baseline):
    said = told(baseline, table(40, price=pa.array([99.0] * 40)), 20, "price")
    assert said.verdict == "calm"


def test_required_values_are_held_to_a_smaller_change(baseline):
    strict = Field("amount", "numeric", constraints=Constraints(required=True))
    required = replace(baseline, schema=Schema((strict, *SCHEMA.fields[1:])))
    assert monitor_of(required).watch.tolerated[0, 0] < monitor_of(baseline).watch.tolerated[0, 0]


def test_what_was_detectable_shrinks_with_traffic(baseline):
    few, many = (told(baseline, table(rows, 3)).detectable for rows in (20, 2_000))
    assert 0 < many < few < 1
