"""What was said during a span, of all the ways in which it may tell.

Owns: choosing one way for each column, and what of the others is kept.  Does not own: texts
(`messages`), the table (`dialects`).
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from vedette.ingest.genai import dialects as table
from vedette.ingest.genai.indexed import messages_of, plain_messages
from vedette.ingest.genai.messages import Said, parts_said, said, together
from vedette.ingest.genai.values import finishes

OF_EVENTS = 1_000  # the rank of what only events tell: after all attributes


class Way(NamedTuple):
    """One way of telling what a column holds.

    Shapes: `name` is the attribute's, "" of what is none of the span's; one that ends in a dot
    begins the names of many, and `value` holds them by their whole names.
    """

    rank: int
    column: str
    read: str
    name: str
    value: Any

    def said(self) -> Said:
        """The text."""
        if self.name[-1:] == ".":
            given = {name[len(self.name) :]: one for name, one in self.value.items()}
            plain = plain_messages(given)
            return said(messages_of(given)) if plain is None else together(*plain)
        return parts_said(self.value) if self.read == table.PARTS else said(self.value)

    @property
    def is_envelope(self) -> bool:
        """Whether it is a whole request or response, which says more than any text of it."""
        return isinstance(self.value, str) and self.value[:1] == "{"

    def keep(self, rest: dict[str, Any]) -> None:
        """Put what says it into the rest, as it came."""
        if self.name[-1:] == ".":
            rest.update(self.value)
        elif self.name:
            rest[self.name] = self.value


def put_said(ways: list[Way], fields: dict[str, Any], rest: dict[str, Any]) -> None:
    """Put texts into fields, and what they do not hold into the rest.

    The best way that says anything counts; instructions within messages count where no attribute
    has them, and why the last message ended likewise.
    """
    mute = "output" if fields.get("operation") == table.MUTE else ""
    instructions = finish = ""
    if len(ways) > 1:
        ways.sort(key=_rank)
    for way in ways:
        column = way.column
        told = column in fields
        if column == mute or (told and way.is_envelope and _is_known(column, fields, instructions)):
            way.keep(rest)
            continue
        text, more, ended, partial = way.said()
        if text:
            partial = (told and fields[column] != text) or partial
            fields.setdefault(column, text)
        instructions = instructions or more
        finish = finish or ended
        if partial:
            way.keep(rest)
    if instructions:
        fields.setdefault("instructions", instructions)
    if finish and "finish_reason" not in fields:
        fields["finish_reason"] = finishes(finish) or ""


def _is_known(column: str, fields: Mapping[str, Any], instructions: str) -> bool:
    """Whether all that another way of telling a column could add is known."""
    if column == "output":
        return "finish_reason" in fields
    return bool(instructions) or "instructions" in fields


_rank = itemgetter(0)


def of_events(
    events: Iterable[tuple[str, Mapping[str, Any]]],
) -> tuple[list[Way], dict[str, Any]]:
    """What events of a span tell: ways of telling texts, and attributes like those of the span.

    Example:
        >>> ways, told = of_events([("gen_ai.user.message", {"content": "Hi"}),
        ...                         ("exception", {"exception.type": "TimeoutError"})])
        >>> ways[0].said().text, told
        ('Hi', {'exception.type': 'TimeoutError'})
    """
    messages: list[dict[str, Any]] = []
    choices: list[Any] = []
    told: dict[str, Any] = {}
    for name, attributes in events:
        if name in table.ROLES:
            messages.append({"role": table.ROLES[name], "content": _content(attributes)})
        elif name == table.CHOICE:
            choices.append(_choice(attributes))
        elif name in table.TOLD_BY:
            told.update(attributes)
    found = (("input", messages), ("output", choices))
    ways = [
        Way(OF_EVENTS, column, table.MESSAGES, "", spoken) for column, spoken in found if spoken
    ]
    return ways, told


def _content(attributes: Mapping[str, Any]) -> Any:
    whole = _decoded(attributes.get("gen_ai.event.content"))
    return whole.get("content", "") if isinstance(whole, dict) else attributes.get("content", "")


def _choice(attributes: Mapping[str, Any]) -> dict[str, Any]:
    whole = _decoded(attributes.get("gen_ai.event.content"))
    choice = whole if isinstance(whole, dict) else attributes
    message = _decoded(choice.get("message", choice.get("content", "")))
    found = dict(message) if isinstance(message, dict) else {"content": message}
    return {"role": "assistant", **found, "finish_reason": choice.get("finish_reason", "")}


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] == "{":
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value
