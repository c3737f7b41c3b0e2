"""Two tables without a key: a fault is named once, with its column; unchanged tables are calm."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.engine.skew.unkeyed.tables import as_table, draw

from vedette.core.errors import UsageError
from vedette.core.schema import Field, Schema
from vedette.engine.skew.unkeyed.compare import compare_tables

Columns = dict[str, Any]


def units(c: Columns) -> None:
    c["distance"] = c["distance"] * 1.609344


def some_units(c: Columns) -> None:
    c["distance"] = np.where(np.arange(len(c["distance"])) % 3 == 0, 1000.0, 1.0) * c["distance"]


def fahrenheit(c: Columns) -> None:
    c["gust"] = c["gust"] * 1.8 + 32


def moved(c: Columns) -> None:
    c["air_time"] = c["air_time"] + 40


def logged(c: Columns) -> None:
    c["distance"] = np.log(c["distance"])


def scaled(c: Columns) -> None:
    c["air_time"] = (c["air_time"] - c["air_time"].mean()) / c["air_time"].std()


def filled(c: Columns) -> None:
    c["gust"] = np.where(np.isnan(c["gust"]), -1.0, c["gust"])


def defaulted(c: Columns) -> None:
    c["air_time"] = np.where(np.arange(len(c["air_time"])) % 4 == 0, 0.0, c["air_time"])


def lost(c: Columns) -> None:
    c["carrier"] = np.where(np.arange(len(c["carrier"])) % 5 == 0, None, c["carrier"])


def lost_times(c: Columns) -> None:
    c["at"] = np.where(np.arange(len(c["at"])) % 5 == 0, np.datetime64("NaT"), c["at"])


def rounded(c: Columns) -> None:
    c["distance"] = np.round(c["distance"], 0)


def truncated(c: Columns) -> None:
    c["gust"] = np.trunc(c["gust"])


def cut(c: Columns) -> None:
    c["city"] = np.array([city[:5] for city in c["city"]])


def lowered(c: Columns) -> None:
    c["carrier"] = np.char.lower(c["carrier"].astype(str))


def padded(c: Columns) -> None:
    c["carrier"] = np.array([f" {name}" for name in c["carrier"]])


def opened(c: Columns) -> None:
    c["carrier"] = np.where(np.arange(len(c["carrier"])) % 25 == 0, "ZZ", c["carrier"])


def held(c: Columns) -> None:
    c["delay"] = np.repeat(c["delay"][::2], 2)[: len(c["delay"])]


def stuck(c: Columns) -> None:
    c["distance"][len(c["distance"]) // 2 :] = c["distance"][0]


def late(c: Columns) -> None:
    c["air_time"] = np.roll(c["air_time"], 7)


def swapped(c: Columns) -> None:
    c["distance"], c["air_time"] = c["air_time"], c["distance"]


def zoned(c: Columns) -> None:
    c["at"] = c["at"] - np.timedelta64(5, "h")


def texted(c: Columns) -> None:
    c["delay"] = np.array([str(n) for n in c["delay"]])


def renamed(c: Columns) -> None:
    c["flightDistance"] = c.pop("distance")


def gone(c: Columns) -> None:
    del c["gust"]


FAULTS: list[tuple[Callable[[Columns], None], str, str]] = [
    (units, "unit", "distance"),
    (some_units, "unit", "distance"),
    (fahrenheit, "unit", "gust"),
    (moved, "offset", "air_time"),
    (logged, "function", "distance"),
    (scaled, "scale", "air_time"),
    (filled, "default_fill", "gust"),
    (defaulted, "default_fill", "air_time"),
    (lost, "nulls", "carrier"),
    (lost_times, "nulls", "at"),
    (rounded, "resolution", "distance"),
    (truncated, "resolution", "gust"),
    (cut, "cut", "city"),
    (lowered, "case", "carrier"),
    (padded, "whitespace", "carrier"),
    (opened, "new_category", "carrier"),
    (held, "stale", "delay"),
    (stuck, "stale", "distance"),
    (late, "stale", "air_time"),
    (swapped, "swapped", "distance"),
    (zoned, "time_zone", "at"),
    (texted, "retyped", "delay"),
    (renamed, "renamed", "distance"),
    (gone, "dropped", "gust"),
]


@pytest.mark.parametrize(
    ("plant", "kind", "column"), FAULTS, ids=lambda v: getattr(v, "__name__", v)
)
def test_a_fault_is_named_once_with_its_column(
    plant: Callable[[Columns], None], kind: str, column: str
) -> None:
    serving = draw(2)
    plant(serving)
    found = compare_tables(as_table(draw(1)), as_table(serving))
    assert [(fault.kind, column in fault.columns) for fault in found.faults] == [(kind, True)]
    assert not found.ok
    assert found.alarms[0].monitor == "skew"
    assert found.alarms[0].component == kind


def test_unchanged_tables_are_calm() -> None:
    for seed in range(10, 16):
        found = compare_tables(as_table(draw(seed)), as_table(draw(seed + 100)))
        assert found.ok, str(found)
        assert found.faults == ()


def test_sentences_name_the_cause() -> None:
    def said(plant: Callable[[Columns], None]) -> str:
        serving = draw(2)
        plant(serving)
        return compare_tables(as_table(draw(1)), as_table(serving)).faults[0].reason

    assert said(units) == "serving `distance` looks like training × 1.609 (miles to kilometres)"
    assert said(zoned) == "serving `at` runs 5 hours behind training: another time zone"
    assert said(renamed) == "`distance` is now called `flightDistance`"
    assert said(swapped) == "`air_time` and `distance` are swapped in serving"
    assert said(truncated) == "serving `gust` is cut off to whole numbers"
    assert said(texted) == "`delay` is stored as text in serving, as whole number in training"


def test_an_added_column_is_notable_and_alarming_under_a_closed_schema() -> None:
    serving = as_table(draw(2)).append_column("request", pa.array([1] * 3_000))
    found = compare_tables(as_table(draw(1)), serving)
    assert found.ok
    assert [(f.kind, f.verdict) for f in found.faults] == [("added", "notable")]
    schema = Schema((Field("distance", "numeric"),), closed=True)
    assert not compare_tables(as_table(draw(1)), serving, schema=schema).ok


def test_a_label_may_be_absent_from_serving() -> None:
    training, serving = draw(1), draw(2)
    del serving["delay"]
    assert compare_tables(as_table(training), as_table(serving), label="delay").faults == ()
    serving_only = Schema((Field("delay", "integer", environments=("training",)),))
    assert compare_tables(as_table(training), as_table(serving), schema=serving_only).ok


def test_rows_that_come_twice() -> None:
    table = as_table(draw(2))
    twice = pa.concat_tables([table, table.slice(0, 500)])
    found = compare_tables(as_table(draw(1)), twice)
    assert [fault.kind for fault in found.faults] == ["duplicates"]
    assert found.faults[0].reason.startswith("12 % of serving rows are copies of another")


def test_rows_in_another_order_are_no_stale_feed() -> None:
    table = as_table(draw(2))
    order = table.select(["carrier", "city", "hour_local", "delay"])
    training = as_table(draw(1)).select(order.column_names)
    found = compare_tables(training, order.sort_by([(n, "ascending") for n in order.column_names]))
    assert found.ok
    assert [fault.kind for fault in found.faults] == ["order"]


@pytest.mark.parametrize("rows", [0, 1, 2, 30])
def test_few_rows(rows: int) -> None:
    found = compare_tables(as_table(draw(1)), as_table(draw(2)).slice(0, rows))
    assert found.ok, str(found)


def test_odd_columns_break_nothing() -> None:
    odd = {
        "constant": pa.array([1.0] * 500),
        "empty": pa.nulls(500),
        "missing": pa.array([None] * 500, pa.float64()),
        "infinite": pa.array([np.inf, 1.0, np.nan, -np.inf, 2.0] * 100),
        "mixed": pa.array(["1", "x", None, "2.5", ""] * 100),
        "lists": pa.array([[1, 2], None] * 250),
        "bytes": pa.array([b"a", b"\xff"] * 250),
        "clock": pa.array([3600] * 500, pa.time32("s")),
        "day": pa.array([19_000] * 500, pa.date32()),
        "lasting": pa.array([5] * 500, pa.duration("ms")),
        "flag": pa.array([True, False] * 250),
    }
    table = pa.table(odd)
    assert compare_tables(table, table).ok
    assert compare_tables(table, table.slice(0, 0)).ok is not None


def test_a_document_a_page_and_words(tmp_path: Path) -> None:
    serving = draw(2)
    units(serving)
    found = compare_tables(as_table(draw(1)), as_table(serving))
    document = json.loads(found.to_json(tmp_path / "skew.json"))
    assert document["format"] == "vedette.table_skew"
    assert document["settings"]["alpha"] == 0.05
    assert document["faults"][0]["columns"] == ["distance"]
    shown = {finding["id"] for finding in document["findings"]}
    assert set(document["faults"][0]["beneath"]) <= shown
    assert all("reference" not in finding["reason"] for finding in document["findings"])
    page = found.to_html(tmp_path / "skew.html").read_text("utf-8")
    assert "What went wrong" in page
    assert "miles to kilometres" in page
    assert str(found).splitlines()[1] == f"  {found.faults[0].reason}"


def test_profiles_hold_no_rows() -> None:
    from vedette.engine.api import Baseline

    with pytest.raises(UsageError, match="a profile holds no rows"):
        compare_tables(Baseline.fit({"x": [1.0, 2.0]}), {"x": [1.0]})


def test_columns_that_nothing_is_known_of_are_not_called_fine() -> None:
    rows = {"x": [float(i) for i in range(500)], "y": [1.0, 2.0] * 250}
    nothing = pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.float64())})
    for sides in ((rows, nothing), (nothing, rows), ({"x": [1.0]}, {"x": [9.0]})):
        assert "can be judged" in compare_tables(*sides).verdict
    found = compare_tables({**rows, "y": [None] * 500}, {**rows, "y": [None] * 500})
    assert found.verdict == "Serving sees what training saw in 1 column; 1 cannot be judged."
