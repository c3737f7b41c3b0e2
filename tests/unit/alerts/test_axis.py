"""Which axis a metric is on: by its column's role, its bound, or its name."""

import pytest

from vedette.alerts.axis import AXIS, Served
from vedette.alerts.incident import AXES
from vedette.core.field import Field
from vedette.core.schema import Schema
from vedette.ingest.scrape.engines import ENGINES
from vedette.monitors.catalog import MONITORS
from vedette.monitors.resources import RESOURCES
from vedette.profiles.bounds import Bound


def test_every_monitor_has_an_axis():
    assert set(AXIS) == set(MONITORS)
    assert set(AXIS.values()) <= set(AXES)


@pytest.mark.parametrize("ending", ["", ".p99", ".mean", "{engine=0}"])
def test_every_reading_that_a_scraped_server_has_is_about_the_service(ending):
    names = {row.name for engine in ENGINES for row in engine.rows}
    assert len(names) > 20
    for name in names:
        assert Served().axis_of("metrics", name + ending) == "infrastructure", name


def test_readings_of_resources_are_about_the_service():
    for one in RESOURCES:
        name = one.pattern.replace("*", "0")
        assert Served().axis_of("metrics", name) == "infrastructure", name


def test_columns_by_their_role_and_readings_by_their_bound():
    schema = Schema((
        Field("price", "numeric", role="cost"), Field("took", "numeric", role="latency"),
        Field("amount", "numeric"), Field("prediction", "numeric", role="prediction"),
    ))  # fmt: skip
    served = Served.of(schema, (Bound("ovens.*", 1.0, 0),))
    axes = {
        name: served.axis_of("metrics", name)
        for name in ("price", "took", "ovens.hot", "amount", "prediction", "revenue", "error_type")
    }
    service = {name for name, axis in axes.items() if axis == "infrastructure"}
    assert service == {"price", "took", "ovens.hot", "error_type"}
    assert set(axes.values()) == {"infrastructure", "anomalies"}
    assert served.axis_of("shift", "took") == "drift"
    assert served.axis_of("none", "took") == ""
