"""Operators between two expressions.

Owns: arithmetic, comparison, which series of one side meet which of the other, sets.  Does not own:
evaluating the sides.

Source: VectorBinop and its like of promql/engine.go, Prometheus 2.42.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from vedette.export.promql.values import (
    Array,
    Bools,
    QueryError,
    Scalar,
    Vector,
    all_but,
    changed,
    made,
    nothing,
    only,
    without_name,
    written,
)
from vedette.export.series.series import NAME, Labels

Operate = Callable[[Array, Array], Array]


def _power(a: Array, b: Array) -> Array:
    found: Array = np.power(a, b)
    return found


ARITHMETIC: Mapping[str, Operate] = MappingProxyType(
    {
        "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.fmod,
        "^": _power, "atan2": np.arctan2,
    }
)  # fmt: skip
COMPARISON: Mapping[str, Callable[[Array, Array], Bools]] = MappingProxyType(
    {
        "==": np.equal, "!=": np.not_equal, ">": np.greater, "<": np.less,
        ">=": np.greater_equal, "<=": np.less_equal,
    }
)  # fmt: skip
SETS = ("and", "or", "unless")
ONE_TO_ONE, MANY_TO_ONE, ONE_TO_MANY = "OneToOne", "ManyToOne", "OneToMany"


class Matching(NamedTuple):
    """How series of two sides meet: by some labels (`on`) or by all but some; `include` are those
    that the one side lends to the many."""

    card: str = ONE_TO_ONE
    on: bool = False
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()

    def key(self, labels: Labels) -> Labels:
        """What two series that meet have in common."""
        return only(labels, self.labels) if self.on else all_but(labels, self.labels)


def operated(op: str, a: Array, b: Array) -> Array:
    """What an operator makes of numbers; of a comparison 1 or 0."""
    with np.errstate(all="ignore"):
        if op in COMPARISON:
            return COMPARISON[op](a, b).astype(np.float64)
        return ARITHMETIC[op](a, b)


def with_scalar(op: str, vector: Vector, scalar: Scalar, *, swapped: bool, as_bool: bool) -> Vector:
    """A vector and a number; `swapped` where the number stands first."""
    other = np.broadcast_to(scalar.values, vector.values.shape)
    found = operated(op, *((other, vector.values) if swapped else (vector.values, other)))
    if op in COMPARISON and not as_bool:
        return vector.kept(found > 0)
    return made([without_name(one) for one in vector.labels], found, vector.there)


def sets(op: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    """`and`, `or`, `unless`: by whether the other side has a series of the same key."""
    keys = [matching.key(one) for one in right.labels]
    of_left = [matching.key(one) for one in left.labels]
    if op != "or":
        beside = _presence(of_left, keys, right.there, left.values.shape[1])
        return left.kept(beside if op == "and" else ~beside)
    beside = _presence(keys, of_left, left.there, right.values.shape[1])
    return made(
        [*left.labels, *right.labels],
        np.concatenate([left.values, right.values]),
        np.concatenate([left.there, right.there & ~beside]),
    )


def _presence(keys: list[Labels], others: list[Labels], there: Bools, steps: int) -> Bools:
    """Of every key at every step, whether one of the others is the same and there."""
    found: dict[Labels, Bools] = {}
    for key, own in zip(others, there, strict=True):
        found[key] = found[key] | own if key in found else own
    none = np.zeros(steps, np.bool_)
    return np.array([found.get(key, none) for key in keys], np.bool_).reshape(len(keys), steps)


def vectors(
    op: str, left: Vector, right: Vector, matching: Matching, use: Callable[[int], None],
    *, as_bool: bool,
) -> Vector:  # fmt: skip
    """Arithmetic and comparison of series that meet; `use` is told of the samples as they are made.

    Errors: QueryError where one could meet several and nothing says that it may.
    """
    swapped = matching.card == ONE_TO_MANY
    many, one = (right, left) if swapped else (left, right)
    side = "left" if swapped else "right"
    rows: dict[Labels, list[int]] = {}
    for row, labels in enumerate(one.labels):
        rows.setdefault(matching.key(labels), []).append(row)
    for key, own in rows.items():
        if len(own) > 1 and (one.there[own].sum(axis=0) > 1).any():
            raise QueryError(_several(key, [one.labels[row] for row in own], side))
    met: list[tuple[Labels, Array, Bools]] = []
    taken: dict[Labels, Bools] = {}
    for row, labels in enumerate(many.labels):
        key = matching.key(labels)
        for other in rows.get(key, ()):
            use(many.values.shape[1])
            pair = many.values[row], one.values[other]
            found = operated(op, *(pair[::-1] if swapped else pair))
            there = many.there[row] & one.there[other]
            if op in COMPARISON and not as_bool:
                there, found = there & (found > 0), pair[1] if swapped else pair[0]
            made_labels = _resulting(labels, one.labels[other], op, matching, as_bool=as_bool)
            mark = key if matching.card == ONE_TO_ONE else made_labels
            if mark in taken and (taken[mark] & there).any():
                raise QueryError(AMBIGUOUS if matching.card == ONE_TO_ONE else UNGROUPED)
            taken[mark] = taken[mark] | there if mark in taken else there
            met.append((made_labels, found, there))
    if not met:
        return nothing(left.values.shape[1])
    return made(
        [labels for labels, _, _ in met],
        np.array([values for _, values, _ in met]),
        np.array([there for _, _, there in met]),
    )


AMBIGUOUS = (
    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
)
UNGROUPED = "multiple matches for labels: grouping labels must ensure unique matches"


def _several(key: Labels, found: list[Labels], side: str) -> str:
    return (
        f"found duplicate series for the match group {written(key)} on the {side} hand-side of the "
        f"operation: [{written(found[1])}, {written(found[0])}];many-to-many matching not allowed: "
        "matching labels must be unique on one side"
    )


def _resulting(many: Labels, one: Labels, op: str, matching: Matching, *, as_bool: bool) -> Labels:
    """The labels of what two series that meet give."""
    labels = many
    if op in ARITHMETIC or as_bool:
        labels = without_name(labels)
    if matching.card == ONE_TO_ONE:
        labels = only(labels, matching.labels) if matching.on else tuple(
            pair for pair in labels if pair[0] not in matching.labels
        )  # fmt: skip
    lent = dict(one)
    changes = {name: lent.get(name, "") for name in matching.include if name != NAME}
    return changed(labels, changes) if changes else labels
