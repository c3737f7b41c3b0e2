"""A rule of a schema.

Owns: the Rule value, and what its expression says of fields.  Does not own: the language
(`parser`, `meaning`, `answers`).
"""

from collections.abc import Mapping

import msgspec

from vedette.core.errors import SchemaError
from vedette.core.known import ENVIRONMENTS, known
from vedette.core.rules.meaning import understand
from vedette.core.rules.tree import Node, names


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the columns of one row must obey together: an expression over their names.

    `mostly` is the share of rows that must obey.  A row in which the expression has no answer, for
    a missing value, obeys.
    Example: ``Rule("order", "arrives >= departs")``
    """

    name: str
    check: str
    environments: tuple[str, ...] = ENVIRONMENTS
    mostly: float = 1.0

    def __post_init__(self) -> None:
        where = f"rule {self.name!r}"
        if not self.name:
            raise SchemaError("schema", "a rule has an empty name")
        for environment in self.environments:
            known(where, "environment", environment, ENVIRONMENTS)
        if not 0 <= self.mostly <= 1:
            raise SchemaError(where, "mostly is no share", got=self.mostly, want="0 to 1")

    def canonical(self) -> tuple[object, ...]:
        """Every declaration in a fixed order."""
        return (self.name, self.check, self.environments, float(self.mostly))

    def understood(self, kinds: Mapping[str, str]) -> Node:
        """The expression as a tree over columns of these kinds.

        Errors: SchemaError that points at what cannot be read.
        """
        return understand(self.check, kinds, f"rule {self.name!r}")

    def reads(self, kinds: Mapping[str, str]) -> tuple[str, ...]:
        """The columns that the expression reads, each once, in order.

        Example:
            >>> Rule("r", "a > b and a < 9").reads({"a": "numeric", "b": "numeric"})
            ('a', 'b')
        """
        return tuple(dict.fromkeys(name.name for name in names(self.understood(kinds))))
