"""What a schema of vedette says that another format has no place for.

Owns: finding it: whatever a writer did not say that it took is listed.  Does not own: formats.
"""

from collections.abc import Collection, Mapping
from typing import Any

from vedette.core.constraints import Constraints
from vedette.core.schema import ENVIRONMENTS, Field, Rule, Schema
from vedette.ingest.schemas.translated import Unsupported
from vedette.ingest.schemas.values import short_number

NO_PLACE = "the format has no place for it"


class Leftover:
    """What a writer could not say so far."""

    def __init__(self, why: Mapping[str, str], usual: str = NO_PLACE) -> None:
        """`why` says it per name: of a constraint, an attribute of a field, a part of a schema;
        `usual` of all others."""
        self._why, self._usual = why, usual
        self._found: list[Unsupported] = []

    @property
    def all(self) -> tuple[Unsupported, ...]:
        """Everything found, in the order in which it was."""
        return tuple(self._found)

    def refuse(self, where: str, name: str, value: Any = None, why: str = "") -> None:
        """List one thing."""
        what = f"{name} {_spelt(value)}".strip() if value is not None else name
        self._found.append(Unsupported(where, what, why or self._why.get(name, self._usual)))

    def of_field(self, field: Field, taken: Collection[str]) -> None:
        """List what a field says beside these names."""
        where, plain = f"field {field.name!r}", Field(field.name, field.kind)
        for name in ("role", "unit", "type", "optional", "environments"):
            value = getattr(field, name)
            if name not in taken and value != getattr(plain, name):
                self.refuse(where, name, value)
        for name, value in said(field.constraints).items():
            if name not in taken:
                self.refuse(where, name, value)

    def of_rule(self, rule: Rule, why: str = "") -> None:
        """List a rule."""
        self.refuse(
            f"rule {rule.name!r}", "check", rule.check, why or self._why.get("rules", self._usual)
        )

    def of_schema(self, schema: Schema, taken: Collection[str]) -> None:
        """List what the schema says of a table as a whole beside these names."""
        for name in ("unique", "closed", "min_rows", "max_rows", "approvals"):
            value = getattr(schema, name)
            if name not in taken and value not in ((), False, None):
                self.refuse("schema", name, len(value) if name == "approvals" else value)
        if "rules" not in taken:
            for rule in schema.rules:
                self.of_rule(rule)

    def of_kinds(self, schema: Schema, back: Schema) -> None:
        """List the fields of another kind when what was written is read back."""
        for field in schema.fields:
            if field.name in back and back[field.name].kind != field.kind:
                self.refuse(f"field {field.name!r}", "kind", field.kind)

    def of_environments(self, rule: Rule) -> None:
        """List where a rule holds, if it does not hold everywhere."""
        if rule.environments != ENVIRONMENTS:
            self.refuse(f"rule {rule.name!r}", "environments", rule.environments)


def said(constraints: Constraints) -> dict[str, Any]:
    """What constraints say, name -> value, in order.

    Example:
        >>> said(Constraints(min=0, required=True))
        {'required': True, 'min': 0}
    """
    usual = Constraints()
    return {
        name: getattr(constraints, name)
        for name in Constraints.__struct_fields__
        if getattr(constraints, name) != getattr(usual, name)
    }


def _spelt(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_spelt(one) for one in value)
    if isinstance(value, float):
        value = short_number(value)
    return "" if value is True else str(value)
