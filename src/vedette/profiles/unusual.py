"""Single values against the reference: which are unusual, why, and where each one lies.

Owns: the judgement of a value by the baseline's bins and counts alone, for whole batches at once.
Does not own: what many values together say (`monitors`), what may be shown of one (the caller
says).

Nothing is estimated: a value is unusual when the reference shows nothing like it, or next to
nothing.  That is a reason to look, no evidence of a change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.words import number, percent
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NominalBinning, NumericBinning, hash_text
from vedette.profiles.cell import Cell
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent
from vedette.profiles.profile import WHOLE

# The outermost bins hold a thousandth of the reference each, by the choice of their edges: what
# lies there is ordinary.  Half of that is rarer than any bin is by design.
RARE = 0.0005
RUNS = 4  # runs of rare bins up to which comparing is quicker than searching
MEMO = 200_000  # categories remembered per column; beyond, they are looked up again

USUAL, MISSING, BROKEN, NOT_FINITE, BELOW, ABOVE, UNSEEN, SELDOM = range(8)
_BEYOND: Mapping[int, tuple[str, str, str]] = {
    BELOW: ("below", "min", "low"),
    ABOVE: ("above", "max", "high"),
}
KINDS = ("usual", "missing", "broken", "not_finite", "below", "above", "unseen", "rare")

Codes = NDArray[np.uint8]


class Place(NamedTuple):
    """Where one value lies in the reference.

    Units: shares of the reference's rows.  `low` and `high` hold the share of values at or below it
    between them (the bins do not know it better); `share` that of its category, or of all those
    counted together with it.  None where it does not apply.
    """

    missing: float
    low: float | None = None
    high: float | None = None
    share: float | None = None
    together: bool = False  # the share is that of all rarer categories


@dataclass(frozen=True, eq=False)
class Ordered:
    """An ordered column of the reference.  Shapes: edges float64[k + 1], counts int64[k + 2]."""

    cell: Cell
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    runs: tuple[tuple[float, float], ...]  # (a, b] in which next to nothing lies

    @classmethod
    def of(cls, cell: Cell, binning: NumericBinning) -> "Ordered":
        """Find the rare stretches."""
        counts = np.zeros(binning.bins, np.int64) if cell.bins is None else cell.bins.counts
        rare = counts[1:-1] < RARE * max(cell.rows, 1)
        steps = np.flatnonzero(np.diff(np.concatenate([[0], rare.astype(np.int8), [0]])))
        runs = [
            (float(binning.edges[a]), float(binning.edges[b]))
            for a, b in zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True)
        ]
        return cls(cell, binning.edges, counts, tuple(runs))

    def codes(self, column: pa.Array) -> Codes:
        """Judge every row."""
        read = as_numbers(column)
        values = read.values.astype(np.float64, copy=False)
        found = np.zeros(len(values), np.uint8)
        if self.cell.usable:
            found[values <= self.edges[0]] = BELOW
            found[values > self.edges[-1]] = ABOVE
            self._seldom(values, found)
        found[~np.isfinite(values)] = NOT_FINITE if _never(self.cell.not_finite, self.cell) else 0
        return _special(found, self.cell, read.missing, read.broken)

    def _seldom(self, values: NDArray[np.float64], found: Codes) -> None:
        if len(self.runs) > RUNS:
            places = self.edges.searchsorted(values, side="left")
            rare = self.counts < RARE * self.cell.rows
            rare[[0, -1]] = False
            found[rare[places]] = SELDOM
            return
        for low, high in self.runs:
            found[(values > low) & (values <= high)] = SELDOM

    def place(self, column: pa.Array) -> Place:
        """Where the first row's value lies."""
        missing, value = _share(self.cell.missing, self.cell.rows), _first(column)
        below = np.concatenate([[0], np.cumsum(self.counts)])
        total = int(below[-1])
        if value is None or not total:
            return Place(missing)
        at = int(self.edges.searchsorted(value, side="left"))
        on_edge = at < len(self.edges) and self.edges[at] == value
        low, high = float(below[at] / total), float(below[at + 1] / total)
        return Place(missing, high if on_edge else low, high)

    def words(self, code: int, value: object, shown: bool) -> str:
        """Why a value is unusual, to follow its column's name."""
        if code in (BELOW, ABOVE, SELDOM) and isinstance(value, str):
            told = _said(value)  # text that spells a number was judged as one
            value, shown = told, shown and told is not None
        if code in (BELOW, ABOVE):
            side, name, limit = _BEYOND[code]
            lies = f"lies {side} everything in the reference"
            if not shown:
                return f"has a value that {lies}"
            end = getattr(self.cell.moments, limit, float("nan"))
            digits = _digits(value, end)
            return f"{_spelt(value, digits)} {lies} ({name} {number(end, digits)})"
        if code == SELDOM:
            said = f"{_spelt(value)} " if shown else "has a value that "
            return f"{said}lies where less than {percent(RARE)} of the reference does"
        return _special_words(code, self.cell, value, shown, "no number")


@dataclass(frozen=True, eq=False)
class Nominal:
    """A nominal column of the reference.  Shapes: judged uint8[k + 2], the code of every place."""

    cell: Cell
    binning: NominalBinning
    counts: NDArray[np.int64]
    judged: Codes
    memo: dict[str, int] = field(default_factory=dict)  # category: place

    @classmethod
    def of(cls, cell: Cell, binning: NominalBinning) -> "Nominal":
        """Find the rare categories."""
        size = len(binning.names) + 2
        counts = np.zeros(size, np.int64) if cell.counts is None else cell.counts.counts
        judged = np.where(counts < RARE * max(cell.rows, 1), SELDOM, USUAL).astype(np.uint8)
        # One of the others is no more frequent than the last that has a name.
        judged[-2] = judged[-3] if size > 2 else USUAL
        judged[-1] = UNSEEN
        return cls(cell, binning, counts, judged)

    def codes(self, column: pa.Array) -> Codes:
        """Judge every row."""
        read = as_codes(column)
        if not self.cell.usable:
            found = np.zeros(len(read.codes), np.uint8)
        else:
            places = [self._place(value) for value in read.dictionary.to_pylist()]
            table = np.append(self.judged[np.array(places, np.intp)], np.zeros(2, np.uint8))
            found = table[read.codes]  # -1 and -2 pick the two last
        return _special(found, self.cell, read.codes == -1, read.codes == -2)

    def _place(self, value: str | None) -> int:
        text = "" if value is None else value
        place = self.memo.get(text)
        if place is None:
            place = self.binning.places.get(text)
            if place is None:
                place = self.binning.place(text, hash_text(self.binning.spelt(text)))
            if len(self.memo) < MEMO:
                self.memo[text] = place
        return place

    def place(self, column: pa.Array) -> Place:
        """Where the first row's value lies."""
        missing, read = _share(self.cell.missing, self.cell.rows), as_codes(column)
        if read.codes[0] < 0:
            return Place(missing)
        place = self._place(read.dictionary[int(read.codes[0])].as_py())
        share = _share(int(self.counts[place]), self.cell.rows)
        return Place(missing, share=share, together=place == len(self.binning.names))

    def words(self, code: int, value: object, shown: bool) -> str:
        """Why a value is unusual, to follow its column's name."""
        said = f"{_spelt(value)} " if shown else "has a value that "
        if code == UNSEEN:
            return said + "was never seen in the reference"
        if code == SELDOM:
            return said + f"is held by less than {percent(RARE)} of the reference"
        return _special_words(code, self.cell, value, shown, "no category")


@dataclass(frozen=True, eq=False)
class Judge:
    """Every column of a baseline, ready to judge rows.  Made once, used for many batches.

    Shapes: `directions` what derived columns are made with.
    """

    columns: Mapping[str, Ordered | Nominal]
    directions: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(cls, baseline: Baseline, names: Iterable[str]) -> "Judge":
        """Judge some columns of a baseline; those that it does not compare are left out."""
        made: dict[str, Ordered | Nominal] = {}
        for name in names:
            binning = baseline.binnings.get(name)
            cell = baseline.profile.cells.get((name, WHOLE))
            if binning is None or cell is None:
                continue
            if isinstance(binning, NumericBinning):
                made[name] = Ordered.of(cell, binning)
            else:
                made[name] = Nominal.of(cell, binning)
        return cls(made, baseline.directions)

    def codes(self, batch: pa.RecordBatch, names: Iterable[str] | None = None) -> dict[str, Codes]:
        """Judge every row in every column, or in some.

        Shapes: uint8[n] by column, an index of `KINDS`; 0 where nothing is unusual.
        Bounds: about 5 ns a number, 2 ns a category that comes coded.
        """
        wanted = self.columns if names is None else [n for n in names if n in self.columns]
        return {name: self.columns[name].codes(column_or_absent(batch, name)) for name in wanted}

    def unusual(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        """Which rows have at least one unusual value.  Shapes: bool[n]."""
        found = np.zeros(batch.num_rows, np.bool_)
        for column in self.codes(batch).values():
            found |= column > 0
        return found

    def place(self, name: str, column: pa.Array) -> Place | None:
        """Where a column's only value lies; None for a column that is not compared."""
        known = self.columns.get(name)
        return None if known is None else known.place(column)

    def reason(self, name: str, code: int, value: object, *, shown: bool = True) -> str:
        """Why a value is unusual, in a sentence; without `shown` it does not name the value.

        Example:
            >>> from vedette.core.schema import Schema
            >>> from vedette.sketches.counts import Counts
            >>> binning = NominalBinning(("AA", "UA"), np.array([], np.uint64))
            >>> cell = Cell(9, counts=Counts(np.array([5, 4, 0, 0])))
            >>> judge = Judge({"carrier": Nominal.of(cell, binning)})
            >>> judge.reason("carrier", UNSEEN, "ZZ")
            "`carrier` 'ZZ' was never seen in the reference"
        """
        return f"`{name}` {self.columns[name].words(code, value, shown)}"


def _never(rows: int, cell: Cell) -> bool:
    """Whether the reference shows this next to never."""
    return cell.rows > 0 and rows < RARE * cell.rows


def _special(
    found: Codes, cell: Cell, missing: NDArray[np.bool_] | None, broken: NDArray[np.bool_] | None
) -> Codes:
    """Lay rows without a usable value over the others."""
    if missing is not None:
        found[missing] = MISSING if _never(cell.missing, cell) else USUAL
    if broken is not None:
        found[broken] = BROKEN if _never(cell.broken, cell) else USUAL
    return found


def _special_words(code: int, cell: Cell, value: object, shown: bool, wrong: str) -> str:
    if code == MISSING:
        rare = f"happens in {percent(cell.missing / cell.rows)} of the reference's rows"
        return f"is missing, which {rare if cell.missing else 'never happens in the reference'}"
    if code == NOT_FINITE:
        return "is not a finite number"
    if code == BROKEN:
        return f"{_spelt(value)} is {wrong}" if shown else f"is {wrong}"
    return "is usual"


def _said(text: str) -> float | None:
    """The number that a text spells; None where it is masked, or stands in a hidden one's place."""
    try:
        return float(text)
    except ValueError:
        return None


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _first(column: pa.Array) -> float | None:
    read = as_numbers(column)
    if (read.missing is not None and read.missing[0]) or (
        read.broken is not None and read.broken[0]
    ):
        return None
    value = float(read.values.astype(np.float64)[0])
    return value if np.isfinite(value) else None


def _spelt(value: object, digits: int = 4) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(str(value))
    return number(float(value), digits)


def _digits(value: object, limit: float) -> int:
    """As many digits as tell a value from the limit that it is beyond."""
    if isinstance(value, int | float):
        for digits in (4, 6, 9, 12):
            if number(limit, digits) != number(float(value), digits):
                return digits
    return 17
