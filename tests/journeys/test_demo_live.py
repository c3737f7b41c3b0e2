"""The demo's live half: a real model, a real server, three faults found, nothing left behind.

Owns: the whole way from flights to incidents, replay and picture; the child's end.  Does not own:
the comparison (`test_flights`).
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from vedette.alerts.incident import Incident
from vedette.cli.demo_server import free_port, serving
from vedette.cli.live_options import opened
from vedette.engine.change import change_document
from vedette.report.figures.change import change
from vedette.report.figures.figure import as_png
from vedette.web.lookup import incident as incident_of

VEDETTE = [sys.executable, "-m", "vedette.cli.main"]
SPARE = 18642  # not the port of a server that may run on this machine


def run(*arguments, timeout=300):
    command = [*VEDETTE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def test_the_faults_are_found_and_placed(demo):
    _, said = demo
    assert re.search(r"UA sends kilometres for miles +2013-04-08 +2013-04-09 00:00 +24 h", said)
    assert re.search(r"visibility stops arriving +2013-04-22 +2013-04-22 01:00 +1 h", said)
    first = said.partition("fault found: UA sends kilometres")[0].splitlines()[-2]
    assert first.startswith("  causes: distance, in carrier = UA")
    assert "`visib` did not arrive: every value is missing" in said
    assert re.search(
        r"EV no longer sends dep_delay +2013-05-13 +2013-05-1[34] \d\d:00 +\d+ h", said
    )


def test_a_slower_version_is_found_within_hours_and_named(demo):
    _, said = demo
    assert re.search(
        r"version 2 takes half as long again +2013-05-02 +2013-05-02 \d\d:00 +[1-9] h", said
    )
    found = said.partition("fault found: version 2")[0].splitlines()[-3:]
    assert re.search(r"latency_s` rose from 0\.0\d+ s to 0\.0\d+ s", " ".join(found))
    assert "since the deploy of 2" in " ".join(found)
    assert "the model answers at http://127.0.0.1:" in said


def test_flights_that_cannot_be_are_the_rarest_and_raise_no_alarm(demo):
    _, said = demo
    told = said.partition("is this event normal?")[2].partition("look at it")[0]
    rarest = re.findall(r"(?m)^  2013-04-0[2-6]T16:00Z  (flight-\d+)  1 in [\d,]+: (.*)$", told)
    assert len({name for name, _ in rarest}) == 5
    for _, why in rarest:
        assert "distance has a value that lies above everything in the reference" in why
        assert "dep_delay has a value that lies below everything in the reference" in why
    first = re.findall(r"(?m)^(2013-\d\d-\d\d)T\d\d:00Z  \w+  ", said)[0]
    assert first > "2013-04-07"  # no incident that early


def test_labels_show_the_carrier_that_suffers_and_that_its_estimate_is_not_to_be_trusted(demo):
    _, said = demo
    before, since = (
        [figure(text) for text in re.split(r"  +", line.strip())[2:]]
        for line in re.findall(r"(?m)^  EV (?:before that|since) .*", said)
    )
    assert before[1] > 0.9  # realised accuracy
    assert since[1] < 0.7
    assert before[3] > 0.9  # realised AUC
    assert since[3] < 0.65
    assert abs(before[0] - before[1]) < 0.02  # estimated without labels
    assert re.search(r"(?m)^  EV since +\d+ % +\d\.\d+ \?", said)


def whole(text):
    return int(text.replace(",", ""))


def figure(text):
    return float(text.removesuffix(" ?"))


def test_the_harmful_fault_is_the_first_cause_and_the_kilometres_are_benign(demo):
    folder, said = demo
    assert re.search(r"UA sends kilometres for miles: benign; the drift of distance hardly", said)
    assert re.search(
        r"EV no longer sends dep_delay: harmful; dep_delay is the first cause, [\d.]+ points of "
        r"loss .*; worst where carrier = EV",
        said,
    )
    [line] = re.findall(r"vedette (explain .*)", said)
    told = run(*line.split(), "--json")
    assert told.returncode == 1, told.stderr
    why = json.loads(told.stdout)["explanation"]
    assert why["harm"]["verdict"] == why["causes"][0]["verdict"] == "harmful"
    assert why["causes"][0]["column"] == "dep_delay"
    assert "carrier = EV" in why["segments"][0]["words"]
    first = re.findall(r"\S+/incidents/(\w+)", said)[0]
    data = ["--data", folder / "live" / "data", "--config", folder / "live" / "vedette.yaml"]
    assert run("explain", first, *data).returncode == 0


def test_travellers_of_one_airline_are_no_longer_warned(demo):
    """What the last fault means for people, as rates of groups."""
    _, said = demo
    told = said.partition("is it right for everyone?")[2]
    before, since = re.findall(r"(?m)^  EV(?: before)? +[\d,]+ +([\d.]+) % +([\d.]+) \(", told)
    assert float(before[0]) > 20  # of the flights were told to be late, more than of others
    assert float(before[1]) > 1.5
    assert float(since[0]) < 3
    assert float(since[1]) < 0.1
    assert re.search(r"(?m)^  EV +.* beyond the limits$", told)
    assert re.search(r"cannot tell yet of \d of 16 airlines", told)
    incidents = said.partition("is the model still right?")[
        0
    ]  # in that of the fault, or one of its own
    assert re.search(r"how carrier = EV is treated|of carrier=EV is \d+ % against", incidents)


def test_an_explanation_is_made_anew_from_the_log(demo):
    _, said = demo
    [line] = re.findall(r"vedette (explain .*)", said)
    told = run(*line.split(), "--again", "--json")
    assert told.returncode == 1, told.stderr
    why = json.loads(told.stdout)["explanation"]
    assert why["causes"][0]["column"] == "dep_delay"
    assert why["basis"] == "realised"
    assert why["labels"] > 0.9 * why["rows"]


def test_nothing_is_lost_on_the_way(demo):
    _, said = demo
    [row] = re.findall(
        r"(?m)^rows: ([\d,]+) logged, .*, ([\d,]+) acknowledged, 0 dropped, 0 rej", said
    )
    assert row[0] == row[1]
    [taken] = re.findall(r"(?m)^server: ([\d,]+) predictions and ([\d,]+) labels taken in, 0", said)
    predictions, labels = map(whole, taken)
    [readings] = re.findall(r"(?m)^rows: [\d,]+ logged, ([\d,]+) of them readings", said)
    assert predictions + labels + whole(readings) == whole(row[0])


def test_the_first_incident_runs_again_to_the_same_numbers(demo):
    _, said = demo
    [line] = re.findall(r"vedette (replay .*)", said)
    again = run(*line.split())
    assert again.returncode == 0, again.stdout + again.stderr
    assert "identical: " in again.stdout


def test_a_picture_can_be_drawn_of_a_fault(demo):
    folder, said = demo
    [key] = re.findall(r"grew|opened \d+ s after the server's start: \S+/(\w+)", said)[:1]
    with opened(str(folder / "live" / "data"), readonly=True) as (_, state):
        found = incident_of(state, key)
        assert isinstance(found, Incident)
        document = change_document(state, found)
    assert document["title"] == found.title
    assert document["reference"]["rows"] > document["current"]["rows"] > 0
    assert as_png(change(document)).startswith(b"\x89PNG")


def test_a_port_that_is_taken_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        assert free_port(port) > port
    assert free_port(port) == port


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "vedette.yaml"
    file.write_text("models: {}\n", encoding="utf-8")
    return file


def test_the_server_ends_with_its_block(tmp_path, settings):
    with serving(tmp_path, settings, free_port(SPARE)) as child:
        assert child.wait_until_ready() > 0
        assert child.get("/version")["name"] == "vedette"
    assert child.process.returncode == 0
    assert child.peak_bytes > 0
    assert "stopping" in child.log.read_text("utf-8")


PARENT = """
import sys, time
from pathlib import Path
from vedette.cli.demo_server import free_port, serving
with serving(Path(sys.argv[1]), Path(sys.argv[2]), free_port(18642)) as child:
    child.wait_until_ready()
    print(child.process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
@pytest.mark.parametrize("sign", ["SIGKILL", "SIGINT"])
def test_the_server_never_outlives_the_demo(tmp_path, settings, sign):
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(getattr(signal, sign))
    end = time.monotonic() + 20
    while time.monotonic() < end and child.is_running() and child.status() != "zombie":
        time.sleep(0.05)
    assert not child.is_running() or child.status() == "zombie"


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    own = Path(tmp_path) / "live" / "data"
    own.mkdir(parents=True)
    (own / "precious").write_text("x", encoding="utf-8")
    done = run("demo", "--part", "live", "--exit", "-o", tmp_path)
    assert done.returncode == 2
    assert "is not of a demo" in done.stderr
    assert (own / "precious").exists()
