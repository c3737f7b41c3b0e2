"""What is counted of a column, exactly and over all rows.

Owns: agreeing, differing and missing rows, all over and by segment; how large differences are;
which categories became which.  Does not own: the join (`joined`), what explains it (`causes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vedette.engine.skew.causes.pairs import BOOLEAN, NUMBER, TEXT, TIME
from vedette.engine.skew.keyed.joined import DIFFER, NEITHER, NOT_OFFLINE, NOT_ONLINE, SAME
from vedette.engine.skew.keyed.kinds import Column
from vedette.engine.skew.keyed.loaded import Database, Segment, part_of
from vedette.stats.intervals import wilson

QUANTILES = (0.5, 0.9, 0.99)
SHOWN_PAIRS = 10  # pairs of categories, the commonest
CATEGORIES = 50  # different offline values; a column of more is no category and shows none
SHOWN_SEGMENTS = 20
SPREAD_ROWS = 2_000_000  # differences whose quantiles are exact; of more a part is taken


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of a column agree, and how the others do not.

    Example:
        >>> Tally(same=97, differ=2, not_online=1).rate
        0.03
    """

    same: int = 0
    neither: int = 0
    differ: int = 0
    not_online: int = 0
    not_offline: int = 0

    @property
    def rows(self) -> int:
        """Rows that are compared; missing on both sides is the same."""
        return self.same + self.neither + self.mismatches

    @property
    def mismatches(self) -> int:
        """Rows that differ: in value, or missing on one side."""
        return self.differ + self.not_online + self.not_offline

    @property
    def rate(self) -> float | None:
        """Share of rows that differ; None when there are none."""
        return self.mismatches / self.rows if self.rows else None

    @property
    def interval(self) -> tuple[float, float]:
        """The share with 95 %."""
        return wilson(self.mismatches, self.rows)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How far differing numbers lie apart; seconds for times."""

    mean: float | None
    quantiles: tuple[float | None, ...]
    largest: float | None


@dataclass(frozen=True, slots=True)
class InSegment:
    """A column in one segment."""

    column: str
    value: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Confusion:
    """An offline and an online category, and the rows that have them."""

    offline: Any
    online: Any
    rows: int


def tallies(database: Database, columns: Sequence[Column]) -> dict[int, Tally]:
    """Count every column, in one scan."""
    row = database.rows(f"SELECT {_counts(columns)} FROM joined WHERE status = 0")[0]
    return _split(row, columns)


def by_segment(
    database: Database, columns: Sequence[Column], segment: Segment
) -> dict[int, list[InSegment]]:
    """Count every column in each value of a segment's column."""
    rows = database.rows(
        f"SELECT g{segment.place}, {_counts(columns)} FROM joined WHERE status = 0"
        " GROUP BY 1 ORDER BY 1 NULLS LAST"
    )
    found: dict[int, list[InSegment]] = {column.place: [] for column in columns}
    for value, *numbers in rows:
        for place, tally in _split(numbers, columns).items():
            shown = "missing" if value is None else str(value)
            found[place].append(InSegment(segment.held.name, shown, tally))
    return found


def sizes(database: Database, column: Column, differ: int) -> Sizes | None:
    """How far differing values lie apart; None for text and booleans."""
    if column.kind in (TEXT, BOOLEAN) or not differ:
        return None
    gap = column.gap(f"o{column.place}", f"s{column.place}")
    where = f"status = 0 AND c{column.place} = {DIFFER} AND isfinite({gap})"
    mean, largest = database.rows(f"SELECT avg({gap}), max({gap}) FROM joined WHERE {where}")[0]
    part = ""
    if differ > SPREAD_ROWS:
        part = f" AND {part_of('here', SPREAD_ROWS / differ)}"
    levels = ", ".join(map(str, QUANTILES))
    found = database.rows(
        f"SELECT quantile_cont({gap}, [{levels}]) FROM joined WHERE {where}{part}"
    )[0][0]
    return Sizes(mean, tuple(found) if found else (None,) * len(QUANTILES), largest)


def confusion(database: Database, column: Column, *, whatever: bool) -> tuple[Confusion, ...]:
    """The commonest pairs of categories that differ, counted exactly.

    Bounds: none of a column whose differing rows hold more than 50 different offline values, unless
    single values may be shown.
    """
    if column.kind in (NUMBER, TIME) and not (column.offline.whole and column.online.whole):
        return ()
    o, s = f"o{column.place}", f"s{column.place}"
    where = f"status = 0 AND c{column.place} = {DIFFER}"
    distinct = database.rows(f"SELECT approx_count_distinct({o}) FROM joined WHERE {where}")[0][0]
    if distinct > CATEGORIES and (column.kind == NUMBER or not whatever):
        return ()
    rows = database.rows(
        f"SELECT {o}, {s}, count(*) FROM joined WHERE {where} GROUP BY 1, 2"
        f" ORDER BY 3 DESC, 1, 2 LIMIT {SHOWN_PAIRS}"
    )
    return tuple(Confusion(*row) for row in rows)


def _counts(columns: Sequence[Column]) -> str:
    return ", ".join(f"count_if(c{column.place} = {code})" for column in columns for code in _CODES)


_CODES = (SAME, NEITHER, DIFFER, NOT_ONLINE, NOT_OFFLINE)


def _split(numbers: Sequence[int], columns: Sequence[Column]) -> dict[int, Tally]:
    n = len(_CODES)
    return {
        column.place: Tally(*(int(x) for x in numbers[i * n : (i + 1) * n]))
        for i, column in enumerate(columns)
    }


def standing_out(
    cells: Sequence[InSegment], whole: Tally, chosen: Mapping[str, bool], own: str = ""
) -> tuple[InSegment, ...]:
    """The segments to show: all of columns that were asked for, else those that hold most of the
    mismatches and differ more than the rest; not the column itself, which `own` names."""
    kept = [
        cell
        for cell in cells
        if cell.tally.rows
        and (
            chosen.get(cell.column, False)
            or (
                cell.column != own
                and cell.tally.mismatches >= 0.2 * max(whole.mismatches, 1)
                and (cell.tally.rate or 0.0) >= 1.3 * (whole.rate or 0.0)
            )
        )
    ]
    kept.sort(key=lambda cell: (-cell.tally.mismatches, cell.column, cell.value))
    return tuple(kept[:SHOWN_SEGMENTS])
