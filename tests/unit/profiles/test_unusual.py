"""Values that are unlike the reference: each kind once, and agreement with the profile's counts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.api import Baseline, profile
from vedette.profiles.unusual import KINDS, RARE, Judge

ROWS = 20_000


def reference():
    rng = np.random.default_rng(5)
    carrier = rng.choice(["UA", "AA", "DL"], ROWS, p=[0.6, 0.3, 0.1])
    carrier[:2] = "YY"
    amount = rng.normal(100, 10, ROWS)
    amount[:3] = 160.0  # a lonely value, far above all others
    return pa.table(
        {
            "amount": amount,
            "carrier": carrier,
            "often_missing": pa.array(np.where(rng.random(ROWS) < 0.2, None, 1.0 * (amount > 100))),
            "empty": pa.nulls(ROWS, pa.float64()),
        }
    )


@pytest.fixture(scope="module")
def baseline():
    return Baseline.fit(reference())


@pytest.fixture(scope="module")
def judge(baseline):
    return Judge.of(baseline, [*baseline.columns, "not there"])


def said(judge, name, values, kind=None, shown=True):
    column = pa.array(values, kind)
    codes = judge.codes(pa.record_batch({name: column}), [name])[name]
    return [
        (KINDS[code], judge.reason(name, int(code), value, shown=shown) if code else "")
        for code, value in zip(codes, values, strict=True)
    ]


def test_numbers(judge, baseline):
    cell = baseline.profile.cells["amount", ""]
    high = cell.moments.high
    found = said(judge, "amount", [100.0, None, float("nan"), float("inf"), -1e9, high + 1, high])
    kinds = ["usual", "missing", "not_finite", "not_finite", "below", "above"]
    assert [kind for kind, _ in found[:6]] == kinds
    assert found[1][1] == "`amount` is missing, which never happens in the reference"
    assert found[4][1].startswith("`amount` -1e9 lies below everything in the reference (min ")
    assert found[5][1] == "`amount` 161 lies above everything in the reference (max 160)"


def test_a_limit_has_the_digits_that_tell_it_from_the_value(judge):
    kind, text = said(judge, "amount", [160.00001])[0]
    assert (kind, text) == (
        "above",
        "`amount` 160.00001 lies above everything in the reference (max 160)",
    )


def test_text_in_a_column_of_numbers(judge):
    found = said(judge, "amount", ["100", "abc", "1e9", None])
    assert [kind for kind, _ in found] == ["usual", "broken", "above", "missing"]
    assert found[1][1] == "`amount` 'abc' is no number"
    assert said(judge, "amount", ["abc"], shown=False)[0][1] == "`amount` is no number"


def test_a_number_that_is_masked_is_told_without_it(judge):
    code = KINDS.index("above")
    for masked in ("hidden: sensitive", "[digits]"):
        for shown in (True, False):
            told = judge.reason("amount", code, masked, shown=shown)
            assert told == "`amount` has a value that lies above everything in the reference"


def test_categories(judge):
    found = said(judge, "carrier", ["UA", "ZZ", "YY", None])
    assert [kind for kind, _ in found] == ["usual", "unseen", "rare", "missing"]
    assert found[1][1] == "`carrier` 'ZZ' was never seen in the reference"
    assert "less than 0.05 %" in found[2][1]


def test_a_reason_need_not_name_the_value(judge):
    for name, value in (("carrier", "ZZ"), ("amount", 777.0), ("amount", "abc")):
        assert str(value)[:3] not in said(judge, name, [value], shown=False)[0][1]


def test_what_the_reference_often_lacks_is_not_unusual(judge):
    assert said(judge, "often_missing", [None], pa.float64()) == [("usual", "")]


def test_a_column_without_any_reference_judges_nothing(judge):
    assert said(judge, "empty", [1.0, None, -5.0], pa.float64()) == [("usual", "")] * 3


def test_a_column_that_does_not_arrive_is_missing(judge):
    batch = pa.record_batch({"other": [1, 2]})
    assert {KINDS[code] for code in judge.codes(batch)["amount"]} == {"missing"}
    assert judge.unusual(batch).all()


def test_the_reference_itself_is_hardly_unusual(judge):
    batch = reference().to_batches()[0]
    for name, codes in judge.codes(batch).items():
        assert np.count_nonzero(codes) <= 40 * RARE * ROWS, name


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.none(), st.floats(0, 250), st.sampled_from([float("nan"), float("inf"), 160])),
        min_size=1,
    )
)
def test_kinds_agree_with_the_profile_of_the_same_rows(baseline, judge, values):
    column = pa.array(values, pa.float64())
    codes = judge.codes(pa.record_batch({"amount": column}), ["amount"])["amount"]
    cell = profile(pa.table({"amount": column}), baseline).cells["amount", ""]
    seen = {kind: int(np.count_nonzero(codes == at)) for at, kind in enumerate(KINDS)}
    assert seen["missing"] == cell.missing
    assert seen["not_finite"] == cell.not_finite
    assert (seen["below"], seen["above"]) == (cell.bins.below, cell.bins.above)


def test_places(judge):
    values = np.sort(reference()["amount"].to_numpy())
    for at in (0, 5_000, 10_000, ROWS - 1):
        place = judge.place("amount", pa.array([values[at]]))
        true = np.count_nonzero(values <= values[at]) / ROWS
        assert place.low <= true <= place.high
    assert judge.place("amount", pa.array([1e9]))[1:3] == (1.0, 1.0)
    assert judge.place("amount", pa.array([-1e9]))[1:3] == (0.0, 0.0)
    assert judge.place("carrier", pa.array(["UA"])).share == pytest.approx(0.6, abs=0.02)
    assert judge.place("carrier", pa.array(["ZZ"])).share == 0.0
    assert judge.place("often_missing", pa.nulls(1)).missing == pytest.approx(0.2, abs=0.02)
    assert judge.place("not there", pa.array([1.0])) is None
