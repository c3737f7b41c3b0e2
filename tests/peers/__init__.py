"""Programs of other projects that tests talk to, each in an environment of its own.

Owns: where the environments are, and skipping where one is not made.  Does not own: the pins
(`requirements-NAME.txt` beside this file), programs that Debian brings (`.ci/run`).

    make peers          # make all of them; `.ci/run` does so first
"""

from pathlib import Path

import pytest
from bench.rivals.environments import is_made
from tests.peers.make import HERE, place_of


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment; where it is not made, the test is skipped."""
    pins, place = HERE / f"requirements-{name}.txt", place_of(name)
    if not is_made(pins, place):
        pytest.skip(f"no environment of {name} here: `make peers` makes it")
    return place / "bin" / "python"
