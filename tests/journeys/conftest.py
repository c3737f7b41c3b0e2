"""The demo's traffic, once for all journeys that need it.

Owns: filling a folder with it, a server on it that onlookers may act on.  Does not own: the demo
(`test_demo_live`), what is to be seen (`test_dashboard` and its neighbours).
"""

import shutil

import pytest
from docs.screenshots import fill, shown


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The folder of a demo that has ended, and what it printed.  It is not written to."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder, fill(folder)
    shutil.rmtree(folder)  # some 200 MB, of which pytest would keep three


@pytest.fixture(scope="session")
def dashboard(demo, tmp_path_factory):
    """A server on a copy of it."""
    folder = tmp_path_factory.mktemp("dashboard")
    shutil.copytree(demo[0], folder, dirs_exist_ok=True)
    with shown(folder) as child:
        yield child
    shutil.rmtree(folder)
