"""The endpoints of Prometheus: shapes of answers, forms, errors, limits, whose series are told."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import pytest
from tests.unit.export.series.test_book import MINUTE, pace

from vedette.core.windows import Window
from vedette.engine.paces import pace_entry
from vedette.export.promql import answer as answers
from vedette.export.promql import evaluate
from vedette.export.series.own import STEP, Own
from vedette.profiles.profile import Profile
from vedette.stores.store import Entry
from vedette.web.keys import entry_of, make_key

API = "/prometheus/api/v1"
BEGIN = 1_793_520_000  # seconds; two hours before the server's own time
TEN = BEGIN + 600


@pytest.fixture
def prom(stand, ask, kit):
    """A client over a model with ten rows a minute for an hour, and one that had none."""
    for name in ("fraud", "other"):
        stand.views[name] = kit.make_view(name)
        stand.views[name].seen_until = None
    begin = BEGIN * 10**9
    entries = [pace(begin + k * MINUTE, [0.1] * 9 + [3.0]) for k in range(60)]
    entries = [one._replace(model="fraud") for one in entries]
    window = Window(begin, begin + MINUTE)
    entries.append(pace_entry("other", "base", window, Profile("f", "b", 1)))
    stand.store.commit([Entry("model", "fraud", "counts", 0, b"{}"), *entries])
    client = ask()

    def get(path, *, form=None, headers=None, **query):
        async def go():
            if form is not None:
                return await client.post(f"{API}/{path}", data=form, headers=headers)
            return await client.get(f"{API}/{path}", params=query, headers=headers)

        return asyncio.run(go())

    return get


def value(answer):
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["status"] == "success"
    return found["data"]


def test_an_instant(prom):
    found = value(prom("query", query='vedette_events_total{model="fraud"}', time=TEN))
    assert found == {
        "resultType": "vector",
        "result": [
            {"metric": {"__name__": "vedette_events_total", "model": "fraud"},
             "value": [TEN, "100"]}
        ],
    }  # fmt: skip
    assert value(prom("query", query="1+1"))["result"][1] == "2"


def test_a_range_and_the_same_by_a_form(prom):
    asked = {"query": "sum(rate(vedette_events_total[5m]))", "start": TEN, "end": TEN + 120,
             "step": "1m"}  # fmt: skip
    found = value(prom("query_range", **asked))
    (row,) = found["result"]
    assert row["metric"] == {}
    assert [at for at, _ in row["values"]] == [TEN, TEN + 60, TEN + 120]
    assert [float(v) for _, v in row["values"]] == pytest.approx([1 / 6] * 3)
    assert value(prom("query_range", form=asked)) == found
    when = datetime.fromtimestamp(TEN, UTC).isoformat()
    assert value(prom("query_range", **{**asked, "start": when})) == found


def test_quantiles_of_buckets(prom):
    query = "histogram_quantile(0.5, sum by (le) (rate(vedette_latency_seconds_bucket[10m])))"
    (row,) = value(prom("query", query=query, time=TEN))["result"]
    assert 0.075 < float(row["value"][1]) <= 0.25


def test_a_sample_stands_for_two_windows_unless_asked_otherwise(prom):
    last = BEGIN + 3600
    at = {"query": 'vedette_events_total{model="fraud"}', "time": last + 299}
    assert len(value(prom("query", **at))["result"]) == 1
    assert value(prom("query", **{**at, "time": last + 301}))["result"] == []
    assert value(prom("query", **at, lookback_delta="1m"))["result"] == []


def test_series_labels_and_values(prom):
    found = value(prom("series", **{"match[]": 'vedette_events_total{model=~"fr.*"}'}))
    assert found == [{"__name__": "vedette_events_total", "model": "fraud"}]
    assert value(prom("series", form={"match[]": "vedette_events_total"}))[1]["model"] == "other"
    assert value(prom("label/model/values")) == ["fraud", "other"]
    assert {"__name__", "le", "model"} <= set(value(prom("labels")))
    only = {"match[]": 'vedette_failed_events_total{model="fraud"}'}
    assert value(prom("labels", **only)) == []
    late = {"start": BEGIN + 7200, "end": BEGIN + 7300}
    assert value(prom("label/model/values", **late)) == []


def test_metadata_and_build(prom):
    found = value(prom("metadata"))
    assert found["vedette_events_total"][0]["type"] == "counter"
    assert list(value(prom("metadata", metric="vedette_reading"))) == ["vedette_reading"]
    assert value(prom("status/buildinfo"))["version"] == "2.42.0"


@pytest.mark.parametrize(
    ("path", "query", "status", "kind", "words"),
    [
        ("query", {"query": "sum("}, 400, "bad_data", "query"),
        ("query", {}, 400, "bad_data", "query"),
        ("query", {"query": "1", "time": "soon"}, 400, "bad_data", "time"),
        ("query", {"query": "1", "time": "1e300"}, 400, "bad_data", "time"),
        ("query", {"query": "1", "time": "nan"}, 400, "bad_data", "time"),
        ("query", {"query": "x" * 11_000}, 400, "bad_data", "characters"),
        ("query", {"query": "-" * 5_000 + "1"}, 400, "bad_data", "operators"),
        ("query", {"query": "x" + "+x" * 2_000}, 400, "bad_data", "operators"),
        ("query", {"query": 'x{a=~"("}'}, 400, "bad_data", "reg"),
        ("query", {"query": "histogram_count(x)"}, 422, "execution", "histogram_count"),
        ("query_range", {"query": "1", "start": 9, "end": 3, "step": 1}, 400, "bad_data", "before"),
        ("query_range", {"query": "1", "start": 1, "end": 3, "step": 0}, 400, "bad_data", "zero"),
        ("query_range", {"query": "1", "start": 0, "end": 20_000, "step": 1}, 400, "bad_data",
         "11,000"),
        ("query_range", {"query": "1", "start": 0, "end": 2, "step": "x"}, 400, "bad_data",
         "duration"),
        ("query_range", {"query": "x[5m]", "start": 0, "end": 2, "step": 1}, 400, "bad_data",
         "range vector"),
        ("series", {}, 400, "bad_data", "match"),
        ("series", {"match[]": "1"}, 400, "bad_data", "match"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_as_prometheus_does(prom, path, query, status, kind, words):
    answer = prom(path, **query)
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert (found["status"], found["errorType"]) == ("error", kind)
    assert words in found["error"]


@pytest.mark.parametrize("query", ["1" + "+1" * 199, "(" * 199 + "1" + ")" * 199, "1" + "^1" * 199,
                                   "abs(" * 198 + "vector(1)" + ")" * 198])  # fmt: skip
def test_a_query_may_be_as_deep_as_is_allowed(prom, query):
    found = value(prom("query", query=query[:10_000]))
    assert found["resultType"] in ("scalar", "vector")


def test_a_query_that_would_need_too_much_is_refused(prom):
    query = 'count_over_time(vedette_latency_seconds_bucket{model="fraud"}[60m:1ms])'
    answer = prom("query_range", query=query, start=BEGIN, end=BEGIN + 3600, step=1)
    assert answer.status_code == 422
    assert "too many samples" in answer.json()["error"]


DOUBLED = "vedette_events_total"
for _ in range(15):
    DOUBLED = f'label_replace({DOUBLED}, "x", "y$1$1", "x", "(.*)")'


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("vedette_events_total[10000y:1s]", 422, "too many samples"),  # before room is made
        ("sum_over_time(vector(1)[290y:1s])", 422, "too many samples"),
        ("vedette_events_total @ 1e300", 400, "out of bounds"),
        ("vedette_events_total @ 9007199254740", 400, "out of bounds"),
        (DOUBLED, 422, "a label would be longer"),
    ],
)
def test_one_query_does_not_take_the_server_with_it(prom, query, status, words):
    answer = prom("query", query=query, time=TEN)
    assert answer.status_code == status, answer.text[:200]
    assert words in answer.json()["error"]


def test_values_that_become_labels_are_bounded_too(prom, monkeypatch):
    monkeypatch.setattr(evaluate, "MOST_SAMPLES", 12_000)
    asked = {"start": BEGIN, "end": BEGIN + 3600, "step": 10}
    counts = prom("query_range", query='vedette_events_total{model="fraud"}', **asked)
    assert counts.status_code == 200
    query = 'count_values("v", vedette_events_total{model="fraud"})'
    answer = prom("query_range", query=query, **asked)
    assert answer.status_code == 422, answer.text[:200]


def test_what_walks_through_ranges_looks_at_the_time(prom, monkeypatch):
    monkeypatch.setattr(evaluate, "PIECE", 50)
    query = 'stddev_over_time(vedette_events_total{model="fraud"}[30m])'
    asked = {"start": BEGIN, "end": BEGIN + 3600, "step": 60}
    in_pieces = value(prom("query_range", query=query, **asked))
    monkeypatch.undo()
    assert in_pieces == value(prom("query_range", query=query, **asked))
    monkeypatch.setattr(evaluate, "PIECE", 50)
    ticks = iter(range(10_000))
    timed = partial(evaluate.Evaluation, clock=lambda: next(ticks))
    monkeypatch.setattr(answers, "Evaluation", timed)
    answer = prom("query_range", query=query, timeout="20", **asked)
    assert (answer.status_code, answer.json()["errorType"]) == (503, "timeout")


def test_a_key_sees_the_series_of_its_models(prom, stand):
    text, key = make_key(b"6" * 6, "s" * 43, scopes=["read"], models="other", made=1)
    stand.store.commit([entry_of(key)])
    head = {"authorization": f"Bearer {text}"}
    assert value(prom("label/model/values", headers=head)) == ["other"]
    query = {"query": "vedette_events_total", "time": BEGIN + 60}
    (row,) = value(prom("query", **query, headers=head))["result"]
    assert row["metric"]["model"] == "other"
    assert prom("query", **query).status_code == 401


@pytest.fixture
def taken(stand):
    """What a queue and refused events were for a quarter of an hour."""
    own, labels = Own(stand.store), (("model", "fraud"),)
    for k in range(60):
        refused = ("vedette_rejected_events_total", labels, 3.0 * k)
        own.add(BEGIN * 10**9 + k * STEP, [("vedette_queue_requests", (), float(k)), refused])
    own.save()


REFUSED = "rate(vedette_rejected_events_total[5m])"
PAST = {"start": TEN, "end": TEN + 60, "step": "30"}


def test_the_numbers_of_the_server_have_a_past(prom, taken):
    (row,) = value(prom("query_range", query="vedette_queue_requests", **PAST))["result"]
    assert row["values"] == [[TEN, "40"], [TEN + 30, "42"], [TEN + 60, "44"]]
    (row,) = value(prom("query_range", query=REFUSED, **PAST))["result"]
    assert [float(number) for _, number in row["values"]] == [0.2, 0.2, 0.2]
    assert "vedette_queue_requests" in value(prom("label/__name__/values"))


def test_they_are_for_those_who_see_every_model(prom, stand, taken):
    text, key = make_key(b"6" * 6, "s" * 43, scopes=["read"], models="fraud", made=1)
    stand.store.commit([entry_of(key)])
    asked = {"headers": {"authorization": f"Bearer {text}"}, **PAST}
    assert len(value(prom("query_range", query=REFUSED, **asked))["result"]) == 1
    hidden = prom("query_range", query="vedette_queue_requests", **asked)
    assert value(hidden)["result"] == []
    names = value(prom("label/__name__/values", headers=asked["headers"]))
    assert "vedette_rejected_events_total" in names
    assert "vedette_queue_requests" not in names
