"""Objectives outside: the same numbers as the API's, over time, in every protocol; nothing of
columns that may not be told of; one series under one name whatever it means."""

from functools import lru_cache

import msgspec
import numpy as np
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live
from tests.unit.engine.test_objectives import live, minutes

from vedette.core.windows import Window
from vedette.engine.objective_view import objective_views
from vedette.engine.standings import LENGTHS, LONG, Named, Standing, read_standings, standing_bytes
from vedette.export.push import datadog, otlp, remote_write
from vedette.export.push.fresh import fresh
from vedette.export.series.book import Book, Bounds
from vedette.export.series.promised import LIMIT, PROMISED, RATE, TARGET, window_of
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

SLOWLY = {"target": 0.9, "within": {"latency_s": 0.3}}


@lru_cache(maxsize=1)
def watched():
    """Three hours of minutes; errors come in the last one."""
    model = Live(live(availability={"target": 0.999}, fast=SLOWLY))
    model.feed(minutes(BEGIN, 120, bad=0.001))
    model.feed(minutes(BEGIN + 120 * MINUTE, 60, bad=0.02, slow=0.05))
    model.runner.commit(BEGIN + 4 * HOUR, force=True)
    return model


def told(book, **bounds):
    series = book.series(BEGIN, BEGIN + 4 * HOUR, PROMISED.__contains__, [MODEL], Bounds(**bounds))
    return {(one.name, *(value for key, value in one.labels if key != "model")): one
            for one in series}  # fmt: skip


def test_the_newest_samples_are_what_the_api_tells():
    model = watched()
    found = told(Book(model.store))
    for view in objective_views(model.runner.models[MODEL]):
        end = found["vedette_objective_budget_left_ratio", view.name].times[-1]
        assert end == BEGIN + 3 * HOUR - MINUTE  # the last minute may still get rows
        assert found["vedette_objective_budget_left_ratio", view.name].values[-1] == view.left
        assert set(found[TARGET, view.name].values) == {view.target}
        for burn in view.burns:
            for length, value in ((burn.long_s, burn.long), (burn.short_s, burn.short)):
                window = window_of(round(length) * 10**9)
                assert found[RATE, view.name, window].values[-1] == value


def test_they_have_a_past_and_what_is_too_fast_is_told_once_the_short_window_has_passed():
    found = told(Book(watched().store))
    fast = found[RATE, "availability", "5m"]
    assert len(fast.times) == 119  # metrics alone were watched in the first hour
    assert fast.values[-1] > 10 > 3 > np.median(fast.values)
    first = [
        int(found[LIMIT, "availability", window].times[0] - fast.times[0]) // MINUTE
        for window in ("1h", "6h")
    ]
    assert first == [4, 29]
    assert (LIMIT, "availability", "3d") not in found  # whose short window is 6 h


def test_a_replay_keeps_the_same_bytes():
    model = watched()
    again = Live(live(availability={"target": 0.999}, fast=SLOWLY))
    for _, record in model.log.read():
        again.feed([record])
    again.runner.commit(BEGIN + 4 * HOUR, force=True)
    kept = [model.store.read("objective", MODEL), again.store.read("objective", MODEL)]
    assert kept[0] == kept[1] != []


def test_columns_that_may_not_be_told_of_are_left_out():
    shown = told(Book(watched().store), allows=lambda model, monitor, column, segment:
                 column != "latency_s")  # fmt: skip
    assert {key[1] for key in shown} == {"availability"}


def entry(k, *named, target=0.9):
    n = len(named)
    parts = (np.full(n, 0.5), np.full((n, len(LENGTHS)), float(k)), np.ones((n, len(LONG))))
    standing = Standing(named, np.full(n, target), *parts)
    window = Window(k * MINUTE, (k + 1) * MINUTE)
    return Entry("objective", "m", f"fast/{window.start}", window.start,
                 standing_bytes(window, standing))  # fmt: skip


def test_another_meaning_under_the_same_name_goes_on_as_the_same_series():
    up, other = Named("up", "error_type"), Named("up", "status")
    entries = [entry(0, up), entry(1, up, Named("b", "")), entry(2, other, target=0.99)]
    store = MemoryState()
    store.commit([Entry("model", "m", "counts", 0, b"{}"), *entries])
    series = list(Book(store).series(0, HOUR, PROMISED.__contains__))
    assert len({(one.name, one.labels) for one in series}) == len(series)
    [target] = [one for one in series if one.name == TARGET and ("objective", "up") in one.labels]
    assert target.values.tolist() == [0.9, 0.9, 0.99]
    assert (target.times // MINUTE).tolist() == [1, 2, 3]
    found = read_standings(entries)
    assert np.isnan(found.left[0, 1])


@pytest.fixture
def new():
    book = Book(watched().store)
    series = list(book.series(BEGIN, BEGIN + 4 * HOUR, PROMISED.__contains__, [MODEL]))
    return fresh(series, BEGIN + 2 * HOUR)


def test_every_protocol_tells_them(new):
    request = ExportMetricsServiceRequest.FromString(otlp.body(new, {}, BEGIN))
    [scope] = request.resource_metrics[0].scope_metrics
    names = {metric.name: metric.unit for metric in scope.metrics}
    assert names["vedette.objective_budget_left"] == "1"
    assert {name.removeprefix("vedette.objective_") for name in names} == {
        "budget_left", "target", "burn_rate", "burn_limit",
    }  # fmt: skip
    body = msgspec.json.decode(datadog.body(new, {}, v1=False))
    rate = next(o for o in body["series"] if o["metric"] == "vedette.objective_burn_rate")
    assert rate["tags"] == [f"model:{MODEL}", "objective:availability", "window:5m"]
    burning = [one for one in new if one.series.name == RATE]
    assert RATE.encode() in remote_write.body(burning[:1], {})
