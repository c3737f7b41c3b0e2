"""Code that a flag names."""

import sys

import pytest

from vedette.cli.loaded import loaded
from vedette.core.errors import UsageError


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_file_and_what_lies_beside_it(tmp_path):
    (tmp_path / "beside_it.py").write_text("FACTOR = 3\n")
    (tmp_path / "a_model.py").write_text(
        "from beside_it import FACTOR\n"
        "def times(rows): return [FACTOR * x for x in rows]\n"
        "class Fitted:\n"
        "    def predict(self, rows): return rows\n"
        "fitted = Fitted()\n"
    )
    assert loaded(f"{tmp_path}/a_model.py:times")([1]) == [3]
    assert loaded(f"{tmp_path}/a_model.py:fitted").predict([1]) == [1]
    assert loaded(f"{tmp_path}/a_model.py:fitted.predict")([2]) == [2]


def test_a_module():
    assert loaded("json:dumps")([1]) == "[1]"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("json", "names no callable"),
        ("json:", "names no callable"),
        ("json:nothing", "cannot load 'json:nothing'.*AttributeError"),
        ("no_such_module:x", "ModuleNotFoundError"),
        ("no_such_file.py:x", "there is no file 'no_such_file.py'"),
        ("json:__name__", "is no callable; got str"),
    ],
)
def test_what_cannot_be_loaded_is_said(name, message):
    with pytest.raises(UsageError, match=message):
        loaded(name)


def test_code_that_fails_is_said(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(UsageError, match="ZeroDivisionError"):
        loaded(f"{tmp_path}/broken.py:x")
