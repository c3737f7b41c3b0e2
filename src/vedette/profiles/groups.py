"""Which groups a row belongs to, and what is counted of them.

Owns: the groups of a set of sensitive columns, reading a row's group.  Does not own: finding the
groups of a reference (`profiles.groups_fit`), counting (`profiles.cubes`), figures
(`stats.fairness`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.binning import name_places
from vedette.profiles.columns import as_codes, column_or_absent
from vedette.profiles.grading import Grading
from vedette.profiles.loss_variation import LossVariation

AND = " & "
OTHER, UNSTATED = "other", "not stated"  # the two last groups of every set


@dataclass(frozen=True)
class Groups:
    """The groups of one set of columns: `names` has a value of every column for each group.

    Two more follow: rows whose values are no named group, and rows that lack a value.
    Example:
        >>> groups = Groups(("race", "sex"), (("B", "F"), ("W", "F")))
        >>> groups.key, groups.labels
        ('race & sex', ('race=B & sex=F', 'race=W & sex=F', 'other', 'not stated'))
    """

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]

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

    def __len__(self) -> int:
        return len(self.names) + 2

    def codes(self, batch: pa.RecordBatch) -> NDArray[np.intp]:
        """The group of every row of a batch.

        Shapes: intp[n], 0 <= code < len(self).
        Example:
            >>> groups = Groups(("sex",), (("F",), ("M",)))
            >>> groups.codes(pa.record_batch({"sex": ["M", None, "F", "X"]})).tolist()
            [1, 3, 0, 2]
        """
        n, named = batch.num_rows, len(self.names)
        place = np.zeros(n, np.intp)
        absent = np.zeros(n, np.bool_)
        width = 1
        seen: list[dict[str, int]] = []
        for at, column in enumerate(self.columns):
            known = name_places(tuple(dict.fromkeys(values[at] for values in self.names)))
            read = as_codes(column_or_absent(batch, column))
            nowhere = len(known)
            table = [known.get(value, nowhere) for value in read.dictionary.to_pylist()]
            own = np.array([*table, -1, -1], np.intp)[read.codes]  # -1 and -2 pick the two last
            absent |= own < 0
            place = place * (nowhere + 1) + np.maximum(own, 0)
            width *= nowhere + 1
            seen.append(known)
        codes = np.full(width, named, np.intp)
        for group, values in enumerate(self.names):
            at_once = 0
            for known, value in zip(seen, values, strict=True):
                at_once = at_once * (len(known) + 1) + known[value]
            codes[at_once] = group
        found: NDArray[np.intp] = np.where(absent, named + 1, codes[place])
        return found


@dataclass(frozen=True, eq=False)
class Grouping:
    """How the fairness of a model is looked at.

    Shapes: `grading` says how a decision, a label and a score are read; `sets` are the groups,
    those of single columns before intersections; `measures` are numeric columns compared by group.
    `positive` is the place of the class that counts as selected.  `variation` says how far the gaps
    between a group and the rest lie from one another in ordinary windows, by "metric: group"; None
    where no windows were seen.
    """

    grading: Grading
    sets: tuple[Groups, ...] = ()
    measures: tuple[str, ...] = ()
    positive: int = 1
    labelled: bool = False  # whether the reference had labels
    variation: LossVariation | None = None

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
