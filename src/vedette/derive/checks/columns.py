"""Judging a column by what its field declares.

Owns: the code of every value and exact counts of every kind of violation; what is coded is judged
once per different value.  Does not own: single judgements (`gates`, `limits`), rules (`rules`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.field import Field
from vedette.core.judge import Judge
from vedette.core.violations import CODES, OF_VALUES, VIOLATIONS
from vedette.derive.checks.gates import held, stored
from vedette.derive.checks.limits import out_of_bounds, out_of_length, out_of_lists
from vedette.derive.checks.readings import Flags, present
from vedette.profiles.buffers import fixed, missing
from vedette.profiles.columns import is_text
from vedette.profiles.numbers import are_lists

_FIRST_OF_VALUES = CODES.index(OF_VALUES[0])
_LAST_OF_VALUES = CODES.index(OF_VALUES[-1])


@dataclass(frozen=True, eq=False)
class Judged:
    """What is wrong with the values of a column.

    Shapes: masks bool[n] by kind of violation, only those that some row has.  A row may have
    several.
    """

    rows: int
    present: int  # rows that hold a value
    masks: Mapping[str, Flags]

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The first kind of violation of every row as a position in `CODES`; 0 obeys."""
        codes = np.zeros(self.rows, np.uint8)
        for kind in sorted(self.masks, key=VIOLATIONS.index, reverse=True):
            codes[self.masks[kind]] = CODES.index(kind)
        return codes

    @property
    def counts(self) -> dict[str, int]:
        """The rows that have each kind of violation, exactly."""
        return {kind: int(mask.sum()) for kind, mask in self.masks.items()}

    @property
    def broken(self) -> int:
        """Rows whose value breaks what is said of values; `mostly` speaks of their share."""
        masks = [mask for kind, mask in self.masks.items() if kind in OF_VALUES]
        return int(np.logical_or.reduce(masks).sum()) if masks else 0


def codes(column: pa.Array, field: Field) -> NDArray[np.uint8]:
    """Judge every value of a column: 0 obeys, else the first kind it breaks, a position in `CODES`.

    Errors: SchemaError for a pattern that is no expression of RE2.
    Example:
        >>> from vedette.core.constraints import Constraints
        >>> field = Field("x", "numeric", constraints=Constraints(required=True, max=5))
        >>> [CODES[code] for code in codes(pa.array([1, 9, None]), field)]
        ['obeys', 'max', 'required']
    """
    return judge_column(column, Judge(field)).codes


def judge_column(column: pa.Array, judge: Judge) -> Judged:
    """Judge every value of a column.

    Shapes: one array, as sources deliver it or plain.
    Example:
        >>> judged = judge_column(pa.array(["1", "x", None]), Judge(Field("n", "integer")))
        >>> judged.counts, judged.present
        ({'kind': 1}, 2)
    """
    rows = len(column)
    if is_text(column.type) and not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    masks: dict[str, Flags]
    if pa.types.is_dictionary(column.type):
        absent, masks = _coded(column, judge)
    else:
        absent, masks = missing(column), _plain(column, judge)
    there = rows if absent is None else rows - int(absent.sum())
    if absent is not None and judge.limits.required:
        masks["required"] = absent
    return Judged(rows, there, masks)


def _coded(column: pa.Array, judge: Judge) -> tuple[Flags | None, dict[str, Flags]]:
    """Judge the different values, and look every row up."""
    indices, dictionary = column.indices, column.dictionary
    absent, empty = missing(indices), missing(dictionary)
    places = fixed(indices)
    if absent is not None:
        places = np.where(absent, len(dictionary), places)
    if empty is not None:  # a null inside the dictionary is a missing value, too
        absent = np.append(empty, True)[places]
    found = _plain(dictionary, judge)
    spread = {kind: np.append(mask, False)[places] for kind, mask in found.items()}
    return absent, {kind: mask for kind, mask in spread.items() if mask.any()}


def _plain(column: pa.Array, judge: Judge) -> dict[str, Flags]:
    """The violations of a column that is not coded, but for `required`."""
    field, good = judge.field, _there(column)
    masks: dict[str, Flags] = {}
    for kind, passed in (
        ("type", stored(column, field.type) if field.type is not None else None),
        ("kind", held(column, field)),
    ):
        if passed is not None:
            _note(masks, kind, ~passed, good)
            good = passed if good is None else good & passed
    if good is not None and not good.any():
        return masks
    if judge.measured:
        for kind, mask in out_of_length(column, judge):
            _note(masks, kind, mask, good)
    found = _items(column, judge) if are_lists(column.type) else _worth(column, judge, good)
    for kind, mask in found:
        _note(masks, kind, mask, good)
    return masks


def _there(column: pa.Array) -> Flags | None:
    """Which rows hold a value; None when all do."""
    return present(column) if column.null_count else None


def _worth(column: pa.Array, judge: Judge, good: Flags | None) -> Iterable[tuple[str, Flags]]:
    """What is wrong with values themselves; anything may be said of those that are not good."""
    if judge.bounded:
        yield from out_of_bounds(column, judge, good)
    if judge.worded:
        yield from out_of_lists(column, judge)


def _items(column: pa.Array, judge: Judge) -> Iterable[tuple[str, Flags]]:
    """A list has what any of its items has."""
    items = column.flatten()
    if pa.types.is_dictionary(items.type):
        items = items.dictionary_decode()
    there = _there(items)
    parents = fixed(pc.list_parent_indices(column))
    for kind, mask in _worth(items, judge, there):
        rows = np.zeros(len(column), np.bool_)
        rows[parents[mask if there is None else mask & there]] = True
        yield kind, rows


def _note(masks: dict[str, Flags], kind: str, mask: Flags, good: Flags | None) -> None:
    if not mask.any():
        return
    if good is not None:
        mask = mask & good
        if not mask.any():
            return
    masks[kind] = masks[kind] | mask if kind in masks else mask
