"""The text of conversations in the forms that interfaces and tracers have."""

import json

import pytest

from vedette.ingest.genai.messages import parts_said, said

OPENAI = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
PARTS = [{"role": one["role"], "parts": [{"type": "text", "content": one["content"]}]}
         for one in OPENAI]  # fmt: skip


@pytest.mark.parametrize("form", [OPENAI, PARTS, {"messages": OPENAI}, {"input": OPENAI}])
@pytest.mark.parametrize("spelt", [json.dumps, list.copy], ids=["json", "values"])
def test_a_conversation_is_read_in_every_form(form, spelt):
    value = json.dumps(form) if spelt is json.dumps else form
    got = said(value)
    assert (got.text, got.instructions) == ("Hi", "Be brief.")
    assert got.partial == isinstance(form, dict)  # a request says more than its messages


def test_several_messages_begin_with_their_roles():
    told = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    assert said(told).text == "user: Hi\n\nassistant: Hello"


def test_members_that_say_nothing_are_no_loss_and_others_are():
    plain = {"role": "user", "parts": [{"type": "text", "content": "Hi"}], "name": None}
    assert not said([plain]).partial
    assert said([plain | {"name": "Ann"}]).partial
    assert said(json.dumps([plain | {"name": "Ann"}])).partial
    cached = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    assert said([{"role": "user", "content": [cached]}]).partial


def test_calls_of_tools_are_spelt_alike():
    function = {"function": {"name": "look", "arguments": '{ "at": 1 }'}}
    forms = [
        {"role": "assistant", "content": None, "tool_calls": [function]},
        {"role": "assistant",
         "content": [{"type": "tool_use", "name": "look", "input": {"at": 1}}]},
        {"role": "assistant",
         "parts": [{"type": "tool_call", "name": "look", "arguments": {"at": 1}}]},
    ]  # fmt: skip
    for form in forms:
        got = said([form])
        assert got.text == 'look({"at":1})'
        assert got.partial


def test_a_call_that_is_told_twice_is_written_once():
    use = {"type": "tool_use", "name": "look", "input": {"at": 1}}
    twice = {"role": "assistant", "content": [use],
             "tool_calls": [{"function": {"name": "look", "arguments": {"at": 1}}}]}  # fmt: skip
    assert said([twice]).text == 'look({"at":1})'


def test_what_is_no_text_is_named_and_unknown_parts_too():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    got = said([{"role": "user", "content": [{"type": "text", "text": "This?"}, image]}])
    assert got.text == "This?\n[image_url]"
    assert got.partial
    assert said([{"role": "user", "parts": [{"type": "hologram"}]}]).text == "[hologram]"


def test_an_answer_says_why_it_ended():
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"},
              "finish_reason": "length"}  # fmt: skip
    got = said({"choices": [choice], "usage": {"total_tokens": 3}})
    assert (got.text, got.finish) == ("Hello", "length")


@pytest.mark.parametrize("text", ["[{", "{not json", "", "[1, 2", '"'])
def test_text_that_only_looks_like_json_is_that_text(text):
    assert said(text).text == text


def test_nesting_and_odd_values_do_no_harm():
    deep = "x"
    for _ in range(5_000):
        deep = [deep]
    assert isinstance(said(deep).text, str)
    assert said("[" * 100_000).text == "[" * 100_000
    assert said([None, 3, {"role": 5, "content": 7}]).text
    assert parts_said([{"type": "text", "content": 3}]).text == "[text]"
