"""The architecture holds, and the contracts that say so can tell when it does not.

Owns: running the contracts of pyproject.toml, on the project and on copies with a planted
violation; what import-linter cannot see (calls of `open`, parts of an outside package).
"""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "vedette"
THINKING = ("core", "sketches", "stats", "profiles", "derive", "monitors")

# contract, the module that breaks it (made if it is not there), the line that does
PLANTS = {
    "upward": ("journey", "sketches/bins.py", "from vedette.profiles.cell import Cell"),
    "upward, lazy": (
        "journey",
        "stats/rates.py",
        "def _f() -> None:\n    from vedette.engine import settings",
    ),
    "upward, type-only": (
        "journey",
        "profiles/cell.py",
        "import typing\nif typing.TYPE_CHECKING:\n    from vedette.monitors.pair import Pair",
    ),
    "unlisted directory": ("journey", "utils/__init__.py", ""),
    "ring": ("rings", "core/errors.py", "from vedette.core.schema import Schema"),
    "front door": ("root", "engine/settings.py", "from vedette import compare"),
    "sketch to sketch": (
        "sketches",
        "sketches/counts.py",
        "from vedette.sketches.bins import Bins",
    ),
    "derivation to derivation": ("derivations", "derive/text.py", "import vedette.derive.vectors"),
    "monitor to monitor": ("monitors", "monitors/drift.py", "from vedette.monitors import rate"),
    "unlisted monitor": ("monitors", "monitors/unlisted.py", ""),
    "clock": ("pure", "monitors/family.py", "import time"),
    "file": ("pure", "profiles/fit.py", "from pathlib import Path"),
    "luck": ("pure", "derive/vectors.py", "import random"),
    "calendar": ("calendar", "stats/holm.py", "from datetime import datetime"),
    "clock in alerts": ("pure", "alerts/alarms.py", "import time"),
    "clock in the step": ("pure", "engine/step.py", "import time"),
    "store below the command line": (
        "stores",
        "engine/replay.py",
        "from vedette.stores.memory import MemoryState",
    ),
    "heavy sdk": ("sdk", "sdk/planted.py", "import numpy as np"),
    "sdk into the engine": (
        "sdk",
        "sdk/planted.py",
        "from vedette.monitors.finding import Finding",
    ),
    "report into monitors": (
        "report",
        "report/words.py",
        "from vedette.monitors.finding import Finding",
    ),
    "pandas": ("frames", "ingest/frames.py", "import pandas as pd"),
}


def lint(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Check the contracts of this project against the package below `source`."""
    command = "from importlinter.cli import lint_imports_command as main; main()"
    config = str(ROOT / "pyproject.toml")
    return subprocess.run(
        [sys.executable, "-c", command, "--config", config, "--no-cache", "--no-logo", *arguments],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold():
    run = lint(ROOT / "src")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_violation_is_caught(name, tmp_path):
    contract, module, line = PLANTS[name]
    copy = tmp_path / "src" / "vedette"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / module
    path.parent.mkdir(exist_ok=True)
    text = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{text}\n{line}\n", "utf-8")
    run = lint(tmp_path / "src", "--contract", contract)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "0 kept, 1 broken" in run.stdout


def thinking_modules() -> list[Path]:
    return [path for folder in THINKING for path in sorted((SOURCE / folder).glob("*.py"))]


@pytest.mark.parametrize("path", thinking_modules(), ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_the_thinking_part_opens_and_prints_nothing(path):
    tree = ast.parse(path.read_text("utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if is_plain_call(node)}
    assert not calls & {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}


@pytest.mark.parametrize("path", thinking_modules(), ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_the_thinking_part_uses_no_reader_of_arrow(path):
    """pyarrow also reads files: only its arrays and their arithmetic are for thinking."""
    imported = {name for name in imported_names(path) if name.startswith("pyarrow.")}
    assert imported <= {"pyarrow.compute"}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.stem)
def test_no_private_name_of_another_library_is_imported(path):
    private = {name for name in imported_names(path) if "._" in name}
    assert not {name for name in private if not name.startswith("vedette.")}


def is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def imported_names(path: Path) -> set[str]:
    """Every module or name that a file imports, dotted."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names if alias.name.islower()}
    return names - {"__future__.annotations"}
