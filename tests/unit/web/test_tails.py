"""What the API says of how long answers took, and who may see what of it."""

import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, MODEL, Live, hours
from tests.unit.engine.test_metric_alarms import CLOCKS

from vedette.core.durations import HOUR, MINUTE
from vedette.core.rows import ERROR_TYPE
from vedette.engine.live import make_live
from vedette.web.answers import Problem
from vedette.web.history.past import Past
from vedette.web.tails import tails_of
from vedette.web.tails_document import tails_document
from vedette.web.veil import Veil


class Masked(Veil):
    """A caller who may see neither countries nor types of errors."""

    def hidden(self, model):
        return ("country", ERROR_TYPE)


@pytest.fixture(scope="module")
def served():
    """Three hours of rows that say how long they took, one in ten with an error."""
    settings = {**CLOCKS, "baseline": {"warm_up": 2}, "segments": ["country"]}
    model = Live(make_live({"models": {MODEL: settings}}))
    rng = np.random.default_rng(0)
    took = []
    for record in hours(3, 400, 2):
        n = record.rows.num_rows
        seconds = rng.lognormal(-2, 0.5, n)
        took.append(seconds)
        failed = pa.array(["timeout" if i % 10 == 0 else None for i in range(n)])
        rows = record.rows.append_column("latency_s", pa.array(seconds))
        model.feed([record._replace(rows=rows.append_column(ERROR_TYPE, failed))])
    return model, np.concatenate(took)


def past(model, veil=None):
    widths = (MINUTE, MINUTE, HOUR)
    found = {} if veil is None else {"veil": veil}
    return Past(model.store, model.log, MODEL, widths, BEGIN + 3 * HOUR, **found)


def test_quantiles_are_those_of_the_rows_and_errors_are_counted(served):
    model, took = served
    found = tails_of(past(model), BEGIN + 2 * HOUR, BEGIN + 3 * HOUR)
    document = tails_document(found)
    whole = next(one for one in document["tails"] if not one["segment"])
    own = took[800 : 800 + whole["count"]]
    assert whole["count"] == document["rows"] >= 390
    for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        exact = np.sort(own)[int(np.ceil(q * len(own))) - 1]
        assert whole[name] == pytest.approx(exact, rel=0.008)
    assert document["errors"] == {"timeout": pytest.approx(document["rows"] / 10, abs=1)}
    assert sum(step["count"] for step in whole["steps"]) == whole["count"]
    assert sum(step["rows"] for step in document["steps"]) == document["rows"]
    segments = {one["segment"] for one in document["tails"]}
    assert {"", "country=de", "country=fr", "country=it", "_version=1"} == segments


def test_segments_and_errors_of_hidden_columns_are_left_out(served):
    model, _ = served
    found = tails_of(past(model, Masked()))
    assert {segment for _, segment in found.whole.tails} == {"", "_version=1"}
    assert not found.whole.errors
    assert tails_of(past(model)).whole.errors


def test_no_window_says_why(served):
    model, _ = served
    document = tails_document(tails_of(past(model), BEGIN - 2 * HOUR, BEGIN - HOUR))
    assert (document["tails"], document["rows"], document["error_rate"]) == ([], 0, None)
    assert document["reason"]
    with pytest.raises(Problem, match="start"):
        tails_of(past(model), BEGIN, BEGIN)


def test_errors_are_a_series_on_the_part_of_the_service(served):
    model, _ = served
    streams = model.runner.models[MODEL].plan.fast.streams
    (own,) = [s for s in streams if s.monitor == "metrics" and s.column == ERROR_TYPE]
    assert own.share == "service"
    tails = {s.segment for s in streams if s.monitor == "tail"}
    assert tails == {"", "country=de", "country=fr", "country=it"}
