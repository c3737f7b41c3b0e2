"""What a table is supposed to look like: fields with kinds and roles, rules, the table as a whole.

Owns: the Schema value, its validation, its fingerprint, changes of role and kind, judging a row.
Does not own: fields (`core.field`), what values must obey (`core.constraints`), guessing a schema
from data (`profiles.infer`), its YAML form (`core.schema_yaml`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Self

import msgspec

from vedette.core.errors import SchemaError, nearest
from vedette.core.field import Field
from vedette.core.known import (
    ENVIRONMENTS,
    KINDS,
    NOMINAL_KINDS,
    ORDERED_KINDS,
    ROLES,
    TYPES,
    UNIQUE_ROLES,
)
from vedette.core.rules.rule import Rule
from vedette.core.validator import Validator
from vedette.core.violations import Violation

__all__ = [
    "ENVIRONMENTS",
    "KINDS",
    "NOMINAL_KINDS",
    "ORDERED_KINDS",
    "ROLES",
    "TYPES",
    "UNIQUE_ROLES",
    "Approval",
    "Field",
    "Rule",
    "Schema",
]


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
    Errors: SchemaError for duplicate names, a second field in a role that only one may hold, a rule
    that cannot be read or a set of `unique` that names no field, or row limits that no table can
    obey.
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
            if not columns:
                raise SchemaError("schema", "a set of unique is empty", want="names of fields")
            for name in columns:
                if name not in known:
                    raise SchemaError(
                        "schema", f"unique names no field: {name!r}", hint=nearest(name, known)
                    )
        for rule in self.rules:
            rule.understood(self._kinds)
        least, most = self.min_rows, self.max_rows
        if least is not None and most is not None and least > most:
            raise SchemaError("schema", "min_rows is above max_rows", got=f"{least} > {most}")

    @property
    def _kinds(self) -> dict[str, str]:
        return {field.name: field.kind for field in self.fields}

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

        What is said of the table stays, but for rules and sets of `unique` that lose a field.
        """
        wanted = set(names)
        left = tuple(field for field in self.fields if field.name in wanted)
        unique = tuple(columns for columns in self.unique if wanted.issuperset(columns))
        rules = tuple(rule for rule in self.rules if wanted.issuperset(rule.reads(self._kinds)))
        return msgspec.structs.replace(self, fields=left, unique=unique, rules=rules)

    def validate(
        self, row: Mapping[str, object], environment: str = "serving", reject: bool = False
    ) -> tuple[Violation, ...]:
        """Judge one row, of plain Python values; nothing is wrong with it when none comes back.

        In serving a row is what a model is asked: fields of its answer, and those that name the
        event (id, time, caller), may be absent.  With `reject`, SchemaError with the reasons is
        raised for a row that breaks anything but what `mostly` tolerates.
        Errors: SchemaError for an unknown environment or a pattern that is no expression of RE2;
        UsageError for a row that is no mapping.  No value raises anything else.
        Example:
            >>> from vedette.core.constraints import Constraints
            >>> schema = Schema((Field("age", "integer", constraints=Constraints(max=130)),))
            >>> [violation.reason for violation in schema.validate({"age": 131})]
            ["field 'age': 131 is above 130"]
        """
        validator = self._validators.get(environment)
        if validator is None:
            validator = Validator(self.fields, self.rules, self.closed, environment)
            self._validators[environment] = validator
        found = validator.violations(row)
        if found and reject:
            reasons = [violation.reason for violation in found if not violation.tolerated]
            if reasons:
                raise SchemaError("row", "breaks the schema", got="; ".join(reasons))
        return found

    @cached_property
    def _validators(self) -> dict[str, Validator]:
        """Made when first asked for, since most schemas never judge a row."""
        return {}
