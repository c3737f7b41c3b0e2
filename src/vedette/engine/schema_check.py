"""Checking a table of any size against a schema.

Owns: reading it once in bounded memory, exact counts of every kind of violation, a few examples.
Does not own: judging columns (`derive.checks`), what repeats (`engine.repeats`), the answer
(`engine.checked`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vedette.core.errors import UsageError
from vedette.core.field import Field
from vedette.core.judge import Judge
from vedette.core.known import ENVIRONMENTS, known
from vedette.core.rules.rule import Rule
from vedette.core.rules.tree import Node, names
from vedette.core.schema import Schema
from vedette.core.validator import got_of, wanted
from vedette.core.violations import HIDDEN, OF_VALUES, VIOLATIONS
from vedette.derive.checks.columns import Judged, judge_column
from vedette.derive.checks.readings import Flags
from vedette.derive.checks.rules import broken
from vedette.engine.batch import Progress, nothing
from vedette.engine.breaches import Breach, Example, enough
from vedette.engine.checked import SchemaCheck
from vedette.engine.declared import schema_of
from vedette.engine.repeats import Repeats, repeats
from vedette.ingest.source import Source, open_source

SHOWN = 3  # examples of a kind of violation
BATCHES = 4  # batches with violations that are looked through
LOOKED = 64  # violating rows of a batch that are looked through for different examples


def check_schema(
    data: Any,
    schema: Schema | str | Path,
    environment: str = "training",
    *,
    progress: Progress = nothing,
) -> SchemaCheck:
    """Check a table against a schema and count everything that it breaks.

    `data` is a table of any kind that `compare` takes; `schema` is one, or the path of its YAML
    file.  Bounds: memory does not grow with the rows; every count is exact.  One thread: reading
    takes longer than judging.
    Errors: UsageError for what is no table or no schema, SchemaError for a schema that cannot be
    read or an unknown environment.  A bad column is a violation.
    Example:
        >>> import vedette as vd
        >>> schema = vd.Schema((vd.Field("age", "integer", constraints=vd.Constraints(max=130)),))
        >>> print(vd.check_schema({"age": [41, 131, None]}, schema))
        The 3 rows of columns break the schema: `age`.
          1 of 2 values of `age` is above 130 (50 %); row 2: 131
    """
    declared = schema_of(schema)
    if declared is None:
        raise UsageError("schema", "is missing", want="a Schema or the path of a YAML file")
    known("check", "environment", environment, ENVIRONMENTS)
    source = open_source(data)
    return run(source, declared, environment, progress=progress)


def run(
    source: Source,
    schema: Schema,
    environment: str,
    *,
    progress: Progress = nothing,
) -> SchemaCheck:
    """Check a source."""
    arriving = source.arrow_schema.names
    judged = [one for one in schema.fields if one.name in arriving and one.role != "ignore"]
    tallies = [_Tally(one, Judge(one)) for one in judged]
    kinds = {one.name: one.kind for one in schema.fields}
    rules = [
        _Counted(rule, rule.understood(kinds))
        for rule in schema.rules
        if environment in rule.environments
    ]
    reading = _Reading(source, [*tallies, *rules], progress)
    repeated = list(_repeated(reading, schema))
    rows = reading.to_the_end()
    found = [
        *_absent(schema, arriving, environment, rows),
        *(breach for tally in tallies for breach in tally.breaches()),
        *(breach for rule in rules for breach in rule.breaches(rows)),
        *_unexpected(schema, arriving, rows),
        *repeated,
        *_sized(schema, rows),
    ]
    extra = () if schema.closed else tuple(n for n in arriving if n not in schema)
    order = {name: at for at, name in enumerate(schema.names)}
    found.sort(key=lambda one: (order.get(one.name, len(order)), VIOLATIONS.index(one.kind)))
    return SchemaCheck(schema, source.name, environment, rows, tuple(found), extra)


class _Reading:
    """One way through a source, on which everything is counted.

    Whoever needs the rows, too, goes it; it is gone once.
    """

    def __init__(
        self, source: Source, parts: "Sequence[_Tally | _Counted]", progress: Progress
    ) -> None:
        self.source, self.rows, self._parts = source, 0, parts
        self._progress, self._left = progress, True
        arriving = source.arrow_schema.names
        read = {name for part in parts for name in part.reads}
        self._columns = [name for name in arriving if name in read] or arriving[:1]

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch] | None:
        """The batches, each counted before it is given; None when that was done already."""
        wanted = {*self._columns, *columns}
        names = [name for name in self.source.arrow_schema.names if name in wanted]
        return self._counted(names) if self._left else None

    def to_the_end(self) -> int:
        """Count what was not counted yet; returns the number of rows."""
        for _ in self.batches(()) or ():
            pass
        return self.rows

    def _counted(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        self._left = False
        for batch in self.source.batches(names):
            for part in self._parts:
                part.add(batch, self.rows)
            self.rows += batch.num_rows
            self._progress(self.source.name, self.rows, self.source.rows)
            yield batch


@dataclass
class _Examples:
    """A few different examples of each kind of violation."""

    found: dict[str, dict[str, int]] = field(default_factory=dict)
    batches: Counter[str] = field(default_factory=Counter)  # looked through, by kind

    def add(self, kind: str, mask: Flags, column: pa.Array | None, of: Field, first: int) -> None:
        """Look through the violating rows of a batch, while there are too few."""
        values = self.found.setdefault(kind, {})
        most = 1 if HIDDEN in values or kind not in OF_VALUES else SHOWN
        if len(values) >= most or self.batches[kind] >= BATCHES:
            return
        self.batches[kind] += 1
        rows = np.flatnonzero(mask)[:LOOKED]
        taken = [None] * len(rows) if column is None else column.take(pa.array(rows)).to_pylist()
        for row, value in zip(rows.tolist(), taken, strict=True):
            if len(values) < SHOWN:
                values.setdefault(got_of(of, value), first + row + 1)

    def of(self, kind: str, valued: bool) -> tuple[Example, ...]:
        found = self.found.get(kind, {})
        return tuple(Example(row, value if valued else "") for value, row in found.items())


class _Tally:
    """What was counted of one field."""

    def __init__(self, field: Field, judge: Judge) -> None:
        self.field, self.reads, self._judge = field, (field.name,), judge
        self._counts: Counter[str] = Counter()
        self._rows = self._present = self._broken = 0
        self._examples = _Examples()

    def add(self, batch: pa.RecordBatch, first: int) -> None:
        column = batch.column(batch.schema.get_field_index(self.field.name))
        judged: Judged = judge_column(column, self._judge)
        self._rows += judged.rows
        self._present += judged.present
        self._broken += judged.broken
        for kind, mask in judged.masks.items():
            self._counts[kind] += int(mask.sum())
            self._examples.add(kind, mask, column, self.field, first)

    def breaches(self) -> Iterator[Breach]:
        limits, name = self.field.constraints, self.field.name
        tolerated = enough(self._present - self._broken, self._present, limits.mostly)
        for kind in sorted(self._counts, key=VIOLATIONS.index):
            valued = kind in OF_VALUES
            yield Breach(
                kind, name, self._counts[kind],
                self._present if valued else self._rows,
                wanted(self.field, kind),
                valued and tolerated,
                self._examples.of(kind, valued),
                1 - limits.mostly if valued else 0.0,
            )  # fmt: skip
        least = limits.present
        if least is not None and not enough(self._present, self._rows, least):
            missing = self._rows - self._present
            want = f"{100 * least:.6g} %"
            yield Breach("present", name, missing, self._rows, want, allowed=1 - least)


class _Counted:
    """What was counted of one rule."""

    def __init__(self, rule: Rule, tree: Node) -> None:
        self._rule, self._tree = rule, tree
        self.reads = {name.name for name in names(tree)}
        self._count, self._rows = 0, list[int]()

    def add(self, batch: pa.RecordBatch, first: int) -> None:
        mask = broken(batch, self._tree)
        self._count += int(mask.sum())
        if len(self._rows) < SHOWN:
            self._rows += (np.flatnonzero(mask)[:SHOWN] + first + 1).tolist()

    def breaches(self, rows: int) -> Iterator[Breach]:
        if not self._count:
            return
        mostly = self._rule.mostly
        tolerated = enough(rows - self._count, rows, mostly)
        examples = tuple(Example(row, "") for row in self._rows[:SHOWN])
        yield Breach(
            "rule", f"rule {self._rule.name}", self._count, rows, self._rule.check, tolerated,
            examples, 1 - mostly,
        )  # fmt: skip


def _absent(
    schema: Schema, arriving: Sequence[str], environment: str, rows: int
) -> Iterator[Breach]:
    for one in schema.fields:
        if one.name not in arriving and one.expected(environment):
            yield Breach("absent", one.name, rows, rows)


def _unexpected(schema: Schema, arriving: Sequence[str], rows: int) -> Iterator[Breach]:
    for name in arriving if schema.closed else ():
        if name not in schema:
            yield Breach("unexpected", name, rows, rows)


def _repeated(reading: _Reading, schema: Schema) -> Iterator[Breach]:
    arriving = reading.source.arrow_schema.names
    single = ((one.name,) for one in schema.fields if one.constraints.unique)
    once: list[tuple[str, ...]] = []
    for columns in dict.fromkeys([*single, *schema.unique]):
        if not columns or not all(name in arriving for name in columns):
            continue
        if any(set(columns) > set(fewer) for fewer in once):
            continue  # what comes once by fewer columns comes once by more
        found = repeats(reading.source, columns, reading.batches(columns))
        if found.again:
            yield _repeat(schema, columns, found)
        else:
            once.append(columns)


def _repeat(schema: Schema, columns: Sequence[str], found: Repeats) -> Breach:
    fields = [schema[name] for name in columns]
    examples = tuple(
        Example(None, f"{_shown(fields, values)} comes {times} times")
        for values, times in found.examples
    )
    return Breach("unique", ", ".join(columns), found.again, found.of, examples=examples)


def _shown(fields: Sequence[Field], values: Sequence[object]) -> str:
    return ", ".join(got_of(one, value) for one, value in zip(fields, values, strict=True))


def _sized(schema: Schema, rows: int) -> Iterator[Breach]:
    if schema.min_rows is not None and rows < schema.min_rows:
        yield Breach("min_rows", "", rows, rows, str(schema.min_rows))
    if schema.max_rows is not None and rows > schema.max_rows:
        yield Breach("max_rows", "", rows, rows, str(schema.max_rows))
