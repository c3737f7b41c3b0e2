"""Texts of calls that are told apart from their spans."""

from vedette.ingest.genai.contents import NOTHING, Contents


def test_what_is_held_is_told_in_order_each_once_and_again():
    contents = Contents()
    for identity, time in (("b", 2), ("a", 1), ("b", 2)):
        contents.put("t1", identity, time, "gen_ai.user.message", {"content": identity}, 10)
    for _ in range(2):
        events, size = contents.of("t1")
        assert [told["content"] for _, told in events] == ["a", "b"]
        assert size == 20


def test_the_oldest_call_goes_when_there_is_no_room():
    contents = Contents(room=25)
    for call in ("t1", "t2", "t1", "t3"):
        contents.put(call, call, 1, "gen_ai.choice", {}, 10)
    assert contents.of("t2") == NOTHING  # `t1` was heard of again
    assert contents.of("t1").size == contents.of("t3").size == 10
    contents.put("t4", "x", 1, "gen_ai.choice", {}, 26)
    assert contents.of("t4") == NOTHING
    assert contents.of("t3").size == 10  # its neighbours stay
