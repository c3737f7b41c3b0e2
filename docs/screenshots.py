"""Make pictures of every page, wide and narrow, light and dark: `make screenshots`.

Owns: a server full of the demo's flights from April to June, the addresses of its pages, how a page
is looked at, and which pictures the README shows.  Does not own: the demo (`vedette.cli.demo`),
whether the pages are any good (`tests/journeys/test_dashboard.py` and its neighbours).
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from vedette.cli import demo_odd
from vedette.cli.demo_live import MODEL
from vedette.cli.demo_server import Child, free_port, serving
from vedette.web.routes import ROUTES

ROOT = Path(__file__).resolve().parents[1]
OUT, PICTURES = ROOT / ".screenshots", ROOT / "docs" / "pictures"
DEMO = ("--part", "live", "--exit", "--months", "4-6", "--speed", "1000")  # as fast as it goes
PORT = 18_700  # not the port of a server that may run on this machine
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
SCHEMES = ("light", "dark")
ZONE = "America/New_York"  # where the flights leave
COLUMN, SEGMENT = "distance", "carrier=UA"  # where the demo's first fault is
BEST = {  # in the README: how much of each, in px from its top
    "models-desktop": 690,
    "model-desktop": 1150,
    "incident-desktop": 1140,
    "incident-phone": 844,
    "fairness-desktop": 1050,
    "anomalies-desktop": 1100,
    "service-desktop": 1330,
}
WHEN = {  # pages of which another time tells more than the last one
    "anomalies": demo_odd.SHOWN,
    "service": (datetime(2013, 4, 18, tzinfo=UTC), datetime(2013, 5, 18, tzinfo=UTC)),
}
LARGEST = 200_000  # bytes of a picture in the repository
REFUSED = {"id": "flight-none", "time": "yesterday", "features": {"distance": 1400}}
DRAWN = """() => [...document.querySelectorAll("figure[data-chart] .chart")]
    .every((chart) => chart.dataset.drawn || !chart.checkVisibility())"""


def fill(folder: Path) -> str:
    """Let three months pass through a server of the demo and stop it; what the demo said.

    It takes some 20 s.  Errors: RuntimeError when a fault of the demo was missed.
    """
    command = [sys.executable, "-m", "vedette.cli.main", "demo", *DEMO, "--port", str(PORT)]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "-o", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"the demo ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def shown(folder: Path) -> Iterator[Child]:
    """A server on what `fill` left, with a deploy on its time line and an event in quarantine."""
    live = folder / "live"
    with serving(live, live / "vedette.yaml", free_port(PORT)) as child:
        child.wait_until_ready()
        api = f"{child.url}/api/v1/models/{MODEL}/deploys"
        deploy = {"version": "1.1", "text": "summer schedule", "time": "2013-05-15T06:00:00Z"}
        httpx.post(api, json=deploy, timeout=20).raise_for_status()
        httpx.post(f"{child.url}/v1/models/{MODEL}/events", json=REFUSED, timeout=20)
        yield child


def addresses(child: Child) -> dict[str, str]:
    """Every page by name, with the demo's model, first fault and an event in its address.

    The names are those of the routes' handlers: a new page is looked at without a word here, unless
    its address holds something that none did.
    """
    given = examples(child)
    return {
        name: _filled(route.path, given) + _time(name)
        for route in ROUTES
        if route.kind == "text/html" and route.method == "GET"
        for name in (route.handler.removeprefix("page_"),)
    }


def _time(page: str) -> str:
    """The stretch of time that a page is shown at; "" for the one that it shows by itself."""
    if page not in WHEN:
        return ""
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in WHEN[page])
    return f"?{urlencode({'start': start, 'end': end})}"


def names() -> list[str]:
    """The names of the pages."""
    kinds = [r for r in ROUTES if r.kind == "text/html" and r.method == "GET"]
    return [route.handler.removeprefix("page_") for route in kinds]


def examples(child: Child) -> dict[str, str]:
    """What the variable parts of an address are filled with."""
    found = child.get(f"/api/v1/incidents?model={MODEL}&column={COLUMN}&limit=200")["incidents"]
    first = min(found, key=lambda one: one["opened"])
    newest = child.get(f"/api/v1/models/{MODEL}/events?start=2013-04-10T15:00:00Z&limit=1")
    return {
        "model": MODEL,
        "column": COLUMN,
        "incident": first["id"],
        "event": newest["events"][0]["_id"],
    }


def _filled(path: str, given: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: quote(given[found[1]], safe=""), path)


def settle(page: Any) -> None:
    """Look at a page from top to bottom, so that every chart is drawn, and return to its top."""
    page.evaluate(
        """async () => {
          const step = innerHeight / 2;
          for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
            scrollTo(0, y);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          }
          scrollTo(0, 0);
        }"""
    )
    page.wait_for_function(DRAWN)


def shoot(browser: Any, child: Child, out: Path, size: str, scheme: str, best: Path) -> None:
    """Write a picture of every page at one size in one scheme, and the best ones once more.

    Errors: RuntimeError for a page that is not there, or a picture too large for the repository.
    """
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id=ZONE
    )
    page = context.new_page()
    for name, path in addresses(child).items():
        status = page.goto(child.url + path).status
        if status != 200:
            raise RuntimeError(f"{path}: wanted a page; got {status}")
        settle(page)
        page.screenshot(path=out / f"{name}-{size}-{scheme}.png", full_page=True)
        if f"{name}-{size}" in BEST:
            clip = {"x": 0, "y": 0, "width": width, "height": BEST[f"{name}-{size}"]}
            picture = page.screenshot(clip=clip, full_page=True)
            _keep(picture, best / f"{name}-{size}-{scheme}.png")
    context.close()


def _keep(picture: bytes, path: Path) -> None:
    """What is seen first of a page, small enough for the repository."""
    if len(picture) > LARGEST:
        raise RuntimeError(f"{path.name}: wanted at most {LARGEST} bytes; got {len(picture)}")
    path.write_bytes(picture)


def main() -> None:
    """Fill, serve, look, write."""
    parser = argparse.ArgumentParser(description="Make pictures of every page.")
    parser.add_argument("-o", "--out", type=Path, default=OUT, help="where they go")
    out = parser.parse_args().out
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit(f"no Chromium here: looked for {', '.join(CHROMIUM)}")
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print("three months of flights pass through a server ...", file=sys.stderr)
        fill(folder)
        with shown(folder) as child, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            for size, scheme in product(SIZES, SCHEMES):
                shoot(browser, child, out, size, scheme, PICTURES)
            browser.close()
    print(f"pictures in {out}; the best in {PICTURES}", file=sys.stderr)


if __name__ == "__main__":
    main()
