"""Flights that cannot be, put among others."""

from datetime import timedelta

import pyarrow as pa
import pytest

from vedette.cli.demo_odd import EARLY, FAR, FIRST, MANY, SHOWN, is_within, with_impossible

HOURS = int((SHOWN[1] - SHOWN[0]) / timedelta(hours=1)) + 1


@pytest.fixture
def flights():
    times = [SHOWN[0] + timedelta(hours=hour) for hour in range(HOURS) for _ in range(3)]
    n = len(times)
    columns = {"time_hour": pa.array(times, pa.timestamp("us", "UTC"))}
    return pa.table(columns | {"dep_delay": [5] * n, "distance": [700] * n, "carrier": ["UA"] * n})


def test_one_flight_a_day_cannot_be_and_all_others_stay(flights):
    changed = with_impossible(flights).to_pylist()
    odd = [new for new, old in zip(changed, flights.to_pylist(), strict=True) if new != old]
    assert [one["time_hour"] for one in odd] == [FIRST + timedelta(days=d) for d in range(MANY)]
    assert {(one["dep_delay"], one["distance"]) for one in odd} == {(EARLY, FAR)}


def test_they_are_put_in_only_where_their_week_is_there(flights):
    assert is_within(flights)
    assert not is_within(flights.slice(0, 3 * 24))
    assert not is_within(flights.slice(3 * 48))
