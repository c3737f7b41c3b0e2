"""A schema as another tool has it, and what of it could not be carried over.

Owns: the result of every reader and writer.  Does not own: formats.
"""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Unsupported(msgspec.Struct, frozen=True):
    """A construct that was not carried over: where it stands, what it is, why not.

    Example:
        >>> print(Unsupported("column 'x'", "skew_comparator", "changes are judged with a budget"))
        column 'x': skew_comparator: changes are judged with a budget
    """

    where: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.why}"


class Translated(msgspec.Struct, Generic[T], frozen=True):
    """The schema in the other form, and every construct that it does not hold."""

    result: T
    unsupported: tuple[Unsupported, ...] = ()
