"""What a table is supposed to look like: fields with kinds and roles, rules, the table as a whole.

Owns: the Schema value, its validation, its fingerprint, changes of role and kind.  Does not own:
what values must obey (`core.constraints`), guessing a schema from data (`profiles.infer`), its YAML
form (`core.schema_yaml`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from vedette.core.constraints import Constraints
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
# What the values of a column may be stored as; a narrower one of the same family is no violation.
TYPES = (
    "boolean",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "decimal",
    "string",
    "binary",
    "date",
    "datetime",
    "time",
    "duration",
    "list",
)
UNIQUE_ROLES = ("prediction", "score", "label", "id", "time")  # at most one field each


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
        _known(where, "kind", self.kind, KINDS)
        _known(where, "role", self.role, ROLES)
        if self.type is not None:
            _known(where, "type", self.type, TYPES)
        for environment in self.environments:
            _known(where, "environment", environment, ENVIRONMENTS)

    def canonical(self) -> tuple[object, ...]:
        """Every declaration in a fixed order, the same for equal fields."""
        limits = self.constraints.canonical()
        later = (("type", self.type), ("optional", self.optional or None))
        first = (self.name, self.kind, self.role, self.unit, limits, self.environments)
        return (*first, *(pair for pair in later if pair[1] is not None))


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
            _known(where, "environment", environment, ENVIRONMENTS)
        if not 0 <= self.mostly <= 1:
            raise SchemaError(where, "mostly is no share", got=self.mostly, want="0 to 1")

    def canonical(self) -> tuple[object, ...]:
        """Every declaration in a fixed order."""
        return (self.name, self.check, self.environments, float(self.mostly))


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who accepted which changes of a schema, when and why.  Units: `at` as ISO 8601 in UTC."""

    fingerprint: str
    at: str
    by: str
    changes: tuple[str, ...]
    reason: str = ""


class Schema(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True
):
    """The declared columns of a table, in order, and what holds for its rows and as a whole.

    `rules` bind the columns of a row; no two rows have the same values in a set of `unique`; a
    `closed` schema allows no other column; a table has from `min_rows` to `max_rows` rows.
    `approvals` are its history, newest last, and no part of its fingerprint.
    Errors: SchemaError for duplicate names, a second field in a role that only one may hold, a set
    of `unique` that names no field, or row limits that no table can obey.
    """

    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    closed: bool = False
    min_rows: int | None = None
    max_rows: int | None = None
    approvals: tuple[Approval, ...] = ()

    def __post_init__(self) -> None:
        self._check_table()
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

    def _check_table(self) -> None:
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise SchemaError("schema", f"rule {name!r} is declared twice")
        known = {field.name for field in self.fields}
        for columns in self.unique:
            for name in columns:
                if name not in known:
                    raise SchemaError(
                        "schema", f"unique names no field: {name!r}", hint=nearest(name, known)
                    )
        least, most = self.min_rows, self.max_rows
        if least is not None and most is not None and least > most:
            raise SchemaError("schema", "min_rows is above max_rows", got=f"{least} > {most}")

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def fingerprint(self) -> str:
        """Digest of every declaration, the same on every machine: 16 hexadecimal digits."""
        plain = [msgspec.to_builtins(field.canonical()) for field in self.fields]
        table = (
            ("rules", [msgspec.to_builtins(rule.canonical()) for rule in self.rules]),
            ("unique", self.unique),
            ("closed", self.closed),
            ("rows", [self.min_rows, self.max_rows] if self._counted else []),
        )
        plain += [[name, said] for name, said in table if said]
        return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()[:16]

    @property
    def _counted(self) -> bool:
        return self.min_rows is not None or self.max_rows is not None

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
        changed = tuple(
            msgspec.structs.replace(field, **changes[field.name])
            if field.name in changes
            else field
            for field in self.fields
        )
        return msgspec.structs.replace(self, fields=changed)

    def select(self, names: Iterable[str]) -> Self:
        """A schema of only these fields, in this schema's order.

        What is said of the table stays, but for sets of `unique` that lose a field.
        """
        wanted = set(names)
        left = tuple(field for field in self.fields if field.name in wanted)
        unique = tuple(columns for columns in self.unique if wanted.issuperset(columns))
        return msgspec.structs.replace(self, fields=left, unique=unique)


def _known(where: str, what: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise SchemaError(
            where,
            f"unknown {what}",
            got=repr(value),
            want=f"one of {', '.join(words)}",
            hint=nearest(str(value), words),
        )
