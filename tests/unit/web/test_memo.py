"""What was found a moment ago: kept a while, found once for all who ask.

Owns: the memo.  Does not own: what is kept in it.
"""

import threading

import pytest

from vedette.web.memo import FRESH_S, KEPT, Memo


def test_an_answer_is_found_anew_when_it_is_old():
    now = [0.0]
    memo = Memo(lambda: now[0])
    assert [memo.get("x", lambda: 1), memo.get("x", lambda: 2)] == [1, 1]
    now[0] = FRESH_S
    assert memo.get("x", lambda: 3) == 3
    assert memo.get("x", lambda: 4, fresh_s=0.0) == 4


def test_the_oldest_answers_give_way():
    memo = Memo()
    for key in range(KEPT + 1):
        memo.get(key, lambda key=key: key)
    assert memo.get(0, lambda: "anew") == "anew"
    assert memo.get(KEPT, lambda: "anew") == KEPT


def test_who_asks_while_it_is_found_waits_for_it():
    memo, begun, may_end, said = Memo(), threading.Event(), threading.Event(), []

    def slow() -> str:
        begun.set()
        assert may_end.wait(10)
        return "once"

    first = threading.Thread(target=lambda: said.append(memo.get("x", slow)))
    first.start()
    assert begun.wait(10)
    others = [
        threading.Thread(target=lambda: said.append(memo.get("x", lambda: "twice")))
        for _ in range(5)
    ]
    for other in others:
        other.start()
    assert memo.get("y", lambda: "beside") == "beside"
    may_end.set()
    for thread in (first, *others):
        thread.join(10)
    assert said == ["once"] * 6


def test_an_error_is_told_and_not_kept():
    memo = Memo()

    def wrong() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memo.get("x", wrong)
    assert memo.get("x", lambda: "right") == "right"
