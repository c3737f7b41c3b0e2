"""Calls of language models in the JSON of OpenAI's interfaces, whole or streamed.

Owns: chat completions, completions, responses and embeddings, as requests and as answers.  Does not
own: the text of messages (`ingest.genai.messages`), other servers' JSON (`requests`, `responses`),
spans of tracers (`ingest.genai`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.events import Usage, Value
from vedette.ingest.genai.messages import said
from vedette.ingest.payloads.values import is_number
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
        ({'input': 'Why?', 'instructions': 'Be brief.'}, {'request_model': 'm', 'temperature': 0.2})
    """
    held = next((document[key] for key in ("messages", "prompt", "input") if key in document), "")
    told = said(held)
    text: dict[str, str | None] = {INPUT: told.text}
    own = document.get("instructions")
    if told.instructions or isinstance(own, str):
        text[INSTRUCTIONS] = told.instructions or own
    attributes: dict[str, Value] = {}
    for name, column in ASKED.items():
        value = document.get(name)
        if isinstance(value, str | int | float):
            attributes[column] = value
    return Sent(text=text, attributes=attributes)


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
    kept = (one for one in listed(document.get("output")) if isinstance(one, dict))
    messages = [one for one in kept if one.get("type") == "message"]
    messages += [_message(one) for one in listed(document.get("choices")) if isinstance(one, dict)]
    told = said(messages)
    reason = told.finish or document.get("status")
    model = document.get("model")
    return Sent(
        version=model if isinstance(model, str) else None,
        text={OUTPUT: told.text} if messages else None,
        attributes={"finish_reason": reason} if reason and isinstance(reason, str) else None,
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
    choices: dict[int, dict[str, Any]] = {}
    for piece in documents:
        if not isinstance(piece, dict):
            continue
        if isinstance(piece.get("response"), dict):  # an event of the interface of responses
            whole |= piece["response"]
        whole |= {name: piece[name] for name in ("model", "usage") if piece.get(name)}
        for place, choice in enumerate(listed(piece.get("choices"))):
            if isinstance(choice, dict):
                at = choice.get("index", place)
                _add(choices.setdefault(at if isinstance(at, int) else place, {}), choice)
    if choices:
        whole["choices"] = [choices[at] for at in sorted(choices)]
    return answered(whole)


def listed(value: Any) -> list[Any]:
    """A list as it is; whatever else stands where one belongs is none."""
    return value if isinstance(value, list) else []


def usage_of(given: Any) -> Usage | None:
    """The tokens of a call; None where nothing is said of them."""
    if not isinstance(given, dict):
        return None
    counts = [
        next((int(given[name]) for name in names if is_count(given.get(name))), 0)
        for names in (_INPUT, _OUTPUT)
    ]
    return Usage(*counts) if any(counts) else None


def is_count(value: Any) -> bool:
    """Whether a value is a number of things."""
    return is_number(value) and 0 <= value < 2**53


def _message(choice: Mapping[str, Any]) -> dict[str, Any]:
    """One choice as a message that says why it ended."""
    held = choice.get("message")
    message = held if isinstance(held, dict) else {"content": choice.get("text")}
    return {"role": "assistant", **message, "finish_reason": choice.get("finish_reason")}


def _add(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a choice to what came of it before."""
    delta = piece.get("delta")
    said_here = delta.get("content") if isinstance(delta, dict) else piece.get("text")
    if isinstance(said_here, str):
        whole["text"] = whole.get("text", "") + said_here
    if piece.get("finish_reason"):
        whole["finish_reason"] = piece["finish_reason"]
