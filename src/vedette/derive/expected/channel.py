"""One number that is expected of a row: a chance or an amount.

Owns: the three models of it and their arrays.  Does not own: which numbers a task needs
(`derive.expected.aims`), choosing a model (`derive.expected.fit`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.stats.boosting import mean
from vedette.stats.isotonic import Curve, beta, calibrate
from vedette.stats.trees import Codes, Trees

Array = NDArray[np.float64]
SCORE, ISOTONIC, TREES = "score", "isotonic", "trees"
KINDS = (SCORE, ISOTONIC, TREES)  # from the plainest to the richest
TINY = 1e-6  # no chance is nearer to 0 or 1, no amount nearer to 0


@dataclass(frozen=True, eq=False)
class Channel:
    """What is expected given a base (the model's score, or its prediction) and the row.

    Shapes: `curve` is the calibrated base; `trees` correct the margin of a smoother one, `start`;
    both are None where there are no trees.
    Bounds: `link` is `logit` for chances and `log` for amounts.
    """

    link: str
    curve: Curve
    start: Curve | None = None
    trees: Trees | None = None

    def expect(self, kind: str, base: Array, codes: Codes | None = None) -> Array:
        """Expect the number of every row, the same whatever rows lie beside it.

        Shapes: n rows; `base` NaN where a row has none.
        """
        if kind == SCORE:
            known = np.where(np.isnan(base), self.curve.empty, base)
            return self._bounded(known)
        if kind == ISOTONIC or self.trees is None or codes is None:
            return self._bounded(self.curve.at(base))
        return self._bounded(mean(self.offset(base) + self.trees.sums(codes), self.link))

    def offset(self, base: Array) -> Array:
        """Where the trees start, on the scale on which they add up."""
        smooth = self._bounded((self.start or self.curve).at(base))
        if self.link == "log":
            return np.log(smooth)
        return np.log(smooth) - np.log1p(-smooth)

    def first(self, trees: int) -> "Channel":
        """With only the first trees."""
        if self.trees is None:
            return self
        return replace(self, trees=self.trees.first(trees))

    def _bounded(self, expected: Array) -> Array:
        return np.clip(expected, TINY, 1 - TINY if self.link == "logit" else None)

    def parts(self, name: str) -> dict[str, NDArray[Any]]:
        """The same as plain arrays, under a prefix."""
        curve = self.curve if self.start is None else self.start  # all that its kind reads
        arrays: dict[str, NDArray[Any]] = {
            f"{name}.x": curve.x,
            f"{name}.y": curve.y,
            f"{name}.empty": np.array([curve.empty]),
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
        return cls(link, Curve(parts[f"{name}.x"], parts[f"{name}.y"], empty), None, trees)


def fit_curve(link: str, base: Array, truth: Array) -> Curve:
    """The monotone curve of a number by its base: rising for a chance, either way for an amount."""
    rising = calibrate(base, truth)
    if link == "logit":
        return rising
    falling = calibrate(-base, truth)
    falling = Curve(-falling.x[::-1], falling.y[::-1], falling.empty)
    errors = [float(((curve.at(base) - truth) ** 2).sum()) for curve in (rising, falling)]
    return rising if errors[0] <= errors[1] else falling


def fit_start(link: str, base: Array, truth: Array, curve: Curve) -> Curve:
    """Where trees start: the smooth curve of a chance by a chance, else the monotone one."""
    known = base[~np.isnan(base)]
    chance = link == "logit" and len(known) and known.min() >= 0 and known.max() <= 1
    return beta(base, truth, curve.empty) if chance else curve
