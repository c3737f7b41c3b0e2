"""Which rows of a log are asked for.

Owns: the conditions of a query on single events, and applying them to batches.  Does not own:
scanning (`web.events`), what is unusual (`profiles.unusual`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, isfinite

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core import rows
from vedette.core.schema import Schema
from vedette.derive.derivation import NOTHING, Learnt
from vedette.derive.deriver import Deriver
from vedette.engine.batch import parents_of, raw_schema
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import TRUTHS, name_places
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent
from vedette.profiles.unusual import Judge
from vedette.web.answers import Problem
from vedette.web.query import Query
from vedette.web.redaction import Redaction

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Where:
    """A condition on one column: a range, a value, or that there is none."""

    column: str
    low: float = -inf
    high: float = inf
    value: str | None = None
    missing: bool | None = None  # true: only rows without a value; false: only those with one

    def holds(self, batch: pa.RecordBatch) -> Flags:
        """Shapes: bool[n]."""
        column = column_or_absent(batch, self.column)
        found = np.ones(len(column), np.bool_)
        if self.missing is not None:
            found &= (as_codes(column).codes == -1) == self.missing
        if self.low > -inf or self.high < inf:
            found &= self._within(column)
        return found & _equal(column, self.value) if self.value is not None else found

    def _within(self, column: pa.Array) -> Flags:
        read = as_numbers(column)
        values = read.values.astype(np.float64, copy=False)
        found: Flags = (values >= self.low) & (values <= self.high)
        return found if read.usable is None else found & read.usable


@dataclass(frozen=True)
class Segment:
    """A segment as `carrier=UA` names it.  Shapes: `names` those that the baseline keeps of it."""

    column: str
    name: str
    names: tuple[str, ...] = ()

    def holds(self, batch: pa.RecordBatch) -> Flags:
        """Shapes: bool[n]."""
        places = name_places(self.names)
        wanted = places.get(self.name)
        read = as_codes(column_or_absent(batch, self.column))
        table = [
            value is not None
            and (value == self.name or (wanted is not None and places.get(value) == wanted))
            for value in read.dictionary.to_pylist()
        ]
        found: Flags = np.array([*table, False, False], np.bool_)[read.codes]
        return found


@dataclass(frozen=True)
class Sift:
    """What a query asks of rows; no condition lets every row through.

    Shapes: `judge` is there when only unusual rows are asked for; `learnt` is what derived columns
    are made with.
    """

    segment: Segment | None = None
    where: Where | None = None
    judge: Judge | None = None
    schema: Schema | None = None
    learnt: Learnt = field(default_factory=lambda: NOTHING)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The stored columns that the conditions read."""
        named = [part.column for part in (self.segment, self.where) if part is not None]
        return Deriving.of([*named, *self._judged], self.schema, self.learnt).stored

    @cached_property
    def _judged(self) -> tuple[str, ...]:
        return () if self.judge is None else tuple(self.judge.columns)

    @cached_property
    def _deriving(self) -> tuple["Deriving", "Deriving"]:
        asked = [] if self.where is None else [self.where.column]
        return (
            Deriving.of(asked, self.schema, self.learnt),
            Deriving.of(self._judged, self.schema, self.learnt),
        )

    def holds(self, batch: pa.RecordBatch) -> Flags | None:
        """Which rows are asked for; None when all are.  Shapes: bool[n]."""
        if self.segment is None and self.where is None and self.judge is None:
            return None
        found = np.ones(batch.num_rows, np.bool_)
        if self.segment is not None:
            found &= self.segment.holds(batch)
        if self.where is not None:
            found &= self.where.holds(self._deriving[0].apply(batch))
        if self.judge is not None and found.any():
            rest = np.flatnonzero(found)
            some = batch if len(rest) == batch.num_rows else batch.take(pa.array(rest))
            found[rest] = self.judge.unusual(self._deriving[1].apply(some))
        return found


@dataclass(frozen=True)
class Deriving:
    """Where some columns come from: `stored` columns, and how others are derived from them."""

    stored: tuple[str, ...]
    deriver: Deriver

    @classmethod
    def of(cls, names: Iterable[str], schema: Schema | None, learnt: Learnt) -> "Deriving":
        """Look the columns up once, for many batches."""
        names = list(names)
        if schema is None:
            return cls(tuple(dict.fromkeys(names)), Deriver(Schema(())))
        parents = parents_of(schema)
        needed = raw_schema(schema).select({parents[name] for name in names if name in parents})
        stored = dict.fromkeys(parents.get(name, name) for name in names)
        return cls(tuple(stored), Deriver(needed, learnt))

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch with the derived columns added."""
        return self.deriver.apply(batch)


def learnt_of(judge: Judge | None) -> Learnt:
    """What derived columns are made with, where there is a baseline."""
    return NOTHING if judge is None else judge.directions


def read_sift(
    query: Query, schema: Schema | None, baseline: Baseline | None, redaction: Redaction
) -> Sift:
    """The conditions of a query.

    Errors: Problem: 400 for one that cannot be read or has nothing to be judged by, 403 for one
    that would tell what is hidden.
    """
    segment = read_segment(query.word("segment"), baseline)
    where = _read_where(query)
    for column, asks in (
        (segment.column if segment else "", True),
        (where.column if where else "", where is not None and where.missing is None),
    ):
        if asks and column and redaction.hides(column):
            raise Problem(
                403, "not_allowed", f"Values of `{column[:100]}` are hidden, so they cannot be "
                "asked for.", "segment" if segment and column == segment.column else "where",
            )  # fmt: skip
    judge = None
    if _truth(query, "unusual"):
        if baseline is None:
            raise Problem(
                400, "no_baseline", "Nothing is unusual yet: this model has no baseline.", "unusual"
            )
        judge = Judge.of(baseline, judged_columns(baseline))
    learnt = NOTHING if baseline is None else baseline.directions
    return Sift(segment, where, judge, schema, learnt)


def read_segment(text: str | None, baseline: Baseline | None) -> Segment | None:
    """A segment by its notation; a name may hold an equals sign, so the baseline's are tried first.

    Errors: Problem, 400.
    """
    if not text:
        return None
    known = {} if baseline is None else baseline.segments
    for column, names in known.items():
        if text.startswith(f"{column}="):
            return Segment(column, text[len(column) + 1 :], names)
    column, sign, name = text.partition("=")
    if not (column and sign):
        raise Problem(400, "wrong_query", "segment is written like carrier=UA.", "segment")
    return Segment(column, name)


def judged_columns(baseline: Baseline) -> list[str]:
    """The columns in which an event can be unusual: those compared, but for what is no property of
    a single event."""
    return [
        name
        for name in baseline.columns
        if name not in rows.SYSTEM and baseline.schema[name].role != "label"
    ]


def _read_where(query: Query) -> Where | None:
    column, given = query.word("where"), [n for n in ("min", "max", "value", "missing")
                                          if query.word(n) is not None]  # fmt: skip
    if not column:
        if given:
            raise Problem(400, "wrong_query", f"{given[0]} needs a column: where=NAME.", given[0])
        return None
    if not given:
        raise Problem(
            400, "wrong_query", "where needs a condition: min, max, value or missing.", "where"
        )
    low, high = _number(query, "min", -inf), _number(query, "max", inf)
    if low > high:
        raise Problem(400, "wrong_query", "min is above max.", "min")
    missing = _truth(query, "missing") if query.word("missing") is not None else None
    return Where(column, low, high, query.word("value"), missing)


def _number(query: Query, name: str, usual: float) -> float:
    text = query.word(name)
    if text is None:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = inf
    if not isfinite(value):
        raise Problem(400, "wrong_query", f"{name} is no number.", name)
    return value


def _truth(query: Query, name: str) -> bool:
    return query.choice(name, ("true", "false")) == "true"


def _equal(column: pa.Array, wanted: str) -> Flags:
    """Rows that hold a value, as the column's type writes it: 5 is 5.0 among numbers."""
    kind = column.type
    t = pa.types
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind):
        try:
            exact = float(wanted)
        except ValueError:
            return np.zeros(len(column), np.bool_)
        return Where("", exact, exact)._within(column)
    read = as_codes(column)
    spelt = TRUTHS.get(wanted, wanted) if t.is_boolean(kind) else wanted
    same = [name == spelt for name in read.dictionary.to_pylist()]
    found: Flags = np.array([*same, False, False], np.bool_)[read.codes]
    return found
