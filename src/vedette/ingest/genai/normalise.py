"""One span's attributes as vedette's columns.

Owns: applying the table, which of several names wins, what is kept besides, what a call of a model
is.  Does not own: the table (`dialects`), reading values (`values`), texts (`conversation`), times
and ids of spans (`ingest.otlp`).

Nothing is lost: what no column holds, or holds only in part, stays in `rest` as it came.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from vedette.core import rows
from vedette.ingest.genai import dialects as table
from vedette.ingest.genai.conversation import Way, of_events, put_said
from vedette.ingest.genai.values import READS, members


class Normal(NamedTuple):
    """One span in vedette's words.

    Shapes: `fields` column -> value; `rest` attribute -> value as it came.
    """

    fields: dict[str, Any]
    rest: dict[str, Any]

    @property
    def genai_operation(self) -> str:
        """What was done, in OpenTelemetry's words; "" where the span tells of no such thing."""
        operation: str = self.fields.get("operation", "")
        return operation

    @property
    def called(self) -> tuple[str, str]:
        """The model that was asked for and the one that answered; "" where none was asked.

        Example:
            >>> normalised("chat", {"gen_ai.operation.name": "chat",
            ...                     "gen_ai.response.model": "gpt-5.2-2026-01"}).called
            ('gpt-5.2-2026-01', 'gpt-5.2-2026-01')
        """
        if self.fields.get("operation") not in table.CALLS:
            return "", ""
        answered: str = self.fields.get("response_model", "")
        return self.fields.get("request_model") or answered, answered


def normalised(
    name: str,
    attributes: Mapping[str, Any],
    events: Iterable[tuple[str, Mapping[str, Any]]] = (),
) -> Normal:
    """Say what a span tells in vedette's columns.

    Shapes: `name` of the span; attributes as Python values (text, numbers, booleans, lists,
    dicts); `events` of the span, name and attributes, of which those that hold messages or an
    error are read and none is put into the rest.

    Example:
        >>> got = normalised("chat m", {"gen_ai.system": "openai", "gen_ai.request.model": "m",
        ...                             "gen_ai.usage.prompt_tokens": 12, "color": "red"})
        >>> got.fields
        {'provider': 'openai', 'request_model': 'm', 'input_tokens': 12, 'operation': 'chat'}
        >>> got.rest
        {'color': 'red'}
    """
    fields: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    ways = _put_plain(attributes, fields, rest)
    if events:
        more, told = of_events(events)
        beside: dict[str, Any] = {}
        more += [way._replace(name="") for way in _put_plain(told, beside, {})]
        fields |= {column: value for column, value in beside.items() if column not in fields}
        ways += more
    objects = [way for way in ways if not way.column]
    if objects:
        _put_objects(objects, fields, rest)
    if table.MARK in attributes:
        _put_bare(fields, rest)
    _put_operation(name, fields)
    if ways:
        put_said([way for way in ways if way.column] if objects else ways, fields, rest)
    return Normal(fields, rest)


def _put_plain(
    attributes: Mapping[str, Any], fields: dict[str, Any], rest: dict[str, Any]
) -> list[Way]:
    """Read what is one value; what tells of texts and objects is left to be read."""
    won: dict[str, tuple[int, str]] = {}
    ways: list[Way] = []
    indexed: dict[str, dict[str, Any]] = {}
    known = _RULES.get
    for attribute, value in attributes.items():
        rule = known(attribute)
        if rule is None:
            if attribute.startswith(_PREFIXES):
                for prefix in _begun(attribute):
                    indexed.setdefault(prefix, {})[attribute] = value
            else:
                rest[attribute] = value
            continue
        rank, column, kind, read = rule
        if read is None:
            ways.append(Way(rank, column, kind, attribute, value))
            continue
        found = read(value)
        if found is None:
            rest[attribute] = value
            continue
        if column in won:
            other, named = won[column]
            worse = attribute if other <= rank else named
            if found != fields[column]:
                rest[worse] = attributes[worse]
            if worse is attribute:
                continue
        won[column] = rank, attribute
        fields[column] = found
    for prefix, group in indexed.items():
        rank, column, kind, _ = _RULES[prefix]
        ways.append(Way(rank, column, kind, prefix, group))
    return ways


def _put_objects(objects: Iterable[Way], fields: dict[str, Any], rest: dict[str, Any]) -> None:
    """Put what objects say into fields that nothing else says; totals say nothing new."""
    for way in objects:
        if way.read == table.TOTAL:
            used = fields.get(rows.INPUT_TOKENS, 0) + fields.get(rows.OUTPUT_TOKENS, 0)
            whole = way.value == used
        else:
            found, whole = members(way.value)
            for column, one in found.items():
                whole = fields.setdefault(column, one) == one and whole
        if not whole:
            way.keep(rest)


def _put_bare(fields: dict[str, Any], rest: dict[str, Any]) -> None:
    """What MLflow says of a request in attributes without any beginning, each JSON in a string."""
    for name in [name for name in rest if name in table.MEMBERS]:
        column, read = table.MEMBERS[name]
        told = rest[name]
        found = READS[table.QUOTED if read == table.WORD else read](told)
        if found is not None and fields.setdefault(column, found) == found:
            del rest[name]


def _put_operation(name: str, fields: dict[str, Any]) -> None:
    """Say what was done in one set of words, also where only the rest of the span shows it."""
    told = fields.get("operation")
    if told is not None:
        lowered = told.lower()
        fields["operation"] = table.OPERATIONS.get(lowered, lowered)
    elif name == table.VLLM_SPAN and rows.INPUT_TOKENS in fields:
        fields["operation"] = table.VLLM_OPERATION
        fields.setdefault("provider", table.VLLM)
    elif not fields.keys().isdisjoint(_OF_CALLS):
        first = name.partition(" ")[0]
        fields["operation"] = first if first in table.CALLS else table.ANY_CALL


_OF_CALLS = ("request_model", "response_model", rows.INPUT_TOKENS, rows.OUTPUT_TOKENS)
Rule = tuple[int, str, str, Callable[[Any], Any] | None]


def _rules() -> dict[str, Rule]:
    """Every name that the table knows, with its rank: dialects first, then places in a cell."""
    rules: dict[str, Rule] = {}
    for meaning in table.TABLE:
        read = READS.get(meaning.read)
        for dialect, names in meaning.names.items():
            for place, attribute in enumerate(names):
                rank = 10 * _ORDER.index(dialect) + place
                rules.setdefault(attribute, (rank, meaning.column, meaning.read, read))
    return rules


_ORDER = (*table.DIALECTS, table.PLAIN)
_RULES: Mapping[str, Rule] = _rules()


@lru_cache(maxsize=4096)  # names of attributes come again and again
def _begun(attribute: str) -> tuple[str, ...]:
    """What the table knows that an attribute begins with."""
    return tuple(prefix for prefix in _PREFIXES if attribute.startswith(prefix))


_PREFIXES = tuple(name for name in _RULES if name.endswith("."))
