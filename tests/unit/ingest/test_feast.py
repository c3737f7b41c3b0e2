"""Feast's columns under plain names, and what its states of a value mean."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from vedette.core.errors import UsageError
from vedette.engine.skew.feast import served
from vedette.ingest.feast import is_log, sides
from vedette.ingest.source import open_source

AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
OLD = datetime(2026, 3, 1, 20, tzinfo=UTC)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def logged(views=("stats",), feature="rating", values=(1.0, 2.0, 3.0, 4.0), states=(1, 2, 3, 4)):
    rows = len(values)
    columns = {"driver_id": list(range(rows)), "fare": [9.5] * rows}
    for view in views:
        name = f"{view}__{feature}"
        columns[name] = list(values)
        columns[f"{name}__timestamp"] = [OLD, OLD, NEVER, OLD][:rows]
        columns[f"{name}__status"] = pa.array(states[:rows], pa.int32())
    columns["__log_timestamp"] = [AT] * rows
    columns["__log_date"] = [AT.date()] * rows
    columns["__request_id"] = ["r"] * rows
    return pa.table(columns)


def retrieved(**features):
    rows = len(next(iter(features.values())))
    return pa.table(
        {"driver_id": list(range(rows)), "fare": [9.5] * rows, "event_timestamp": [AT] * rows}
        | features
    )


def opened(offline, online, **more):
    return sides(open_source(offline), open_source(online), **more)


def test_values_that_were_not_found_or_too_old_are_missing():
    both = opened(retrieved(rating=[1.0, 2.0, 3.0, 4.0]), logged())
    found = both.online.sample(10).column("rating").to_pylist()
    assert found == [1.0, 2.0, None, None]
    kept = opened(retrieved(rating=[1.0, 2.0, 3.0, 4.0]), logged(), outdated=True)
    assert kept.online.sample(10).column("rating").to_pylist() == [1.0, 2.0, None, 4.0]


def test_the_reason_why_a_value_is_missing_is_counted():
    both = opened(retrieved(rating=[1.0, 2.0, 3.0, 4.0]), logged())
    (one,) = served(both)
    assert one.states == {"present": 1, "null": 1, "not found": 1, "outside max age": 1}
    assert one.differing.count == 2
    assert one.reasons == {"not found": 1, "outside max age": 1}
    assert one.statement == (
        "'rating' differs in 2 of 4 rows, 1 of them not found, 1 of them outside max age"
    )
    assert one.age_differing.rows == 1  # what was never found has no age
    assert one.age_differing.largest == 86_400


def test_features_of_one_name_keep_their_view():
    both = opened(
        retrieved(stats__rating=[1.0] * 4, other__rating=[1.0] * 4), logged(("stats", "other"))
    )
    assert [one.called for one in both.features] == ["stats:rating", "other:rating"]
    assert {"stats:rating", "other:rating"} <= set(both.online.arrow_schema.names)
    assert {"stats:rating", "other:rating"} <= set(both.offline.arrow_schema.names)


def test_a_feature_may_be_called_as_a_join_key_is():
    both = opened(retrieved(stats__fare=[1.0] * 4), logged(feature="fare"))
    assert [one.called for one in both.features] == ["stats:fare"]
    assert "fare" in both.online.arrow_schema.names


def test_request_data_is_no_key():
    both = opened(retrieved(rating=[1.0] * 4), logged())
    assert both.key == ("driver_id",)
    assert "fare" in both.online.arrow_schema.names


def test_a_name_may_hold_the_separator_again():
    both = opened(retrieved(stats__rating__7d=[1.0] * 4), logged(feature="rating__7d"))
    assert [(one.view, one.called) for one in both.features] == [("stats", "rating__7d")]


def test_columns_are_chosen_by_their_new_names():
    both = opened(retrieved(rating=[1.0] * 4), logged())
    (batch,) = both.online.batches(["rating"])
    assert batch.schema.names == ["rating"]
    with pytest.raises(UsageError, match="did you mean 'rating'"):
        list(both.online.batches(["ratin"]))


@pytest.mark.parametrize(
    ("offline", "online", "message"),
    [
        (retrieved(rating=[1.0]), retrieved(rating=[1.0]), "no serving log of Feast"),
        (logged(), retrieved(rating=[1.0]), "wrong way round"),
        (retrieved(other=[1.0]), logged(), "none of the logged features"),
        (pa.table({"driver": [1], "rating": [1.0]}), logged(), "none of the log's join keys"),
    ],
)  # fmt: skip
def test_sides_that_do_not_fit_are_errors(offline, online, message):
    with pytest.raises(UsageError, match=message):
        opened(offline, online)


def test_a_log_needs_a_state_and_a_moment_beside_a_feature():
    assert is_log(open_source(logged()))
    assert not is_log(open_source(logged().drop_columns(["stats__rating__status"])))


def test_partitions_by_day_are_read(tmp_path):
    import pyarrow.parquet as pq

    for day in ("2026-03-02", "2026-03-03"):
        folder = tmp_path / f"__log_date={day}"
        folder.mkdir()
        pq.write_table(logged().drop_columns(["__log_date"]), folder / "part.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "_temporary").mkdir()
    pq.write_table(logged(), tmp_path / "_temporary" / "part.parquet")
    assert open_source(tmp_path).rows == 8
    assert is_log(open_source(tmp_path))
