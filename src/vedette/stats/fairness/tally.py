"""The rows of each group that every figure of fairness is a share of.

Owns: the tally of a count cube.  Does not own: the cube (`sketches.cube`), which share is which
metric (`stats.fairness.metrics`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[Any]  # int64, or float64 where rows carry weights
Places = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Tally:
    """Rows by group, with one class that counts as selected, or positive.

    `labelled` rows have a label; tp, fp, fn and tn part them by decision and label; of `right` ones
    the two are the same class.  `scored` are the labelled rows with a score, `happened` the
    positive ones among them, `expected` the sum of their scores, `expected_squares` that of the
    squares.

    Shapes: [G] each.
    """

    rows: Counts
    selected: Counts
    labelled: Counts
    tp: Counts
    fp: Counts
    fn: Counts
    tn: Counts
    right: Counts
    scored: Counts
    happened: Counts
    expected: Counts
    expected_squares: Counts

    @classmethod
    def of(
        cls, counts: Counts, scores: NDArray[np.float64], positive: int, score_of: int = 1
    ) -> Self:
        """Tally the two arrays of a cube.

        The score is the chance of the class `score_of`; where that is not `positive` (two classes,
        of which 0 counts as selected), the chance is one less the score.

        Shapes: counts [G, D, Y + 1, K], whose last label is "none known" and last bin "no score";
        scores float64[G, Y + 1, 2], sums of the score and of its square.
        Bounds: a class that no label, or no decision, can be has no rows.

        Example:
            >>> counts = np.zeros((1, 2, 3, 1), int)
            >>> counts[0, :, :, 0] = [[40, 10, 3], [20, 30, 7]]  # decision x label
            >>> tally = Tally.of(counts, np.zeros((1, 3, 2)), positive=1)
            >>> [int(n[0]) for n in (tally.rows, tally.selected, tally.tp, tally.fp, tally.right)]
            [110, 57, 30, 20, 70]
        """
        table = counts.sum(axis=3)  # decision x label
        known = table[:, :, :-1]
        decided, labels = known.shape[1:]
        taken = table[:, positive] if positive < decided else np.zeros_like(table[:, 0])
        true = known[:, :, positive] if positive < labels else np.zeros_like(table[:, :, 0])
        tp = taken[:, positive] if positive < labels else np.zeros_like(table[:, 0, 0])
        labelled = known.sum(axis=(1, 2))
        said, happens = taken[:, :-1].sum(axis=1), true.sum(axis=1)
        same = np.arange(min(decided, labels))
        with_score = counts[:, :, :-1, :-1].sum(axis=(1, 3))  # by label
        scored = with_score.sum(axis=1)
        happened = with_score[:, positive] if positive < labels else np.zeros_like(scored)
        sums = scores[:, :-1].sum(axis=1)
        expected, squares = sums[:, 0], sums[:, 1]
        if score_of != positive:
            expected, squares = scored - expected, scored - 2 * expected + squares
        return cls(
            rows=table.sum(axis=(1, 2)),
            selected=taken.sum(axis=1),
            labelled=labelled,
            tp=tp,
            fp=said - tp,
            fn=happens - tp,
            tn=labelled - said - happens + tp,
            right=known[:, same, same].sum(axis=1),
            scored=scored,
            happened=happened,
            expected=expected,
            expected_squares=squares,
        )

    def take(self, places: Places) -> Self:
        """Some of the groups, in the order asked for."""
        index = np.asarray(places, np.intp)
        return self._each(lambda field: field[index])

    def sum(self, places: Places) -> Self:
        """Some groups as one.  Shapes: [1] each."""
        index = np.asarray(places, np.intp)
        return self._each(lambda field: field[index].sum(keepdims=True))

    def total(self) -> Self:
        """Everyone.  Shapes: [1] each."""
        return self._each(lambda field: field.sum(keepdims=True))

    def rest(self, without: NDArray[np.bool_] | None = None) -> Self:
        """Everyone but the group, for each group; `without` bool[G] are in no rest."""
        if without is None:
            return self._each(lambda field: field.sum(keepdims=True) - field)
        kept = self._each(lambda field: np.where(without, 0, field))
        return kept.rest()

    def where(self, chosen: NDArray[np.bool_], other: Self) -> Self:
        """The chosen groups from here, the others from there.  Shapes: bool[G]."""
        parts = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return type(self)(**{name: np.where(chosen, *pair) for name, pair in parts.items()})

    def _each(self, change: Callable[[Counts], Counts]) -> Self:
        return type(self)(**{f.name: change(getattr(self, f.name)) for f in fields(self)})
