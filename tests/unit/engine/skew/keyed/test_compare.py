"""Rows are joined and counted exactly, whatever the keys, the times and the types."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vedette as vd
from vedette.cli.flights import flights, with_faults
from vedette.core.errors import SettingsError, StoreError, UsageError

MINUTE = 60 * 10**6
N = 2000


def tables(seed=0, n=N):
    """Two sides in different orders, with differences of every sort."""
    rng = np.random.default_rng(seed)
    offline = pd.DataFrame(
        {
            "id": [f"k{i}" for i in range(n)],
            "x": rng.normal(size=n),
            "n": rng.integers(0, 100, n),
            "c": rng.choice(["a", "b", "c"], n),
            "b": rng.random(n) < 0.5,
            "t": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="s"),
        }
    )
    online = offline.copy()
    online.loc[rng.random(n) < 0.1, "x"] += 1
    online.loc[rng.random(n) < 0.05, "x"] = np.nan
    offline.loc[rng.random(n) < 0.05, "x"] = np.nan
    online.loc[rng.random(n) < 0.1, "n"] += 1
    online.loc[rng.random(n) < 0.1, "c"] = "d"
    flip = rng.random(n) < 0.03
    online.loc[flip, "b"] = ~online.loc[flip, "b"]
    online.loc[rng.random(n) < 0.2, "t"] += pd.Timedelta(hours=1)
    return offline, online.sample(frac=0.9, random_state=seed)


@pytest.mark.parametrize("seed", range(3))
def test_every_count_is_that_of_pandas(seed):
    offline, online = tables(seed)
    found = vd.skew(offline, online, key="id")
    both = offline.merge(online, on="id", suffixes=("_o", "_s"))
    assert found.compared == len(both)
    assert found.unmatched.offline == len(offline) - len(both)
    for name in "xncbt":
        o, s = both[f"{name}_o"], both[f"{name}_s"]
        tally = found[name].tally
        assert tally.neither == (o.isna() & s.isna()).sum()
        assert tally.not_online == (o.notna() & s.isna()).sum()
        assert tally.not_offline == (o.isna() & s.notna()).sum()
        assert tally.differ == (o.notna() & s.notna() & (o != s)).sum()
        assert tally.rows == len(both)


def test_pairs_of_categories_are_counted_exactly():
    offline, online = tables()
    both = offline.merge(online, on="id", suffixes=("_o", "_s"))
    differ = both[both.c_o != both.c_s].groupby(["c_o", "c_s"]).size()
    found = vd.skew(offline, online, key="id")["c"].confusion
    assert {(one.offline, one.online): one.rows for one in found} == differ.to_dict()


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ([17, 18], ["17", "18"]),
        ([17.0, 18.0], [17, 18]),
        (["17.0", "18"], [17, 18]),
        ([17, 18], pa.array([17, 18], pa.int16())),
    ],
)
def test_keys_of_other_types_are_one(there, here):
    found = vd.skew({"id": there, "x": [1, 2]}, {"id": here, "x": [1, 3]}, key="id")
    assert (found.compared, found["x"].tally.differ) == (2, 1)


def test_keys_of_several_columns_and_other_names():
    offline = {"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [1, 2, 3]}
    online = {"aa": [2, 1, 1], "b": ["x", "x", "y"], "w": [3, 1, 9]}
    found = vd.skew(offline, online, key=["a", "b"], names={"aa": "a", "w": "v"})
    assert (found.compared, found["v"].tally.differ) == (3, 1)
    assert found["v"].online_name == "w"


def test_rows_without_a_key_are_counted_and_not_compared():
    found = vd.skew(
        {"id": [1, None, 3], "x": [1, 2, 3]}, {"id": [1, None, None], "x": [1, 2, 3]}, key="id"
    )
    assert (found.compared, found.unmatched.offline) == (1, 1)
    assert (found.unmatched.keyless_offline, found.unmatched.keyless_online) == (1, 2)


DOUBLE = {"id": [1, 1, 2, 2, 3], "x": [5, 5, 6, 7, 8]}


@pytest.mark.parametrize(
    ("how", "compared", "differ"), [("skip", 3, 0), ("first", 4, 0), ("last", 4, 1)]
)
def test_duplicate_keys_are_told_and_treated(how, compared, differ):
    online = {"id": [1, 2, 3, 3], "x": [5, 6, 8, 8]}
    found = vd.skew(DOUBLE, online, key="id", duplicates=how)
    offline, serving = found.duplicates
    assert (offline.keys, offline.rows, offline.conflicting) == (2, 4, 1)
    assert (serving.keys, serving.rows) == (1, 2)
    assert (found.compared, found["x"].tally.differ) == (compared, differ)
    assert found.unmatched.ambiguous == (how == "skip")


def test_as_of_a_time_the_latest_row_that_is_not_later_counts():
    offline = {"id": [1, 1, 1, 2], "t": [0, 10, 20, 100], "x": [1, 2, 3, 4]}
    online = {"id": [1, 1, 1, 1, 2, 9], "t": [0, 9, 10, 500, 50, 1], "x": [1, 1, 2, 3, 4, 0]}
    sides = [
        {**side, "t": [pd.Timestamp(m, unit="m", tz="UTC") for m in side["t"]]}
        for side in (offline, online)
    ]
    found = vd.skew(*sides, key="id", time="t")
    assert (found.compared, found["x"].tally.differ) == (4, 0)
    assert (found.unmatched.online, found.unmatched.offline) == (2, 0)
    close = vd.skew(*sides, key="id", time="t", within="30min")
    assert (close.compared, close.unmatched.too_old) == (3, 1)


def test_tolerances_are_relative_or_absolute_by_column():
    offline = {"id": [1, 2, 3], "x": [100.0, 1e-9, 0.0], "y": [1.0, 2.0, 3.0], "n": [10, 10, 10]}
    online = {"id": [1, 2, 3], "x": [100.00005, 2e-9, 0.0], "y": [1.5, 2.6, 3], "n": [10, 11, 12]}

    def differ(**more):
        found = vd.skew(offline, online, key="id", **more)
        return [found[name].tally.differ for name in "xyn"]

    assert differ() == [1, 2, 2]
    assert differ(tolerance={"x": "abs:1e-8", "y": "abs:0.5", "n": "abs:1"}) == [1, 1, 1]
    assert differ(tolerance=0.3) == [1, 1, 2]
    assert differ(tolerance={"x": "rel:1e-6,abs:1e-8", "n": 0.2}) == [0, 2, 0]


def test_infinities_are_the_same_only_where_they_are_equal():
    inf = float("inf")
    found = vd.skew(
        {"id": [1, 2, 3], "x": [inf, inf, 1.0]}, {"id": [1, 2, 3], "x": [inf, -inf, inf]}, key="id"
    )
    assert found["x"].tally.differ == 2


def test_values_of_other_types_are_compared_by_what_they_say():
    offline = {"id": [1, 2, 3], "n": [1, 2, 3], "b": [True, False, True], "e": [None, None, None]}
    online = {
        "id": [1, 2, 3],
        "n": ["1", "2.0", "x"],
        "b": ["true", "0", "no"],
        "e": ["", None, "a"],
    }
    found = vd.skew(offline, online, key="id")
    assert [found[name].tally.differ for name in "nb"] == [1, 1]
    assert found["e"].tally.not_offline == 2


def test_times_are_compared_as_moments():
    naive = pd.to_datetime(["2026-01-01 00:00", "2026-06-01 12:00"])
    offline = {"id": [1, 2], "t": naive, "d": naive.date}
    online = {
        "id": [1, 2],
        "t": naive.tz_localize("UTC").tz_convert("Europe/Paris"),
        "d": ["2026-01-01", "2026-06-01 01:00"],
    }
    found = vd.skew(offline, pa.table(online), key="id")
    assert found["t"].tally.differ == 0
    assert found["d"].tally.differ == 1
    assert found["d"].sizes.largest == 3600


def test_a_lag_in_the_order_of_keys_is_found_though_rows_are_in_any_order():
    rng = np.random.default_rng(4)
    x = rng.normal(size=N)
    offline = pd.DataFrame({"day": np.arange(N), "x": x}).sample(frac=1, random_state=1)
    online = pd.DataFrame({"day": np.arange(N), "x": np.roll(x, 1)})
    (cause,) = vd.skew(offline, online, key="day")["x"].causes
    assert (cause.name, "1 row earlier in the order of day" in cause.words) == ("lag", True)


def test_swapped_columns_are_found_in_a_join():
    offline, _ = tables()
    offline["y"] = offline.x * 3
    offline["z"] = np.random.default_rng(1).normal(size=len(offline))
    online = offline.rename(columns={"y": "z", "z": "y"})
    found = vd.skew(offline, online, key="id")
    assert [found[name].causes[0].name for name in "yz"] == ["swapped", "swapped"]


def test_files_give_what_frames_give(tmp_path):
    offline, online = tables()
    offline.to_csv(tmp_path / "off.csv", index=False)
    (tmp_path / "on").mkdir()
    whole = pa.Table.from_pandas(online, preserve_index=False)
    pq.write_table(whole.slice(0, 900), tmp_path / "on" / "1.parquet")
    pq.write_table(whole.slice(900), tmp_path / "on" / "2.parquet")
    found = vd.skew(tmp_path / "off.csv", tmp_path / "on", key="id")
    frames = vd.skew(offline, online, key="id")
    assert [c.tally for c in found.columns] == [c.tally for c in frames.columns]
    again = vd.skew(tmp_path / "off.csv", tmp_path / "on", key="id")
    assert again.to_json() == found.to_json()


def test_the_document_holds_no_single_value_unless_asked(tmp_path):
    offline = {"id": list(range(60)), "mail": [f"user{i}@example.org" for i in range(60)]}
    online = {"id": list(range(60)), "mail": [f"other{i}@example.org" for i in range(60)]}
    found = vd.skew(offline, online, key="id")
    assert "@" not in found.to_json()
    found.to_html(tmp_path / "x.html")
    assert "user1@" not in (tmp_path / "x.html").read_text("utf-8")
    asked = vd.skew(offline, online, key="id", examples=3)
    document = json.loads(asked.to_json())
    assert len(document["columns"][0]["examples"]) == 3
    assert document["columns"][0]["examples"][0]["offline"].startswith("user")


def test_what_matters_is_alarming_and_what_hardly_differs_is_notable():
    n = 20_000
    offline = {"id": np.arange(n), "x": np.arange(n), "y": np.arange(n), "z": np.arange(n)}
    online = {
        **offline,
        "x": np.arange(n) + (np.arange(n) < 100),
        "y": np.arange(n) + (np.arange(n) < 3),
    }
    found = vd.skew(offline, online, key="id")
    assert [(f.column, f.verdict) for f in found.findings] == [
        ("x", "alarming"), ("y", "notable"), ("z", "calm"),
    ]  # fmt: skip
    assert not found.ok
    assert vd.skew(offline, online, key="id", max_mismatch=0.01).ok
    assert "x" in found.verdict
    assert "differs from training in 0.5 %" in str(found)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"key": "idd"}, UsageError, "did you mean 'id'"),
        ({"key": "id", "within": "1h"}, SettingsError, "goes with a time"),
        ({"key": "id", "tolerance": {"x": "about:3"}}, SettingsError, "not understood"),
        ({"key": "id", "tolerance": {"y": 1}}, UsageError, "no column 'y'"),
        ({"key": "id", "names": {"q": "x"}}, UsageError, "no column 'q'"),
        ({"key": "id", "ignore": "x"}, UsageError, "no column is on both sides"),
        ({"key": "id", "max_mismatch": 2}, SettingsError, "no share"),
        ({"key": "id", "duplicates": "any"}, SettingsError, "skip, first, last"),
        ({"key": "id", "memory": "lots"}, SettingsError, "memory"),
        ({"key": "x"}, UsageError, "not one row has its like"),
    ],
)
def test_wrong_use_is_said(options, error, words):
    with pytest.raises(error, match=words):
        vd.skew({"id": [1, 2], "x": [1, 2]}, {"id": [1, 2], "x": [3, 4]}, **options)


def test_too_little_memory_is_an_error_of_the_machine():
    offline, online = tables(n=200_000)
    with pytest.raises(StoreError, match="memory"):
        vd.skew(offline, online, key="id", memory="1MB")


def test_a_value_of_an_hour_ago_is_found_by_the_history_of_its_key():
    rng = np.random.default_rng(6)
    n, users = 6000, 60
    start = pd.Timestamp("2026-01-01", tz="UTC")
    offline = pd.DataFrame(
        {
            "user": rng.integers(0, users, n),
            "t": start + pd.to_timedelta(rng.integers(0, 10 * 86_400, n), unit="s"),
            "balance": np.round(rng.gamma(2, 50, n), 2),
        }
    ).drop_duplicates(["user", "t"])
    asked = pd.DataFrame(
        {
            "user": rng.integers(0, users, 2000),
            "t": start + pd.to_timedelta(rng.integers(86_400, 10 * 86_400, 2000), unit="s"),
        }
    )
    asked["then"] = asked.t - pd.Timedelta("1h")
    online = pd.merge_asof(
        asked.sort_values("then"), offline.rename(columns={"t": "at"}).sort_values("at"),
        left_on="then", right_on="at", by="user",
    )[["user", "t", "balance"]]  # fmt: skip
    found = vd.skew(offline, online, key="user", time="t")
    (cause,) = found["balance"].causes
    assert (cause.name, cause.words) == ("lag", "serving `balance` = training of 1 h earlier")
    assert 0 < found["balance"].tally.rate < 0.5


def test_the_flights_of_one_carrier_in_kilometres():
    table = flights().slice(0, 30_000)
    table = table.append_column("flight", pa.array(range(table.num_rows)))
    served = with_faults(table).take(pa.array(np.random.default_rng(0).permutation(30_000)))
    found = vd.skew(table, served, key="flight")
    assert [finding.column for finding in found.alarms] == ["distance"]
    assert found["distance"].causes[0].words == (
        "serving `distance` = training × 1.609344 (miles to kilometres) for carrier UA"
    )


def test_whole_numbers_beyond_64_bits_with_a_sign_are_compared_exactly():
    top = 2**64 - 1
    keys = pa.array([top - i for i in range(50)], pa.uint64())
    a = pa.table({"id": keys, "hash": keys})
    b = a.set_column(1, "hash", pa.array([top - i - (i == 7) for i in range(50)], pa.uint64()))
    found = vd.skew(a, b, key="id")
    assert (found.compared, found.duplicates[0].keys) == (50, 0)
    assert found["hash"].tally.differ == 1
    found = vd.skew(a, {"id": [str(top - i) for i in range(50)], "hash": list(range(50))}, key="id")
    assert (found.compared, found["hash"].tally.differ) == (50, 50)


def test_times_in_text_are_the_moments_they_say():
    days = pd.date_range("2026-01-01", periods=20)
    a = pd.DataFrame({"day": days, "t": days})
    b = pd.DataFrame(
        {
            "day": [f"{day:%Y-%m-%d}" for day in days],
            "t": [f"{day:%Y-%m-%d}T02:00:00+02:00" for day in days],
        }
    )
    found = vd.skew(a, b, key="day")
    assert (found.compared, found["t"].tally.mismatches) == (20, 0)


@pytest.mark.parametrize(
    ("offline", "online", "options", "said"),
    [
        ({"id": [1, 1], "x": [1, 2]}, {"id": [1], "x": [1]}, {}, "rows of its key that disagree"),
        ({"id": [1], "x": [1]}, {"id": [None], "x": [1]}, {}, "no online row has a key"),
        ({"id": [1], "x": [1]}, pa.table({"id": pa.array([], pa.int64()), "x": []}), {}, "no rows"),
        ({"id": [1], "x": [1]}, {"id": [2], "x": [1]}, {}, "has its like"),
        ({"id": [1], "t": [0], "x": [1]}, {"id": [1], "t": [9000], "x": [1]},
         {"time": "t", "within": "1h"}, "too old"),
    ],
)  # fmt: skip
def test_why_nothing_could_be_compared_is_said(offline, online, options, said):
    with pytest.raises(UsageError, match=said):
        vd.skew(offline, online, key="id", **options)


def test_a_key_is_a_name_and_options_of_rows_go_with_one():
    table = {"id": [1], "x": [1]}
    with pytest.raises(UsageError, match="name of a column"):
        vd.skew(table, table, key=5)
    with pytest.raises(UsageError, match="no key"):
        vd.skew(table, table, key=[])
    with pytest.raises(UsageError, match="tolerance= goes with a key"):
        vd.skew(table, table, tolerance=0.1)


def test_examples_of_times_are_times_and_no_column_is_a_segment_of_itself():
    day = pd.Timestamp("2026-01-01")
    a = pd.DataFrame({"id": range(40), "t": day, "c": ["a", "b"] * 20})
    b = a.assign(t=day + pd.Timedelta("1h"), c=a.c.replace("a", "A"))
    document = vd.skew(a, b, key="id", examples=1).to_dict()
    told = {column["name"]: column for column in document["columns"]}
    assert told["t"]["examples"][0]["offline"] == "2026-01-01 00:00:00"
    assert told["c"]["segments"] == []
