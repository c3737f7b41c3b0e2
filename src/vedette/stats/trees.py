"""Boosted trees over small whole-number codes, kept as plain tables.

Owns: the value and its evaluation.  Does not own: growing them (`stats.boosting`), turning columns
into codes (`derive.expected`).

A tree asks of each column only which codes lead where.  So a tree is, per column and code, the set
of leaves that can still be reached: a bit mask.  The masks of a row's codes, and-ed over the
columns, leave the one bit of the row's leaf.  Four trees of at most 16 leaves share a word of 64
bits (after QuickScorer: Lucchese, Nardini, Orlando, Perego, Tonellotto & Venturini 2015, SIGIR).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

LEAVES = 16  # of a tree: bits of a mask
PER_WORD = 4  # trees whose masks share a word
BLOCK = 2_048  # rows evaluated together: their words and codes stay in the cache
PLACE = np.zeros(1 << LEAVES, np.uint8)  # the place of the only bit of a mask
PLACE[1 << np.arange(LEAVES)] = np.arange(LEAVES)

Codes = Sequence[NDArray[np.intp]]


@dataclass(frozen=True, eq=False)
class Trees:
    """A sum of trees.

    Shapes: `masks` uint64[T / 4, W], W codes of all columns side by side, column f from
    `starts[f]` to `starts[f + 1]`; `values` float64[T, 16], what each leaf adds.
    Bounds: a code lies in [0, starts[f + 1] - starts[f]).
    """

    masks: NDArray[np.uint64]
    values: NDArray[np.float64]
    starts: NDArray[np.int64]

    @classmethod
    def none(cls, starts: NDArray[np.int64]) -> "Trees":
        """No tree: every row's sum is 0."""
        width = int(starts[-1])
        return cls(np.zeros((0, width), np.uint64), np.zeros((0, LEAVES)), starts)

    def first(self, trees: int) -> "Trees":
        """Only the first trees, rounded up to whole words."""
        words = -(-trees // PER_WORD)
        return Trees(self.masks[:words], self.values[: words * PER_WORD], self.starts)

    def used(self) -> NDArray[np.bool_]:
        """Which columns any tree asks about.  Shapes: bool[columns]."""
        return np.asarray(self._asked.any(axis=0))

    @cached_property
    def _asked(self) -> NDArray[np.bool_]:
        """Which columns four trees ask about: those whose codes leave different leaves.

        Shapes: bool[T / 4, columns].
        """
        first = np.repeat(self.masks[:, self.starts[:-1]], np.diff(self.starts), axis=1)
        return np.logical_or.reduceat(self.masks != first, self.starts[:-1], axis=1)

    def sums(self, codes: Codes) -> NDArray[np.float64]:
        """Add up what the trees say of every row, the same whatever rows lie beside it.

        Shapes: `codes` intp[n] per column; returns float64[n].
        """
        rows = len(codes[0]) if len(codes) else 0
        total = np.zeros(rows)
        steps = [self._step(word) for word in range(len(self.masks))]
        for start in range(0, rows, BLOCK):
            part = slice(start, start + BLOCK)
            block = [column[part] for column in codes]
            for asked, values in steps:
                _add(total[part], block, asked, values)
        return total

    def _step(self, word: int) -> tuple[list[tuple[int, NDArray[np.uint64]]], NDArray[np.float64]]:
        """The tables of the columns that four trees ask about, and their leaves side by side."""
        masks = self.masks[word].astype("<u8", copy=False)
        asked = [
            (f, masks[self.starts[f] : self.starts[f + 1]])
            for f in np.flatnonzero(self._asked[word]).tolist()
        ]
        return asked, self.values[word * PER_WORD : (word + 1) * PER_WORD].ravel()


def _add(
    total: NDArray[np.float64],
    codes: Codes,
    asked: Sequence[tuple[int, NDArray[np.uint64]]],
    values: NDArray[np.float64],
) -> None:
    if not asked:  # four trees of one leaf each
        for value in values[::LEAVES]:
            total += value
        return
    column, table = asked[0]
    word = table.take(codes[column])
    for column, table in asked[1:]:
        word &= table.take(codes[column])
    place = PLACE.take(word.view("<u2").reshape(-1, PER_WORD))
    for tree in range(PER_WORD):
        total += values[tree * LEAVES : (tree + 1) * LEAVES].take(place[:, tree])
