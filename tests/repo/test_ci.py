"""A test skipped for want of a peer fails where continuous integration runs, and only there.

Owns: trying the hook of `tests/conftest.py` on a small suite of its own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SUITE = """
import pytest

@pytest.fixture
def browser():
    pytest.skip("no Chromium here")

@pytest.mark.chromium
def test_page(browser): ...

@pytest.mark.peer
def test_scrape(browser): ...

@pytest.mark.chromium
@pytest.mark.xfail
def test_known(): assert False

def test_other(): pytest.skip("for another reason")
"""


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", "1 skipped, 1 xfailed, 2 errors"), ("", "3 skipped, 1 xfailed")]
)
def test_a_test_skipped_for_want_of_a_peer_fails_under_ci_only(ci, outcome, tmp_path):
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_suite.py").write_text(SUITE)
    markers = "[pytest]\nmarkers =\n  chromium: needs a browser\n  peer: needs a program\n"
    (tmp_path / "pytest.ini").write_text(markers)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout, run.stdout
