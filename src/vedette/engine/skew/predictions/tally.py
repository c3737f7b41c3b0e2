"""What was logged beside what a model says, counted over batches.

Owns: rows that differ and in which way, flips of class, sizes.  Does not own: asking the model,
what it means.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.engine.skew.predictions.sizes import Size, Sizes
from vedette.engine.skew.predictions.unlike import Tolerance, is_number, numbers, texts, unlike
from vedette.stats.intervals import wilson

OTHER, NOT_SERVED, NOT_REPLAYED, RAISED = "other", "not served", "not replayed", "raised"
KINDS = (OTHER, NOT_SERVED, NOT_REPLAYED, RAISED)  # ways in which a row differs
MOST_CLASSES = 20  # distinct whole numbers up to which they are classes
MOST_FLIPS = 400  # pairs of classes that are counted


@dataclass(frozen=True)
class Share:
    """So many of so many rows, with the 95 % interval of the share in traffic like it."""

    count: int
    rows: int

    @property
    def value(self) -> float:
        """The share itself; 0 of no rows."""
        return self.count / self.rows if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of all such traffic lies."""
        return wilson(self.count, self.rows)


@dataclass(frozen=True)
class Flip:
    """Rows that were served as one class and are another by the model."""

    served: str
    replayed: str
    rows: int


@dataclass(frozen=True)
class Compared:
    """Two answers to the same rows.

    Shapes: `kinds` counts rows that differ by KINDS; `flips` None where the answers are no classes,
    most frequent first; `size` None where they are no numbers or none differs.
    """

    differing: Share
    kinds: Mapping[str, int]
    flips: tuple[Flip, ...] | None
    size: Size | None

    @property
    def flipped(self) -> int:
        """Rows that change class."""
        return sum(flip.rows for flip in self.flips or ())


class Tally:
    """Rows compared so far.  Units: `threshold` from which a number is the positive class."""

    def __init__(self, tolerance: Tolerance, threshold: float | None = None) -> None:
        self._tolerance, self._threshold = tolerance, threshold
        self.rows = self._differing = 0
        self._kinds: Counter[str] = Counter()
        self._flips: Counter[tuple[str, str]] = Counter()
        self._classes: set[str] | None = set()  # None: these are no classes
        self._sizes = Sizes()

    def add(
        self, served: Sequence[pa.Array], replayed: Sequence[pa.Array], failed: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Count rows and say which of them differ."""
        pairs = list(zip(served, replayed, strict=True))
        apart = np.logical_or.reduce([unlike(a, b, self._tolerance) for a, b in pairs]) | failed
        absent = [
            np.logical_or.reduce([_missing(one) for one in side]) for side in (served, replayed)
        ]
        self.rows += len(apart)
        self._differing += int(apart.sum())
        left = apart.copy()
        for kind, rows in ((RAISED, failed), (NOT_REPLAYED, absent[1]), (NOT_SERVED, absent[0])):
            self._kinds[kind] += int((left & rows).sum())
            left &= ~rows
        self._kinds[OTHER] += int(left.sum())
        if all(is_number(a.type) and is_number(b.type) for a, b in pairs):
            self._sizes.add(farthest(served, replayed)[left])
        if len(pairs) == 1:
            self._flip(*pairs[0], left)
        else:
            self._classes = None
        return np.asarray(apart, np.bool_)

    def compared(self) -> Compared:
        """What was counted."""
        flips = None
        if self._classes is not None and self.rows:
            found = sorted(self._flips.items(), key=lambda item: (-item[1], item[0]))
            flips = tuple(Flip(a, b, n) for (a, b), n in found)
        kinds = {kind: self._kinds[kind] for kind in KINDS}
        return Compared(Share(self._differing, self.rows), kinds, flips, self._sizes.size())

    def _flip(self, served: pa.Array, replayed: pa.Array, apart: NDArray[np.bool_]) -> None:
        """Count changes of class, as long as these are classes."""
        if self._classes is None:
            return
        both = [self._named(one) for one in (served, replayed)]
        if both[0] is None or both[1] is None:
            self._classes, self._flips = None, Counter()
            return
        mask = pa.array(apart)
        pairs = zip(*(one.filter(mask).to_pylist() for one in both if one is not None), strict=True)
        self._flips.update(pair for pair in pairs if pair[0] != pair[1])
        if len(self._flips) > MOST_FLIPS:
            self._classes, self._flips = None, Counter()

    def _named(self, column: pa.Array) -> pa.Array | None:
        """Answers as names of classes; None when they are numbers that mean no class."""
        if self._threshold is not None and is_number(column.type):
            high = pa.array(numbers(column) >= self._threshold)
            return pc.if_else(high, f">= {self._threshold:g}", f"< {self._threshold:g}")
        if not is_number(column.type) or pa.types.is_boolean(column.type):
            return texts(column)
        found = numbers(column)
        found = found[np.isfinite(found)]
        if not (found == np.floor(found)).all():
            return None
        assert self._classes is not None
        self._classes.update(pc.unique(texts(column)).drop_null().to_pylist())
        return texts(column) if len(self._classes) <= MOST_CLASSES else None


def farthest(served: Sequence[pa.Array], replayed: Sequence[pa.Array]) -> NDArray[np.float64]:
    """Served less replayed; of several columns the one that lies farthest.  NaN where one is
    missing.

    Example:
        >>> farthest([pa.array([1.0]), pa.array([5])], [pa.array([2.0]), pa.array([0])]).tolist()
        [5.0]
    """
    apart = np.column_stack(
        [numbers(a) - numbers(b) for a, b in zip(served, replayed, strict=True)]
    )
    if apart.shape[1] == 1 or len(apart) == 0:
        return apart[:, 0]
    worst = np.argmax(np.nan_to_num(np.abs(apart), nan=-1.0), axis=1)
    return np.asarray(apart[np.arange(len(apart)), worst])


def _missing(column: pa.Array) -> NDArray[np.bool_]:
    if is_number(column.type):
        return np.isnan(numbers(column))
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), np.bool_)
