"""Calls of language models in the JSON of OpenAI's interfaces, whole or streamed.

Owns: chat completions, completions, responses and embeddings, as requests and as answers.  Does not
own: other servers' JSON (`requests`, `responses`), spans of tracers (`ingest.genai`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.events import Usage, Value
from vedette.ingest.payloads.values import as_text, is_number
from vedette.ingest.sent import Sent

INPUT, OUTPUT, INSTRUCTIONS = "input", "output", "instructions"
# What is asked for beside the text: name there -> column.
ASKED: Mapping[str, str] = {
    "model": "request_model", "temperature": "temperature", "top_p": "top_p",
    "max_tokens": "max_tokens", "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens", "n": "choices", "stream": "stream",
}  # fmt: skip
_INPUT = ("prompt_tokens", "input_tokens")
_OUTPUT = ("completion_tokens", "output_tokens")


def is_call(document: Mapping[str, Any]) -> bool:
    """Whether a request is one of these: it names a model, and has messages, a prompt or input.

    Example:
        >>> is_call({"model": "m", "messages": []}), is_call({"inputs": [1]})
        (True, False)
    """
    if isinstance(document.get("messages"), list):
        return True
    return isinstance(document.get("model"), str) and ("prompt" in document or "input" in document)


def asked(document: Mapping[str, Any]) -> Sent:
    """What a request says: the text, and what was asked for.

    Example:
        >>> call = {"model": "m", "temperature": 0.2, "messages": [
        ...     {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]}
        >>> got = asked(call)
        >>> got.text, got.attributes
        ({'input': 'system: Be brief.\\nuser: Why?'}, {'request_model': 'm', 'temperature': 0.2})
    """
    said = next((document[key] for key in ("messages", "prompt", "input") if key in document), "")
    text = {INPUT: conversation(said)}
    if isinstance(document.get("instructions"), str):
        text[INSTRUCTIONS] = document["instructions"]
    attributes: dict[str, Value] = {}
    for name, column in ASKED.items():
        value = document.get(name)
        if isinstance(value, str | int | float):
            attributes[column] = value
    return Sent(text=dict(text), attributes=attributes)


def is_answer(document: Mapping[str, Any]) -> bool:
    """Whether a response is one to such a call."""
    if isinstance(document.get("choices"), list):
        return True
    kind = document.get("object")
    if kind == "list" and isinstance(document.get("data"), list):
        return True
    return kind == "response" and isinstance(document.get("output"), list)


def answered(document: Mapping[str, Any]) -> Sent:
    """What a response says: the text, why it ended, the tokens; the model's name is its version.

    Example:
        >>> got = answered({"model": "m-1", "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        ...     "choices": [{"finish_reason": "stop", "message": {"content": "So."}}]})
        >>> got.text, got.version, got.usage.output_tokens, got.attributes
        ({'output': 'So.'}, 'm-1', 2, {'finish_reason': 'stop'})
    """
    attributes: dict[str, Value] = {}
    texts, reasons = [], []
    for choice in listed(document.get("choices")):
        if isinstance(choice, dict):
            message = choice.get("message")
            texts.append(message_text(message if isinstance(message, dict) else choice))
            reasons.append(choice.get("finish_reason"))
    said = (one for one in listed(document.get("output")) if isinstance(one, dict))
    texts += [content_text(one.get("content")) for one in said if one.get("type") == "message"]
    if any(isinstance(reason, str) for reason in reasons):
        told = dict.fromkeys(reason for reason in reasons if isinstance(reason, str))
        attributes["finish_reason"] = " ".join(told)
    elif isinstance(document.get("status"), str):
        attributes["finish_reason"] = document["status"]
    model = document.get("model")
    return Sent(
        version=model if isinstance(model, str) else None,
        text={OUTPUT: "\n".join(texts)} if texts else None,
        attributes=attributes or None,
        usage=usage_of(document.get("usage")),
    )


def streamed(documents: Sequence[Any]) -> Sent:
    """What the pieces of a stream say together.

    Example:
        >>> piece = lambda text: {"model": "m", "choices": [{"delta": {"content": text}}]}
        >>> streamed([piece("So "), piece("what?")]).text
        {'output': 'So what?'}
    """
    whole: dict[str, Any] = {}
    texts: dict[int, list[str]] = {}
    reasons: dict[int, Any] = {}
    for piece in documents:
        if not isinstance(piece, dict):
            continue
        if isinstance(piece.get("response"), dict):  # an event of the interface of responses
            whole |= piece["response"]
        for name in ("model", "usage", "error"):
            if piece.get(name):
                whole[name] = piece[name]
        for place, choice in enumerate(listed(piece.get("choices"))):
            if not isinstance(choice, dict):
                continue
            at = choice.get("index", place)
            at = at if isinstance(at, int) else place
            delta = choice.get("delta")
            said = message_text(delta if isinstance(delta, dict) else choice)
            texts.setdefault(at, []).append(said)
            reasons[at] = choice.get("finish_reason") or reasons.get(at)
    if texts:
        whole["choices"] = [
            {"text": "".join(texts[at]), "finish_reason": reasons[at]} for at in sorted(texts)
        ]
    return answered(whole)


def listed(value: Any) -> list[Any]:
    """A list as it is; whatever else stands where one belongs is none."""
    return value if isinstance(value, list) else []


def usage_of(given: Any) -> Usage | None:
    """The tokens of a call; None where nothing is said of them."""
    if not isinstance(given, dict):
        return None
    counts = [
        next((int(given[name]) for name in names if is_number(given.get(name))), 0)
        for names in (_INPUT, _OUTPUT)
    ]
    return Usage(*counts) if any(counts) else None


def conversation(said: Any) -> str:
    """Messages as one text, each with who said it; a prompt as it is."""
    if isinstance(said, str):
        return said
    if not isinstance(said, list):
        return as_text(said)
    lines = []
    for one in said:
        if isinstance(one, dict):
            role = one.get("role")
            text = message_text(one)
            lines.append(f"{role}: {text}" if isinstance(role, str) else text)
        else:
            lines.append(one if isinstance(one, str) else as_text(one))
    return "\n".join(lines)


def message_text(message: Mapping[str, Any]) -> str:
    """What a message says; of calls of tools their names and arguments."""
    content = message.get("content", message.get("text"))
    text = content_text(content)
    for call in listed(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            text += f"{function.get('name') or ''}{function.get('arguments') or ''}"
    return text


def content_text(content: Any) -> str:
    """The text of a message's content; of what is no text, its kind."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return as_text(content)
    parts = []
    for part in content:
        if isinstance(part, dict):
            text = part.get("text")
            parts.append(text if isinstance(text, str) else f"[{part.get('type', 'part')}]")
        else:
            parts.append(str(part))
    return "\n".join(parts)
