"""How long labels take.

Owns: a histogram of delays, and when a window has the labels that it may expect.  Does not own:
joining labels (`engine.outcomes`).
"""

from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import SECOND

OCTAVES, PARTS = 28, 8  # up to 8 years, in eighths of an octave
ENOUGH = 0.9  # of the labels that usually come, from which a window counts
SETTLED = 0.99  # quantile of the delays after which hardly a label comes
PATIENCE = 4.0  # times the 0.9 quantile of delays, after which a window counts with what it has


@dataclass(frozen=True, eq=False)
class Delays:
    """Labels by how long after their event they became known.

    Shapes: `counts` int64[OCTAVES * PARTS], the last open upwards.
    """

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(OCTAVES * PARTS, dtype=np.int64)
    )

    @property
    def labels(self) -> int:
        """How many were seen."""
        return int(self.counts.sum())

    def quantile(self, q: float) -> int:
        """The delay that a share q of the labels did not exceed; 0 when none came.

        Units: nanoseconds, the upper end of its bin.
        """
        total = self.labels
        if not total:
            return 0
        place = int(np.searchsorted(np.cumsum(self.counts), q * total))
        return int(SECOND * 2 ** ((place + 1) / PARTS))


def observed(delays: Delays, ns: NDArray[np.int64]) -> Delays:
    """Count more labels.  Units: nanoseconds; a label from before its event counts as at once."""
    octaves = np.log2(np.maximum(ns / SECOND, 1.0)) * PARTS
    places = np.minimum(octaves.astype(np.int64), OCTAVES * PARTS - 1)
    return Delays(delays.counts + np.bincount(places, minlength=OCTAVES * PARTS))


class Labelling(msgspec.Struct, frozen=True):
    """How the labels of a model come, in plain numbers.

    Units: `labels` whose delay is known; `median`, `most` (0.9 quantile) and `settled` (0.99) of
    the delays in nanoseconds; `waiting` labels came and are not joined yet, `lost` never found
    their event.
    """

    labels: int = 0
    median: int = 0
    most: int = 0
    settled: int = 0
    waiting: int = 0
    lost: int = 0


def labelling_of(delays: Delays, waiting: int = 0, lost: int = 0) -> Labelling:
    """Put delays in plain numbers."""
    quantiles = (delays.quantile(q) for q in (0.5, ENOUGH, SETTLED))
    return Labelling(delays.labels, *quantiles, waiting, lost)


def matured(
    how: Labelling, age: int, predictions: int, labels: int, usual: float, width: int
) -> bool:
    """Whether a window may be judged: most labels that usually come have come, or waiting is over.

    Units: `age` since the window's end, `width` of a window, nanoseconds; `usual` is the share of
    predictions that end up with a label.
    Example:
        >>> matured(Labelling(10, 1, 2, 3), 0, 100, 95, 1.0, 1), matured(Labelling(), 9, 9, 0, 1.0, 1)
        (True, False)
    """
    if labels >= ENOUGH * usual * predictions and labels > 0:
        return True
    return how.labels > 0 and age >= max(PATIENCE * how.most, width)
