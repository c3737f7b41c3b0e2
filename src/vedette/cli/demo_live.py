"""The demo's second half: a live server watches the flights of the rest of the year.

Owns: what happens in which order, and what is printed.  Does not own: the model, the traffic, the
server, telling faults found from faults missed (`cli.demo_tally`).
"""

import pickle
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vedette.cli import demo_odd
from vedette.cli.demo_groups import group_lines
from vedette.cli.demo_lookups import DEPLOY, TIMED_OUT, Took, took
from vedette.cli.demo_model import FEATURES, Trained, departed, train, truth
from vedette.cli.demo_server import Child, free_port, running, serving
from vedette.cli.demo_service import ENDPOINT, SERVICE
from vedette.cli.demo_tally import Fault, Seen, table_of
from vedette.cli.demo_traffic import Traffic, replay, traffic_of
from vedette.cli.demo_verdict import fault_lines, performance_lines, periods
from vedette.cli.flights import months, with_faults
from vedette.cli.live_options import opened
from vedette.core.errors import UsageError
from vedette.core.words import count, number
from vedette.sdk.counters import Counters

MODEL = "flight-delays"
KILOMETRES = datetime(2013, 4, 8, tzinfo=UTC)
NO_VISIB = datetime(2013, 4, 22, tzinfo=UTC)
NO_DELAY = datetime(2013, 5, 13, tzinfo=UTC)
ERRORS = ("availability", "error_type")  # what else it does worse shows in the objective as well
FAULTS = (
    Fault("UA sends kilometres for miles", "distance", "carrier=UA", KILOMETRES, "kilometres"),
    Fault("visibility stops arriving", "visib", "", NO_VISIB, "no visib"),
    Fault("version 2 takes half as long again", "latency_s", "", DEPLOY, "version 2", ERRORS),
    Fault("EV no longer sends dep_delay", "dep_delay", "carrier=EV", NO_DELAY, "no dep_delay"),
)
BEFORE = 10_000_000  # from here on flights of the winter are numbered, for what their answers took
LOOK_S = 0.5  # between two looks for new incidents
SETTLE_S = 600.0  # how long the server may take to work off what it has acknowledged
WRITTEN_S = 2.0  # after which what the last step made can be read: a server writes twice a second
SETTINGS = f"""\
# Settings of the demo's server, made anew by every `vedette demo`.
storage: {{events: "", minutes: "", profiles: "", findings: ""}}  # the year is 2013
models:
  {MODEL}:
    budget: 1  # false alarms in 30 days, over all columns, segments and monitors
    period: 30d
    min_effect: 0.2  # standard deviations: airlines change their schedules all the time
    clocks: {{base: 1h, fast: 1h, drift: 1d}}  # an airport makes some 40 predictions an hour
    lateness: 1min
    segments: [carrier]
    fairness: {{groups: [carrier], ratio: 0.5, gap: 0.15}}  # airlines differ; told is what is large
    columns:  # kept, not watched: three winter months are no reference for the weather of a year
      temp: {{role: attribute}}
      humid: {{role: attribute}}
      pressure: {{role: attribute}}
      wind_speed: {{role: attribute}}
      latency_s: {{min_effect: 0.05}}  # what the service does changes with its versions alone
      error_type: {{min_effect: 0.05}}
    objectives: {{availability: {{target: 0.99}}}}  # of a hundred requests at most one may fail
    metrics:
      shares: {{error_type: [{TIMED_OUT}]}}
    without: [dependence]  # one foggy morning ties visibility to the hour
    time: time_hour
    prediction: is_late
    score: p_late
    label: was_late
    baseline: {{file: "FILE"}}
"""


class Sent(NamedTuple):
    """What the service has counted, and how many of its rows were readings of what it takes."""

    counters: Counters
    readings: int


class Wanted(NamedTuple):
    """What was asked for.  Units: `speed` in days of event time per second."""

    folder: Path
    port: int
    speed: float
    first: int
    last: int
    leave: bool


def show(year: pa.Table, wanted: Wanted) -> bool:
    """Train, serve, replay, tell; whether every fault that was put in was found.

    Errors: UsageError, StoreError.
    """
    title = "The live product: a model at work from April on"
    click.echo(f"\n{title}\n{'-' * len(title)}")
    settings = _cleared(wanted.folder)
    winter = departed(months(year, 1, 3))
    trained = train(winter)
    click.echo(
        f"model: gradient boosting on {count(len(winter))} departures, January to March; "
        f"AUC {trained.auc:.3f} on days it had not seen"
    )
    rest = departed(months(year, wanted.first, wanted.last))
    sent = with_faults(rest, kilometres=KILOMETRES, no_visib=NO_VISIB, no_delay=NO_DELAY)
    odd = demo_odd.is_within(rest)
    sent = demo_odd.with_impossible(sent) if odd else sent
    traffic = traffic_of(rest, sent)
    faults = [fault for fault in FAULTS if _is_within(fault, rest)]
    _prepare(settings, winter, trained)
    port = free_port(wanted.port)
    if port != wanted.port:
        click.echo(f"port {wanted.port} is taken: using {port}")
    with serving(wanted.folder, settings, port) as child:
        click.echo(f"server: {child.url}, ready after {child.wait_until_ready():.1f} s")
        for fault in faults:
            click.echo(f"put in: {fault.what}, from {fault.since:%Y-%m-%d}")
        if odd:
            since = f"{demo_odd.FIRST:%Y-%m-%d}"
            click.echo(f"put in: {demo_odd.MANY} flights that cannot be, one a day from {since}")
        click.echo(
            "not watched: temp, humid, pressure, wind_speed, and how columns go together;"
            " a winter is no reference for a year"
        )
        with _at_work(child, wanted.folder, trained) as service:
            click.echo(f"the model answers at {service.url}{ENDPOINT}")
            seen, sent, wall = _replayed(child, service, traffic, wanted.speed, faults)
        _judge(child, seen, traffic)
        if odd:
            click.echo("\nis this event normal? the rarest of a week, which raise no alarm:")
            for line in demo_odd.odd_lines(child.get, MODEL, child.url):
                click.echo(f"  {line}")
        _sum_up(child, wanted.folder, settings, seen, sent, wall)
        if not wanted.leave:
            click.echo(f"\nThe server is up: {child.url}  (Ctrl-C ends it)")
            _stay(child)
    return not seen.missed


def _replayed(
    child: Child, service: Child, traffic: Any, speed: float, faults: list[Fault]
) -> tuple[Seen, Sent, float]:
    seen, began = Seen(faults), time.monotonic()
    looked = [began]

    deploy = {"version": "2", "text": "version 2", "time": DEPLOY.isoformat()}
    left = [deploy] if any(fault.since == DEPLOY for fault in faults) else []

    def meanwhile(reached: int) -> None:
        if left and reached >= int(DEPLOY.timestamp()) * 10**9:
            service.post("/flush", {}, SETTLE_S)  # what came before is known before
            _settle(child)
            child.post(f"/api/v1/models/{MODEL}/deploys", left.pop())  # as a pipeline would
        if time.monotonic() - looked[0] >= LOOK_S:
            looked[0] = time.monotonic()
            _look(child, seen)

    days = (int(traffic.served[-1]) - int(traffic.served[0])) / 86_400e9
    click.echo(
        f"traffic: {count(len(traffic.served))} predictions, {count(len(traffic.order))} labels, "
        f"{days:.0f} days at {number(speed)} days a second\n"
    )
    replay(service, traffic, speed, meanwhile)
    told = service.post("/flush", {}, SETTLE_S)
    sent = Sent(Counters(**told["counters"]), told["readings"])
    wall = time.monotonic() - began
    _settle(child)
    _look(child, seen)
    return seen, sent, wall


@contextmanager
def _at_work(child: Child, folder: Path, trained: Trained) -> Iterator[Child]:
    """The model as a service that logs what it does."""
    file, port = folder / SERVICE, free_port(child.port + 1)
    file.write_bytes(pickle.dumps(trained))
    command = ["vedette.cli.demo_service", str(file), str(port), child.url, MODEL]
    with running(command, port, folder / "service.log") as service:
        service.wait_until_ready()
        yield service


def _look(child: Child, seen: Seen) -> None:
    """Print the incidents that are new."""
    listed = child.get(f"/api/v1/incidents?model={MODEL}&limit=200")["incidents"]
    for short in sorted(listed, key=lambda one: one["opened"]):
        if len(seen.streams.get(short["id"], ())) == len(short["streams"]):
            continue
        incident = child.get(f"/api/v1/incidents/{short['id']}")
        for line in seen.told(incident, child.age_s, child.url):
            click.echo(line)


def _settle(child: Child) -> None:
    """Wait until the server has stepped through everything that it took."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        status = child.get("/api/v1/status")
        if status["queue_requests"] == 0 and status["queue_bytes"] == 0:
            time.sleep(WRITTEN_S)
            return
        time.sleep(0.1)


def _judge(child: Child, seen: Seen, traffic: Traffic) -> None:
    """Print what was found, how the model did meanwhile, and which fault is to blame."""
    click.echo("")
    for line in table_of(seen):
        click.echo(line)
    ends = [datetime.fromtimestamp(int(at) // 10**9, UTC) for at in traffic.served[[0, -1]]]
    first, last = (end.replace(hour=0, minute=0) for end in ends)
    click.echo("\nis the model still right?")
    asked = periods(seen.faults, first, last + timedelta(days=1))
    for line in performance_lines(child.get, MODEL, asked):
        click.echo(f"  {line}")
    click.echo("  (?: labels disagree with what was estimated of the same flights)\n")
    for line in fault_lines(child.get, seen):
        click.echo(line)
    if seen.faults and seen.faults[-1].segment:
        click.echo("\nis it right for everyone?")
        since = seen.faults[-1].since
        for line in group_lines(child.get, MODEL, first, since, last + timedelta(days=1)):
            click.echo(f"  {line}")


def _sum_up(
    child: Child, folder: Path, settings: Path, seen: Seen, sent: Sent, wall: float
) -> None:
    counters, readings = sent
    view = child.get(f"/api/v1/models/{MODEL}")
    click.echo(
        f"\nrows: {count(counters.logged)} logged, {count(readings)} of them readings of what the"
        f" service takes, {count(counters.acknowledged)} acknowledged, "
        f"{count(counters.dropped)} dropped, {count(counters.rejected_by_server)} rejected, "
        f"{count(counters.retries)} retries"
    )
    click.echo(
        f"server: {count(view['rows'])} predictions and {count(view['labels'])} labels taken in, "
        f"{count(view['late_rows'])} late; at most {child.peak_bytes / 2**20:.0f} MB of memory"
    )
    first = f"{seen.first_s:.0f} s after the server's start" if seen.first_s else "never"
    click.echo(f"time: first incident {first}; replay {wall:.0f} s")
    where = f"--data {folder / 'data'} --config {settings}"
    if seen.faults and seen.faults[-1] in seen.by:
        key = seen.by[seen.faults[-1]]
        click.echo(f"ask why the last fault matters:  vedette explain {key} {where}")
    if seen.order:
        click.echo(f"run the first incident again:  vedette replay {seen.order[0]} {where}")
    until = f"--end {KILOMETRES + timedelta(days=22):%Y-%m-%d}T00:00:00Z"
    click.echo(f"try another budget:  vedette backtest {MODEL} --budget 0.1 {until} {where}")


def _cleared(folder: Path) -> Path:
    """Remove what an earlier demo left; where the settings go.

    Errors: UsageError for a folder of something else, StoreError when a server still has it.
    """
    settings, data = folder / "vedette.yaml", folder / "data"
    if data.exists():
        if not settings.is_file():
            raise UsageError(f"folder {str(data)!r}", "is not of a demo", hint="choose another -o")
        with opened(str(data)):
            pass
        shutil.rmtree(data)
    folder.mkdir(parents=True, exist_ok=True)
    return settings


def _prepare(settings: Path, winter: pa.Table, trained: Trained) -> None:
    """Write the reference, with what the model says of it, and the settings."""
    reference = settings.with_name("reference.parquet")
    table = winter.select([*FEATURES, "time_hour"])
    served = _served(winter)
    answered = pa.array(~served.failed)
    for name, values in (("is_late", trained.unseen > 0.5), ("p_late", trained.unseen)):
        table = table.append_column(name, pc.if_else(answered, pa.array(values), None))
    table = table.append_column("latency_s", pa.array(served.seconds))
    table = table.append_column("endpoint", pa.array([ENDPOINT] * len(table)))
    failed = pc.if_else(answered, pa.scalar(None, pa.string()), TIMED_OUT)
    table = table.append_column("error_type", failed)
    table = table.append_column("was_late", truth(winter))
    pq.write_table(table, reference)
    file = str(reference.resolve()).replace("\\", "/")
    settings.write_text(SETTINGS.replace("FILE", file), encoding="utf-8")


def _served(winter: pa.Table) -> Took:
    """What the service took for the flights of the winter."""
    times = winter.column("time_hour").cast(pa.timestamp("ns", "UTC")).cast(pa.int64()).to_numpy()
    return took(np.arange(len(winter)) + BEFORE, times, "1")


def _is_within(fault: Fault, table: pa.Table) -> bool:
    """Whether a fault begins while there is traffic to see it in."""
    newest = datetime.fromtimestamp(int(np.max(table.column("time_hour").cast(pa.int64()))), UTC)
    return fault.since + timedelta(days=1) <= newest


def _stay(child: Child) -> None:
    """Wait for Ctrl-C, or for the server's end."""
    with suppress(KeyboardInterrupt):
        child.process.wait()
