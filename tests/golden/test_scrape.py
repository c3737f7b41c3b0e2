"""What two scrapes of each kind of server say, in our names and units, and that quantiles are those
of Prometheus.  Where the texts come from: `data/scrape/make_texts.py`.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vedette.ingest.scrape.engines import ENGINES, PROCESS
from vedette.ingest.scrape.readings import engines_of, readings_of
from vedette.ingest.scrape.text import read_exposition

DATA = Path(__file__).parent / "data" / "scrape"
APART_S = 10  # seconds between the two texts, as the tests have it
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
GOOD, BAD = 25, 5  # requests between the texts of real servers

# engine -> (model as the server says it, name) -> value
EXPECTED = {
    "vllm": {
        (LLAMA, "latency_s.p50"): 1.0,  # 100 requests: 50 up to 1 s, 40 up to 2 s, 10 up to 5 s
        (LLAMA, "latency_s.p95"): 3.75,  # half-way through the last 10, from 2.5 s to 5 s
        (LLAMA, "latency_s.mean"): 1.4,
        (LLAMA, "first_token_s.p99"): 0.2485,
        (LLAMA, "per_token_s.p50"): 0.0375,
        (LLAMA, "queue_s.mean"): 0.19,
        (LLAMA, "requests.rate"): 10.0,
        (LLAMA, "errors.share"): 0.1,
        (LLAMA, "input_tokens.rate"): 900.0,
        (LLAMA, "output_tokens.rate"): 600.0,
        (LLAMA, "queue.running"): 7.0,
        (LLAMA, "queue.waiting"): 12.0,
        (LLAMA, "kv_cache.utilization"): 0.84,
        (LLAMA, "prefix_cache.hit_share"): 0.25,
        (LLAMA, "preemptions.rate"): 0.6,
        ("", "process.cpu.cores"): 3.0,
        ("", "process.memory.bytes"): 2.5e9,
    },
    "triton": {
        ("bert", "latency_s.p99"): 0.009,
        ("bert", "latency_s.mean"): 0.005,
        ("bert", "batch.size"): 1.0,
        ("densenet", "latency_s.mean"): 0.018,
        ("densenet", "latency_s.mean{version=1}"): 0.01,
        ("densenet", "latency_s.mean{version=2}"): 0.03,
        ("densenet", "queue_s.mean"): 0.0002,
        ("densenet", "requests.rate"): 11.0,
        ("densenet", "errors.share"): 10 / 110,
        ("densenet", "errors.share{version=2}"): 8 / 48,
        ("densenet", "queue.waiting"): 7.0,
        ("densenet", "batch.size{version=2}"): 8.0,
        ("", "gpu.0.utilization"): 0.5,
        ("", "gpu.1.memory.utilization"): 0.75,
        ("", "gpu.1.power_w"): 290.5,
        ("", "gpu.0.energy_j"): 1500.0,
        ("", "resource.cpu.utilization"): 0.31,
        ("", "resource.memory.utilization"): 0.25,
    },
    "tgi": {
        ("", "latency_s.mean"): 80 / 45,
        ("", "queue_s.mean"): 0.04,
        ("", "per_token_s.mean"): 0.04,
        ("", "requests.rate"): 5.0,
        ("", "errors.rate"): 0.5,
        ("", "errors.share"): 0.1,
        ("", "input_tokens.rate"): 180.0,
        ("", "output_tokens.rate"): 90.0,
        ("", "queue.waiting"): 9.0,
        ("", "queue.running"): 8.0,
    },
    "mlserver": {
        ("fraud", "latency_s.mean"): pytest.approx(0.0004, abs=0.0002),
        ("", "latency_s.p99"): pytest.approx(0.0098, abs=0.0001),
        ("fraud", "requests.rate"): (GOOD + BAD) / APART_S,
        ("fraud", "errors.rate"): BAD / APART_S,
        ("fraud", "errors.share"): BAD / (GOOD + BAD),
        ("", "queue.running"): 0.0,
        ("", "process.open_files.utilization"): 24 / 20_000,
    },
    "bentoml": {
        ("Fraud", "latency_s.mean"): pytest.approx(0.0023, abs=0.0001),
        ("Fraud", "requests.rate"): (GOOD + BAD) / APART_S,
        ("Fraud", "errors.rate"): BAD / APART_S,
        ("Fraud", "errors.share"): BAD / (GOOD + BAD),
        ("Fraud", "queue.running"): 0.0,
    },
    "ray": {
        ("Fraud", "latency_s.mean"): pytest.approx(0.0043, abs=0.0001),  # from milliseconds
        ("Fraud", "requests.rate"): (GOOD + BAD) / APART_S,
        ("Fraud", "errors.rate"): BAD / APART_S,
        ("Fraud", "errors.share"): BAD / (GOOD + BAD),
        ("Fraud", "queue.waiting"): 0.0,
        ("Fraud", "replicas.healthy"): 1.0,
        ("", "resource.cpu.utilization"): pytest.approx(0.588),
    },
    "kserve": {
        ("fraud", "latency_s.mean"): pytest.approx(4e-6, abs=1e-6),
        ("fraud", "preprocess_s.mean"): pytest.approx(5e-6, abs=1e-6),
        ("fraud", "requests.rate"): (GOOD + BAD) / APART_S,
    },
    "dcgm": {
        ("", "gpu.0.utilization"): 0.98,
        ("", "gpu.0.memory.bytes"): 79_000 * 2**20,
        ("", "gpu.0.memory.utilization"): 79_000 / 81_000,
        ("", "gpu.0.power_w"): 612.4,
        ("", "gpu.0.energy_j"): 6124.0,  # 612.4 W for 10 s
        ("", "gpu.1.energy_j"): 712.0,
        ("", "gpu.0.temperature_c"): 67.0,
        ("", "gpu.1.xid"): 79.0,
    },
    "node": {
        ("", "resource.network.received_bytes.rate"): 0.0,
        ("", "resource.out_of_memory_kills"): 0.0,
    },
}


def scraped(engine, part):
    body = (DATA / f"{engine}_{part}.txt").read_bytes()
    return read_exposition(body, "text/plain; version=0.0.4", part * APART_S * 10**9)


def read(engine):
    found = readings_of(scraped(engine, 1), scraped(engine, 2), lambda said: [said])
    return {(one.model, one.name): one.value for one in found}


def test_triton_itself_is_read_as_its_documentation_says():
    """Triton of the package nvidia-pytriton: 25 good requests of 5 ms, 5 bad ones."""
    found = read("pytriton")
    assert {engine.name for engine in engines_of(scraped("pytriton", 2))} == {"triton"}
    expected = {
        "requests.rate": (GOOD + BAD) / APART_S,
        "errors.rate": BAD / APART_S,
        "errors.share": BAD / (GOOD + BAD),
        "queue.waiting": 0.0,
        "batch.size": GOOD / (GOOD + BAD),  # it counts failed executions, and no rows of them
        "latency_s.mean": pytest.approx(0.01, abs=0.005),
        "latency_s.p99": pytest.approx(0.0198, abs=0.0001),
        "queue_s.p50": pytest.approx(0.00005, abs=0.00005),
        "compute_s.mean": pytest.approx(0.01, abs=0.005),
    }
    assert {name: found["fraud", name] for name in expected} == expected
    assert 0 < found["", "resource.memory.utilization"] < 1
    assert 0 <= found["", "resource.cpu.utilization"] <= 1


def test_every_engine_of_the_table_is_held_against_a_text():
    assert {engine.name for engine in ENGINES} == EXPECTED.keys()


def test_every_engine_has_its_line_in_the_docs():
    page = (DATA.parents[3] / "docs" / "scrape.md").read_text("utf-8")
    for engine in ENGINES:
        assert f"| {engine.title} | `{engine.name}` | {engine.port} |" in page


@pytest.mark.parametrize("engine", EXPECTED)
def test_two_scrapes_say_what_happened_between_them(engine):
    found = read(engine)
    assert [one.name for one in engines_of(scraped(engine, 2))] == [engine]
    for key, value in EXPECTED[engine].items():
        assert found[key] == (pytest.approx(value) if isinstance(value, float) else value), key


@pytest.mark.parametrize("engine", EXPECTED)
def test_the_first_scrape_says_only_what_is_so_now(engine):
    found = readings_of(None, scraped(engine, 2), lambda said: [said])
    ends = (".rate", ".p50", ".p99", ".mean", ".share", "energy_j")
    assert not [one.name for one in found if one.name.endswith(ends)]
    assert found or engine == "kserve"  # which shows nothing but histograms and its process


def test_shares_are_shares_and_nothing_is_negative():
    for engine in EXPECTED:
        for (_, name), value in read(engine).items():
            assert value >= 0, (engine, name)
            if name.partition("{")[0].endswith(("utilization", "share")):
                assert value <= 1, (engine, name)


def test_a_node_counts_as_df_and_top_do():
    found, now = read("node"), scraped("node", 2)
    (avail,), (size,), (free,) = (
        [one.value for one in now.by_name[f"node_filesystem_{what}_bytes"]
         if dict(one.labels)["mountpoint"] == "/"]
        for what in ("avail", "size", "free")
    )  # fmt: skip
    used = (size - free) / (size - free + avail)
    assert found["", "resource.disk.utilization"] == pytest.approx(used)
    (whole,), (left,) = (
        [one.value for one in now.by_name[f"node_memory_{what}_bytes"]]
        for what in ("MemTotal", "MemAvailable")
    )
    assert found["", "resource.memory.utilization"] == pytest.approx(1 - left / whole)
    ticks = [scraped("node", part).by_name["node_cpu_seconds"] for part in (1, 2)]
    spent = [
        (
            sum(one.value for one in part),
            sum(one.value for one in part if dict(one.labels)["mode"] in ("idle", "iowait")),
        )
        for part in ticks
    ]
    busy = 1 - (spent[1][1] - spent[0][1]) / (spent[1][0] - spent[0][0])
    assert found["", "resource.cpu.utilization"] == pytest.approx(busy)


RULES = """
rule_files: []
evaluation_interval: 10s
tests:
  - interval: 10s
    input_series:
{series}
    promql_expr_test:
{tests}
"""
SERIES = "      - {{series: '{name}', values: '{before} {now}'}}"
TEST = """      - expr: >
          abs(histogram_quantile({q}, sum by (le) ({metric}_bucket - {metric}_bucket offset 10s))
          - {ours:.17g}) < bool 1e-9
        eval_time: 10s
        exp_samples: [{{labels: '{{}}', value: 1}}]"""


@pytest.mark.peer
@pytest.mark.parametrize(
    ("engine", "metric"),
    [("vllm", "vllm:e2e_request_latency_seconds"), ("vllm", "vllm:request_queue_time_seconds"),
     ("bentoml", "bentoml_service_request_duration_seconds"),
     ("mlserver", "rest_server_request_duration_seconds")],
)  # fmt: skip
def test_quantiles_are_those_of_prometheus(engine, metric, tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool here: Debian's package prometheus brings it")
    found = {name: value for (_, name), value in read(engine).items()}
    base = "queue_s" if "queue" in metric else "latency_s"
    lines = {
        part: dict(
            line.rsplit(" ", 1)
            for line in (DATA / f"{engine}_{part}.txt").read_text().splitlines()
            if line.startswith(f"{metric}_bucket")
        )
        for part in (1, 2)
    }
    series = [
        SERIES.format(name=name, before=lines[1].get(name, 0), now=value)
        for name, value in lines[2].items()
    ]
    tests = [
        TEST.format(q=q, metric=metric, ours=found[f"{base}.{end}"])
        for end, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    file = tmp_path / "quantiles.yaml"
    file.write_text(RULES.format(series="\n".join(series), tests="\n".join(tests)))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_read_of_vllm_is_what_it_registers():
    """Of each reading at least one row; other rows are of older releases."""
    registered = [
        line.partition(" ")[2]
        for line in (DATA / "vllm_names.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    vllm = next(one for one in ENGINES if one.name == "vllm")
    known = {
        row.name
        for row in vllm.rows
        if any(re.fullmatch(row.of, name) for name in registered)
        and (not row.over or any(re.fullmatch(row.over, name) for name in registered))
    }
    process = {row.name for row in PROCESS}
    assert {row.name for row in vllm.rows} - process == known
    shown = (DATA / "vllm_2.txt").read_text()
    ends = r"(_total|_bucket|_count|_sum)?"
    for name in set(re.findall(r"^vllm:\w+", shown, re.MULTILINE)):
        assert any(re.fullmatch(re.escape(one) + ends, name) for one in registered), name
