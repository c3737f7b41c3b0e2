"""A schema in the making: what a foreign one says, construct by construct.

Owns: bringing several statements about a field together, falling back to rules, the list of what
fits nowhere.  Does not own: any format, what a schema may say (`core.schema`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError
from vedette.core.patterns import whole_match
from vedette.core.rules.tokens import KEYWORDS
from vedette.core.schema import ENVIRONMENTS, Field, Rule, Schema
from vedette.ingest.schemas.storage import kind_of_type
from vedette.ingest.schemas.translated import Translated, Unsupported

OF_ROWS = ("required", "present", "unique")  # the others are said of values, and obey `mostly`
ONE_MOSTLY = "vedette has one `mostly` for all that is said of the values of a field"
_PLAIN = re.compile(r"[^\W\d]\w*\Z")
NO_KIND = "nothing says what the values are: taken for names"


class Heard:
    """What has been said of one field so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind: str | None = None
        self.type: str | None = None
        self.guess: str | None = None  # the kind, where nothing says more
        self.only_rules = False  # take no constraint, so that it becomes a rule
        self.role = "feature"
        self.optional = False
        self.environments: tuple[str, ...] = ENVIRONMENTS
        self._limits: dict[str, Any] = {}
        self._mostly = 1.0

    def add(self, claims: Mapping[str, Any], mostly: float = 1.0) -> str:
        """Take more constraints; "" or why they fit not beside the others, which then stay."""
        if self.only_rules:
            return "only rules are wanted"
        of_values = [name for name in claims if name not in OF_ROWS]
        had = any(name not in OF_ROWS for name in self._limits)
        if of_values and had and (mostly != self._mostly or mostly != 1):
            return ONE_MOSTLY
        merged = dict(self._limits)
        for name, value in claims.items():
            if name in merged:
                both = _TOGETHER[name](merged[name], value)
                if both is None:
                    return f"there is one {name} already"
                value = both
            merged[name] = value
        share = mostly if of_values else self._mostly
        try:
            if "pattern" in claims:
                whole_match(claims["pattern"], self.name)
            Constraints(**merged, mostly=share)
        except SchemaError as error:
            return error.problem
        self._limits, self._mostly = merged, share
        return ""

    def field(self) -> Field:
        """The field that they make."""
        return Field(
            self.name,
            self.known or self.guess or "category",
            self.role,
            None,
            Constraints(**self._limits, mostly=self._mostly),
            self.environments,
            self.type,
            self.optional,
        )

    @property
    def known(self) -> str | None:
        """The kind, as far as what was said tells what the values are."""
        if self.kind is not None:
            return self.kind
        if self.type is not None:
            return kind_of_type(self.type)
        of_values = set(self._limits).difference(OF_ROWS)
        ordered = of_values.intersection(("min", "max", "above", "below", "step", "finite"))
        return "numeric" if ordered else (self.guess or "category") if of_values else None


class Draft:
    """A schema in the making."""

    def __init__(self) -> None:
        self._fields: dict[str, Heard] = {}
        self._rules: dict[str, Rule] = {}
        self._sets: list[tuple[str, ...]] = []
        self._unsupported: list[Unsupported] = []
        self._places: dict[str, tuple[str, str]] = {}
        self._alike: list[tuple[tuple[str, ...], str]] = []
        self.closed = False
        self.min_rows: int | None = None
        self.max_rows: int | None = None

    def field(self, name: str) -> Heard:
        """The field of this name, which is there from now on."""
        return self._fields.setdefault(name, Heard(name))

    @property
    def names(self) -> tuple[str, ...]:
        """The fields spoken of so far, in order."""
        return tuple(self._fields)

    def refuse(self, where: str, what: str, why: str) -> None:
        """List a construct as not carried over."""
        self._unsupported.append(Unsupported(where, what, why))

    def say(
        self, name: str, what: str, claims: Mapping[str, Any], mostly: float = 1.0,
        rule: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Say something of a field: as constraints, else as a rule if there is one, else list it.

        `what` is the construct's name in its own tool; `rule` a name and an expression.
        """
        why = self.field(name).add(claims, mostly)
        if why and rule is not None and mostly == 1:
            self.rule(rule[0], f"column {name!r}", what, rule[1], mostly)
        elif why:
            self.refuse(f"column {name!r}", what, why)

    def rule(self, name: str, where: str, what: str, check: str, mostly: float = 1.0) -> None:
        """Say something of each row; what is no rule after all is listed when all is said."""
        unused, again = name, 1
        while unused in self._rules:
            again += 1
            unused = f"{name} {again}"
        self._rules[unused] = Rule(unused, check, mostly=mostly)
        self._places[unused] = (where, what)

    @property
    def only_rule(self) -> Rule:
        """The one rule said so far.  Errors: LookupError where there is none, or more than one."""
        if len(self._rules) != 1:
            raise LookupError("rules", len(self._rules))
        return next(iter(self._rules.values()))

    def alike(self, columns: tuple[str, ...], usual: str) -> None:
        """Say that columns are compared with one another: of one kind, `usual` if none is known."""
        self._alike.append((columns, usual))

    def unique(self, columns: tuple[str, ...]) -> None:
        """Say that values of these columns together come once."""
        for name in columns:
            self.field(name)
        if columns not in self._sets:
            self._sets.append(columns)

    def rows(self, least: int | None, most: int | None) -> None:
        """Say how many rows a table has; the narrower of two limits holds."""
        if least is not None:
            self.min_rows = max(least, self.min_rows or 0)
        if most is not None:
            self.max_rows = most if self.max_rows is None else min(most, self.max_rows)

    def finish(self) -> Translated[Schema]:
        """The schema that all of it makes.

        Errors: SchemaError where no schema can say it, as for contradicting numbers of rows.
        """
        for columns, usual in self._alike:
            told = [kind for name in columns if (kind := self.field(name).known)]
            for name in columns:
                if told or usual == "numeric" or self.field(name).guess is None:
                    self.field(name).guess = told[0] if told else usual
        for heard in self._fields.values():
            if not (heard.known or heard.guess):
                self.refuse(f"column {heard.name!r}", "kind", NO_KIND)
        fields = tuple(heard.field() for heard in self._fields.values())
        kinds = {field.name: field.kind for field in fields}
        rules = tuple(rule for rule in self._rules.values() if self._is_understood(rule, kinds))
        schema = Schema(fields, rules, tuple(self._sets), self.closed, self.min_rows, self.max_rows)
        return Translated(schema, tuple(self._unsupported))

    def _is_understood(self, rule: Rule, kinds: Mapping[str, str]) -> bool:
        try:
            rule.understood(kinds)
        except SchemaError as error:
            self.refuse(*self._places[rule.name], f"no rule can say it: {error.problem}")
            return False
        return True


def name_of(column: str) -> str:
    """A column's name as a rule writes it.

    Example:
        >>> name_of("age"), name_of("a `b`"), name_of("in")
        ('age', '`a ``b```', '`in`')
    """
    if _PLAIN.match(column) and column not in KEYWORDS:
        return column
    return "`" + column.replace("`", "``") + "`"


def number_of(value: float) -> str:
    """A number as a rule writes it.

    Example:
        >>> number_of(2.0), number_of(-0.5)
        ('2', '-0.5')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def quoted(text: str) -> str:
    """A text as a rule writes it.

    Example:
        >>> quoted("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def _common(had: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in had if value in more)


def _all(had: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*had, *more)))


def _same(had: Any, more: Any) -> Any:
    return had if had == more else None


# What two statements about one limit come to; None where vedette cannot say both.
_TOGETHER: Mapping[str, Callable[[Any, Any], Any]] = {
    "required": max,
    "present": max,
    "unique": max,
    "finite": max,
    "min": max,
    "above": max,
    "max": min,
    "below": min,
    "min_length": max,
    "max_length": min,
    "allowed": _common,
    "forbidden": _all,
    "pattern": _same,
    "step": _same,
}
