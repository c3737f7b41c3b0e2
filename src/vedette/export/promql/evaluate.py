"""Evaluating an expression at every step at once.

Owns: walking the expression, offsets and `@`, subqueries, bounds on samples and time.  Does not
own: the grammar (`export.promql.parsed`), functions and operators (the files beside this one),
where samples come from.

Source: promql/engine.go of Prometheus 2.42.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import promql_parser as grammar

from vedette.export.promql import aggregate, binary, ranked
from vedette.export.promql.functions import FUNCTIONS, Value
from vedette.export.promql.nodes import absence, fixed_at, is_moved, matching_of
from vedette.export.promql.over_time import KEEPS_NAME, OVER, WALKS, line, quantiles
from vedette.export.promql.parsed import Selector, milliseconds, selector_of
from vedette.export.promql.select import Ranges, at_steps, in_ranges, pieces
from vedette.export.promql.values import (
    TIMEOUT,
    Array,
    Bools,
    QueryError,
    Samples,
    Scalar,
    Steps,
    Text,
    Vector,
    made,
    nothing,
    without_name,
)

MOST_SAMPLES = 20_000_000  # of one query, stored and made: arrays hold every step of every series
MINUTE = 60_000  # the step of a subquery that names none
LONGEST_S = 120.0
PIECE = 10_000_000  # samples that are walked through between two looks at the time


class Source(Protocol):
    """Where samples come from."""

    def select(
        self, selector: Selector, start: int, end: int, held: int | None
    ) -> Sequence[Samples]:
        """The series that are meant, with their samples in [start, end] and those before it that
        still stand at the start: for `held`, or as long as the series' own windows.  Units:
        milliseconds."""
        ...


@dataclass
class Evaluation:
    """One query under way.

    Units: `start` and `end` of the query, `lookback` (None: as long as each series' own windows
    ask) in milliseconds; `clock` gives monotonic seconds.
    """

    source: Source
    start: int
    end: int
    lookback: int | None = None
    longest_s: float = LONGEST_S
    clock: Callable[[], float] = time.monotonic
    until: float = field(default=0.0, init=False)
    used: int = 0

    def __post_init__(self) -> None:
        self.until = self.clock() + self.longest_s

    def of(self, node: Any, steps: Steps) -> Value:
        """What an expression is at some instants.  Errors: QueryError."""
        self._in_time()
        match node:
            case grammar.NumberLiteral():
                return Scalar(np.full(len(steps), node.val))
            case grammar.StringLiteral():
                return Text(node.val)
            case grammar.ParenExpr():
                return self.of(node.expr, steps)
            case grammar.UnaryExpr():
                return _negated(self.of(node.expr, steps))
            case grammar.VectorSelector():
                return self._instant(node, steps)
            case grammar.Call():
                return self._called(node, steps)
            case grammar.AggregateExpr():
                return self._aggregated(node, steps)
            case grammar.BinaryExpr():
                return self._operated(node, steps)
        raise QueryError(f"a {type(node).__name__} cannot stand here")

    def ranges(self, node: Any, steps: Steps) -> list[Ranges]:
        """The ranges of a range selector or a subquery before some instants."""
        match node:
            case grammar.ParenExpr():
                return self.ranges(node.expr, steps)
            case grammar.SubqueryExpr():
                found, length, ends = self._subquery(node, steps)
            case grammar.MatrixSelector():
                selector, length = node.vector_selector, milliseconds(node.range)
                ends = self._moved(selector, steps)
                found = self._selected(selector, int(ends.min()) - length, int(ends.max()), 0)
            case _:
                raise QueryError(f"a {type(node).__name__} is no range")
        self._use(len(found) * len(steps))
        return [in_ranges(one, ends, length) for one in found]

    def _moved(self, node: Any, steps: Steps) -> Steps:
        """The instants that a selector looks at: moved by its offset, or fixed by `@`."""
        if node.at is not None:
            kind = str(node.at.type).rpartition(".")[2]
            at = {"Start": self.start, "End": self.end}.get(kind)
            at = fixed_at(node.at) if at is None else at
            steps = np.full(len(steps), at, np.int64)
        return steps if node.offset is None else steps - milliseconds(node.offset)

    def _selected(self, node: Any, start: int, end: int, held: int | None) -> Sequence[Samples]:
        found = self.source.select(selector_of(node), start, end, held)
        self._use(sum(len(one.times) for one in found))
        return found

    def _in_time(self) -> None:
        if self.clock() > self.until:
            raise QueryError("query timed out in expression evaluation", TIMEOUT)

    def _use(self, samples: int) -> None:
        self.used += max(samples, 0)
        if self.used > MOST_SAMPLES:
            raise QueryError(
                "query processing would load too many samples into memory in query execution"
            )

    def _instant(self, node: Any, steps: Steps, *, times: bool = False) -> Vector:
        """The newest samples that still stand; with `times` when they were taken."""
        ends = self._moved(node, steps)
        found = self._selected(node, int(ends.min()), int(ends.max()), self.lookback)
        found = [one for one in found if len(one.times)]
        if not found:
            return nothing(len(steps))
        self._use(len(found) * len(steps))
        places = [at_steps(one, ends, self.lookback) for one in found]
        pairs = zip(found, places, strict=True)
        values = [one.times[at] / 1000 if times else one.values[at] for one, (at, _) in pairs]
        there = np.array([there for _, there in places])
        return made([one.labels for one in found], np.array(values, np.float64), there)

    def _subquery(self, node: Any, steps: Steps) -> tuple[Sequence[Samples], int, Steps]:
        """An expression evaluated at steps of its own, which lie at whole multiples."""
        length = milliseconds(node.range)
        every = MINUTE if node.step is None else milliseconds(node.step)
        if every <= 0:
            raise QueryError("zero or negative step of a subquery")
        ends = self._moved(node, steps)
        first = -(-(int(ends.min()) - length) // every) * every
        self._use((int(ends.max()) - first) // every + 1)  # before room is made for them
        inner = np.arange(first, int(ends.max()) + 1, every)
        if not len(inner):
            return [], length, ends
        value = self.of(node.expr, inner)
        if isinstance(value, Scalar):
            return [Samples((), inner, value.values, every)], length, ends
        assert isinstance(value, Vector)
        found = [
            Samples(labels, inner[there], values[there], every)
            for labels, values, there in zip(value.labels, value.values, value.there, strict=True)
        ]
        return found, length, ends

    def _called(self, node: Any, steps: Steps) -> Value:
        name, given = node.func.name, list(node.args)
        if name in OVER:
            ranges = self.ranges(given[0], steps)
            return self._over(ranges, name, len(steps), lambda own, rows: OVER[name](own))
        if name == "quantile_over_time":
            q = self._number(given[0], steps)
            ranges = self.ranges(given[1], steps)
            return self._over(ranges, name, len(steps), lambda own, rows: quantiles(own, q[rows]))
        if name == "predict_linear":
            ahead = self._number(given[1], steps)
            ranges = self.ranges(given[0], steps)
            if not is_moved(given[0]):
                ranges = [own._replace(end=steps) for own in ranges]
            return self._over(ranges, name, len(steps), lambda own, rows: line(own, ahead[rows]))
        if name == "absent_over_time":
            there = [own.counts > 0 for own in self.ranges(given[0], steps)]
            return absence(given[0], np.array(there).reshape(len(there), len(steps)))
        if name == "absent":
            found = self.of(given[0], steps)
            assert isinstance(found, Vector)
            return absence(given[0], found.there)
        if name == "timestamp":
            return self._timestamps(given[0], steps)
        if name not in FUNCTIONS:
            raise QueryError(f"function {name!r} is not among those that vedette evaluates")
        return FUNCTIONS[name]([self.of(one, steps) for one in given], steps)

    def _over(
        self, ranges: Sequence[Ranges], name: str, steps: int,
        how: Callable[[Ranges, slice], tuple[Array, Bools]],
    ) -> Vector:  # fmt: skip
        """One series for every range; what walks through samples again and again looks at the
        time between."""
        if not ranges:
            return nothing(steps)
        most = PIECE if name in WALKS else None
        found: list[list[tuple[Array, Bools]]] = []
        for own in ranges:
            found.append([])
            for rows in pieces(own, most):
                self._in_time()
                found[-1].append(how(own.cut(rows), rows))
        labels = [own.samples.labels for own in ranges]
        if name not in KEEPS_NAME:
            labels = [without_name(one) for one in labels]
        values, there = (
            np.array([np.concatenate([part[at] for part in parts]) for parts in found])
            for at in (0, 1)
        )
        return made(labels, values.astype(np.float64), there.astype(np.bool_))

    def _timestamps(self, node: Any, steps: Steps) -> Vector:
        while isinstance(node, grammar.ParenExpr):
            node = node.expr
        if isinstance(node, grammar.VectorSelector):
            found = self._instant(node, steps, times=True)
            values = found.values
        else:
            value = self.of(node, steps)
            assert isinstance(value, Vector)
            found, values = value, np.broadcast_to(steps / 1000, value.values.shape)
        return made([without_name(one) for one in found.labels], values, found.there)

    def _number(self, node: Any, steps: Steps) -> Array:
        value = self.of(node, steps)
        assert isinstance(value, Scalar)
        return value.values

    def _aggregated(self, node: Any, steps: Steps) -> Vector:
        op, vector = str(node.op), self.of(node.expr, steps)
        assert isinstance(vector, Vector)
        without = node.modifier is not None and str(node.modifier.type).endswith("Without")
        names = () if node.modifier is None else tuple(node.modifier.labels)
        groups = aggregate.grouped(vector, names, without=without)
        if op in aggregate.FOLDS:
            return aggregate.folded(vector, groups, aggregate.FOLDS[op])
        if op == "count_values":
            label = self.of(node.param, steps)
            assert isinstance(label, Text)
            return aggregate.counted(vector, names, label.text, self._use, without=without)
        given = self._number(node.param, steps)
        if op == "quantile":
            return aggregate.quantiles(vector, groups, given)
        if op in ("topk", "bottomk"):
            return ranked.best(vector, groups, given, largest=op == "topk")
        raise QueryError(f"aggregation {op!r} is not among those that vedette evaluates")

    def _operated(self, node: Any, steps: Steps) -> Value:
        op, left, right = str(node.op), self.of(node.lhs, steps), self.of(node.rhs, steps)
        as_bool = node.modifier is not None and node.modifier.return_bool
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return Scalar(binary.operated(op, left.values, right.values))
        if isinstance(left, Vector) and isinstance(right, Scalar):
            return binary.with_scalar(op, left, right, swapped=False, as_bool=as_bool)
        if isinstance(left, Scalar) and isinstance(right, Vector):
            return binary.with_scalar(op, right, left, swapped=True, as_bool=as_bool)
        assert isinstance(left, Vector)
        assert isinstance(right, Vector)
        matching = matching_of(node.modifier)
        if op in binary.SETS:
            return binary.sets(op, left, right, matching)
        return binary.vectors(op, left, right, matching, self._use, as_bool=as_bool)


def _negated(value: Value) -> Value:
    if isinstance(value, Scalar):
        return Scalar(-value.values)
    assert isinstance(value, Vector)
    return made([without_name(one) for one in value.labels], -value.values, value.there)


def evaluated(
    evaluation: Evaluation, node: Any, steps: Steps
) -> Value | Mapping[str, list[Samples]]:
    """The answer to a query; of one for a range alone, at a single instant, its samples."""
    inner = node
    while isinstance(inner, grammar.ParenExpr):
        inner = inner.expr
    if not isinstance(inner, grammar.MatrixSelector | grammar.SubqueryExpr):
        return evaluation.of(node, steps)
    found = []
    for own in evaluation.ranges(inner, steps):
        rows = slice(int(own.first[0]), int(own.last[0]))
        one = own.samples
        if own.counts[0]:
            found.append(one._replace(times=one.times[rows], values=one.values[rows]))
    return {"matrix": found}
