"""A sampled column as numbers, words or instants.

Owns: which of these a column is read as, and the reading.  Does not own: kinds (`profiles.infer`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.ingest.sampling import keys
from vedette.profiles.clock import READABLE
from vedette.profiles.columns import as_codes, as_numbers, is_text, one_batch
from vedette.profiles.infer import infer_kind
from vedette.profiles.spelt import INSTANT, WITH_OFFSET

SECOND = 1_000_000_000
HOURS = 24


def first_half(rows: int) -> NDArray[np.bool_]:
    """Which rows belong to the half that choices are made on; no period of the table is followed.

    Example:
        >>> first_half(1000).sum(), first_half(1000)[::4].sum()
        (np.int64(500), np.int64(126))
    """
    chosen: NDArray[np.bool_] = keys(0, rows) < np.uint64(1 << 63)
    return chosen


@dataclass(frozen=True, eq=False)
class Values:
    """A column of a sample.

    Shapes: `numbers` float64[n], NaN where there is none, of "number" and "time" (seconds since
    1970); `codes` int64[n] into `words`, below 0 where there is none, of "text".
    """

    name: str
    kind: str  # "number", "text", "time"; "" for what cannot be compared value by value
    rows: int
    numbers: NDArray[np.float64] | None = None
    codes: NDArray[np.int64] | None = None
    words: tuple[str, ...] = ()

    @cached_property
    def ordered(self) -> NDArray[np.float64]:
        """The numbers there are, ascending."""
        assert self.numbers is not None
        kept: NDArray[np.float64] = np.sort(self.numbers[~np.isnan(self.numbers)])
        return kept

    @cached_property
    def tally(self) -> dict[str, int]:
        """How many rows hold each word."""
        assert self.codes is not None
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))
        return {word: int(n) for word, n in zip(self.words, counts, strict=True) if n}

    @property
    def usable(self) -> int:
        """Rows with a value."""
        return sum(self.tally.values()) if self.kind == "text" else len(self.ordered)

    @property
    def missing(self) -> float:
        """Share of rows without a value."""
        return 1 - self.usable / self.rows if self.rows else 0.0

    @cached_property
    def different(self) -> int:
        """Number of different values."""
        return len(self.tally) if self.kind == "text" else len(np.unique(self.ordered))

    @property
    def is_clock(self) -> bool:
        """Whether rows have an hour of the day."""
        if self.kind == "time":
            return bool(len(self.ordered)) and bool(np.any(self.ordered % 86_400))
        named = self.name.lower().split("_")[-1] in ("hour", "hours", "hr")
        if self.kind != "number" or not named or not len(self.ordered):
            return False
        whole = bool(np.all(self.ordered == np.floor(self.ordered)))
        return whole and self.ordered[0] >= 0 and self.ordered[-1] <= HOURS and self.different > 2

    @cached_property
    def hours(self) -> NDArray[np.int64]:
        """The hour of the day of every row, -1 where there is none."""
        assert self.numbers is not None
        seen = ~np.isnan(self.numbers)
        value = np.where(seen, self.numbers, 0.0)
        hour = value // 3600 if self.kind == "time" else value
        return np.where(seen, hour % HOURS, -1).astype(np.int64)


def values_of(table: pa.Table, name: str, kind: str | None = None) -> Values:
    """Read a column of a sample; `kind` as the schema has it, else guessed."""
    column = table.column(name)
    kind = kind or infer_kind(column, name)
    array = one_batch(table.select([name])).column(0) if len(table) else pa.nulls(0, column.type)
    t, stored = pa.types, array.type
    if t.is_null(stored):
        return Values(name, "", len(array))
    if kind == "time" or (t.is_temporal(stored) and not t.is_duration(stored)):
        seconds = _seconds(array)
        return Values(name, "time", len(array), numbers=seconds)
    if is_text(stored):
        if kind in ("numeric", "integer"):
            return Values(name, "number", len(array), numbers=_numbers(array))
        read = as_codes(array)
        words = tuple(word or "" for word in read.dictionary.to_pylist())
        return Values(name, "text", len(array), codes=read.codes.astype(np.int64), words=words)
    if (
        t.is_boolean(stored)
        or t.is_integer(stored)
        or t.is_floating(stored)
        or t.is_duration(stored)
    ):
        return Values(name, "number", len(array), numbers=_numbers(array))
    return Values(name, "", len(array))


def _numbers(array: pa.Array) -> NDArray[np.float64]:
    read = as_numbers(array)
    values = read.values.astype(np.float64)
    keep = np.isfinite(values)
    if read.usable is not None:
        keep &= read.usable
    return np.where(keep, values, np.nan)


def _seconds(array: pa.Array) -> NDArray[np.float64]:
    """Instants in seconds since 1970; text as ISO 8601 writes it, without an offset as UTC."""
    if not is_text(array.type):
        try:
            return _counted(array)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return np.full(len(array), np.nan)
    read = as_codes(array)
    texts = read.dictionary
    readable = pc.and_(
        pc.match_substring_regex(texts, INSTANT), pc.match_substring_regex(texts, READABLE)
    )
    offset = pc.match_substring_regex(texts, WITH_OFFSET)
    seconds = np.full(len(texts) + 2, np.nan)
    for chosen, kind in (
        (pc.and_not(readable, offset), pa.timestamp("ns")),
        (pc.and_(readable, offset), pa.timestamp("ns", "UTC")),
    ):
        part = pc.if_else(chosen, texts, pa.scalar(None, texts.type)).cast(kind)
        found = _counted(part)
        seconds[: len(texts)] = np.where(np.isnan(found), seconds[: len(texts)], found)
    rows: NDArray[np.float64] = seconds[read.codes]
    return rows


def _counted(array: pa.Array) -> NDArray[np.float64]:
    t = pa.types
    if t.is_time(array.type):
        per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": SECOND}[array.type.unit]
        whole = array.cast(pa.int32() if t.is_time32(array.type) else pa.int64())
    else:
        per, whole = SECOND, array.cast(pa.timestamp("ns"), safe=False).cast(pa.int64())
    absent = np.asarray(array.is_null())
    return np.where(absent, np.nan, np.asarray(whole.fill_null(0)).astype(np.float64) / per)
