"""Monitor files of BentoML, as BentoML 1.4.40 wrote them."""

import json

from tests.unit.ingest.readers.made import Kept, course, read

from vedette.ingest.readers.record import Given

COLUMNS = [
    {"name": "petal", "role": "feature", "type": "numerical"},
    {"name": "proba", "role": "prediction", "type": "numerical_sequence"},
    {"name": "pred", "role": "prediction", "type": "categorical"},
    {"name": "truth", "role": "target", "type": "categorical"},
]


def monitor(folder, *rows, columns=COLUMNS, version="v1"):
    for name in ("schema", "data"):
        (folder / "iris" / name).mkdir(parents=True, exist_ok=True)
    about = {"meta_data": {"bento_name": "Iris", "bento_version": version}, "columns": columns}
    (folder / "iris" / "schema" / "schema.1.log").write_text(json.dumps(about) + "\n")
    file = folder / "iris" / "data" / "data.1.log"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def row(request=3128638130555038747, **more):
    own = {"petal": 4.5, "proba": [0.25, 0.5, 0.25], "pred": "1",
           "timestamp": "2026-11-26T20:54:57.428882", "request_id": str(request),
           "trace_id": "100985939111033328018442752961257817910"}  # fmt: skip
    return own | more


def test_a_row_becomes_an_event_and_its_target_a_label(tmp_path):
    monitor(tmp_path, row(truth="2"))
    rows, sink = read("bentoml", tmp_path)
    event, label = rows
    assert sink.rows[0][0] == "iris"
    assert event["features"] == {"petal": 4.5}
    assert event["prediction"] == "1"
    assert event["scores"] == {"0": 0.25, "1": 0.5, "2": 0.25}
    assert event["version"] == "v1"
    assert event["id"] == "2b6b27cdb279ac1b"  # as its caller saw it
    assert event["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert event["time"] == 1795726497428882000
    assert label == {"id": event["id"], "label": "2", "time": event["time"]}


def test_times_stand_in_the_zone_where_the_service_ran(tmp_path):
    monitor(tmp_path, row())
    [event], _ = read("bentoml", tmp_path, given=Given(zone="Europe/Berlin"))
    assert event["time"] == 1795726497428882000 - 3600 * 10**9


def test_rows_of_one_request_have_ids_of_their_own_also_when_reading_breaks_off(tmp_path):
    file = monitor(tmp_path, row(5), row(5), row(6), row(5))
    first = read("bentoml", tmp_path)[1]
    ids = ["0000000000000005", "0000000000000005#1", "0000000000000006", "0000000000000005#2"]
    assert first.ids == ids
    whole = file.read_text().splitlines(keepends=True)
    file.write_text("".join(whole[:2]))
    sink = Kept()
    course("bentoml", tmp_path, sink=sink).run()
    file.write_text("".join(whole))
    course("bentoml", tmp_path, sink=sink).run()
    assert sink.ids == ids


def test_a_number_alone_is_the_prediction_and_beside_a_class_it_is_a_score(tmp_path):
    columns = [{"name": "price", "role": "prediction", "type": "numerical"}]
    monitor(
        tmp_path, {"price": 3.5, "rooms": 2, "timestamp": "2026-11-26T20:54:57"}, columns=columns
    )
    [event], _ = read("bentoml", tmp_path)
    assert (event["prediction"], event["features"]) == (3.5, {"rooms": 2})
    columns += [{"name": "kind", "role": "prediction", "type": "categorical"}]
    monitor(tmp_path, {"price": 0.5, "kind": "a", "rooms": 2}, columns=columns)
    [event], _ = read("bentoml", tmp_path)
    assert (event["prediction"], event["scores"]) == ("a", {"price": 0.5})


def test_without_a_schema_all_columns_are_features(tmp_path):
    file = monitor(tmp_path, row(proba=[0.5, 0.5]))
    for schema in (tmp_path / "iris" / "schema").iterdir():
        schema.unlink()
    [event], _ = read("bentoml", file)
    assert event["features"] == {"petal": 4.5, "proba": [0.5, 0.5], "pred": "1"}


def test_a_broken_schema_is_told_of_the_file(tmp_path):
    monitor(tmp_path, row())
    (tmp_path / "iris" / "schema" / "schema.1.log").write_text("{")
    sink = Kept()
    one = course("bentoml", tmp_path, sink=sink)
    one.run()
    assert not sink.rows
    assert "does not say what columns are" in next(iter(one.tally.broken.values()))
