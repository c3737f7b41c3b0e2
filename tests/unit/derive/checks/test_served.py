"""Served rows by what they break: derived columns, counts that add up, what may not come in."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vedette as vd
from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError
from vedette.core.field import Field
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.core.violations import CODES
from vedette.derive.checks.counted import Counted
from vedette.derive.checks.served import Served
from vedette.profiles.build import build

SCHEMA = Schema(
    (
        Field("amount", "numeric", constraints=Constraints(min=0, max=100, required=True)),
        Field("count", "integer", type="int32", constraints=Constraints(max=9, mostly=0.5)),
        Field("country", "category", constraints=Constraints(allowed=("DE", "FR"))),
        Field("free", "numeric", optional=True),
        Field("y", "boolean", "label", constraints=Constraints(required=True)),
        Field("old", "numeric", environments=("training",), constraints=Constraints(min=0)),
    ),
    (Rule("order", "amount >= count"), Rule("early", "amount < 1", environments=("training",))),
)
SERVED = Served.of(SCHEMA)
ROWS = pa.record_batch(
    {
        "amount": [5.0, -1.0, None, 500.0, 3.0],
        "count": [1.0, 20.0, 1.0, None, 2.5],
        "country": ["DE", "XX", None, "FR", "DE"],
    }
)


def kinds(cell):
    return {CODES[at]: int(n) for at, n in enumerate(cell.counts.counts) if n}


def test_only_what_serving_can_break_has_a_column():
    assert SERVED.columns == (
        "amount.check", "count.check", "country.check", "rule order.check",
    )  # fmt: skip


def test_every_row_has_the_first_kind_that_it_breaks():
    assert SERVED.derived(ROWS) == {
        "amount.check": ["ok", "min", "required", "max", "ok"],
        "count.check": ["ok", "max", "ok", "ok", "kind"],
        "country.check": ["ok", "allowed", "ok", "ok", "ok"],
        "rule order.check": ["ok", "rule", "ok", "ok", "ok"],
    }


def test_counts_are_those_of_the_derived_columns_without_missing_values():
    cells = SERVED.cells([ROWS])
    assert kinds(cells["amount.check", ""]) == {"obeys": 2, "min": 1, "required": 1, "max": 1}
    assert (cells["count.check", ""].missing, cells["amount.check", ""].missing) == (1, 0)
    assert all(cell.counts.rows == cell.rows - cell.missing for cell in cells.values())


@given(st.integers(0, 5), st.permutations(range(5)))
def test_any_split_and_order_of_rows_adds_up_to_the_same(cut, order):
    whole = SERVED.cells([ROWS])
    moved = ROWS.take(pa.array(order))
    parts = SERVED.cells([moved.slice(0, cut), moved.slice(cut)])
    assert {key: cell.integers() for key, cell in parts.items()} == {
        key: cell.integers() for key, cell in whole.items()
    }


def test_a_column_that_no_row_brings_is_missing():
    cells = SERVED.cells([ROWS.select(["count"])])
    assert kinds(cells["amount.check", ""]) == {"required": 5}
    assert cells["country.check", ""].missing == 5


def test_rows_and_columns_agree_on_what_may_not_come_in():
    """Of `count` half of the values may break it: no single row is to blame."""
    bad = SERVED.refused(ROWS)
    assert bad.tolist() == [False, True, True, True, False]
    reasons = [[v.kind for v in SERVED.reasons(row)] for row in ROWS.to_pylist()]
    assert reasons == [[], ["min", "allowed", "rule"], ["required"], ["max"], []]
    assert [bool(one) for one in reasons] == bad.tolist()


def test_a_pattern_that_is_none_is_refused_when_it_is_made_ready():
    field = Field("code", "category", constraints=Constraints(pattern="("))
    with pytest.raises(SchemaError):
        Served.of(Schema((field,)))


@given(
    st.lists(st.sampled_from([0.0, 5.0, -1.0, 99.5, 101.0, None, float("nan"), float("inf")])),
    st.lists(st.sampled_from(["DE", "FR", "XX", "true", "1", None])),
    st.sampled_from([["DE", "FR"], ["DE", "XX"], ["true", "DE"], ["IT"]]),
)
def test_what_the_counts_of_columns_say_is_what_judging_every_row_says(amounts, names, known):
    rows = min(len(amounts), len(names))
    whole = pa.record_batch(
        {
            "amount": pa.array(amounts[:rows], pa.float64()),
            "count": pa.array([1.0] * rows),
            "country": pa.array(names[:rows], pa.string()),
        }
    )
    each = (known * 60)[:60]
    reference = {"amount": [0.0, 50.0, 100.0] * 20, "count": [1.0] * 60, "country": each}
    kept = {"country": {"kind": "category"}, "count": {"kind": "numeric"}}
    baseline = vd.Baseline.fit(reference, columns=kept)
    built = build([whole], baseline)
    found = Counted.of(SERVED, baseline.binnings).cells([whole], built)
    plain = SERVED.cells([whole])
    assert {key: cell.integers() for key, cell in found.items()} == {
        key: cell.integers() for key, cell in plain.items()
    }


def test_codes_are_few_enough_for_a_byte():
    assert len(CODES) < np.iinfo(np.uint8).max
