"""Environments of the rivals: one virtual environment each, from pins that were seen to work.

Owns `.bench/envs/NAME` and decides when one must be made again. Does not run the rivals. The pins
are in `requirements-NAME.txt` beside this file, for Python 3.11.

    python -m bench.rivals.environments          # make all of them now
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".bench" / "envs"
STAMP = "made-from"
NAMES = (
    "evidently", "whylogs", "duckdb", "scipy", "river", "pandera", "datacompy", "pyod", "phoenix",
    "mlflow", "quantiles",
)  # fmt: skip


def python_of(name: str) -> Path:
    """Return the interpreter of a rival's environment, made with pip on first use."""
    return environment(HERE / f"requirements-{name}.txt", FOLDER / name)


def environment(pins: Path, place: Path) -> Path:
    """Make an environment from pins, unless it is there, made from the same; its interpreter."""
    python = place / "bin" / "python"
    if is_made(pins, place):
        return python
    print(f"making the environment {place} ...", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", pins], check=True)
    (place / STAMP).write_text(_print_of(pins))
    return python


def is_made(pins: Path, place: Path) -> bool:
    """Whether an environment is there and was made from these pins."""
    stamp = place / STAMP
    return stamp.exists() and stamp.read_text() == _print_of(pins)


def _print_of(pins: Path) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(version.encode() + pins.read_bytes()).hexdigest()


def script_of(name: str) -> Path:
    """Return the program that runs a rival: `script REF CUR`, one JSON line on stdout."""
    return HERE / f"run_{name}.py"


if __name__ == "__main__":
    for each in NAMES:
        print(python_of(each))
