"""What a cause gets to see: rows in which a column differs, and what lies around them.

Owns: the values of one side, the pairs, their subsets.  Does not own: where they come from (a
database, twins in memory), causes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
NUMBER, BOOLEAN, TEXT, TIME = "number", "boolean", "text", "time"
KINDS = (NUMBER, BOOLEAN, TEXT, TIME)


@dataclass(frozen=True, eq=False)
class Values:
    """The values of one column on one side.

    Shapes: `data` and `missing` have one entry per row (and, for neighbours, one column per place):
    float64 for numbers and booleans (0, 1), int64 microseconds since 1970 for times, objects that
    are str for text; what stands where something is missing means nothing.
    """

    kind: str
    data: NDArray[Any]
    missing: Mask

    def __len__(self) -> int:
        return len(self.data)

    def take(self, which: Any) -> "Values":
        """Some of the rows."""
        return Values(self.kind, self.data[which], self.missing[which])

    @property
    def present(self) -> "Values":
        """The rows that hold a value."""
        return self.take(~self.missing)

    def floats(self) -> NDArray[np.float64]:
        """Numbers with NaN where one is missing; all NaN for text."""
        if self.kind == TEXT:
            return np.full(self.data.shape, np.nan)
        return np.where(self.missing, np.nan, self.data.astype(np.float64))


def values_of(rows: Iterable[object], kind: str | None = None) -> Values:
    """Make the values of a side out of Python objects; None, and a number that is none, is missing.

    Shapes: times are int microseconds, and are only times if `kind` says so.  Numbers among text
    become text.
    Example:
        >>> side = values_of([1, 2.5, None])
        >>> side.kind, side.missing.tolist()
        ('number', [False, False, True])
    """
    given = list(rows)
    gone = [v is None or (isinstance(v, float) and v != v) for v in given]
    held = [v for v, lost in zip(given, gone, strict=True) if not lost]
    missing = np.array(gone, np.bool_)
    if kind is None:
        if held and all(isinstance(v, bool) for v in held):
            kind = BOOLEAN
        else:
            kind = NUMBER if all(isinstance(v, int | float) for v in held) else TEXT
    if kind == TEXT:
        data = np.empty(len(given), object)
        data[:] = ["" if lost else str(v) for v, lost in zip(given, gone, strict=True)]
        return Values(kind, data, missing)
    dtype: Any = np.int64 if kind == TIME else np.float64
    data = np.array([0 if lost else v for v, lost in zip(given, gone, strict=True)], dtype)
    return Values(kind, data, missing)


@dataclass(frozen=True)
class Statistics:
    """The offline column as a whole, all rows of it: what a scaler or a filler would know."""

    mean: float
    sd: float
    low: float
    high: float
    median: float
    q25: float
    q75: float
    rows: int


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Offline values some rows before each row in some order.

    Shapes: `lags` int[k], positive is earlier; `values` n rows of k.  `order` completes "rows
    earlier ...".
    """

    order: str
    lags: tuple[int, ...]
    values: Values


@dataclass(frozen=True, eq=False)
class History:
    """Earlier offline values of the same key, for each row, newest first.

    Shapes: `until` and `since` are the ages in microseconds between which a value was the one that
    was true (since its time, until it was replaced), both counted back from the row's time; n rows
    of k; values that are not there are missing.
    """

    values: Values
    since: NDArray[np.int64]
    until: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows in which a column differs between offline and online.

    The rows are in random order, or at least in none that has to do with their values.
    `same` are offline values of rows that agree, `rate` the share of rows that differ, `others` the
    other columns in the same rows (offline, online), `segments` columns by which rows are told
    apart, `same_segments` those of `same`.  Only the first two must be there.
    """

    offline: Values
    online: Values
    column: str = ""
    same: Values | None = None
    rate: float | None = None
    others: Mapping[str, tuple[Values, Values]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    neighbours: tuple[Neighbours, ...] = ()
    history: History | None = None
    statistics: Statistics | None = None
    segments: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    same_segments: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    absolute: float = 0.0

    def __len__(self) -> int:
        return len(self.offline)

    @property
    def both(self) -> Mask:
        """Rows that hold a value on both sides."""
        return ~(self.offline.missing | self.online.missing)

    @property
    def numeric(self) -> bool:
        """Whether both sides hold numbers."""
        return self.offline.kind == self.online.kind == NUMBER

    def take(self, which: Any) -> "Pairs":
        """Some of the rows, with all that belongs to them."""
        return replace(
            self,
            offline=self.offline.take(which),
            online=self.online.take(which),
            others={k: (a.take(which), b.take(which)) for k, (a, b) in self.others.items()},
            neighbours=tuple(
                Neighbours(one.order, one.lags, one.values.take(which)) for one in self.neighbours
            ),
            history=None
            if self.history is None
            else History(
                self.history.values.take(which),
                self.history.since[which],
                self.history.until[which],
            ),
            segments={k: v.take(which) for k, v in self.segments.items()},
        )

    def shuffled(self) -> "Pairs":
        """The same rows with the online values of other rows: what a cause explains by chance."""
        n = len(self)
        return replace(self, online=self.online.take(np.roll(np.arange(n), max(n // 3, 1))))
