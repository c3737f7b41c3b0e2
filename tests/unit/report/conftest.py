"""Made-up documents to render, and a browser to look at their pages with."""

import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MADE = runpy.run_path(str(Path(__file__).with_name("example_document.py")))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def made() -> Callable[[str], dict[str, Any]]:
    """A document by its name: example, hostile, quiet, wide."""
    documents = {name: MADE[name]() for name in ("example", "hostile", "quiet", "wide")}
    return documents.__getitem__


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium that is already on this machine; none is ever fetched."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip(f"no Chromium here: looked for {', '.join(CHROMIUM)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
