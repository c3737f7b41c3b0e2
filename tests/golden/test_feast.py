"""Feast's own files: serving logs and a historical retrieval that its library wrote.

`bench/rivals/make_feast.py` made them with Feast 0.67; what is planted there is found here exactly.
"""

from pathlib import Path

import pytest

from vedette.engine.skew.feast import served
from vedette.engine.skew.predictions.made import prediction_skew
from vedette.ingest.feast import is_log, sides
from vedette.ingest.source import open_source

DATA = Path(__file__).parent / "data" / "feast"
DRIVERS, UNKNOWN = 240, 10
STALE = {driver for driver in range(DRIVERS) if driver % 8 == 3}
IN_KILOMETRES = {driver for driver in range(DRIVERS) if driver % 6 == 1}
WITHOUT_DISTANCE = {driver for driver in range(DRIVERS) if driver % 24 == 5}


@pytest.fixture(params=["history.parquet", "history_full.parquet"])
def both(request):
    return sides(open_source(DATA / request.param), open_source(DATA / "logs"))


def test_a_serving_log_is_known_by_its_columns():
    assert is_log(open_source(DATA / "logs"))
    assert not is_log(open_source(DATA / "history_full.parquet"))


def test_both_sides_have_the_same_names(both):
    names = ["driver_id", "event_timestamp", "rating", "trips_today", "city", "distance"]
    assert [n for n in both.online.arrow_schema.names if n != "__request_id"] == names
    assert both.offline.arrow_schema.names == names
    assert (both.key, both.time) == (("driver_id",), "event_timestamp")
    assert both.online.rows == both.offline.rows == DRIVERS + UNKNOWN


def test_what_was_planted_is_counted_exactly(both):
    found = {one.feature: one for one in served(both)}
    assert found["city"].differing.count == 0
    assert found["distance"].differing.count == len(IN_KILOMETRES - WITHOUT_DISTANCE) == 40
    assert found["rating"].differing.count == len(STALE)
    for one in found.values():
        assert one.states == {"present": DRIVERS, "not found": UNKNOWN}
        assert one.differing.rows == DRIVERS + UNKNOWN
        assert one.reasons.get("not found", 0) == 0  # the retrieval does not know them either


def test_stale_values_are_told_from_wrong_ones(both):
    found = {one.feature: one for one in served(both)}
    assert {name for name, one in found.items() if one.stale} == {"rating", "trips_today"}
    assert found["rating"].statement == (
        "'rating' differs in 30 of 250 rows; stale: the values that differ were 8 hours old when "
        "they were served, those that agree 2 hours"
    )
    assert found["distance"].statement == "'distance' differs in 40 of 250 rows"


def test_a_prediction_that_feast_fed_is_attributed_to_its_features(both):
    def eta(rows):
        pairs = zip(rows["distance"].to_pylist(), rows["rating"].to_pylist(), strict=True)
        return [None if d is None or r is None else 4 * d - r for d, r in pairs]

    online = both.online.sample(1_000)
    frame = online.append_column("prediction", [eta(online)])
    found = prediction_skew(
        frame, eta, features=["distance", "rating", "city"], offline=both.offline,
        key=("driver_id", "event_timestamp"),
    )  # fmt: skip
    assert found.replay.differing.count == 0
    assert found.joined.matched == DRIVERS + UNKNOWN
    assert [one.feature for one in found.causes] == ["distance", "rating"]
    assert found.causes[0].share.value > 0.8
    assert found.both.features.differing.count == len((IN_KILOMETRES | STALE) - WITHOUT_DISTANCE)
