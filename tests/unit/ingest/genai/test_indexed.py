"""Messages that were spelt attribute by attribute, in the wrong order and with gaps, too."""

import pytest

from vedette.ingest.genai.indexed import messages_of
from vedette.ingest.genai.messages import said


def test_messages_stand_in_the_order_of_their_numbers_not_of_their_names():
    told = {f"{at}.content": str(at) for at in (10, 2, 0)}
    assert [one["content"] for one in messages_of(told)] == ["0", "2", "10"]


def test_parts_in_a_text_are_parts_and_other_lists_are_texts():
    [parts] = messages_of({"0.content": '[{"type": "text", "text": "Hi"}]'})
    assert parts["content"] == [{"type": "text", "text": "Hi"}]
    [text] = messages_of({"0.content": '[{"a": 1}]'})
    assert text["content"] == '[{"a": 1}]'
    [broken] = messages_of({"0.content": "[{"})
    assert broken["content"] == "[{"


@pytest.mark.parametrize(
    "told",
    [{"0.content": "Hi", "0.content.more": "x"}, {"0.content.more": "x", "0.content": "Hi"}],
    ids=["value first", "level first"],
)  # fmt: skip
def test_a_name_that_is_both_a_value_and_a_level_is_read_somehow(told):
    assert said(messages_of(told)).text


@pytest.mark.parametrize("name", ["", ".", "0", "999999999999.content", "x.content", "0..content"])
def test_odd_names_do_no_harm(name):
    assert isinstance(said(messages_of({name: "Hi"})).text, str)
