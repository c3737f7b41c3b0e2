"""Rows as they are served, by what they break of a schema: derived columns, and their counts.

Owns: which fields and rules have such a column, what it says of every row, counts that add up, rows
that nobody tolerates.  Does not own: single judgements (`columns`, `rules`), what share may break
them (`monitors.schema`), whole tables (`engine.schema_check`).

Events are stored as they can be: every number as float64, a field that a row lacks as missing.  So
`type` is not judged here, and a field that is absent is one that is missing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.judge import Judge
from vedette.core.known import BESIDE_ROLES, ORDERED_KINDS
from vedette.core.rules.answers import answer_of
from vedette.core.rules.rule import Rule
from vedette.core.rules.tree import Node
from vedette.core.schema import Schema
from vedette.core.validator import got_of, wanted
from vedette.core.violations import CODES, OF_VALUES, Violation
from vedette.derive.checks.columns import Judged, judge_column
from vedette.derive.checks.rules import broken
from vedette.profiles.buffers import fixed
from vedette.profiles.cell import Cell
from vedette.profiles.columns import column_or_absent
from vedette.profiles.profile import WHOLE
from vedette.sketches.counts import Counts

SERVING = "serving"
SUFFIX = ".check"
LISTED = "list"  # the only type of storage that an event keeps
EXACT = 2.0**53  # whole numbers up to which a float64 is the same
REQUIRED, RULE = CODES.index("required"), CODES.index("rule")


@dataclass(frozen=True, eq=False)
class Served:
    """A schema, made ready to judge served rows by.

    Shapes: `judges` by column of events, `trees` by name of a rule.
    """

    schema: Schema
    judges: Mapping[str, Judge]
    trees: Mapping[str, Node]
    rules: Mapping[str, Rule]
    answers: Mapping[str, Callable[[Mapping[str, object]], object]]

    @classmethod
    def of(cls, schema: Schema) -> Self:
        """Choose what can be judged of events: fields and rules of the environment `serving`.

        Errors: SchemaError for a pattern that is no expression of RE2.
        """
        judges = {field.name: Judge(_as_stored(field)) for field in served_fields(schema)}
        for judge in judges.values():
            judge.matches  # noqa: B018 - refuses what is no expression
        rules = {rule.name: rule for rule in schema.rules if SERVING in rule.environments}
        kinds = {field.name: field.kind for field in schema.fields}
        trees = {name: rule.understood(kinds) for name, rule in rules.items()}
        answers = {name: answer_of(tree) for name, tree in trees.items()}
        return cls(schema, judges, trees, rules, answers)

    @property
    def columns(self) -> tuple[str, ...]:
        """The derived columns."""
        return (*map(check_of, self.judges), *map(check_of_rule, self.trees))

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The columns of events that it reads."""
        kinds = {field.name: field.kind for field in self.schema.fields}
        read = (name for rule in self.rules.values() for name in rule.reads(kinds))
        return frozenset((*self.judges, *read))

    def cells(
        self, batches: Iterable[pa.RecordBatch], fields: Collection[str] | None = None
    ) -> dict[tuple[str, str], Cell]:
        """Rows of every derived column, or of rules and some fields: in the places of `CODES`, or
        missing.

        Bounds: any split of rows adds up to the same.
        """
        found: dict[tuple[str, str], Cell] = {}
        for batch in batches:
            for name, (codes, absent) in self._coded(batch, fields).items():
                counts = np.zeros(len(CODES), np.int64)
                some = codes[codes > 0]  # few: most rows obey
                counts += np.bincount(some, minlength=len(CODES))
                counts[0] = batch.num_rows - len(some) - absent
                cell = Cell(batch.num_rows, absent, counts=Counts(counts))
                key = (name, WHOLE)
                found[key] = found[key].merge(cell) if key in found else cell
        return found

    def derived(self, batch: pa.RecordBatch) -> dict[str, list[str]]:
        """What every derived column says of every row: "ok", or the first kind it breaks."""
        words = ("ok", *CODES[1:])
        return {name: [words[c] for c in codes] for name, (codes, _) in self._coded(batch).items()}

    def refused(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        """Rows that break anything of which no share may.  Shapes: bool[n]."""
        bad = np.zeros(batch.num_rows, np.bool_)
        for name, judge in self.judges.items():
            judged = self._judged(batch, name, judge)
            for kind, mask in judged.masks.items():
                if kind == "required" or judge.limits.mostly == 1:
                    bad |= mask
        for name, tree in self.trees.items():
            if self.rules[name].mostly == 1:
                bad |= broken(batch, tree)
        return bad

    def reasons(self, row: Mapping[str, object]) -> tuple[Violation, ...]:
        """What is wrong with one stored row, of that which no share of rows may have."""
        found = []
        for name, judge in self.judges.items():
            value, field = row.get(name), self.schema[name]
            for kind in judge.kinds(value):
                if kind == "required" or judge.limits.mostly == 1:
                    got = got_of(field, value) if kind in OF_VALUES else ""
                    found.append(Violation(kind, name, got, wanted(field, kind)))
        for name, answer in self.answers.items():
            if self.rules[name].mostly == 1 and answer(row) is False:
                found.append(Violation("rule", name, "", self.rules[name].check))
        return tuple(found)

    def _coded(
        self, batch: pa.RecordBatch, fields: Collection[str] | None = None
    ) -> dict[str, tuple[NDArray[np.uint8], int]]:
        """The code of every row by derived column, and how many rows have no value to judge."""
        found = {}
        for name, judge in self.judges.items():
            if fields is not None and name not in fields:
                continue
            judged = self._judged(batch, name, judge)
            absent = 0 if judge.limits.required else judged.rows - judged.present
            found[check_of(name)] = (judged.codes, absent)
        for name, tree in self.trees.items():
            codes = np.where(broken(batch, tree), RULE, 0).astype(np.uint8)
            found[check_of_rule(name)] = (codes, 0)
        return found

    def _judged(self, batch: pa.RecordBatch, name: str, judge: Judge) -> Judged:
        column = column_or_absent(batch, name)
        if _obeys(column, judge):
            present = len(column) - column.null_count
            gone = {"required": np.asarray(column.is_null())} if judge.limits.required else {}
            return Judged(len(column), present, gone if column.null_count else {})
        return judge_column(column, judge)


def _obeys(column: pa.Array, judge: Judge) -> bool:
    """Whether the extremes of a column already say that all of its values obey: nearly always, and
    a tenth of the cost of judging each."""
    t, kind, field = pa.types, column.type, judge.field
    plain = t.is_integer(kind) or kind in (pa.float64(), pa.float32())
    if not plain or field.kind not in ORDERED_KINDS or judge.worded or judge.measured:
        return False
    if judge.limits.step is not None:
        return False
    values = fixed(column.drop_null() if column.null_count else column)
    if not len(values):
        return True
    low, high = float(values.min()), float(values.max())  # NaN is neither, and within no limits
    whole = t.is_integer(kind) or field.kind == "integer"
    if whole and not max(-low, high) <= EXACT:
        return False
    if field.kind == "integer" and not t.is_integer(kind) and (values != np.rint(values)).any():
        return False
    return is_within(low, high, judge.limits)


def is_within(low: float, high: float, limits: Constraints) -> bool:
    """Whether numbers between two extremes lie within limits, and are finite."""
    return (
        low > (-np.inf if limits.above is None else limits.above)
        and high < (np.inf if limits.below is None else limits.below)
        and (limits.min is None or low >= limits.min)
        and (limits.max is None or high <= limits.max)
        and -np.inf < low
        and high < np.inf
    )


def served_fields(schema: Schema) -> tuple[Field, ...]:
    """The fields of which something is to be judged in serving.

    What events bring beside the question (a label, an id, a time) is judged where it was declared
    under the name that events give it.
    """
    return tuple(
        field
        for field in schema.fields
        if SERVING in field.environments
        and field.role not in ("ignore", "label")
        and (field.constraints != Constraints() or _is_owed(field))
    )


def _is_owed(field: Field) -> bool:
    """Whether events must bring a field at all."""
    return field.role not in BESIDE_ROLES and field.asked(SERVING)


def check_of(field: str) -> str:
    """The derived column of a field.

    Example:
        >>> check_of("amount"), check_of_rule("order")
        ('amount.check', 'rule order.check')
    """
    return f"{field}{SUFFIX}"


def check_of_rule(name: str) -> str:
    """The derived column of a rule."""
    return f"rule {name}{SUFFIX}"


def _as_stored(field: Field) -> Field:
    """A field without what storing an event changes."""
    required = field.constraints.required and field.role not in ("id", "time")
    limits = msgspec.structs.replace(field.constraints, required=required)
    kept = field.type if field.type == LISTED else None
    return msgspec.structs.replace(field, type=kept, constraints=limits)
