"""Differing rows of a column, with what lies around them, for the guesser of causes.

Owns: drawing rows, the other columns in them, offline values some rows before, earlier values of
the same key, the statistics of the column.  Does not own: guessing (`causes.guess`).

The rows drawn are those with the smallest hashes of their places: the same on every run.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from vedette.engine.skew.causes.pairs import (
    BOOLEAN,
    NUMBER,
    TEXT,
    TIME,
    History,
    Neighbours,
    Pairs,
    Statistics,
    Values,
)
from vedette.engine.skew.keyed.asked import Asked
from vedette.engine.skew.keyed.counts import Tally
from vedette.engine.skew.keyed.joined import DIFFER, SAME
from vedette.engine.skew.keyed.kinds import Column
from vedette.engine.skew.keyed.loaded import Database, Segment, part_of

DRAWN = 20_000  # differing rows per column, about
BESIDE = 5  # other columns that are looked at: those whose values are met most often
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 24, -1, -2, -3)
ORDERED_ROWS = 3_000_000  # offline rows that are put in the order of their keys, at most
VERSIONS = 40  # earlier values of a key
DRAWN_AS_OF = 4_000  # differing rows where each has a history
HISTORIES = 30_000_000  # rows of all histories, at most


class Drawer:
    """Draws pairs of one comparison after another; remembers what does not change."""

    def __init__(
        self, database: Database, asked: Asked, columns: Sequence[Column],
        segments: Sequence[Segment],
    ) -> None:  # fmt: skip
        self._db, self._asked, self._columns = database, asked, columns
        self._segments = segments
        self._ranked: list[str] | None = None

    def pairs(self, column: Column, tally: Tally) -> Pairs:
        """Draw differing rows of a column."""
        most = DRAWN_AS_OF if self._asked.time else DRAWN
        share = min(1.1 * most / max(tally.mismatches, 1), 1.0)
        marks = [f"g{s.place}" for s in self._segments]
        self._db.run(
            "CREATE OR REPLACE TEMP TABLE drawn AS"
            " SELECT row_number() OVER (ORDER BY h) - 1 AS i, *"
            f" FROM (SELECT hash(here) AS h, * FROM joined WHERE status = 0"
            f" AND c{column.place} >= {DIFFER} AND {part_of('here', share)})"
            f" ORDER BY h LIMIT {most}"
        )
        others = self._others(column)
        names = [x for c in (column, *others) for x in (f"o{c.place}", f"s{c.place}")]
        table = self._db.arrow(f"SELECT {', '.join([*names, *marks])} FROM drawn ORDER BY i")
        same = self._db.arrow(
            f"SELECT {', '.join([f'o{column.place}', *marks])} FROM joined WHERE status = 0"
            f" AND picked AND c{column.place} = {SAME}"
        )
        return Pairs(
            offline=values(table[f"o{column.place}"], column.offline.kind),
            online=values(table[f"s{column.place}"], column.online.kind),
            column=column.name,
            same=values(same[f"o{column.place}"], column.offline.kind),
            rate=tally.rate,
            others={
                c.name: (
                    values(table[f"o{c.place}"], c.offline.kind),
                    values(table[f"s{c.place}"], c.online.kind),
                )
                for c in others
            },
            neighbours=self._in_file(column, len(table)),
            history=self._history(column, len(table)) if self._asked.time else None,
            statistics=self._statistics(column),
            segments={
                s.held.name: values(table[f"g{s.place}"], TEXT) for s in self._segments
            },
            same_segments={
                s.held.name: values(same[f"g{s.place}"], TEXT) for s in self._segments
            },
            absolute=column.absolute,
        )  # fmt: skip

    def _others(self, column: Column) -> list[Column]:
        """The columns whose offline values most often stand online in the column's place."""
        alike = [c for c in self._columns if c is not column and _alike(c, column)]
        if not alike:
            return []
        s = f"s{column.place}"
        counts = self._db.rows(
            f"SELECT {', '.join(f'count_if({s} = o{c.place})' for c in alike)} FROM drawn"
        )[0]
        met = [(-(count or 0), at) for at, count in enumerate(counts)]
        return [alike[at] for missed, at in sorted(met)[:BESIDE] if missed]

    def by_key(self, column: Column, rows: int) -> tuple[Neighbours, ...]:
        """Neighbours in the order of the keys, for the rows drawn last.

        Bounds: none where sorting would take long: beyond three million offline rows.
        """
        if rows > ORDERED_ROWS:
            return ()
        n = len(self._asked.key)
        orders = [tuple((i + turn) % n for i in range(n)) for turn in range(n)]
        if self._ranked is None:
            self._ranked = []
            for place, order in enumerate(orders):
                by = ", ".join([f"k{i}" for i in order] + (["t"] if self._asked.time else []))
                self._db.run(
                    f"CREATE TABLE ranked{place} AS SELECT pos, row_number() OVER (ORDER BY {by})"
                    " AS place FROM offline"
                )
                self._ranked.append(", ".join(self._asked.key[i] for i in order))
        count = self._db.rows("SELECT count(*) FROM drawn")[0][0]
        return tuple(
            self._neighbours(column, f" in the order of {names}", f"ranked{place}", count)
            for place, names in enumerate(self._ranked)
        )

    def _in_file(self, column: Column, count: int) -> tuple[Neighbours, ...]:
        return (self._neighbours(column, " in the training table", None, count),)

    def _neighbours(self, column: Column, order: str, ranks: str | None, count: int) -> Neighbours:
        """Offline values at places before those of the drawn rows."""
        lags = ", ".join(map(str, LAGS))
        drawn = f"(SELECT i, there, unnest([{lags}]) AS lag FROM drawn)"
        o = f"o{column.place}"
        if ranks is None:
            sql = (
                f"SELECT d.i, d.lag, f.{o} AS v"
                f" FROM (SELECT i, lag, there - lag AS pos FROM {drawn}) d"
                " JOIN offline f ON f.pos = d.pos"
            )
        else:
            sql = (
                f"SELECT d.i, d.lag, f.{o} AS v FROM (SELECT i, lag, a.place - lag AS place FROM"
                f" {drawn} d JOIN {ranks} a ON a.pos = d.there) d"
                f" JOIN {ranks} b ON b.place = d.place JOIN offline f ON f.pos = b.pos"
            )
        table = self._db.arrow(sql)
        at = {lag: i for i, lag in enumerate(LAGS)}
        rows = table["i"].to_numpy()
        places = np.array([at[lag] for lag in table["lag"].to_pylist()], np.int64)
        held = values(table["v"], column.offline.kind)
        return Neighbours(order, LAGS, _spread(held, rows, places, (count, len(LAGS))))

    def _history(self, column: Column, count: int) -> History | None:
        """Earlier offline values of the same keys, newest first.

        Bounds: None where keys have so many rows that it would take long.
        """
        keys = [f"k{i}" for i in range(len(self._asked.key))]
        names = ", ".join(keys)
        rows, distinct = self._db.rows(
            f"SELECT (SELECT count(*) FROM offline SEMI JOIN drawn USING ({names})),"
            f" (SELECT count(*) FROM (SELECT DISTINCT {names} FROM drawn))"
        )[0]
        if rows * count / max(distinct, 1) > HISTORIES:
            return None
        on = " AND ".join(f"d.{key} = f.{key}" for key in keys)
        table = self._db.arrow(
            f"SELECT * FROM (SELECT d.i, d.t - f.t AS age, f.o{column.place} AS v,"
            " row_number() OVER (PARTITION BY d.i ORDER BY f.t DESC) - 1 AS j"
            f" FROM drawn d JOIN offline f ON {on}"
            f" AND f.t <= d.t) WHERE j < {VERSIONS}"
        )
        rows, places = table["i"].to_numpy(), table["j"].to_numpy()
        shape = (count, VERSIONS)
        since = np.zeros(shape, np.int64)
        since[rows, places] = table["age"].to_numpy()
        until = np.full(shape, -1, np.int64)
        until[:, 1:] = since[:, :-1]
        return History(_spread(values(table["v"], column.offline.kind), rows, places, shape),
                       since, until)  # fmt: skip

    def _statistics(self, column: Column) -> Statistics | None:
        if column.offline.kind != NUMBER:
            return None
        o = f"o{column.place}::DOUBLE"
        row = self._db.rows(
            f"SELECT avg(x), stddev_pop(x), min(x), max(x), quantile_cont(x, [0.25, 0.5, 0.75]),"
            f" count(x) FROM (SELECT {o} AS x FROM offline WHERE isfinite({o}))"
        )[0]
        if not row[5]:
            return None
        q25, median, q75 = row[4]
        return Statistics(row[0], row[1], row[2], row[3], median, q25, q75, row[5])


def _alike(one: Column, two: Column) -> bool:
    return one.offline.kind == two.online.kind


def values(column: pa.ChunkedArray, kind: str) -> Values:
    """A column of a query as the guesser takes it."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    missing = np.asarray(array.is_null())
    if kind == TEXT:
        data = array.cast(pa.string()).fill_null("").to_numpy(zero_copy_only=False)
        return Values(kind, data.astype(object), missing)
    whole = kind == TIME
    if kind == BOOLEAN:
        array = array.cast(pa.int8())
    filled = array.cast(pa.int64() if whole else pa.float64(), safe=False).fill_null(0)
    return Values(kind, np.asarray(filled), missing)


def _spread(held: Values, rows: np.ndarray, places: np.ndarray, shape: tuple[int, int]) -> Values:
    data = np.full(shape, "", object) if held.kind == TEXT else np.zeros(shape, held.data.dtype)
    missing = np.ones(shape, np.bool_)
    data[rows, places] = held.data
    missing[rows, places] = held.missing
    return Values(held.kind, data, missing)
