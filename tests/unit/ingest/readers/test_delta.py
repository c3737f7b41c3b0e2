"""Delta tables as their own library writes them: every row once, whatever becomes of the files."""

import builtins
import json
from base64 import b85encode
from datetime import UTC, date, datetime, timedelta
from struct import pack

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.readers.made import Kept, course, read
from tests.unit.ingest.readers.test_databricks import AT, GATEWAY, LEGACY, NEWEST, TYPES

from vedette.core.errors import UsageError
from vedette.ingest.readers.delta_log import Added, Commit, fresh
from vedette.ingest.readers.mapping import Columns
from vedette.ingest.readers.record import Given

deltalake = pytest.importorskip("deltalake", reason="the extra delta is not installed")
GIVEN = Given(model="m")


def rows(start, stop, day=1, **more):
    when = datetime(2026, 11, day, 10, tzinfo=UTC)
    count = stop - start
    return pa.table({
        "id": [f"k{one}" for one in range(start, stop)],
        "time": pa.array([when + timedelta(seconds=one) for one in range(start, stop)],
                         pa.timestamp("us", "UTC")),
        "day": pa.array([when.date()] * count, pa.date32()),
        "x": list(range(start, stop)),
        **{name: [value] * count for name, value in more.items()},
    })  # fmt: skip


def write(path, table, mode="append", **more):
    deltalake.write_deltalake(path, table, mode=mode, partition_by=["day"], **more)


def ids(*numbers):
    return [f"k{one}" for one in numbers]


def taken(path, sink, kind="table", **more):
    """The ids that one run reads."""
    before = len(sink.rows)
    one = course(kind, path, sink=sink, given=GIVEN)
    one.run(**more)
    assert not one.tally.broken, one.tally.broken
    assert not sink.unread
    return sink.ids[before:]


def made(name, row):
    arrays = {name: pa.array([value], TYPES.get(name)) for name, value in row.items()}
    return pa.table({n: a.cast(pa.timestamp("us", "UTC")) if pa.types.is_timestamp(a.type) else
                     a.cast(pa.list_(pa.string())) if pa.types.is_list(a.type) else
                     a.cast(pa.string()) if pa.types.is_null(a.type) else a
                     for n, a in arrays.items()})  # fmt: skip


@pytest.mark.parametrize(("row", "day", "found"), [
    (LEGACY, "date", ["d1#0", "d1#1"]), (GATEWAY, "request_date", ["c2#0", "c2#1"]),
    (NEWEST, None, ["i3"]),
])  # fmt: skip
def test_inference_tables_of_all_generations_are_read_as_tables(tmp_path, row, day, found):
    path = tmp_path / "lake" / "payload"
    deltalake.write_deltalake(path, made("m", row), partition_by=[day] if day else None)
    sink = Kept()
    assert taken(tmp_path / "lake", sink, "databricks") == found
    assert {row["time"] for _, row in sink.rows} == {AT}


def test_a_partition_is_a_column_and_files_come_in_the_order_of_their_times(tmp_path):
    for day in (3, 1, 2):
        write(tmp_path / "t", rows(10 * day, 10 * day + 2, day))
    sink = Kept()
    assert taken(tmp_path / "t", sink) == ids(10, 11, 20, 21, 30, 31)
    days = [row["features"]["day"] // 10**9 for _, row in sink.rows]
    assert days[0] == datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert days == sorted(days)


def test_partitions_may_have_any_value(tmp_path):
    path, sink = tmp_path / "t", Kept()
    for one, value in enumerate(["a/b=:% é", None, "2026-11-01 10:00:00", "x", "a/b=:% é"]):
        when = pa.array([datetime(2026, 11, 1, 10, 0, one, tzinfo=UTC)], pa.timestamp("us", "UTC"))
        table = pa.table({"id": [f"k{one}"], "p": pa.array([value], pa.string()), "when": when})
        deltalake.write_deltalake(path, table, mode="append", partition_by=["p", "when"])
        if one == 2:
            taken(path, sink)
    taken(path, sink)
    found = {row["id"]: (row["features"]["p"], row["features"]["when"]) for _, row in sink.rows}
    assert found == {
        "k0": ("a/b=:% é", AT), "k1": (None, AT + 10**9),
        "k2": ("2026-11-01 10:00:00", AT + 2 * 10**9),
        "k3": ("x", AT + 3 * 10**9), "k4": ("a/b=:% é", AT + 4 * 10**9),
    }  # fmt: skip


def test_new_commits_append_only_also_over_a_checkpoint(tmp_path):
    sink, path = Kept(), tmp_path / "t"
    write(path, rows(0, 3))
    assert taken(path, sink) == ids(0, 1, 2)
    assert taken(path, sink) == []
    write(path, rows(3, 5))
    deltalake.DeltaTable(path).create_checkpoint()
    write(path, rows(5, 6, 2))
    assert taken(path, sink, following=True) == ids(3, 4, 5)
    assert taken(path, sink, following=True) == []


def test_files_that_are_put_together_bring_nothing_again(tmp_path):
    sink, path = Kept(), tmp_path / "t"
    for one in range(3):
        write(path, rows(one, one + 1))
    assert taken(path, sink) == ids(0, 1, 2)
    deltalake.DeltaTable(path).optimize.compact()
    assert taken(path, sink) == []
    write(path, rows(3, 4))
    write(path, rows(4, 5))
    deltalake.DeltaTable(path).optimize.compact()  # old rows and new ones, in one file
    assert taken(path, sink) == ids(3, 4)
    deltalake.DeltaTable(path).optimize.z_order(["x"])
    assert taken(path, sink) == []


def test_where_the_first_files_are_gone_the_ones_that_replaced_them_are_read(tmp_path):
    sink, path = Kept(), tmp_path / "t"
    write(path, rows(0, 1))
    assert taken(path, sink) == ids(0)
    write(path, rows(1, 2))
    table = deltalake.DeltaTable(path)
    table.optimize.compact()
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert sorted(taken(path, sink)) == ids(0, 1)  # known by its id


def test_rows_that_were_deleted_are_not_read(tmp_path):
    sink, path = Kept(), tmp_path / "t"
    write(path, rows(0, 4))
    deltalake.DeltaTable(path).delete("x = 1")
    assert taken(path, sink) == ids(0, 2, 3)
    deltalake.DeltaTable(path).delete("x = 2")
    assert taken(path, sink) == []
    write(path, rows(4, 7))
    write(path, rows(7, 8))
    deltalake.DeltaTable(path).optimize.compact()
    deltalake.DeltaTable(path).delete("x = 5")
    assert {"k4", "k6", "k7"} <= set(found := taken(path, sink))
    assert not {"k1", "k2", "k5"} & set(found)


def test_rows_that_were_changed_or_written_over_are_read(tmp_path):
    sink, path = Kept(), tmp_path / "t"
    write(path, rows(0, 2))
    taken(path, sink)
    deltalake.DeltaTable(path).update(updates={"x": "9"}, predicate="x = 1")
    assert sorted(taken(path, sink)) == ids(0, 1)
    write(path, rows(5, 6), mode="overwrite")
    assert taken(path, sink) == ids(5)


def test_a_run_that_breaks_off_goes_on_within_its_version(tmp_path):
    path, sink = tmp_path / "t", Kept(breaks=2)
    write(path, rows(0, 1500, 1))
    write(path, rows(1500, 4000, 2))
    with pytest.raises(RuntimeError):
        taken(path, sink)
    sink.breaks = None
    write(path, rows(4000, 4001, 3))
    deltalake.DeltaTable(path).delete("x = 0")
    taken(path, sink)
    assert sink.ids == ids(*range(4001))
    assert taken(path, sink) == []


def test_a_log_that_no_longer_knows_what_came_means_all_of_the_table(tmp_path):
    sink, path = Kept(), tmp_path / "t"
    write(path, rows(0, 1))
    taken(path, sink)
    write(path, rows(1, 2))
    write(path, rows(2, 3))
    deltalake.DeltaTable(path).create_checkpoint()
    (path / "_delta_log" / f"{1:020d}.json").unlink()
    assert sorted(taken(path, sink)) == ids(0, 1, 2)


def test_columns_have_the_names_of_the_table_not_of_its_files(tmp_path):
    table = rows(0, 2).append_column("s", pa.array([{"a": 1}, None]))
    write(tmp_path / "t", table, configuration={"delta.columnMapping.mode": "name"})
    sink = Kept()
    assert taken(tmp_path / "t", sink) == ids(0, 1)
    assert sink.rows[0][1]["features"]["x"] == 0
    assert sink.rows[0][1]["features"]["s.a"] == 1
    write(tmp_path / "t", table.slice(1, 1).set_column(0, "id", pa.array(["k2"])))
    assert taken(tmp_path / "t", sink) == ids(2)
    assert sink.rows[2][1]["time"] == AT + 10**9


def test_a_column_that_came_later_is_missing_in_older_files(tmp_path):
    path = tmp_path / "t"
    write(path, rows(0, 1))
    write(path, rows(1, 2, 2, y=1.5), schema_mode="merge")
    sink = Kept()
    given = Given(model="m", mapping=Columns(id="id", time="time", features=("x", "y")))
    one = course("table", path, sink=sink, given=given)
    one.run()
    assert [row["features"] for _, row in sink.rows] == [{"x": 0, "y": None}, {"x": 1, "y": 1.5}]


def test_rows_that_a_deletion_vector_masks_are_not_read(tmp_path):
    path = tmp_path / "t"
    write(path, rows(0, 5), configuration={"delta.enableDeletionVectors": "true"})
    log = path / "_delta_log"
    actions = [json.loads(line) for line in (log / f"{0:020d}.json").read_text().splitlines()]
    [add] = [one["add"] for one in actions if "add" in one]
    gone = [1, 3]
    bitmap = pack("<IIHHI", 12346, 1, 0, len(gone) - 1, 16) + pack("<2H", *gone)
    vector = pack("<IqI", 1681511377, 1, 0) + bitmap
    masked = add | {"deletionVector": {
        "storageType": "i", "pathOrInlineDv": z85(vector), "sizeInBytes": len(vector),
        "cardinality": len(gone),
    }}  # fmt: skip
    removed = {"path": add["path"], "dataChange": True, "deletionTimestamp": 1,
               "extendedFileMetadata": True, "partitionValues": add["partitionValues"],
               "size": add["size"]}  # fmt: skip
    told = [{"commitInfo": {"operation": "DELETE"}}, {"remove": removed}, {"add": masked}]
    sink = Kept()
    before = Kept()
    assert taken(path, before) == ids(0, 1, 2, 3, 4)
    (log / f"{1:020d}.json").write_text("".join(json.dumps(one) + "\n" for one in told))
    assert taken(path, sink) == ids(0, 2, 4)
    assert taken(path, before) == []
    write(path, rows(5, 6))
    assert taken(path, sink) == taken(path, before) == ids(5)


def z85(data):
    """ZeroMQ's base 85, in which vectors stand within the log."""
    usual = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    other = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    return (
        b85encode(data + b"\0" * (-len(data) % 4)).decode().translate(str.maketrans(usual, other))
    )


def test_rows_without_ids_are_told_apart_and_known_again(tmp_path):
    path, sink = tmp_path / "t", Kept()
    alike = pa.table({"x": [1, 1], "day": [date(2026, 11, 1)] * 2})
    write(path, alike)
    write(path, alike)
    first = taken(path, sink)
    assert len(set(first)) == 4
    assert taken(path, again := Kept()) == first
    assert again.rows == sink.rows


def test_rows_that_cannot_be_read_say_in_which_file_they_stand(tmp_path):
    path = tmp_path / "t"
    write(path, rows(0, 1))
    _, sink = read("databricks", path)
    [one] = sink.unread
    assert (pq.read_table(one.file, partitioning=None).num_rows, one.row) == (1, 0)


def test_a_folder_may_hold_tables_beside_files(tmp_path):
    write(tmp_path / "a" / "t", rows(0, 1))
    write(tmp_path / "u", rows(1, 2))
    pq.write_table(rows(2, 3), tmp_path / "a" / "v.parquet")
    assert sorted(taken(tmp_path, Kept())) == ids(0, 1, 2)


def test_without_the_library_the_table_is_told_with_the_command(tmp_path, monkeypatch):
    write(tmp_path / "t", rows(0, 1))
    whole = builtins.__import__

    def without(name, *more):
        if name.startswith("deltalake"):
            raise ImportError(name)
        return whole(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    sink = Kept()
    one = course("table", tmp_path / "t", sink=sink, given=GIVEN)
    one.run()
    [why] = one.tally.broken.values()
    assert "pip install 'vedette[delta]'" in why
    assert why.count("\n") == 0


def test_a_file_that_is_gone_is_told_and_nothing_passes_for_read(tmp_path):
    path, sink = tmp_path / "t", Kept()
    write(path, rows(0, 1))
    write(path, rows(1, 2, 2))
    [gone] = (path / "day=2026-11-02").glob("*.parquet")
    aside = gone.rename(tmp_path / "aside")
    one = course("table", path, sink=sink, given=GIVEN)
    one.run()
    assert "cannot be read" in one.tally.broken[str(path)]
    aside.rename(gone)
    taken(path, sink)
    assert set(sink.ids) == {"k0", "k1"}


@pytest.mark.parametrize(
    "outside",
    [
        "../secret.parquet",
        "/tmp/secret.parquet",
        "file:///tmp/secret.parquet",
        "s3://bucket/a.parquet",
    ],
)
def test_a_table_does_not_lead_out_of_its_folder(tmp_path, outside):
    path, sink = tmp_path / "t", Kept()
    deltalake.write_deltalake(path, rows(0, 1))
    log = path / "_delta_log" / f"{0:020d}.json"
    [name] = [one.name for one in path.glob("*.parquet")]
    log.write_text(log.read_text().replace(name, outside))
    one = course("table", path, sink=sink, given=GIVEN)
    one.run()
    assert str(path) in one.tally.broken
    assert sink.rows == []


def test_a_table_older_than_what_was_read_is_told(tmp_path):
    path, sink = tmp_path / "t", Kept()
    write(path, rows(0, 1))
    write(path, rows(1, 2))
    taken(path, sink)
    (path / "_delta_log" / f"{1:020d}.json").unlink()
    one = course("table", path, sink=sink, given=GIVEN)
    one.run()
    assert "is older than what was read of it" in one.tally.broken[str(path)]


def test_what_was_deleted_later_is_read_from_what_is_left():
    a, b, both, left = (Added(name) for name in ("a", "b", "ab", "left"))
    changes = [
        Commit("WRITE", (a,), (), True), Commit("WRITE", (b,), (), True),
        Commit("OPTIMIZE", (both,), ("a", "b"), False),
    ]  # fmt: skip
    assert fresh(changes) == [(both, (a, b))]
    assert fresh([*changes, Commit("DELETE", (left,), ("ab",), True)]) == [(left, (left,))]
    assert fresh([Commit("DELETE", (left,), ("old",), True)]) == []
    assert fresh([*changes[:1], Commit("DELETE", (), ("a",), True)]) == []


def test_files_put_together_into_two_are_not_read_from_what_one_of_them_lost():
    a, one, two, left = (Added(name) for name in ("a", "one", "two", "left"))
    changes = [
        Commit("WRITE", (a,), (), True), Commit("OPTIMIZE", (one, two), ("a",), False),
        Commit("DELETE", (left,), ("one",), True),
    ]  # fmt: skip
    assert fresh(changes) == [(two, (two,)), (left, (left,))]


def test_a_kind_that_reads_no_tables_says_so_of_a_table(tmp_path):
    write(tmp_path / "t", rows(0, 1))
    with pytest.raises(UsageError, match="holds no file of this kind"):
        course("access-log", tmp_path / "t", sink=Kept()).run()
