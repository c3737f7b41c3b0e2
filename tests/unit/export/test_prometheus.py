"""The text that Prometheus reads: clean under its own linter, bounded, safe whatever names hold."""

import shutil
import subprocess
from types import SimpleNamespace

import pytest
from tests.unit.export.series.test_book import pace, state

from vedette.export.prometheus import render
from vedette.export.series.book import Book, Bounds
from vedette.stores.store import Entry

NAMES = ["fraud", 'a"b\\c\nd', "é\u202e{}", "x" * 100]


def model(name, critical=0, rows=10, share=0.1):
    return SimpleNamespace(
        name=name, state="warming up", rows=rows, labels=1, late_rows=2, duplicates=3, rejected=4,
        dropped_by_clients=5, windows={"fast": 60, "drift": 1},
        evidence={"fast": {"value": -300.0, "threshold": 3.0},
                  "drift": {"value": 3.0 * share, "threshold": 3.0}},
        open_incidents={"critical": critical}, last_time_s=1_793_527_200.25,
    )  # fmt: skip


def server(models):
    return SimpleNamespace(
        models=models, version='0.1"', uptime_s=1.5, queue_length=1, queue_bytes=2, log_bytes=3,
        log_position=9, state_position=7, messages={"dead": 1, "pending": 0}, errors={"step": 2},
    )  # fmt: skip


@pytest.mark.parametrize("openmetrics", [False, True])
@pytest.mark.parametrize("models", [[], [model(name) for name in NAMES]])
def test_promtool_finds_nothing_to_complain_about(models, openmetrics):
    if shutil.which("promtool") is None:
        pytest.skip("no promtool here: Debian's package is prometheus")
    text = render(server(models))
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_openmetrics_names_counters_without_their_ending():
    text = render(server([model("fraud")]), openmetrics=True)
    assert "# TYPE vedette_events counter\n" in text
    assert 'vedette_events_total{model="fraud"} 10\n' in text
    assert "# TYPE vedette_build info\n" in text
    assert text.endswith("\n# EOF\n")
    assert "# TYPE vedette_events_total counter\n" in render(server([model("fraud")]))


def test_every_metric_comes_once_with_its_samples_together():
    text = render(server([model("a"), model("b")]))
    seen = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(seen) == len(set(seen))
    order = [line.split("{")[0].split()[0] for line in text.splitlines() if line[0] != "#"]
    assert [name for i, name in enumerate(order) if i == 0 or order[i - 1] != name] == seen


def test_names_cannot_break_out():
    lines = render(server([model(name) for name in NAMES])).splitlines()
    assert all(line.startswith(("#", "vedette_")) for line in lines)
    assert '{model="a\\"b\\\\c\\nd"}' in "\n".join(lines)


def test_the_limit_keeps_the_worst_and_says_what_it_left_out():
    models = [model(f"m{i}", critical=i == 40, share=i / 100 + 0.01) for i in range(50)]
    text = render(server(models), most_series=100)
    series = [line for line in text.splitlines() if "model=" in line]
    assert len(series) <= 100
    kept = {line.split('model="')[1].split('"')[0] for line in series}
    assert {"m40", "m49"} <= kept
    assert "m0" not in kept
    dropped = float(text.split("\nvedette_series_dropped ")[1].split("\n")[0])
    assert dropped == 50 / len(kept) * len(series) - len(series)


def test_numbers_that_are_not_finite():
    text = render(server([model("fraud", share=float("inf"))]))
    assert 'vedette_evidence_log10{model="fraud",clock="drift"} +Inf' in text


def details(name):
    """What a book tells of a minute of rows, under another model's name."""
    own = pace(0, [0.1, 0.2, 4.0])._replace(model=name)
    store = state(own)
    store.commit([Entry("model", name, "counts", 0, b"{}")])
    return Book(store).current(name, Bounds())


def test_details_are_as_clean():
    told = [
        [one for one in details(name) if one.name.startswith("vedette_latency")] for name in "ab"
    ]
    text = render(server([model("a"), model("b")]), details=lambda name: told["ab".index(name)])
    assert 'vedette_latency_seconds_bucket{column="latency_s",le="0.25",model="b"} 2' in text
    assert text.count("# TYPE vedette_latency_seconds histogram\n") == 1
    if shutil.which("promtool") is None:
        pytest.skip("no promtool here: Debian's package is prometheus")
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_details_come_where_there_is_room_and_the_few_of_every_model_first():
    text = render(server([model("a"), model("b")]), most_series=60, details=details)
    assert 'vedette_events_total{model="b"}' in text
    series = [line for line in text.splitlines() if "model=" in line]
    assert len(series) <= 60
    dropped = float(text.split("\nvedette_series_dropped ")[1].split("\n")[0])
    whole = render(server([model("a"), model("b")]), details=details)
    assert dropped == sum('model="' in line for line in whole.splitlines()) - len(series) > 0
