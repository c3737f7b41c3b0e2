"""What holds for every test: no silent gap in continuous integration, no test of the clock.

Owns: turning a test skipped for want of a peer (Chromium, Prometheus, ...) into a failure where CI
is set; hypothesis without deadlines.
Does not own: fixtures, which live beside the tests that use them.
"""

import os
from collections.abc import Generator

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
