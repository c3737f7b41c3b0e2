"""`vedette notify retry`, run as a user runs it."""

import msgspec
import pytest
from tests.unit.alerts.examples import incident, message, stored, tally

from vedette.alerts.message import DEAD, PENDING
from vedette.cli.main import main
from vedette.stores.local.state import LocalState
from vedette.stores.store import Entry


@pytest.fixture
def state(tmp_path):
    """The state of a server that goes on running, with three dead messages and a waiting one."""
    state = LocalState(tmp_path / "state.sqlite")
    one = incident()
    told = [message(one, channel=f"c{i}", state=DEAD, tries=9) for i in range(3)]
    state.commit(
        Entry("message", m.model, m.id, m.due, msgspec.json.encode(m))
        for m in [*told, message(one, channel="c3")]
    )
    yield state
    state.close()


@pytest.fixture
def retry(tmp_path, capsys):
    def retry(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main(["notify", "retry", *words, "--data", str(tmp_path)])
        said = capsys.readouterr().err
        assert left.value.code == code, said
        return said

    return retry


def test_dead_messages_wait_again_beside_a_running_server(retry, state):
    dead = [one for one in stored(state) if one.state == DEAD]
    assert "1 message" in retry(dead[0].id)
    assert tally(stored(state)) == (2, 2, 0)
    assert "2 messages" in retry()
    assert tally(stored(state)) == (4, 0, 0)
    assert {one.tries for one in stored(state)} == {0}


def test_what_was_not_given_up_is_named(retry, state):
    (waiting,) = (one for one in stored(state) if one.state == PENDING)
    assert f"message '{waiting.id}': is none that was given up" in retry(waiting.id, code=2)
    assert tally(stored(state)) == (1, 3, 0)
