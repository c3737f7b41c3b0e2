"""What holds for every test: no silent gap in continuous integration, no test of the clock.

Owns: turning a test skipped for want of a peer (Chromium, Prometheus, ...) into a failure where CI
is set; hypothesis without deadlines; the browser.  Does not own: other fixtures, which live beside
the tests that use them.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from typing import Any

import hypothesis
import pytest

PEERS = ("chromium", "peer")  # markers of tests that talk to another program

# How long one example takes says something about the machine, not about the law under test.
hypothesis.settings.register_profile("vedette", deadline=None)
hypothesis.settings.load_profile("vedette")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that needs a peer where continuous integration would skip it."""
    report = yield
    is_gap = report.skipped and not hasattr(report, "wasxfail")
    needed = [name for name in PEERS if item.get_closest_marker(name)]
    if is_gap and in_ci() and needed:
        report.outcome = "failed"
        report.longrepr = f"skipped, but CI is set and the peer must be there: {report.longrepr}"
    return report


def in_ci() -> bool:
    """Whether this run is continuous integration's: CI is set, and not to a way of saying no."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium that is already on this machine; none is ever fetched.

    It goes with its module: while Playwright runs, no other event loop can run in this thread.
    """
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip(f"no Chromium here: looked for {', '.join(CHROMIUM)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
