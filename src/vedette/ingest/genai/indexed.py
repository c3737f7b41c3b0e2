"""Messages that were spelt attribute by attribute.

Owns: from `gen_ai.prompt.0.content` and its like to messages.  Does not own: their text
(`messages`), which attributes are such (`dialects`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

_WRAPPED = ("message", "message_content", "tool_call")  # levels of OpenInference that say nothing


# Members of a message that has a text and nothing else: nearly all are such.
_MEMBERS = {"role": 0, "message.role": 0, "content": 1, "message.content": 1, "finish_reason": 2}


def plain_messages(attributes: Mapping[str, Any]) -> tuple[list[tuple[str, str]], str] | None:
    """Role and text of messages that have nothing else, and why the last one ended; None of others.

    Example:
        >>> plain_messages({"0.message.role": "user", "0.message.content": "Hi"})
        ([('user', 'Hi')], '')
        >>> plain_messages({"0.role": "user", "0.tool_calls.0.name": "look"}) is None
        True
    """
    found: dict[str, list[str]] = {}
    for name, value in attributes.items():
        place, _, member = name.partition(".")
        at = _MEMBERS.get(member)
        if at is None or not isinstance(value, str) or value[:2] == "[{":
            return None
        if place not in found:
            if not (place.isdecimal() and len(place) < 6):
                return None
            found[place] = ["", "", ""]
        found[place][at] = value
    places = sorted(found, key=int) if len(found) > 1 else list(found)
    finish = [found[place][2] for place in places if found[place][2]]
    return [(found[place][0], found[place][1]) for place in places], finish[-1] if finish else ""


def messages_of(attributes: Mapping[str, Any]) -> list[Any]:
    """Messages of attributes whose names have lost what they begin with.

    Example:
        >>> messages_of({"0.message.role": "user", "0.message.content": "Hi"})
        [{'role': 'user', 'content': 'Hi'}]
        >>> messages_of({"0.role": "user", "0.tool_calls.0.name": "look"})
        [{'role': 'user', 'tool_calls': [{'name': 'look'}]}]
    """
    tree: dict[str, Any] = {}
    for name, value in attributes.items():
        *levels, last = [level for level in name.split(".") if level not in _WRAPPED]
        place = tree
        for level in levels:
            below = place.setdefault(level, {})
            if not isinstance(below, dict):  # both a value and a level: the value is given up
                below = place[level] = {}
            place = below
        place[last] = value
    listed = _listed(tree)
    found = listed if isinstance(listed, list) else [listed]
    return [_plain(one) for one in found]


def _listed(tree: Any) -> Any:
    """The same with levels that are numbers as lists."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(name.isdecimal() and len(name) < 6 for name in tree):
        return [_listed(tree[name]) for name in sorted(tree, key=int)]
    return {name: _listed(value) for name, value in tree.items()}


def _plain(message: Any) -> Any:
    """One message as the interfaces of models have it."""
    if not isinstance(message, dict):
        return message
    if "contents" in message and "content" not in message:
        message["content"] = message.pop("contents")
    content = message.get("content")
    if isinstance(content, str) and content.startswith("[{"):  # parts, which OpenLLMetry spells
        message["content"] = _parts(content)
    return {"role": "", **message}


def _parts(text: str) -> Any:
    try:
        parts = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    told = all(isinstance(part, dict) and "type" in part for part in parts)
    return parts if told else text
