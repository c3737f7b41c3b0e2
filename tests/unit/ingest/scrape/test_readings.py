"""Readings of two scrapes: counters that begin anew, whose they are, versions told apart, names
that a user asked for.  What each engine says is in `tests/golden/test_scrape.py`.
"""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.ingest.scrape.engines import ENGINES
from vedette.ingest.scrape.readings import engines_of, readings_of
from vedette.ingest.scrape.row import HOW, LEVEL, MEAN, SHARE
from vedette.ingest.scrape.text import read_exposition

TRITON = """# TYPE nv_inference_request_success counter
nv_inference_request_success{{model="a",version="1"}} {}
# TYPE nv_inference_request_duration_us counter
nv_inference_request_duration_us{{model="a",version="1"}} {}
"""


def scraped(text, seconds=0):
    return read_exposition(text.encode(), "text/plain", seconds * 10**9)


def read(before, now, claim=lambda said: [said or "-"], **how):
    found = readings_of(before, now, claim, **how)
    return {(one.model, one.name): one.value for one in found}


def test_a_server_that_began_anew_counts_from_zero():
    found = read(scraped(TRITON.format(1000, 10**9)), scraped(TRITON.format(20, 10**6), 10))
    assert found["a", "requests.rate"] == 2.0
    assert found["a", "latency_s.mean"] == pytest.approx(0.05)


def test_a_histogram_whose_count_fell_began_anew_in_all_its_parts():
    """A bin that is fuller than before says nothing then: all of it is new."""
    name = "request_predict_seconds"
    text = f"# TYPE {name} histogram\n" + "".join(
        f'{name}_{part}{{{{model_name="a"{le}}}}} {{}}\n'
        for part, le in (
            ("bucket", ',le="1"'),
            ("bucket", ',le="+Inf"'),
            ("sum", ""),
            ("count", ""),
        )
    )
    found = read(scraped(text.format(10, 100, 300, 100)), scraped(text.format(12, 12, 6, 12), 10))
    assert found["a", "latency_s.mean"] == 0.5
    assert found["a", "latency_s.p50"] == 0.5
    assert found["a", "requests.rate"] == 1.2


def test_a_series_that_appears_has_counted_from_zero():
    more = TRITON + 'nv_inference_request_failure{{model="a",reason="OTHER"}} 5\n'
    found = read(scraped(TRITON.format(0, 0)), scraped(more.format(15, 10), 10))
    assert found["a", "errors.share"] == 0.25


def test_no_request_has_no_latency_but_a_rate():
    same = TRITON.format(10, 1000)
    found = read(scraped(same), scraped(same, 10))
    assert found["a", "requests.rate"] == 0.0
    assert ("a", "latency_s.mean") not in found


def test_what_is_not_shown_is_not_told_but_no_error_is_a_share_of_none():
    text = 'nv_inference_request_success_total{{model="a"}} {}\n'
    found = read(scraped(text.format(0)), scraped(text.format(10), 10))
    assert found == {("a", "requests.rate"): 1.0, ("a", "errors.share"): 0.0}


def test_two_scrapes_of_one_moment_give_no_rate():
    same = scraped(TRITON.format(10, 1000), 10)
    assert not [name for _, name in read(same, same) if name.endswith(".rate")]


def test_readings_go_to_whoever_claims_them():
    def claim(said):
        return {"a": ["ours", "theirs"], "": []}.get(said, [])

    two = TRITON.format(10, 1000) + TRITON.format(7, 70).replace('"a"', '"b"').partition("\n")[2]
    found = read(scraped(TRITON.format(0, 0)), scraped(two, 10), claim)
    assert {model for model, _ in found} == {"ours", "theirs"}
    assert found["ours", "requests.rate"] == found["theirs", "requests.rate"] == 1.0


def test_several_names_of_one_model_are_added_up():
    """Latencies of both are one histogram, not two averages."""
    both = "".join(
        f'vllm:request_success_total{{{{model_name="{name}",finished_reason="stop"}}}} {{}}\n'
        for name in ("a", "b")
    )
    found = read(scraped(both.format(0, 0)), scraped(both.format(10, 30), 10), lambda _: ["chat"])
    assert found["chat", "requests.rate"] == 4.0


def test_versions_are_told_apart_only_where_there_are_several():
    one = TRITON.format(10, 1000)
    two = one + one.replace('version="1"', 'version="2"').replace("# TYPE", "#")
    assert not [name for _, name in read(None, scraped(two)) if "{" in name]
    names = {name for _, name in read(scraped(TRITON.format(0, 0)), scraped(two, 10))}
    assert {"requests.rate", "requests.rate{version=1}", "requests.rate{version=2}"} <= names
    names = {name for _, name in read(scraped(TRITON.format(0, 0)), scraped(one, 10))}
    assert not [name for name in names if "{" in name]


def test_so_many_endpoints_are_told_apart_and_no_more():
    text = "".join(
        f'bentoml_service_request_total{{endpoint="/{at}",service_name="s"}} 1\n'
        for at in range(50)
    )
    found = read(scraped("bentoml_service_request_total 0\n"), scraped(text, 10))
    assert len([name for _, name in found if name.startswith("requests.rate{")]) == 20
    assert found["s", "requests.rate"] == 5.0


def test_probes_are_no_requests():
    text = "".join(
        f'bentoml_service_request_total{{endpoint="{path}",service_name="s"}} 10\n'
        for path in ("/predict", "/livez", "/readyz", "/healthz", "/metrics")
    )
    found = read(scraped("bentoml_service_request_total 0\n"), scraped(text, 10))
    assert found["s", "requests.rate"] == 1.0


def test_what_a_user_keeps_comes_under_its_own_name():
    text = """# TYPE app_queue gauge
app_queue{shard="1"} 4
# TYPE app_jobs counter
app_jobs_total %d
# TYPE app_took histogram
app_took_bucket{le="1"} %d
app_took_bucket{le="+Inf"} %d
app_took_sum 4
app_took_count %d
other 1
"""
    before, now = scraped(text % (0, 0, 0, 0)), scraped(text % (20, 8, 8, 8), 10)
    found = read(before, now, keep=["app_*"])
    assert found["-", "app_queue{shard=1}"] == 4.0
    assert found["-", "app_jobs.rate"] == 2.0
    assert found["-", "app_took.p50"] == 0.5
    assert not [name for _, name in found if name.startswith("other")]


def test_a_server_may_be_several_engines_or_none():
    both = 'nv_gpu_utilization 0.5\nnv_inference_count 1\nDCGM_FI_DEV_GPU_UTIL{gpu="3"} 70\n'
    assert [one.name for one in engines_of(scraped(both))] == ["triton", "dcgm"]
    assert [one.name for one in engines_of(scraped(both), ["dcgm"])] == ["dcgm"]
    assert read(None, scraped(both))["-", "gpu.3.utilization"] == pytest.approx(0.7)
    assert engines_of(scraped("my_own 1\n")) == ()
    assert readings_of(None, scraped("my_own 1\n"), lambda _: ["m"]) == []


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=2, max_size=6),
)
def test_whatever_counters_do_rates_are_numbers_from_zero_up(values):
    scrapes = [scraped(TRITON.format(*pair), at * 7) for at, pair in enumerate(values)]
    for before, now in itertools.pairwise(scrapes):
        for value in read(before, now).values():
            assert 0 <= value < float("inf")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_row_of_the_table_can_be_meant(engine):
    re.compile(engine.signature)
    assert 0 < engine.port < 65536
    for row in engine.rows:
        assert row.how in HOW
        assert row.factor > 0
        assert (row.how in (LEVEL, MEAN, SHARE)) == bool(row.over), row
        assert "{gpu}" not in row.name or engine.gpu, row
        for pattern in (row.of, row.over, row.less, *row.only.values(), *row.where.values()):
            re.compile(pattern)


def test_what_a_model_does_on_several_gpus_is_added_up():
    """Triton names the GPU of each instance, and none for what it refuses."""
    text = (
        'nv_inference_request_success{{gpu_uuid="GPU-a",model="a",version="1"}} {0}\n'
        'nv_inference_request_success{{gpu_uuid="GPU-b",model="a",version="1"}} {0}\n'
        'nv_inference_request_failure{{gpu_uuid="GPU-a",model="a",reason="BACKEND"}} {1}\n'
        'nv_inference_request_failure{{model="a",version="1",reason="REJECTED"}} {1}\n'
    )
    found = read(scraped(text.format(10, 0)), scraped(text.format(50, 10), 10))
    assert found["a", "requests.rate"] == 10.0
    assert found["a", "errors.share"] == 0.2


def test_gpus_in_parts_show_how_busy_the_busiest_part_is():
    """With MIG the exporter knows no DCGM_FI_DEV_GPU_UTIL."""
    text = "".join(
        f'DCGM_FI_PROF_GR_ENGINE_ACTIVE{{gpu="0",UUID="a",GPU_I_ID="{part}"}} {share}\n'
        for part, share in ((7, 0.25), (8, 0.75))
    )
    whole = 'DCGM_FI_DEV_GPU_UTIL{gpu="1"} 40\nDCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="1"} 0.1\n'
    found = read(None, scraped(text + whole))
    assert found == {("-", "gpu.0.utilization"): 0.75, ("-", "gpu.1.utilization"): 0.4}


def test_what_the_logger_of_kserve_loses_is_told():
    """Names of `pkg/logger/metrics.go`."""
    text = (
        'kserve_logger_events_sent_total{{type="request"}} {0}\n'
        'kserve_logger_events_failed_total{{type="response"}} {1}\n'
        'kserve_logger_events_dropped_total{{type="request"}} {1}\n'
        "kserve_logger_work_queue_depth 3\n"
    )
    found = read(scraped(text.format(0, 0)), scraped(text.format(80, 10), 10))
    assert found == {
        ("-", "logger.sent.rate"): 8.0,
        ("-", "logger.lost.share"): 0.2,
        ("-", "logger.waiting"): 3.0,
    }
