"""The table is the program: it is whole, moves follow it, and the picture is drawn from it."""

from importlib import util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.alerts.examples import incident

from vedette.alerts import lifecycle as life
from vedette.core.errors import UsageError

DOCS = Path(__file__).resolve().parents[3] / "docs"
actions = st.lists(st.sampled_from(life.ACTIONS), max_size=12)


def act(one, action, at):
    return life.move(one, action, at=at, by="Ann", note="because", until=at + 10)


@given(actions)
def test_every_walk_stays_in_the_table_and_is_written_down(walk):
    one = incident()
    for at, action in enumerate(walk, 1):
        before = one
        if action not in life.TABLE[one.state]:
            with pytest.raises(UsageError, match=f"cannot {action} while it is {one.state}"):
                act(one, action, at)
            continue
        one = act(one, action, at)
        assert one.state == life.TABLE[before.state][action]
        assert one.history[:-1] == before.history
        assert one.history[-1].state == one.state
        assert one.history[-1].by == "Ann"
        assert (one.muted_until is not None) == (one.state == "muted")
        assert (one.closed is not None) == (one.state == "resolved") == (not life.is_open(one))
        assert (one.id, one.findings, one.title) == (before.id, before.findings, before.title)


def test_every_state_can_be_reached_and_none_is_a_trap():
    for origin in life.STATES:
        seen, waiting = {origin}, [origin]
        while waiting:
            for state in life.TABLE[waiting.pop()].values():
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
        assert seen >= set(life.STATES) - {"open"}, origin
    assert {state for row in life.TABLE.values() for state in row.values()} == set(life.STATES)


def test_whatever_is_open_can_settle_and_be_resolved():
    for state in set(life.STATES) - {"resolved"}:
        assert life.TABLE[state]["settle"] == life.TABLE[state]["resolve"] == "resolved"


def test_the_evidence_can_always_add_and_a_note_changes_no_state():
    for state, row in life.TABLE.items():
        assert row["note"] == state
        assert row["attach"] == ("reopened" if state == "resolved" else state)


def test_only_known_actions_are_in_the_table():
    used = {action for row in life.TABLE.values() for action in row}
    assert used == set(life.ACTIONS)
    assert set(life.PEOPLES) == used - {"settle", "attach"}


def test_a_mute_ends():
    muted = life.move(incident(), "mute", at=5, until=10)
    assert life.is_silent(muted, 9)
    assert not life.is_silent(muted, 10)
    assert life.is_overdue(muted, 10)
    assert not life.is_overdue(muted, 9)
    assert life.is_silent(life.move(incident(), "mute", at=5), 10**30)
    with pytest.raises(UsageError, match="ends before"):
        life.move(incident(), "mute", at=5, until=5)


def test_a_note_needs_text_and_a_misspelt_action_is_named():
    with pytest.raises(UsageError, match="needs text"):
        life.move(incident(), "note", at=5, note=" \n")
    with pytest.raises(UsageError, match="did you mean 'resolve'"):
        life.move(incident(), "resolv", at=5)


def test_closing_keeps_event_time_and_a_later_note_does_not_move_it():
    closed = life.move(incident(), "settle", at=9, closed=7)
    assert life.move(closed, "note", at=20, note="fixed upstream").closed == 7


def generator():
    spec = util.spec_from_file_location("draw_lifecycle", DOCS / "draw_lifecycle.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_and_the_table_of_the_docs_are_drawn_from_the_table():
    drawn = generator()
    assert (DOCS / "lifecycle.svg").read_text("utf-8") == drawn.picture()
    assert drawn.table() in (DOCS / "lifecycle.md").read_text("utf-8")
