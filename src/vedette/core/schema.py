"""What a table is supposed to look like: fields with kinds, roles and constraints.

Owns: the Schema value, its validation, its fingerprint, changes of role and kind.  Does not own:
guessing a schema from data
(`profiles.infer`), nor its YAML form (`core.schema_yaml`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from vedette.core.errors import SchemaError, nearest

KINDS = ("numeric", "integer", "category", "boolean", "text", "time", "vector", "id")
ROLES = (
    "feature",
    "prediction",
    "score",
    "label",
    "id",
    "time",
    "segment",
    "sensitive",
    "caller",
    "latency",
    "cost",
    "text_input",
    "text_output",
    "attribute",
    "ignore",
)
ENVIRONMENTS = ("training", "serving")
ORDERED_KINDS = ("numeric", "integer")  # compared over ordered bins
NOMINAL_KINDS = ("category", "boolean")  # compared over named categories
UNIQUE_ROLES = ("prediction", "score", "label", "id", "time")  # at most one field each


class Constraints(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every value of a field must obey.  Units: those of the field; `allowed` compares as
    text."""

    required: bool = False
    min: float | None = None
    max: float | None = None
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise SchemaError("constraints", "min is above max", got=f"{self.min} > {self.max}")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One declared column.

    Errors: SchemaError when the kind, role or an environment is not a known word.
    """

    name: str
    kind: str
    role: str = "feature"
    unit: str | None = None
    constraints: Constraints = Constraints()
    environments: tuple[str, ...] = ENVIRONMENTS

    def __post_init__(self) -> None:
        where = f"field {self.name!r}"
        if not self.name:
            raise SchemaError("schema", "a field has an empty name")
        _known(where, "kind", self.kind, KINDS)
        _known(where, "role", self.role, ROLES)
        for environment in self.environments:
            _known(where, "environment", environment, ENVIRONMENTS)

    def canonical(self) -> tuple[object, ...]:
        """Every declaration in a fixed order, the same for equal fields."""
        c = self.constraints
        low, high = (None if x is None else float(x) for x in (c.min, c.max))
        limits = (c.required, low, high, c.allowed, c.pattern)
        return (self.name, self.kind, self.role, self.unit, limits, self.environments)


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The declared columns of a table, in order.

    Errors: SchemaError for duplicate names, or a second field in a role that only one may hold.
    """

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        holders: dict[str, str] = {}
        for field in self.fields:
            if field.name in seen:
                raise SchemaError("schema", f"field {field.name!r} is declared twice")
            seen.add(field.name)
            if (
                field.role in UNIQUE_ROLES
                and holders.setdefault(field.role, field.name) != field.name
            ):
                raise SchemaError(
                    "schema",
                    f"two fields have the role {field.role!r}",
                    got=f"{holders[field.role]!r} and {field.name!r}",
                    want="one",
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def fingerprint(self) -> str:
        """Digest of every declaration, the same on every machine: 16 hexadecimal digits."""
        plain = [msgspec.to_builtins(field.canonical()) for field in self.fields]
        return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()[:16]

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise SchemaError(
            "schema",
            f"there is no field {name!r}",
            hint=nearest(name, self.names) or f"fields are {', '.join(self.names[:20])}",
        )

    def with_role(self, role: str) -> tuple[Field, ...]:
        """The fields that hold a role, in order."""
        return tuple(field for field in self.fields if field.role == role)

    def replace(self, changes: Mapping[str, Mapping[str, object]]) -> Self:
        """A schema with attributes of some fields changed.

        Errors: SchemaError for a field that does not exist or an attribute value that is not
        allowed.
        Example: ``schema.replace({"y": {"role": "label"}})``
        """
        for name in changes:
            self[name]
        return type(self)(
            tuple(
                msgspec.structs.replace(field, **changes[field.name])
                if field.name in changes
                else field
                for field in self.fields
            )
        )

    def select(self, names: Iterable[str]) -> Self:
        """A schema of only these fields, in this schema's order."""
        wanted = set(names)
        return type(self)(tuple(field for field in self.fields if field.name in wanted))


def _known(where: str, what: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise SchemaError(
            where,
            f"unknown {what}",
            got=repr(value),
            want=f"one of {', '.join(words)}",
            hint=nearest(str(value), words),
        )
