"""Reading a query, within bounds.

Owns: what is too long or too deep, which series a selector wants.  Does not own: the grammar
(package `promql-parser`, a port of Prometheus's own), evaluating.

The parser and everything after it goes as deep as the query does, and a stack that overflows in it
ends the process: how deep is counted before.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import promql_parser as grammar
import re2

from vedette.export.promql.values import BAD_DATA, QueryError
from vedette.export.series.series import NAME

LONGEST = 10_000  # characters
MOST_SIGNS = 200  # operators, calls and brackets
_TEXTS = re.compile(r'"(?:\\.|[^"\\])*"|' r"'(?:\\.|[^'\\])*'|" r"`[^`]*`|#[^\n]*", re.DOTALL)
_SIGN = re.compile(r"[-+*/%^(\[<>!=]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_RANGE = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")


class Matcher(NamedTuple):
    """One condition on a label.  `op` is one of = != =~ !~."""

    label: str
    op: str
    value: str


Selector = Sequence[Sequence[Matcher]]  # any of these, of which each wants all of its conditions
_OPS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def parse(query: str) -> grammar.Expr:
    """Read an expression.

    Errors: QueryError, `bad_data`.
    Example:
        >>> type(parse("sum(up)")).__name__
        'AggregateExpr'
    """
    if len(query) > LONGEST:
        raise QueryError(f"query is longer than {LONGEST} characters", BAD_DATA)
    bare = re.sub(r"\{[^{}]*\}", "", _TEXTS.sub("", query))
    if len(_SIGN.findall(bare)) > MOST_SIGNS:
        raise QueryError(f"query has more than {MOST_SIGNS} operators and calls", BAD_DATA)
    try:
        return grammar.parse(query)
    except ValueError as error:
        raise QueryError(f'invalid parameter "query": {error}', BAD_DATA) from None


def selector_of(node: grammar.VectorSelector) -> Selector:
    """What a selector asks for.

    Example:
        >>> selector_of(parse('up{job=~"a.*"}'))[0]
        [Matcher(label='__name__', op='=', value='up'), Matcher(label='job', op='=~', value='a.*')]
    """
    named = [Matcher(NAME, "=", node.name)] if node.name else []
    groups = node.matchers.or_matchers or [node.matchers.matchers]
    return [[*named, *map(_matcher, own)] for own in groups]


def series_selector(text: str) -> Selector:
    """What `match[]` asks for.  Errors: QueryError, `bad_data`."""
    node = parse(text)
    if not isinstance(node, grammar.VectorSelector):
        raise QueryError('invalid parameter "match[]": not a selector of series', BAD_DATA)
    return selector_of(node)


def fits(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether a series is meant; a label that it does not have is "".

    Example:
        >>> fits(selector_of(parse('up{job!="a"}')), {"__name__": "up"})
        True
    """
    return any(all(_holds(one, labels.get(one.label, "")) for one in own) for own in selector)


def may_be(selector: Selector, label: str, value: str) -> bool:
    """Whether a series with this value of one label could be meant, whatever else it has."""
    return any(all(_holds(one, value) for one in own if one.label == label) for own in selector)


def duration(text: str) -> int:
    """A duration in milliseconds: seconds as a number, or like 1h30m.

    Errors: QueryError, `bad_data`.
    Example:
        >>> duration("15"), duration("1h30m")
        (15000, 5400000)
    """
    try:
        seconds = float(text)
    except ValueError:
        try:
            if not _RANGE.fullmatch(text):
                raise ValueError
            return milliseconds(grammar.parse_duration(text))
        except (ValueError, OverflowError):
            said = f"cannot parse {text[:80]!r} to a valid duration"
            raise QueryError(said, BAD_DATA) from None
    if not abs(seconds) < 2**53 / 1000:
        raise QueryError(f"cannot parse {text[:80]!r} to a valid duration", BAD_DATA)
    return round(seconds * 1000)


def milliseconds(length: timedelta) -> int:
    """A duration of the grammar as a whole number."""
    return round(length / timedelta(milliseconds=1))


def _matcher(one: grammar.Matcher) -> Matcher:
    op = _OPS[str(one.op).rpartition(".")[2]]
    if op in ("=~", "!~"):
        pattern_of(one.value)
    return Matcher(one.name, op, one.value)


@lru_cache(maxsize=64)
def pattern_of(text: str) -> "re2._Regexp[str]":
    """A pattern over whole values.  Errors: QueryError, `bad_data`."""
    quiet = re2.Options()
    quiet.log_errors = False
    try:
        return re2.compile(f"(?s:{text})", quiet)
    except re2.error as error:
        raise QueryError(f"error parsing regexp: {error}", BAD_DATA) from None


def _holds(one: Matcher, value: str) -> bool:
    match one.op:
        case "=":
            return value == one.value
        case "!=":
            return value != one.value
        case "=~":
            return pattern_of(one.value).fullmatch(value) is not None
        case _:
            return pattern_of(one.value).fullmatch(value) is None
