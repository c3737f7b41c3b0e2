"""What is not needed is not loaded: start-up stays quick, and the SDK fits into any service.

Owns: which libraries each way in may load.  Does not own: how long it takes (`bench/`).
"""

import subprocess
import sys

import pytest

ARRAYS = ("numpy", "pyarrow", "pandas", "polars", "duckdb", "scipy", "sklearn", "altair")
# scipy.stats alone takes 0.8 s to load, altair and scikit-learn about as much.
SLOW = ("scipy.stats", "sklearn", "altair", "vl_convert", "pandas", "polars", "jinja2", "duckdb")

HELP = "from vedette.cli.main import main; main(['--help'])"


def loaded(code: str, *watched: str, cwd: object = None) -> set[str]:
    """Which of the watched modules a fresh interpreter has loaded after some code."""
    report = (
        f"atexit.register(lambda: print('LOADED', *[m for m in {watched!r} if m in sys.modules]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"import atexit, sys; {report}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith("LOADED")]
    assert lines, run.stderr
    assert "Traceback" not in run.stderr, run.stderr
    return set(lines[-1].split()[1:])


@pytest.mark.parametrize("code", ["import vedette", "import vedette.sdk", HELP])
def test_loads_no_array_library(code):
    assert loaded(code, *ARRAYS) == set()


def test_the_watch_itself_sees_what_is_loaded():
    assert loaded("import numpy", "numpy", "scipy") == {"numpy"}


def test_a_comparison_loads_nothing_slow(tmp_path):
    for name in ("ref", "cur"):
        rows = "\n".join(f"{i % 7},{'ab'[i % 2]}" for i in range(200))
        (tmp_path / f"{name}.csv").write_text(f"x,c\n{rows}\n")
    code = "from vedette.cli.main import main; main(['compare', 'ref.csv', 'cur.csv'])"
    assert loaded(code, *SLOW, cwd=tmp_path) == set()


def test_a_comparison_in_python_loads_nothing_slow():
    code = (
        "import vedette as vd; vd.compare({'x': [1.0, 2.0] * 50}, {'x': [1.0, 2.0] * 50}).to_json()"
    )
    # pyarrow itself imports pandas, where there is one, to turn Python lists into arrays.
    assert loaded(code, *SLOW, "rich", "click") <= {"pandas"}
