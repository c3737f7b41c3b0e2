"""Points of metrics as readings."""

import json

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogramDataPoint as Exponential,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    SummaryDataPoint,
)
from tests.unit.ingest.otlp.made import (
    JSON,
    KINDS,
    NOW,
    PROTOBUF,
    SECOND,
    asked,
    encoded,
    metrics,
    pairs,
)

from vedette.ingest.otlp.kept import points_read, points_written
from vedette.ingest.otlp.metrics import MetricReader
from vedette.ingest.otlp.streams import Streams

MINUTE = 60 * SECOND


def told(reader, *made, kind=PROTOBUF, resource=None, model="shop"):
    taken = reader.read(encoded(metrics(*made, resource=resource), kind), asked(kind))
    assert list(taken.models) in ([], [model])
    if not taken.models:
        return {}
    one = taken.models[model]
    assert not one.rejected, one.rejected
    rows = [] if one.metrics is None else one.metrics.to_pylist()
    assert len({row["_id"] for row in rows}) == len(rows)
    return {row["metric"]: row["value"] for row in rows}


def number(value, at=NOW, start=0, attributes=None, **given):
    spelt = {"as_int": value} if isinstance(value, int) else {"as_double": value}
    return NumberDataPoint(
        time_unix_nano=at, start_time_unix_nano=start, attributes=pairs(attributes or {}),
        **spelt, **given,
    )  # fmt: skip


def gauge(name, *points, unit=""):
    made = Metric(name=name, unit=unit)
    made.gauge.data_points.extend(points)
    return made


def total(name, *points, temporality=2, monotonic=True, unit=""):
    made = Metric(name=name, unit=unit)
    made.sum.data_points.extend(points)
    made.sum.aggregation_temporality, made.sum.is_monotonic = temporality, monotonic
    return made


def histogram(counts, at=NOW, start=0, temporality=2, unit="s", bounds=(0.1, 0.2)):
    made = Metric(name="took", unit=unit)
    made.histogram.aggregation_temporality = temporality
    made.histogram.data_points.append(
        HistogramDataPoint(
            time_unix_nano=at, start_time_unix_nano=start, count=sum(counts),
            bucket_counts=counts, explicit_bounds=bounds,
        )
    )  # fmt: skip
    return made


def exponential(offset, counts, at=NOW, start=0, scale=0, zero=0, temporality=2):
    made = Metric(name="took", unit="ms")
    made.exponential_histogram.aggregation_temporality = temporality
    point = Exponential(time_unix_nano=at, start_time_unix_nano=start, scale=scale, zero_count=zero)
    point.positive.offset = offset
    point.positive.bucket_counts.extend(counts)
    made.exponential_histogram.data_points.append(point)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_gauge_is_read_as_it_is_in_base_units(kind):
    made = gauge("wait", number(250, attributes={"queue": "b", "a": True}), number(1.5), unit="ms")
    assert told(MetricReader(), made, kind=kind) == {"wait{a=true,queue=b}": 0.25, "wait": 0.0015}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_that_only_grows_gives_its_rate(kind):
    reader = MetricReader()
    assert told(reader, total("jobs", number(100)), kind=kind) == {}
    assert told(reader, total("jobs", number(160, NOW + MINUTE)), kind=kind) == {"jobs.rate": 1.0}


def test_a_point_that_is_sent_again_is_told_again():
    reader = MetricReader()
    told(reader, total("jobs", number(100)))
    later = total("jobs", number(160, NOW + MINUTE))
    assert told(reader, later) == told(reader, later) == {"jobs.rate": 1.0}
    assert told(reader, total("jobs", number(400, NOW + 3 * MINUTE))) == {"jobs.rate": 2.0}


def test_a_sender_that_begins_anew_is_counted_from_its_start():
    reader = MetricReader()
    told(reader, total("jobs", number(100, start=NOW - MINUTE)))
    anew = number(30, NOW + 60 * MINUTE, start=NOW + 59 * MINUTE)
    assert told(reader, total("jobs", anew)) == {"jobs.rate": 0.5}
    assert told(reader, total("jobs", number(6, NOW + 61 * MINUTE))) == {"jobs.rate": 0.1}


def test_a_young_series_is_told_at_once():
    young = total("jobs", number(60, NOW, start=NOW - MINUTE))
    assert told(MetricReader(), young) == {"jobs.rate": 1.0}
    old = total("jobs", number(60, NOW, start=NOW - 100 * MINUTE))
    assert told(MetricReader(), old) == {}


def test_other_sums():
    made = total("jobs", number(30, NOW, start=NOW - MINUTE), temporality=1)
    assert told(MetricReader(), made) == {"jobs.rate": 0.5}
    made = total("open", number(7), monotonic=False)
    assert told(MetricReader(), made) == {"open": 7.0}


@pytest.mark.parametrize("kind", KINDS)
def test_a_histogram_gives_quantiles_and_a_rate_of_what_came_since(kind):
    reader = MetricReader()
    told(reader, histogram([1_000, 0, 0]), kind=kind)
    found = told(reader, histogram([1_010, 20, 0], NOW + MINUTE), kind=kind)
    assert found == pytest.approx(
        {"took.rate": 0.5, "took.p50": 0.125, "took.p95": 0.1925, "took.p99": 0.1985}
    )


def test_a_histogram_of_deltas_stands_for_itself():
    found = told(MetricReader(), histogram([10, 20, 0], NOW, NOW - MINUTE, temporality=1))
    assert found["took.p50"] == pytest.approx(0.125)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exponential_histogram_likewise_whatever_its_scale(kind):
    reader = MetricReader()
    told(reader, exponential(0, [5, 5], scale=1), kind=kind)  # (1, 1.41] and (1.41, 2]
    found = told(reader, exponential(0, [10, 0, 30], NOW + MINUTE, scale=0), kind=kind)
    assert found["took.rate"] == 0.5
    assert found["took.p50"] == pytest.approx(4e-3 * 2**0.5, rel=1e-6)  # of 30 in (4, 8] ms


def test_a_summary_tells_what_its_sender_reckoned():
    made = Metric(name="took")
    point = SummaryDataPoint(time_unix_nano=NOW, start_time_unix_nano=NOW - MINUTE, count=6)
    point.quantile_values.add(quantile=0.5, value=1.5)
    made.summary.data_points.append(point)
    assert told(MetricReader(), made) == {"took.p50": 1.5, "took.rate": 0.1}


def test_series_of_two_instances_are_told_apart():
    reader = MetricReader()
    for place, (name, count) in enumerate([("a", 100), ("b", 900), ("a", 160), ("b", 1_500)]):
        resource = {"service.name": "shop", "service.instance.id": name}
        at = NOW + place // 2 * MINUTE
        found = told(reader, total("jobs", number(count, at)), resource=resource)
        assert found == {2: {"jobs.rate": 1.0}, 3: {"jobs.rate": 10.0}}.get(place, {})


def test_whose_a_metric_is():
    asked_of = {"gen_ai.request.model": "gpt", "kind": "input"}
    made = gauge("gen_ai.client.tokens", number(3, attributes=asked_of))
    assert told(MetricReader(), made, model="gpt") == {"gen_ai.client.tokens{kind=input}": 3.0}
    made = gauge("x", number(3, attributes={"vedette.model": "fraud"}))
    assert told(MetricReader(), made, model="fraud") == {"x": 3.0}


def test_nothing_recorded_is_no_reading():
    assert told(MetricReader(), gauge("x", number(0, flags=1))) == {}


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (gauge("x", number(1, 0)), "no time"),
        (gauge("x", NumberDataPoint(time_unix_nano=NOW)), "no value"),
        (gauge("x", number(float("inf"))), "no finite number"),
        (gauge("", number(1)), "it has no name"),
        (Metric(name="x"), "of no known kind"),
        (histogram([1, 2]), "2 buckets of 2 bounds"),
        (histogram([1, 2, 3], bounds=(2, 1)), "do not ascend"),
        (exponential(0, [1], scale=30), "scale 30"),
    ],
)
def test_a_bad_point_is_refused_and_its_neighbours_are_kept(made, why):
    body = metrics(gauge("good", number(1)), made).SerializeToString()
    one = MetricReader().read(body, asked()).models["shop"]
    assert one.metrics["metric"].to_pylist() == ["good"]
    assert why in one.rejected[0].reason
    assert one.rejected[0].row == 1


def test_json_spells_large_numbers_as_text_and_numbers_that_are_none():
    body = (
        b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"x","gauge":{"dataPoints":['
        b'{"timeUnixNano":"%d","asInt":"7"},{"timeUnixNano":"%d","asDouble":"NaN"}]}}]}]}]}'
    ) % (NOW, NOW)
    one = MetricReader().read(body, asked(JSON)).models["unknown_service"]
    assert one.metrics["value"].to_pylist() == [7.0]
    assert "finite" in one.rejected[0].reason


@pytest.mark.parametrize(
    "bad",
    [{"startTimeUnixNano": "9" * 26, "asDouble": 1}, {"asInt": "9" * 26}],
    ids=["start", "value"],
)
def test_json_holds_no_number_of_more_bits_than_protobuf(bad):
    """What it said last could not be kept."""
    points = [{"timeUnixNano": str(NOW), **one} for one in (bad, {"asDouble": 1.0})]
    made = [
        {"name": name, "sum": {"aggregationTemporality": 2, "isMonotonic": True,
                               "dataPoints": [point]}}
        for name, point in zip(("bad", "good"), points, strict=True)
    ]  # fmt: skip
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": made}]}]}
    reader = MetricReader(streams := Streams())
    taken = reader.read(json.dumps(body).encode(), asked(JSON))
    (found,) = taken.models.values()
    assert ["<= 9223372036854775807" in one.reason for one in found.rejected] == [True]
    (series,) = streams.moved().values()
    assert [len(points) for _, points in points_read(points_written(series))] == [1]
