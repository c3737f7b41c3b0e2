"""Nodes of a schema's YAML, each read as what it must be.

Owns: mappings, lists, words, numbers, and errors that name the line.  Does not own: what a schema
may say (`core.schema_yaml`).
"""

from collections.abc import Iterable
from typing import Any

import yaml

from vedette.core.errors import SchemaError, nearest

TAG = "tag:yaml.org,2002:"
# What a plain value may be; anything else (a tag of Python's, a binary) is refused.
PLAIN = frozenset(TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp"))


def mapping(node: yaml.Node, where: str, known: Iterable[str] | None) -> dict[str, yaml.Node]:
    """The entries of a mapping; with `known`, only these keys are allowed."""
    if not isinstance(node, yaml.MappingNode) or node.tag != TAG + "map":
        raise wrong(node, where, "wanted names with values here", got=_spelled(node))
    entries: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = scalar(key, where, "a key")
        if known is not None and name not in known:
            hint = nearest(name, known) or f"known keys are {', '.join(known)}"
            raise wrong(key, where, f"unknown key {name!r}", hint=hint)
        if name in entries:
            raise wrong(key, where, f"{name!r} is given twice")
        entries[name] = value
    return entries


def sequence(node: yaml.Node, where: str, what: str) -> list[yaml.Node]:
    """The items of a list; `what` names it to people."""
    if not isinstance(node, yaml.SequenceNode) or node.tag != TAG + "seq":
        raise wrong(node, where, f"{what} is not a list", got=_spelled(node))
    return list(node.value)


def scalar(node: yaml.Node, where: str, what: str) -> str:
    """A plain value as it is written: a category no or 007 is text, whatever YAML takes it for."""
    if not isinstance(node, yaml.ScalarNode) or node.tag not in PLAIN:
        raise wrong(node, where, f"{what} is not a plain value", got=_spelled(node))
    return str(node.value)


def word_of(node: yaml.Node, where: str, what: str, words: tuple[str, ...]) -> str:
    """A plain value that is one of some words."""
    value = scalar(node, where, what)
    if value not in words:
        want, hint = f"one of {', '.join(words)}", nearest(value, words)
        raise wrong(node, where, f"unknown {what}", got=repr(value), want=want, hint=hint)
    return value


def number_of(node: yaml.Node, where: str, what: str) -> float:
    """A real number, as YAML writes one."""
    text = scalar(node, where, what)
    try:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError as error:
        raise wrong(node, where, f"{what} is not a number", got=repr(text)) from error


def count_of(node: yaml.Node, where: str, what: str) -> int:
    """A whole number that is not negative."""
    text = scalar(node, where, what)
    if node.tag != TAG + "int" or not text.isdecimal():
        raise wrong(node, where, f"{what} is no whole number from 0", got=repr(text))
    return int(text)


def truth_of(node: yaml.Node, where: str, what: str) -> bool:
    """True or false."""
    text = scalar(node, where, what)
    if node.tag != TAG + "bool":
        raise wrong(node, where, f"{what} is neither true nor false", got=repr(text))
    return text.lower() in ("true", "yes", "on")


def is_null(node: yaml.Node) -> bool:
    """Whether nothing is written."""
    return bool(node.tag == TAG + "null")


def _spelled(node: yaml.Node) -> str:
    if node.tag not in PLAIN | {TAG + "map", TAG + "seq"}:
        return f"the tag {node.tag.removeprefix(TAG)!r}"
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "names with values"


def wrong(node: yaml.Node, where: str, problem: str, **parts: Any) -> SchemaError:
    """An error at the line of a node."""
    return SchemaError(f"{where} line {node.start_mark.line + 1}", problem, **parts)


def placed(error: SchemaError, where: str, node: yaml.Node | None = None) -> SchemaError:
    """An error of the schema's own checks, with the place in the text."""
    place = where if node is None else f"{where} line {node.start_mark.line + 1}"
    return SchemaError(place, error.problem, got=error.got, want=error.want, hint=error.hint)
