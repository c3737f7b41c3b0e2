"""The text of a conversation, however it was written down.

Owns: text of messages, of their parts and of what a call was given and gave back, and whether that
text holds everything.  Does not own: which attribute holds messages (`dialects`).

One message is its text; of several each begins with its role.  What is no text (a picture, a call
of a tool, a thought) is named in brackets, and the whole is then said to be `partial`, so that the
caller keeps the original.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

SYSTEM = ("system", "developer")  # roles that instruct, apart from what is asked
# Keys under which a request or a response of a known interface holds messages.
_HELD = ("messages", "choices", "input", "prompt", "content", "message", "output", "text")
_DEPTH = 8  # of what is looked into


class Said(NamedTuple):
    """What messages say.

    Shapes: `text` of all but instructions, `instructions` of those, `finish` why the last one
    ended; `partial` where something is not in any of them.
    """

    text: str = ""
    instructions: str = ""
    finish: str = ""
    partial: bool = False


def said(value: Any) -> Said:
    """The text of messages: a text, JSON of any known form in a text, or such JSON decoded.

    Example:
        >>> said('[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]')
        Said(text='Hi', instructions='', finish='', partial=False)
        >>> said({"messages": [{"role": "system", "content": "Be brief."},
        ...                    {"role": "user", "content": "Hi"}]}).instructions
        'Be brief.'
        >>> said("Hi").text, said([]).text
        ('Hi', '')
    """
    if isinstance(value, str):
        if value[:2] == "[{":
            try:
                return _plain_said(_plain(value))
            except (msgspec.DecodeError, RecursionError):
                pass  # messages that hold more than texts, or are of another form
        value = _decoded(value)
        if isinstance(value, str):
            return Said(value)
    found: list[tuple[str, str]] = []
    finish, partial = _gather(value, found, 0)
    return together(found, finish, partial=partial)


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    content: str
    type: Literal["text"]


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    """One as OpenTelemetry has it that holds nothing but texts: nearly all are such."""

    role: str
    parts: list[_Text]
    finish_reason: str = ""
    name: None = None


_plain = msgspec.json.Decoder(list[_Message]).decode


def _plain_said(messages: list[_Message]) -> Said:
    found = [
        (one.role, one.parts[0].content)
        if len(one.parts) == 1
        else (one.role, "\n".join([part.content for part in one.parts]))
        for one in messages
    ]
    return together(found, messages[-1].finish_reason if messages else "")


def together(found: list[tuple[str, str]], finish: str = "", *, partial: bool = False) -> Said:
    """Messages, each with its role, put together: those that instruct apart from all others.

    Example:
        >>> together([("system", "Be brief."), ("user", "Hi")])[:2]
        ('Hi', 'Be brief.')
    """
    if len(found) == 1 and found[0][0] not in SYSTEM:
        return Said(found[0][1], "", finish, partial)
    told = [(role, text) for role, text in found if role not in SYSTEM]
    instructions = "\n\n".join([text for role, text in found if role in SYSTEM])
    if len(told) == 1:
        text = told[0][1]
    else:
        text = "\n\n".join(f"{role}: {text}" if role else text for role, text in told)
    return Said(text, instructions, finish, partial)


def parts_said(value: Any) -> Said:
    """The text of the parts of one message.

    Example:
        >>> parts_said('[{"type": "text", "content": "Be brief."}]').text
        'Be brief.'
    """
    if isinstance(value, str):
        value = _decoded(value)
    text, partial = _content(value)
    return Said(text, partial=partial)


def _decoded(text: str) -> Any:
    """JSON in a text, where there is some; a text in JSON's quotes is that text."""
    if text[:1] not in _BEGINS:
        return text
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


_BEGINS = frozenset(("[", "{", '"'))
_decode = msgspec.json.Decoder().decode


def _gather(value: Any, found: list[tuple[str, str]], depth: int) -> tuple[str, bool]:
    """Add every message within a value to those found; why the last ended, what was left out."""
    if isinstance(value, str):
        found.append(("", value))
        return "", False
    if isinstance(value, list) and depth < _DEPTH:
        finish, partial = "", False
        for one in value:
            ended, cut = _gather(one, found, depth + 1)
            finish, partial = ended or finish, partial or cut
        return finish, partial
    if not isinstance(value, Mapping) or depth >= _DEPTH:
        found.append(("", _spelt(value)))
        return "", False
    if "role" in value:
        return _message(value, found)
    return _envelope(value, found, depth)


def _message(value: Mapping[str, Any], found: list[tuple[str, str]]) -> tuple[str, bool]:
    """One message: its parts, and the tools that it calls beside them."""
    held = value.get("parts", value.get("content"))
    text, partial = _content(held)
    called = value.get("tool_calls")
    if isinstance(called, list) and called:
        partial = True
        lines = [line for line in map(_called, called) if line not in text]
        text = "\n".join((text, *lines) if text else lines)
    found.append((value["role"], text))
    finish = value.get("finish_reason") or value.get("stop_reason") or ""
    if not partial and len(value) > 2 + bool(finish):
        partial = any(value[name] is not None for name in value if name not in _HELD_IN_TEXT)
    return str(finish), partial


_HELD_IN_TEXT = ("role", "parts", "content", "finish_reason", "stop_reason", "index")


def _envelope(
    value: Mapping[str, Any], found: list[tuple[str, str]], depth: int
) -> tuple[str, bool]:
    """What a request or a response holds; where that is unknown, its JSON."""
    finish = str(value.get("finish_reason") or value.get("stop_reason") or "")
    for key in _HELD:
        if value.get(key):
            system = value.get("system") or value.get("instructions")
            if system:
                found.append(("system", _content(system)[0]))
            ended, _ = _gather(value[key], found, depth + 1)
            return ended or finish, True
    text, partial = _content([value]) if "type" in value else (_spelt(value), False)
    found.append(("", text))
    return finish, partial


def _content(held: Any) -> tuple[str, bool]:
    """The text of one message's content, and whether something is not in it."""
    if isinstance(held, str):
        return held, False
    if held is None:
        return "", False
    if not isinstance(held, list):
        held = [held]
    partial = False
    texts = []
    for part in held:
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, Mapping):
            texts.append(_spelt(part))
            continue
        kind = part.get("type")
        if kind in _TEXTS:
            told = part.get("content", part.get("text"))
            if isinstance(told, str):
                texts.append(told)
                partial = partial or (len(part) > 2 and _tells_more(part))
                continue
        texts.append(_named(kind, part))
        partial = True
    return (texts[0] if len(texts) == 1 else "\n".join(texts)), partial


def _tells_more(part: Mapping[str, Any]) -> bool:
    """Whether a part of text has members that say something beside it."""
    return any(part[name] for name in part if name not in ("type", "content", "text"))


_TEXTS = ("text", "input_text", "output_text")
_CALLS = ("tool_call", "tool_use", "function_call", "server_tool_call", "server_tool_use")
_ANSWERS = ("tool_call_response", "tool_result", "server_tool_call_response")


def _named(kind: Any, part: Mapping[str, Any]) -> str:
    """What is no text, by its name."""
    if kind in _CALLS:
        return _called(part)
    if kind in _ANSWERS:
        for key in ("response", "result", "content"):
            if key in part:
                return _spelt(part[key])
    if kind == "message":
        return _content(part.get("content"))[0]
    return f"[{kind or 'part'}]"


def _called(call: Any) -> str:
    """One call of a tool: its name and what it was given.

    Example:
        >>> _called({"function": {"name": "look", "arguments": '{"at": 1}'}})
        'look({"at":1})'
    """
    if not isinstance(call, Mapping):
        return _spelt(call)
    inner = call.get("function")
    told = inner if isinstance(inner, Mapping) else call
    given = told.get("arguments", told.get("input", ""))
    if isinstance(given, str):
        given = _decoded(given)  # so that it is spelt alike, whoever spelt it
    return f"{told.get('name') or 'tool'}({_spelt(given)})"


def _spelt(value: Any) -> str:
    """A value as text; JSON of what is none."""
    if isinstance(value, str):
        return value
    try:
        return _encode(value).decode()
    except (RecursionError, msgspec.EncodeError, OverflowError):
        return "[not readable]"


_encode = msgspec.json.Encoder(enc_hook=str).encode
