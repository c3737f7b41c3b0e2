"""What lies at the root of the repository: nothing that a trial run left there.

Owns: the list.  Does not own: what the folders hold.
"""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {
    ".ci", ".github", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "README.md", "SECURITY.md", "bench", "docs", "examples", "pyproject.toml", "src", "tests",
}  # fmt: skip


def test_nothing_is_kept_at_the_root_that_was_not_meant():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {name.partition("/")[0] for name in listed.stdout.split("\0") if name} == KNOWN
