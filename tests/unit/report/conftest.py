"""Made-up documents to render."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MADE = runpy.run_path(str(Path(__file__).with_name("example_document.py")))


@pytest.fixture(scope="session")
def made() -> Callable[[str], dict[str, Any]]:
    """A document by its name: example, hostile, quiet, wide."""
    documents = {name: MADE[name]() for name in ("example", "hostile", "quiet", "wide")}
    return documents.__getitem__
