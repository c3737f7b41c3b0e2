"""The file of the state: who may read it."""

import os
import stat

import pytest

from vedette.stores.local.state import LocalState
from vedette.stores.store import Entry


@pytest.mark.skipif(os.name == "nt", reason="has no such modes")
def test_others_may_not_read_the_state(tmp_path):
    before = os.umask(0o000)
    try:
        state = LocalState(tmp_path / "state.sqlite")
        state.commit([Entry("key", "", "a", 1, b"secret")])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        state.close()
    finally:
        os.umask(before)
    assert "state.sqlite-wal" in modes
    assert set(modes.values()) == {0o640}
