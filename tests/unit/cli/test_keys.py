"""`vedette keys`, run as a user runs it."""

import json
from pathlib import Path

import pytest

from vedette.cli.main import main


@pytest.fixture
def keys(tmp_path, capsys):
    def keys(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main(["keys", *words, "--data", str(tmp_path / "data")])
        said = capsys.readouterr()
        assert left.value.code == code, said.err
        return said

    return keys


def test_a_key_is_made_listed_and_revoked(keys, tmp_path):
    text = keys("create", "--scope", "ingest", "--models", "fraud*", "--expires", "90d").out.strip()
    assert text.startswith("vdt_")
    listed = json.loads(keys("list", "--json").out)["keys"]
    assert (listed[0]["scopes"], listed[0]["models"]) == (["ingest"], "fraud*")
    assert listed[0]["id"] == text.split("_")[1]
    assert text not in keys("list").out
    stored = b"".join(path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file())
    assert text.split("_", 2)[2].encode() not in stored
    other = keys("create", "--scope", "read").out.split("_")[1]
    assert "no keys are left" not in keys("revoke", listed[0]["id"]).err
    assert [key["id"] for key in json.loads(keys("list", "--json").out)["keys"]] == [other]
    assert "nobody can send or look any more" in keys("revoke", other).err
    assert json.loads(keys("list", "--json").out) == {"keys": []}
    assert "nobody can send" in keys("list").err
    assert "is not there" in keys("revoke", other, code=2).err


def test_wrong_use(keys):
    assert "holds no server's data" in keys("list", code=2).err
    assert "did you mean 'read'" in keys("create", "--scope", "raed", code=2).err
    keys("create", "--scope", "read")
    assert "is not there" in keys("revoke", "0" * 12, code=2).err
