"""Groups that are kept in a table of their own, joined by a key."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.core.errors import UsageError
from vedette.engine import members as module
from vedette.engine.joined_source import JoinedSource
from vedette.engine.members import joined, match, members_of
from vedette.ingest.columns import CODED
from vedette.ingest.source import Source, open_source
from vedette.profiles.groups import Groups


def looked_up(keys, table, column="v"):
    members = members_of(table, "k", [column])
    return joined(pa.record_batch({"k": keys}), members, "k")[column].to_pylist()


@pytest.mark.parametrize(
    "keys",
    [
        pa.array([3, 1, 9, None]),
        pa.array([3.0, 1.0, 9.0, None]),
        pa.array(["3", "1", "9", None]),
        pa.array(["3", "1", "9", None], pa.large_string()),
        pa.array(["3", "1", "9", None]).dictionary_encode(),
        pa.array([3, 1, 9, None], pa.uint8()),
        pa.array([b"3", b"1", b"9", None]),
    ],
    ids=lambda keys: str(keys.type),
)
@pytest.mark.parametrize("known", [[1, 3], ["1", "3"], [1.0, 3.0]], ids=["int", "text", "float"])
def test_keys_are_compared_as_text(keys, known):
    assert looked_up(keys, pa.table({"k": known, "v": ["a", "b"]})) == ["b", "a", None, None]


def test_keys_of_other_types():
    days = [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]
    assert looked_up(pa.array(days[::-1]), pa.table({"k": days, "v": ["a", "b"]})) == ["b", "a"]
    assert looked_up(pa.array([True, False]), pa.table({"k": ["true"], "v": ["a"]})) == ["a", None]


@pytest.mark.parametrize(
    ("values", "want", "kind"),
    [
        (["F", None], ["F", None], CODED),
        ([0.25, None], [0.25, None], pa.float64()),
        ([0.25, float("nan")], [0.25, None], pa.float64()),
        ([41, None], [41, None], pa.int64()),
        ([True, False], ["true", "false"], CODED),
        ([None, None], [None, None], CODED),
    ],
)
def test_values_keep_being_numbers_or_text(values, want, kind):
    members = members_of(pa.table({"k": ["a", "b"], "v": values}), "k", ["v"])
    got = joined(pa.record_batch({"k": ["a", "b", "c"]}), members, "k")["v"]
    assert got.to_pylist() == [*want, None]
    assert got.type == kind


def test_rows_of_one_key_that_disagree_say_nothing():
    table = pa.table(
        {
            "k": ["a", "a", "b", "b", "b", None, "c"],
            "v": ["x", None, "x", "y", "x", "z", None],
            "p": [0.5, 0.5, 0.1, 0.1, None, 0.9, 0.0],
        }
    )
    members = members_of(table, "k", ["v", "p"])
    assert (len(members), members.repeated, members.disputed, members.keyless) == (3, 3, 1, 1)
    got = match(pa.record_batch({"k": ["a", "b", "c", "d", None]}), members, "k")
    assert got.rows["v"].to_pylist() == ["x", None, None, None, None]
    assert got.rows["p"].to_pylist() == [0.5, 0.1, 0.0, None, None]
    assert (got.matched, got.unmatched) == (3, 2)


said = st.tuples(st.integers(0, 8), st.sampled_from([None, "x", "y"]), st.sampled_from([None, 0.5]))


@settings(max_examples=60, deadline=None)
@given(st.lists(said, max_size=60), st.integers(1, 20), st.integers(0, 10))
def test_members_are_those_of_a_dictionary_however_the_table_is_cut(rows, size, pending):
    want: dict[int, list[set]] = {}
    for key, *values in rows:
        for seen, value in zip(want.setdefault(key, [set(), set()]), values, strict=True):
            seen |= {value} - {None}
    table = pa.table(
        {
            "k": pa.array([row[0] for row in rows], pa.int64()),
            "v": pa.array([row[1] for row in rows], pa.string()),
            "p": pa.array([row[2] for row in rows], pa.float64()),
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PENDING", pending)
        members = members_of(Cut(table, size), "k", ["v", "p"])
    got = match(pa.record_batch({"k": list(range(10))}), members, "k")
    for column, place in (("v", 0), ("p", 1)):
        values = [want.get(key, [set(), set()])[place] for key in range(10)]
        one = [min(value) if len(value) == 1 else None for value in values]
        assert got.rows[column].to_pylist() == one
    assert members.disputed == sum(any(len(s) > 1 for s in seen) for seen in want.values())
    assert members.repeated == len(rows) - len(want)
    assert got.matched == len(want) == len(members)


class Cut:
    """A source that delivers batches of a size of its own."""

    def __init__(self, table: pa.Table, size: int) -> None:
        self._source, self._size = open_source(table), size
        self.name, self.rows = self._source.name, self._source.rows
        self.arrow_schema = self._source.arrow_schema

    def batches(self, columns=None):
        for batch in self._source.batches(columns):
            for start in range(0, batch.num_rows, self._size):
                yield batch.slice(start, self._size)

    def sample(self, rows, columns=None):
        return self._source.sample(rows, columns)


def test_many_rows_against_many_members():
    rng = np.random.default_rng(0)
    keys = rng.permutation(60_000)
    members = members_of(pa.table({"k": keys, "v": keys * 2}), "k", ["v"])
    asked = rng.integers(0, 70_000, 30_000)
    got = match(pa.record_batch({"k": asked}), members, "k")
    values = got.rows["v"]
    assert got.unmatched == values.null_count == np.count_nonzero(asked >= 60_000)
    there = asked < 60_000
    assert (np.array(values.to_pylist())[there] == 2 * asked[there]).all()


def test_unmatched_rows_are_groups_not_stated():
    members = members_of({"k": ["a", "b"], "sex": ["F", "M"]}, "k", ["sex"])
    rows = joined(pa.record_batch({"k": ["b", "z", "a"]}), members, "k")
    assert Groups(("sex",), (("F",), ("M",))).codes(rows).tolist() == [1, 3, 0]


def test_a_joined_source_reads_like_a_source():
    members = members_of({"k": ["a", "b"], "sex": ["F", "M"], "p": [0.1, 0.9]}, "k", ["sex", "p"])
    source = JoinedSource(open_source({"x": [1, 2, 3], "k": ["b", "c", "a"]}), members, "k")
    assert isinstance(source, Source)
    assert source.rows == 3
    assert source.arrow_schema.names == ["x", "k", "sex", "p"]
    assert source.unmatched is None
    (whole,) = source.batches()
    assert whole.schema == source.arrow_schema
    assert whole["sex"].to_pylist() == ["M", None, "F"]
    assert source.unmatched == 1
    (part,) = source.batches(["p", "x"])
    assert part.to_pydict() == {"p": [0.9, None, 0.1], "x": [1, 2, 3]}
    (own,) = source.batches(["x"])
    assert own.schema.names == ["x"]
    assert source.sample(2, ["sex"]).schema.names == ["sex"]
    assert source.sample(9).to_pydict() == whole.to_pydict()
    assert source.sample(9, ["k"]).column_names == ["k"]
    with pytest.raises(UsageError, match="no column 'y'"):
        list(source.batches(["y"]))


def test_empty_tables():
    nobody = members_of(
        pa.table({"k": pa.array([], pa.string()), "v": pa.array([], pa.string())}), "k", ["v"]
    )
    assert len(nobody) == 0
    got = match(pa.record_batch({"k": ["a"]}), nobody, "k")
    assert got.rows.to_pylist() == [{"k": "a", "v": None}]
    some = members_of({"k": ["a"], "v": ["x"]}, "k", ["v"])
    nothing = pa.record_batch({"k": pa.array([], pa.string())})
    assert match(nothing, some, "k").rows.num_rows == 0


def test_what_does_not_fit_is_refused():
    table = {"k": ["a", "b"], "v": ["x", "y"]}
    members = members_of(table, "k", ["v"])
    with pytest.raises(UsageError, match="did you mean 'key'"):
        match(pa.record_batch({"key": ["a"]}), members, "keys")
    with pytest.raises(UsageError, match="'v' is in the rows"):
        match(pa.record_batch({"k": ["a"], "v": ["x"]}), members, "k")
    with pytest.raises(UsageError, match="'k' is also asked for"):
        members_of(table, "k", ["k"])
    with pytest.raises(UsageError, match="no column 'w'"):
        members_of(table, "k", ["w"])
    with pytest.raises(UsageError, match="more than 1 different keys"):
        members_of(table, "k", ["v"], most=1)


def test_a_column_of_names_is_no_group(monkeypatch):
    monkeypatch.setattr(module, "MOST_VALUES", 3)
    with pytest.raises(UsageError, match="more than 3 different values"):
        members_of({"k": list("abcd"), "v": list("abcd")}, "k", ["v"])


def test_nobody_shows_in_what_is_printed():
    members = members_of({"k": ["secret"], "v": ["hidden"]}, "k", ["v"])
    assert "secret" not in f"{members!r}{members.keys!r}"
    assert "hidden" not in repr(members)
