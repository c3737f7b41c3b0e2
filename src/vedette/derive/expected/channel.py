"""One number that is expected of a row: a chance or an amount.

Owns: the three models of it and their arrays.  Does not own: which numbers a task needs
(`derive.expected.aims`), choosing a model (`derive.expected.fit`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.stats.boosting import mean
from vedette.stats.isotonic import Curve
from vedette.stats.trees import Codes, Trees

Array = NDArray[np.float64]
SCORE, ISOTONIC, TREES = "score", "isotonic", "trees"
KINDS = (SCORE, ISOTONIC, TREES)  # from the plainest to the richest
TINY = 1e-6  # no chance is nearer to 0 or 1, no amount nearer to 0


@dataclass(frozen=True, eq=False)
class Channel:
    """What is expected given a base (the model's score, or its prediction) and the row.

    Shapes: `trees` correct the curve's margin; None where there are none.
    Bounds: `link` is `logit` for chances and `log` for amounts.
    """

    link: str
    curve: Curve
    trees: Trees | None = None

    def expect(self, kind: str, base: Array, codes: Codes | None = None) -> Array:
        """Expect the number of every row, the same whatever rows lie beside it.

        Shapes: n rows; `base` NaN where a row has none.
        """
        if kind == SCORE:
            known = np.where(np.isnan(base), self.curve.empty, base)
            return self._bounded(known)
        smooth = self._bounded(self.curve.at(base))
        if kind == ISOTONIC or self.trees is None or codes is None:
            return smooth
        return self._bounded(mean(self.margin(smooth) + self.trees.sums(codes), self.link))

    def margin(self, expected: Array) -> Array:
        """The number on the scale on which trees add up."""
        if self.link == "log":
            return np.log(expected)
        return np.log(expected) - np.log1p(-expected)

    def _bounded(self, expected: Array) -> Array:
        return np.clip(expected, TINY, 1 - TINY if self.link == "logit" else None)

    def parts(self, name: str) -> dict[str, NDArray[Any]]:
        """The same as plain arrays, under a prefix."""
        arrays: dict[str, NDArray[Any]] = {
            f"{name}.x": self.curve.x,
            f"{name}.y": self.curve.y,
            f"{name}.empty": np.array([self.curve.empty]),
        }
        if self.trees is not None:
            arrays |= {f"{name}.masks": self.trees.masks, f"{name}.values": self.trees.values}
        return arrays

    @classmethod
    def of(
        cls, link: str, name: str, parts: Mapping[str, NDArray[Any]], starts: NDArray[np.int64]
    ) -> "Channel":
        """Read what `parts` wrote."""
        empty = float(parts[f"{name}.empty"][0])
        trees = None
        if f"{name}.masks" in parts:
            trees = Trees(parts[f"{name}.masks"], parts[f"{name}.values"], starts)
        return cls(link, Curve(parts[f"{name}.x"], parts[f"{name}.y"], empty), trees)
