"""A column is judged as its values are one by one, and a rule answers for a batch as for its rows.

Owns: the agreement of `derive.checks` with `core.judge` and `core.rules.answers`.
"""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.judge import Judge
from vedette.core.rules.answers import answer_of
from vedette.core.rules.rule import Rule
from vedette.core.violations import CODES, VIOLATIONS
from vedette.derive.checks.columns import codes, judge_column
from vedette.derive.checks.rules import broken

REALS = st.floats() | st.sampled_from([0.0, -0.0, 0.1, 0.29, 1.5, 7.0, 1e300, 2.0**63, -1e-9])
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-12, 12)
WORDS = st.sampled_from(
    ["", "a", "B", "ab", "ß", "Ünï", "1", "1.0", "0", "true", "FALSE", "nan", "-3", "007", "x y",
     "2024-02-29", "2023-02-29", "2024-01-31T23:59:59.5+01:00", "2024-01-31 24:00", "1e400"]
) | st.text(max_size=4)  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
COLUMNS = {
    "float64": (pa.float64(), REALS),
    "int64": (pa.int64(), WHOLE),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1) | st.integers(0, 12)),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "bool": (pa.bool_(), st.booleans()),
    "string": (pa.string(), WORDS),
    "binary": (pa.binary(), st.binary(max_size=3)),
    "timestamp": (pa.timestamp("us"), MOMENTS),
    "instant": (pa.timestamp("us", "UTC"), MOMENTS.map(lambda at: at.replace(tzinfo=dt.UTC))),
    "date": (pa.date32(), st.dates()),
    "clock": (pa.time64("us"), st.times()),
    "duration": (pa.duration("us"), st.timedeltas(dt.timedelta(-(9**4)), dt.timedelta(9**4))),
    "reals": (pa.list_(pa.float64()), st.lists(st.none() | REALS, max_size=3)),
    "words": (pa.list_(pa.string()), st.lists(st.none() | WORDS, max_size=3)),
    "nothing": (pa.null(), st.none()),
}
KINDS = ("numeric", "integer", "category", "boolean", "text", "time", "vector", "id")
TYPES = (None, "boolean", "int8", "int64", "uint8", "uint64", "float32", "float64", "decimal",
         "string", "binary", "date", "datetime", "time", "duration", "list")  # fmt: skip
BOUND = st.none() | st.sampled_from([-3.0, 0.0, 0.5, 7.0, 2.0**60, -float("inf"), float("inf")])


@st.composite
def limits(draw: st.DrawFn) -> Constraints:
    low, high = draw(BOUND), draw(BOUND)
    if low is not None and high is not None and low >= high:
        low = None
    strict = draw(st.booleans())
    lengths = draw(st.sampled_from([(None, None), (1, None), (None, 2), (1, 3)]))
    lists = st.none() | st.lists(WORDS, max_size=3).map(tuple)
    return Constraints(
        **{"above" if strict else "min": low, "below" if draw(st.booleans()) else "max": high},
        required=draw(st.booleans()),
        finite=draw(st.booleans()),
        step=draw(st.sampled_from([None, 1.0, 0.01, 0.25, 3.0, 2.0**70])),
        allowed=draw(lists),
        forbidden=draw(lists),
        pattern=draw(st.sampled_from([None, None, "[a-z]*", "a|1", ".*", "[0-9.]+"])),
        min_length=lengths[0],
        max_length=lengths[1],
    )


@st.composite
def judged_columns(draw: st.DrawFn) -> tuple[Field, pa.Array, list[Any]]:
    kind, values = COLUMNS[draw(st.sampled_from(sorted(COLUMNS)))]
    column = pa.array(draw(st.lists(st.none() | values, max_size=8)), kind)
    rows = column.to_pylist()
    if kind == pa.string() and draw(st.booleans()):
        column = column.dictionary_encode()
    if draw(st.booleans()):
        column = pa.concat_arrays([column, column]).slice(len(rows))
    field = Field(
        "x",
        draw(st.sampled_from(KINDS)),
        constraints=draw(limits()),
        type=draw(st.sampled_from(TYPES)),
    )
    return field, column, rows


@settings(max_examples=200, deadline=None)
@given(judged_columns())
def test_a_column_is_judged_as_its_values_are(case: tuple[Field, pa.Array, list[Any]]) -> None:
    field, column, rows = case
    judge = Judge(field)
    one_by_one = [judge.kinds(value) for value in rows]
    judged = judge_column(column, judge)
    assert [CODES[code] for code in judged.codes] == [
        kinds[0] if kinds else "obeys" for kinds in one_by_one
    ]
    counted = {kind: sum(kind in kinds for kinds in one_by_one) for kind in VIOLATIONS}
    assert judged.counts == {kind: count for kind, count in counted.items() if count}
    assert judged.present == sum(value is not None for value in rows)
    assert codes(column, field).tolist() == judged.codes.tolist()


# --- rules ----------------------------------------------------------------------------------------

FIELDS = {
    "x": "numeric", "n": "integer", "flag": "boolean", "on": "boolean",
    "word": "category", "the text": "text", "at": "time", "until": "time",
}  # fmt: skip
NUMBERS = ("0", "1", "2.5", "-3", "1e300", "0.1", ".5", "86400")
PATTERNS = ("'[a-z]*'", "'a|1'", "'.*'")


def _reals(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Numbers made of smaller numbers."""
    pair = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner)
    return st.one_of(
        pair.map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda part: f"-({part})"),
        st.tuples(st.sampled_from(["abs", "floor", "round"]), inner).map("{0[0]}({0[1]})".format),
        inner.map(lambda part: f"round({part}, 2)"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            "{0[0]}({0[1]}, {0[2]})".format
        ),
        st.tuples(st.sampled_from(["flag", "x > 1", "missing(n)"]), inner, inner).map(
            "if({0[0]}, {0[1]}, {0[2]})".format
        ),
    )


texts = st.recursive(
    st.sampled_from(["word", "`the text`", "'ab'", "''", '"SS"']),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["lower", "upper"]), inner).map("{0[0]}({0[1]})".format),
        st.tuples(st.sampled_from(["flag", "on"]), inner, inner).map(
            "if({0[0]}, {0[1]}, {0[2]})".format
        ),
    ),
    max_leaves=3,
)
times = st.sampled_from(
    ["at", "until", "time('2024-02-29T12:00:00Z')", "at + 3600", "until - x", "min(at, until)",
     "at + 1e300"]
)  # fmt: skip
ORDER = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
reals = st.recursive(
    st.sampled_from([*NUMBERS, "x", "n", "length(word)", "hour(at)", "weekday(until)",
                     "(until - at)"]),
    _reals,
    max_leaves=4,
)  # fmt: skip
truths = st.recursive(
    st.one_of(
        st.sampled_from(["flag", "on", "true", "missing(x)", "missing(word)", "missing(1 / n)"]),
        st.tuples(reals, ORDER, reals).map(" ".join),
        st.tuples(reals, ORDER, reals, ORDER, reals).map(" ".join),
        st.tuples(texts, ORDER, texts).map(" ".join),
        st.tuples(times, ORDER, times).map(" ".join),
        texts.map(lambda text: f"{text} not in ('a', 'B', '')"),
        reals.map(lambda real: f"{real} in (0, -3, 2.5)"),
        st.tuples(texts, st.sampled_from(PATTERNS)).map("matches({0[0]}, {0[1]})".format),
    ),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or", "==", "!="]), inner).map(
            "({0[0]}) {0[1]} ({0[2]})".format
        ),
    ),
    max_leaves=3,
)
ROWS = st.lists(
    st.tuples(
        st.none() | REALS, st.none() | WHOLE, st.none() | st.booleans(),
        st.none() | st.sampled_from(["1", "TRUE", "0", "maybe"]), st.none() | WORDS,
        st.none() | WORDS, st.none() | MOMENTS, st.none() | WORDS,
    ),
    max_size=6,
)  # fmt: skip
ARROW = pa.schema(
    {
        "x": pa.float64(), "n": pa.int64(), "flag": pa.bool_(), "on": pa.string(),
        "word": pa.string(), "the text": pa.string(), "at": pa.timestamp("us"),
        "until": pa.string(),
    }
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(truths, ROWS, st.booleans())
def test_a_rule_answers_for_a_batch_as_for_its_rows(
    check: str, drawn: list[tuple[Any, ...]], coded: bool
) -> None:
    rows = [dict(zip(FIELDS, values, strict=True)) for values in drawn]
    batch = pa.RecordBatch.from_pylist(rows, schema=ARROW)
    if coded:
        at = batch.schema.get_field_index("word")
        batch = batch.set_column(at, "word", batch.column(at).dictionary_encode())
    tree = Rule("r", check).understood(FIELDS)
    answer = answer_of(tree)
    assert broken(batch, tree).tolist() == [answer(row) is False for row in rows]


@pytest.mark.parametrize("column", ["x", "word"])
def test_a_rule_over_a_column_that_did_not_arrive_is_obeyed(column: str) -> None:
    tree = Rule("r", f"missing({column}) and length(word) < 3 or x > 3").understood(FIELDS)
    batch = pa.record_batch({"other": [1, 2]})
    assert not broken(batch, tree).any()
