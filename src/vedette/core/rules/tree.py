"""An expression as a tree.

Owns: its three kinds of nodes, and walking them.  Does not own: reading text, types, answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

Value = float | bool | str | int  # a number, true or false, a text, an instant in microseconds

NUMBER, TEXT, TRUTH, TIME = "number", "text", "true or false", "time"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written.  Units: `at` counts the characters before it."""

    value: Value
    type: str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A column; its `type` is known once the expression was resolved."""

    name: str
    at: int
    type: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function, applied; its `type` is known once it was resolved."""

    name: str
    parts: "tuple[Node, ...]"
    at: int
    type: str = ""


Node = Literal | Name | Call


def names(node: Node) -> Iterator[Name]:
    """Every column that an expression reads, in order, again where it is read again."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Call):
        for part in node.parts:
            yield from names(part)
