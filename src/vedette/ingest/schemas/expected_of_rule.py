"""The expectation of Great Expectations that says what a rule says.

Owns: finding one, by trying those that might: it says the same when reading it gives the rule
again.  Does not own: what expectations mean (`expected_values`, `expected_rows`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from vedette.core.errors import SchemaError
from vedette.core.instants import SECOND
from vedette.core.rules.tree import TEXT, TIME, Call, Literal, Name, Node, names
from vedette.core.schema import Rule
from vedette.ingest.schemas.draft import Draft
from vedette.ingest.schemas.expected import Expected
from vedette.ingest.schemas.regexes import REST, anywhere, searching
from vedette.ingest.schemas.values import spelt_instant

Said = tuple[str, dict[str, Any]]  # an expectation: its type and its arguments
_ROWS = ("both_values_are_missing", "either_value_is_missing", "neither")
_MANY = ("all_values_are_missing", "any_value_is_missing", "never")
_ENDS = {">=": ("min_value", False), ">": ("min_value", True),
         "<=": ("max_value", False), "<": ("max_value", True)}  # fmt: skip


def expected_of_rule(rule: Rule, kinds: Mapping[str, str]) -> Said | None:
    """The expectation that is this rule, None where there is none.

    Example:
        >>> expected_of_rule(Rule("r", "a >= b"), {"a": "numeric", "b": "numeric"})
        ('expect_column_pair_values_a_to_be_greater_than_b', {'column_A': 'a', 'column_B': 'b', \
'or_equal': True, 'ignore_row_if': 'either_value_is_missing'})
    """
    tree = rule.understood(kinds)
    wanted = _plain(tree)
    mostly = {} if rule.mostly == 1 else {"mostly": rule.mostly}
    for kind, kwargs in _candidates(tree):
        said = {key: value for key, value in kwargs.items() if value is not None} | mostly
        if _meant(kind, said, kinds) == wanted:
            return kind, said
    return None


def _meant(kind: str, kwargs: dict[str, Any], kinds: Mapping[str, str]) -> object:
    """What an expectation says, as a plain tree."""
    from vedette.ingest.schemas.expectations import MEANINGS

    draft = Draft()
    for name in kinds:  # so that what could be a constraint is said as a rule
        draft.field(name).only_rules = True
    MEANINGS[kind](draft, Expected.of({"type": kind, "kwargs": kwargs}, "rule"))
    try:
        return _plain(draft.only_rule.understood(kinds))
    except (SchemaError, LookupError):
        return None


def _plain(node: Node) -> object:
    """A tree without the places that its parts had in the text."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return ("name", node.name)
    return (node.name, *map(_plain, node.parts))


def _candidates(tree: Node) -> Iterator[Said]:
    columns = list(dict.fromkeys(name.name for name in names(tree)))
    if len(columns) == 1:
        yield from _of_one(tree, columns[0])
        return
    if len(columns) == 2:
        yield from _of_pair(tree, *columns)
    for rows in _MANY:
        listed = {"column_list": columns, "ignore_row_if": rows}
        yield "expect_select_column_values_to_be_unique_within_record", listed
        yield "expect_multicolumn_values_to_be_equal", listed
        for total in _numbers(tree):
            yield "expect_multicolumn_sum_to_equal", {**listed, "sum_total": total}


def _of_pair(tree: Node, first: str, second: str) -> Iterator[Said]:
    equal_to = [part.value for call in _calls(tree) if call.name == "=="
                for part in call.parts if isinstance(part, Literal)]  # fmt: skip
    pairs = list(zip(equal_to[::2], equal_to[1::2], strict=False))
    for rows in _ROWS:
        listed = {"column_A": first, "column_B": second, "value_pairs_set": pairs}
        yield "expect_column_pair_values_to_be_in_set", {**listed, "ignore_row_if": rows}
        for a, b in ((first, second), (second, first)):
            pair = {"column_A": a, "column_B": b}
            for equal in (None, True):
                yield (
                    "expect_column_pair_values_a_to_be_greater_than_b",
                    {**pair, "or_equal": equal, "ignore_row_if": rows},
                )
            yield "expect_column_pair_values_to_be_equal", {**pair, "ignore_row_if": rows}


def _of_one(tree: Node, column: str) -> Iterator[Said]:
    """Expectations of one column, their arguments taken from what is written in the rule."""
    named = {"column": column}
    yield "expect_column_values_to_be_null", named
    ends: dict[str, Any] = {}
    for call in _calls(tree):
        last = call.parts[-1]
        if call.name in _ENDS and isinstance(last, Literal) and last.type != TEXT:
            key, strict = _ENDS[call.name]
            ends[key] = _written(last)
            if strict:
                ends["strict_" + key[:3]] = True
        if call.name == "in":
            values = [part.value for part in call.parts[1:] if isinstance(part, Literal)]
            yield "expect_column_values_to_be_in_set", {**named, "value_set": values}
            yield "expect_column_values_to_not_be_in_set", {**named, "value_set": values}
    yield "expect_column_values_to_be_between", {**named, **ends}
    yield "expect_column_value_lengths_to_be_between", {**named, **ends}
    found = [str(call.parts[1].value) for call in _calls(tree)
             if call.name == "matches" and isinstance(call.parts[1], Literal)]  # fmt: skip
    found = [_searched(one) for one in found]
    yield (
        "expect_column_values_to_match_regex_list",
        {**named, "regex_list": found, "match_on": "all"},
    )
    for kind in ("match", "not_match"):
        if len(found) == 1:
            yield f"expect_column_values_to_{kind}_regex", {**named, "regex": found[0]}
    yield "expect_column_values_to_not_match_regex_list", {**named, "regex_list": found}


def _searched(pattern: str) -> str:
    """What to search for, so that a whole text matches the pattern."""
    starts, ends = pattern.startswith(REST), pattern.endswith(REST)
    inner = pattern.removeprefix(REST).removesuffix(REST)
    plain = f"{'' if starts else '^'}{inner}{'' if ends else '$'}"
    return plain if anywhere(plain) == pattern else searching(pattern)


def _written(node: Literal) -> Any:
    if node.type != TIME:
        return node.value
    return spelt_instant(int(node.value) / SECOND)


def _numbers(tree: Node) -> list[Any]:
    return [part.value for call in _calls(tree) for part in call.parts
            if isinstance(part, Literal) and not isinstance(part.value, str)]  # fmt: skip


def _calls(node: Node) -> Iterator[Call]:
    if isinstance(node, Call):
        yield node
        for part in node.parts:
            yield from _calls(part)
