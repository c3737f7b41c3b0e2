"""Promise: every page of the dashboard within 200 ms, at 1,000 models and 200 columns × 30 days.

A real `vedette serve`, held to one core, on a folder of 1,000 models (`crowd`), about thirty of
them with open incidents; one has 200 columns, four segments, 30 days of hourly windows and two of
minutes.  While it is asked, that model's events come in at their usual rate.  Every page is asked
for three times, then twenty times: as a browser does, compressed, over one connection; the whole
answer counts.  Charts are found in the pages and told beside; likewise how long Chromium takes
until all of a page is drawn, where it and playwright are there.  The first answer of a page finds
nothing remembered.  Evidently's web interface is asked in the same run for one report over as many
columns.  `--quick` has five days of windows instead of thirty, and no rival.

    python -m bench.bench_pages [--quick] [--folder DIR]
"""

import argparse
import html
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import msgspec
import numpy as np
from bench import crowd, crowd_traffic, rival_pages
from bench.data import FOLDER
from bench.drawn import drawn
from bench.load import Sender, Server, cores, percentile, request
from bench.table import Promise, aligned, promises, verdict_code

MOST_S, WARM, ASKED, PATIENCE_S = 0.2, 3, 20, 5.0
WIDE = crowd_traffic.WIDE
COLUMN = "x042"
RANGES = {"quarter": 90 * 24, "month": 30 * 24, "week": 7 * 24, "day": 24, "hour": 1}  # hours
CHART = re.compile(r'data-chart="([^"]+)"')
EVERY_S = 3600 / crowd_traffic.PER_HOUR  # between two events of the wide model


@dataclass(frozen=True)
class Asked:
    """What a path answered.  Units: seconds, those of the server's CPU a request; bytes of the
    body as it was sent; `first` took the very first, which finds nothing remembered."""

    name: str
    path: str
    status: int
    took: tuple[float, ...]
    size: int
    first: float = 0.0
    cpu: float = 0.0
    charts: tuple[str, ...] = ()

    @property
    def middle(self) -> float:
        return median(self.took)

    @property
    def slow(self) -> float:
        """The 95th percentile."""
        return percentile(self.took, 0.95)

    @property
    def row(self) -> tuple[object, ...]:
        """Its line of a table: milliseconds and KiB."""
        if self.status != 200:
            return self.name, None, None, None, None, None, f"answers {self.status}"
        times = (1000 * one for one in (self.first, self.middle, self.slow, self.cpu))
        return self.name, *times, self.size / 1024, ""


def get(sender: Sender, path: str, packed: bool = True) -> tuple[int, bytes]:
    """Ask for a path."""
    accept = "Accept-Encoding: gzip\r\n" if packed else ""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n{accept}\r\n"
    return sender.ask(head.encode())


def ask(server: Server, sender: Sender, name: str, path: str) -> Asked:
    """Time a path; after its first answer nothing, if that is no success.

    One that is slow is asked for less often: twenty times, or for some seconds.
    """
    began = time.perf_counter()
    status, text = get(sender, path, packed=False)
    first = time.perf_counter() - began
    print(f"{name}: {1000 * first:.0f} ms at first", file=sys.stderr)
    if status != 200:
        return Asked(name, path, status, (), 0)
    found = CHART.findall(text.decode("utf-8", "replace"))
    charts = tuple(dict.fromkeys(html.unescape(one) for one in found))
    for _ in range(WARM - 1):
        get(sender, path)
    took: list[float] = []
    size, cpu = 0, server.cpu_s
    while len(took) < ASKED and (sum(took) < PATIENCE_S or len(took) < WARM):
        began = time.perf_counter()
        status, body = get(sender, path)
        took.append(time.perf_counter() - began)
        assert status == 200, (path, status)
        size = len(body)
    cpu = (server.cpu_s - cpu) / len(took)
    return Asked(name, path, status, tuple(took), size, first, cpu, charts)


def pages(incident: str) -> Iterator[tuple[str, str]]:
    """Every page, by name."""
    yield "overview, 1,000 models", "/"
    yield "model", f"/models/{WIDE}"
    for name, hours in RANGES.items():
        yield f"model, a {name}", f"/models/{WIDE}?{stretch(hours)}"
    yield "column", f"/models/{WIDE}/columns/{COLUMN}"
    yield "column, a month", f"/models/{WIDE}/columns/{COLUMN}?{stretch(RANGES['month'])}"
    yield "incident", f"/incidents/{incident}"
    yield "events", f"/models/{WIDE}/events"
    yield "settings", "/settings"
    yield "settings of a model", f"/models/{WIDE}/settings"
    yield "quarantine", "/quarantine"
    yield "status", "/status"


def answers() -> Iterator[tuple[str, str]]:
    """What programs ask for all the time."""
    yield "models as JSON", "/api/v1/models"
    yield "open incidents as JSON", "/api/v1/incidents?state=active"
    yield "status as JSON", "/api/v1/status"
    yield "metrics", "/metrics"
    yield "readyz", "/readyz"


def charts(asked: Sequence[Asked]) -> Iterator[tuple[str, str]]:
    """Every chart of these pages, by its name and that of the first page that has it."""
    seen = set[str]()
    for page in asked:
        for path in page.charts:
            if path not in seen:
                seen.add(path)
                yield f"{path.split('?')[0].rsplit('/', 1)[-1].split('.')[0]}: {page.name}", path


def stretch(hours: int) -> str:
    """The query of the last hours."""
    end = crowd_traffic.END // 10**9
    at = {"start": end - 3600 * hours, "end": end}
    return urlencode({k: f"{datetime.fromtimestamp(v, UTC):%Y-%m-%dT%H:%M:%SZ}"
                      for k, v in at.items()})  # fmt: skip


def open_incident(server: Server) -> str:
    """The wide model's open incident."""
    found = server.get(f"/api/v1/models/{WIDE}/incidents?state=active")["incidents"]
    assert isinstance(found, list)
    assert found, "no incident is open"
    return str(found[0]["id"])


@contextmanager
def trickle(port: int) -> Iterator[None]:
    """Events of the wide model as they usually come, stamped by the server."""
    over, traffic = threading.Event(), crowd_traffic.wide(1)
    rows = traffic.batch(crowd_traffic.END - 60 * 10**9, crowd_traffic.END).to_pylist()
    rng = np.random.default_rng(0)

    def send() -> None:
        with Sender(port) as sender:
            while not over.wait(EVERY_S):
                row = rows[int(rng.integers(len(rows)))]
                own = {"prediction", "score", "latency_s"}
                event = {k: v for k, v in row.items() if k in own}
                event["features"] = {
                    k: v for k, v in row.items() if k not in own and not k.startswith("_")
                }
                body = msgspec.json.encode([event])
                sender.ask(request(body, "application/json", f"/v1/models/{WIDE}/events"))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def checks(asked: Sequence[Asked], server: Server, ready: float) -> list[Promise]:
    """The promises beside what was measured."""
    found = [
        Promise(f"{one.name}: 95 % within 200 ms", f"{1000 * one.slow:.0f} ms", one.slow <= MOST_S)
        if one.status == 200
        else Promise(f"{one.name}: 95 % within 200 ms", f"answers {one.status}", None)
        for one in asked
    ]
    return [
        *found,
        Promise("start to ready, 1,000 models", f"{ready:.2f} s", None),
        Promise("memory, 1,000 models", f"{server.rss_mib:.0f} MiB", None),
    ]


def measure(place: Path) -> list[Promise]:
    """Serve a folder and ask."""
    config = (place / "vedette.yaml").read_text()
    own, _ = cores()
    with Server(place, own, config) as server:
        ready, cpu, idle = server.ready_s, server.cpu_s, server.rss_mib
        print(f"ready after {ready:.2f} s, {cpu:.2f} s of CPU, {idle:.0f} MiB\n")
        incident = open_incident(server)
        with Sender(server.port) as sender, trickle(server.port):
            asked = [ask(server, sender, *one) for one in pages(incident)]
            others = [ask(server, sender, *one) for one in answers()]
            drawings = [ask(server, sender, *one) for one in charts(asked)]
        head = ("first ms", "median ms", "p95 ms", "CPU ms", "KiB", "")
        for title, found in (("page", asked), ("beside", others), ("chart", drawings)):
            if found:
                print(aligned((title, *head), [one.row for one in found]), "\n")
        seen = drawn(server.port, [(one.name, one.path) for one in asked if one.status == 200])
        if seen:
            print(aligned(("in Chromium", "loaded ms", "drawn ms", "charts"), seen), "\n")
        kept = checks(asked, server, ready)
        server.end(signal.SIGKILL)
    return kept


def rival() -> list[tuple[object, ...]]:
    """Lines of a table: name, median milliseconds, KiB."""
    found = rival_pages.asked()
    return [(name, 1000 * median(took), size / 1024) for name, took, size in found]


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, help="one that was made before")
    options = parser.parse_args()
    place, took = options.folder, None
    if place is None:
        place, took = crowd.folder(options.quick)
    if took is not None:
        print(f"the folder took {took:.0f} s to make")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        copy = Path(name) / "data"
        shutil.copytree(place, copy)  # what a server writes is of no use to the next run
        kept = measure(copy)
    if not options.quick:
        print(aligned(("Evidently UI, one hour", "median ms", "KiB"), rival()), "\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    sys.exit(main())
