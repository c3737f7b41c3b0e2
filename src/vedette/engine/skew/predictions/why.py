"""Why values differ, guessed from the rows that were kept.

Owns: rows for the guesser of causes, in memory.  Does not own: guessing (`skew.causes`).
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.engine.skew.causes.candidate import Cause
from vedette.engine.skew.causes.guess import guess
from vedette.engine.skew.causes.pairs import Pairs, Values
from vedette.engine.skew.keyed.context import values
from vedette.engine.skew.keyed.kinds import kind_of
from vedette.engine.skew.predictions.keeper import Sample
from vedette.engine.skew.predictions.mixed import Sides
from vedette.engine.skew.predictions.unlike import Tolerance, Tolerances
from vedette.engine.skew.predictions.unlike import unlike as differs

FEW_VALUES = 60  # distinct values of a feature by which rows are told apart


def why_features(
    moved: Sample, every: Sample, tolerances: Tolerances, rates: Mapping[str, float]
) -> dict[str, tuple[Cause, ...]]:
    """What was done to each feature that differs.

    Shapes: `moved` rows in which it mattered, `every` rows of all kinds; `rates` of mismatch.
    """
    segments, same_segments = _segments(moved.sides), _segments(every.sides)
    apart, agree = (one.sides.apart(tolerances) for one in (moved, every))
    found = {}
    for at, name in enumerate(moved.sides.shared):
        rows, same = np.flatnonzero(apart[:, at]), np.flatnonzero(~agree[:, at])
        if len(rows) == 0:
            continue
        sides = _values(moved.sides.offline[at]), _values(moved.sides.online.column(name))
        kept = _values(every.sides.offline[at])
        if sides[0] is None or sides[1] is None or kept is None:
            continue
        pairs = Pairs(
            sides[0].take(rows), sides[1].take(rows), name, kept.take(same), rates[name],
            segments=_some(segments, rows, name), same_segments=_some(same_segments, same, name),
        )  # fmt: skip
        found[name] = guess(pairs)
    return found


def why_answers(unlike: Sample, every: Sample, near: Tolerance, rate: float) -> tuple[Cause, ...]:
    """What lies between the answers that were served and those of the model.

    Shapes: the first answers of both were served, the second are the model's.  Nothing is guessed
    of several columns.
    """
    if len(unlike.first.columns) != 1:
        return ()
    told, served = (_values(one.columns[0]) for one in (unlike.second, unlike.first))
    kept = _values(every.second.columns[0])
    if told is None or served is None or kept is None:
        return ()
    same = np.flatnonzero(~differs(every.first.columns[0], every.second.columns[0], near))
    pairs = Pairs(
        told, served, "", kept.take(same), rate, segments=_segments(unlike.sides),
        same_segments=_some(_segments(every.sides), same, ""),
    )  # fmt: skip
    return guess(pairs)


def _segments(sides: Sides) -> dict[str, Values]:
    """The features that have few values."""
    found = {}
    for name, column in zip(sides.online.schema.names, sides.online.columns, strict=True):
        kind = column.type
        if pa.types.is_floating(kind) or pa.types.is_nested(kind):
            continue
        known = _values(column)
        if known is not None and pc.count_distinct(column).as_py() <= FEW_VALUES:
            found[name] = known
    return found


def _some(
    segments: Mapping[str, Values], rows: NDArray[np.integer], without: str
) -> dict[str, Values]:
    return {name: one.take(rows) for name, one in segments.items() if name != without}


def _values(column: pa.Array) -> Values | None:
    kind = kind_of(column.type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    return None if kind is None or pa.types.is_temporal(column.type) else values(column, kind)
