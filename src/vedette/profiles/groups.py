"""Which groups a row belongs to, and what is counted of them.

Owns: the groups of a set of sensitive columns, reading a row's group.  Does not own: finding the
groups of a reference (`profiles.groups_fit`), counting (`profiles.cubes`), figures
(`stats.fairness`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.profiles.binning import name_places
from vedette.profiles.columns import as_codes, column_or_absent
from vedette.profiles.grading import Grading
from vedette.profiles.loss_variation import LossVariation
from vedette.profiles.measures import Measure
from vedette.profiles.numbers import finite

AND = " & "
OTHER, UNSTATED = "other", "not stated"  # the two last groups of every set


@dataclass(frozen=True)
class Groups:
    """The groups of one set of columns: `names` has a value of every column for each group.

    `edges` has for each column the limits between its bands, where it holds numbers; a band holds
    its lower limit, and `bands` are their names in order; () for a column of categories.  Two more
    groups follow the named ones: rows whose values are no named group, and rows that lack a value.
    Example:
        >>> groups = Groups(("race", "sex"), (("B", "F"), ("W", "F")))
        >>> groups.key, groups.labels
        ('race & sex', ('race=B & sex=F', 'race=W & sex=F', 'other', 'not stated'))
    """

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[float, ...], ...] = ()
    bands: tuple[tuple[str, ...], ...] = ()

    @property
    def key(self) -> str:
        """What the set is called."""
        return AND.join(self.columns)

    @property
    def labels(self) -> tuple[str, ...]:
        """What every group is called, the two last ones included."""
        pairs = (zip(self.columns, values, strict=True) for values in self.names)
        named = tuple(AND.join(f"{column}={value}" for column, value in own) for own in pairs)
        return (*named, OTHER, UNSTATED)

    def spoken(self, label: str) -> str:
        """What a group is called where its columns are known: by its values alone.

        Example:
            >>> groups = Groups(("race", "sex"), (("B", "F"),))
            >>> groups.spoken("race=B & sex=F"), groups.spoken("other"), groups.spoken("the rest")
            ('B & F', 'other', 'the rest')
        """
        names = dict(zip(self.labels, self.names, strict=False))
        return AND.join(names[label]) if label in names else label

    def __len__(self) -> int:
        return len(self.names) + 2

    def codes(self, batch: pa.RecordBatch) -> NDArray[np.intp]:
        """The group of every row of a batch.

        Shapes: intp[n], 0 <= code < len(self).
        Example:
            >>> groups = Groups(("sex",), (("F",), ("M",)))
            >>> groups.codes(pa.record_batch({"sex": ["M", None, "F", "X"]})).tolist()
            [1, 3, 0, 2]
            >>> bands = ("below 40", "40 or more")
            >>> groups = Groups(("age",), tuple((b,) for b in bands), ((40.0,),), (bands,))
            >>> groups.codes(pa.record_batch({"age": [39.5, 40.0, None]})).tolist()
            [0, 1, 3]
        """
        named = len(self.names)
        place, table = np.zeros(batch.num_rows, np.intp), np.zeros(named, np.intp)
        absent, width = np.zeros(batch.num_rows, np.bool_), 1
        for at, column in enumerate(self.columns):
            values = [group[at] for group in self.names]
            known = name_places(tuple(dict.fromkeys(values)))
            own = self._read(column_or_absent(batch, column), at, known)
            absent |= own < 0
            size = len(known) + 1  # and one for all values that are in no group
            place, width = place * size + np.maximum(own, 0), width * size
            table = table * size + np.array([known[value] for value in values], np.intp)
        codes = np.full(width, named, np.intp)
        codes[table] = np.arange(named)
        found: NDArray[np.intp] = np.where(absent, named + 1, codes[place])
        return found

    def _read(self, column: pa.Array, at: int, known: Mapping[str, int]) -> NDArray[np.intp]:
        """The place of every value among the names of a column; -1 where there is none."""
        if self.edges and self.edges[at]:
            numbers = finite(column)
            table = np.array([known.get(name, len(known)) for name in self.bands[at]], np.intp)
            band = np.searchsorted(np.array(self.edges[at]), numbers, side="right")
            own: NDArray[np.intp] = np.where(
                np.isfinite(numbers), table[np.minimum(band, len(table) - 1)], -1
            )
            return own
        read = as_codes(stated(column))
        places = [known.get(value, len(known)) for value in read.dictionary.to_pylist()]
        found: NDArray[np.intp] = np.array([*places, -1, -1], np.intp)[read.codes]
        return found  # codes -1 and -2, missing and broken, pick the two last


def stated(column: pa.Array) -> pa.Array:
    """A sensitive column in which NaN is missing: a number that is none states no group.

    Example:
        >>> stated(pa.array([1.0, float("nan")])).null_count
        1
    """
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


@dataclass(frozen=True, eq=False)
class Grouping:
    """How the fairness of a model is looked at.

    Shapes: `grading` says how a decision, a label and a score are read; `sets` are the groups,
    those of single columns before intersections; `measures` are numeric columns compared by group.
    `positive` is the place of the class that counts as selected.  `variation` says how far the gaps
    between a group and the rest lie from one another in ordinary windows, by "metric: group"; None
    where no windows were seen.  `numbers` are the measures with their bins.
    """

    grading: Grading
    sets: tuple[Groups, ...] = ()
    measures: tuple[str, ...] = ()
    positive: int = 1
    labelled: bool = False  # whether the reference had labels
    variation: LossVariation | None = None
    numbers: tuple[Measure, ...] = ()

    @property
    def by_key(self) -> Mapping[str, Groups]:
        """The sets by their keys."""
        return {one.key: one for one in self.sets}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Decisions, labels and score bins of every cube."""
        classes = max(len(self.grading.classes), 1)
        bins = self.grading.bins if self.grading.task == "binary" else 0
        return classes, classes, bins + 1
