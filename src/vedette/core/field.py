"""One declared column of a table.

Owns: the Field value, and where it is expected.  Does not own: what its values must obey
(`core.constraints`), the table (`core.schema`).
"""

import msgspec

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError
from vedette.core.known import BESIDE_ROLES, ENVIRONMENTS, KINDS, ROLES, TYPES, known


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One declared column.

    `kind` says how it is compared, `type` what its values are stored as (left open when None).  A
    column that is `optional` may be absent as a whole; any other is expected in its `environments`.
    Errors: SchemaError when the kind, role, type or an environment is not a known word.
    """

    name: str
    kind: str
    role: str = "feature"
    unit: str | None = None
    constraints: Constraints = Constraints()
    environments: tuple[str, ...] = ENVIRONMENTS
    type: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        where = f"field {self.name!r}"
        if not self.name:
            raise SchemaError("schema", "a field has an empty name")
        known(where, "kind", self.kind, KINDS)
        known(where, "role", self.role, ROLES)
        if self.type is not None:
            known(where, "type", self.type, TYPES)
        for environment in self.environments:
            known(where, "environment", environment, ENVIRONMENTS)

    def canonical(self) -> tuple[object, ...]:
        """Every declaration in a fixed order, the same for equal fields."""
        limits = self.constraints.canonical()
        later = (("type", self.type), ("optional", self.optional or None))
        first = (self.name, self.kind, self.role, self.unit, limits, self.environments)
        return (*first, *(pair for pair in later if pair[1] is not None))

    def expected(self, environment: str) -> bool:
        """Whether a table of an environment must have the column.

        Example:
            >>> label = Field("y", "boolean", "label", environments=("training",))
            >>> label.expected("training"), label.expected("serving")
            (True, False)
        """
        return not self.optional and self.role != "ignore" and environment in self.environments

    def asked(self, environment: str) -> bool:
        """Whether a single row must have the field.

        In serving a row is what a model is asked: its answer comes later, and what names the event
        (id, time, caller) may stand beside it.
        Example:
            >>> Field("p", "numeric", "score").asked("serving"), Field("x", "id").asked("serving")
            (False, True)
        """
        beside = environment == "serving" and self.role in BESIDE_ROLES
        return self.expected(environment) and not beside
