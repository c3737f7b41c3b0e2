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
NAMES = ("evidently", "whylogs", "duckdb", "scipy", "river", "pandera", "datacompy", "pyod")


def python_of(name: str) -> Path:
    """Return the interpreter of a rival's environment, made with pip on first use."""
    pins = HERE / f"requirements-{name}.txt"
    place = FOLDER / name
    python = place / "bin" / "python"
    stamp = place / "made-from"
    wanted = hashlib.sha256(sys.version.encode() + pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"making the environment of {name} ...", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", pins], check=True)
    stamp.write_text(wanted)
    return python


def script_of(name: str) -> Path:
    """Return the program that runs a rival: `script REF CUR`, one JSON line on stdout."""
    return HERE / f"run_{name}.py"


if __name__ == "__main__":
    for each in NAMES:
        print(python_of(each))
