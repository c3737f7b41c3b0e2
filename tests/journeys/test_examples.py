"""Every example runs, and shows what it says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").rglob("*.py"))


def run(path, folder, *arguments):
    command = [sys.executable, "-W", "error", str(path), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def named(name):
    [path] = [path for path in EXAMPLES if path.name == name]
    return path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_says_what_it_shows_and_runs(path, tmp_path):
    assert "Shows" in path.read_text("utf-8").split('"""')[1]
    done = run(path, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "column" in done.stdout


def test_three_lines_tell_the_change(tmp_path):
    assert "alarming: ['amount'" in run(named("three_lines.py"), tmp_path).stdout


def test_days_before_the_change_are_calm_and_the_week_is_not(tmp_path):
    said = run(named("daily_profiles.py"), tmp_path).stdout
    days = [line for line in said.splitlines() if line.startswith("day ")]
    assert ["None of" in line for line in days] == [True] * 4 + [False] * 3
    assert "the week, 14000 rows:\n1 of 2 columns changed" in said


def test_the_gate_stops_changed_data(tmp_path):
    for name, mean in (("a.csv", 0.0), ("b.csv", 1.0)):
        values = np.random.default_rng(1).normal(mean, 1.0, 2000)
        pd.DataFrame({"x": values}).to_csv(tmp_path / name, index=False)
    assert run(named("gate_in_ci.py"), tmp_path, "a.csv", "b.csv").returncode == 1
    assert "<failure" in (tmp_path / "gate.xml").read_text("utf-8")


def test_the_audit_tells_what_differs_and_refuses_what_cannot_be_told(tmp_path):
    said = " ".join(run(named("audit.py"), tmp_path, "pack").stdout.split())
    assert "Black 197 67.5%" in said  # 133 of 197 in the table
    assert "Hispanic & Female 22 77.3% (56.6% to 89.9%)" in said
    assert "cannot tell whether the selection rate of `race=Hispanic & sex=Female`" in said
    assert "`mi` tells `race=Black`" in said
    assert "the true positive rate of `race=Black` is not told" in said
    assert "100 rows have no member" in said
    [made] = (tmp_path / "pack").iterdir()
    assert {"figures.json", "report.html"} <= {path.name for path in made.iterdir()}


def test_the_replay_tells_the_old_model_from_the_wrong_distance(tmp_path):
    said = " ".join(run(named("served.py"), tmp_path).stdout.replace("*", "").split())
    assert "training × 1.609344 (miles to kilometres) for carrier UA" in said
    assert "With the features that were logged the model gives something else in 803 of" in said
    assert "With offline features the model gives something else than with the logged" in said
    assert "100 % of the disagreement, by its size, comes from 'distance', which differs" in said
    command = [
        sys.executable, "-m", "vedette.cli.main", "skew", "training.parquet", "serving.parquet",
        "--key", "flight", "--model", f"{named('served.py')}:predict",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "distance" in done.stdout
