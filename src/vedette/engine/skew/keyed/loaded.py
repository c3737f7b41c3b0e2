"""Both sides as tables of a database in a temporary folder.

Owns: the database, loading, keys as they are compared.  Does not own: opening tables
(`ingest.source`), what is compared (`kinds`), joining (`joined`).

The database is an engine here, never a store: it lives in a folder that goes away with it, obeys a
limit of memory, and spills beside itself what does not fit.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from vedette.core.errors import SettingsError, StoreError
from vedette.engine.batch import Progress
from vedette.engine.skew.causes.pairs import NUMBER, TEXT, TIME
from vedette.engine.skew.keyed.asked import Asked
from vedette.engine.skew.keyed.kinds import EPOCH, MOMENT, Held, Paired, held_of
from vedette.ingest.source import Source

SEGMENT_VALUES = 50  # different values of a column by which rows are told apart, at most
SEGMENT_SAMPLE = 10_000
THREADS = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A column of the offline table by which rows are told apart: g0, g1, ... in SQL."""

    place: int
    held: Held
    asked: bool


class Database:
    """A database in a temporary folder; `close` removes it.

    Errors: StoreError when the machine has no room for it.
    """

    def __init__(self, asked: Asked) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="vedette-skew-")
        at = Path(self.folder.name)
        try:
            self.connection = duckdb.connect(
                str(at / "skew.duckdb"),
                config={
                    "memory_limit": asked.memory,
                    "threads": asked.threads or THREADS,
                    "temp_directory": str(at / "spill"),
                    "preserve_insertion_order": False,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                },
            )
        except duckdb.Error as error:
            self.folder.cleanup()
            raise SettingsError("memory", "is not understood", got=_first(error)) from error
        with suppress(duckdb.Error):  # built without time zones, it knows UTC alone
            self.connection.execute("SET GLOBAL TimeZone = 'UTC'")

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and remove its folder."""
        self.connection.close()
        self.folder.cleanup()

    def run(self, sql: str) -> None:
        """Run a statement."""
        self._execute(self.connection, sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        found: list[tuple[Any, ...]] = self._execute(self.connection, sql).fetchall()
        return found

    def arrow(self, sql: str) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with self._reported():
            return self.connection.sql(sql).to_arrow_table()

    def load(self, sql: str, batches: pa.RecordBatchReader) -> None:
        """Run a statement that reads `given`, on a connection of its own."""
        with self.connection.cursor() as cursor:
            cursor.register("given", batches)
            self._execute(cursor, sql)

    def _execute(self, connection: Any, sql: str) -> Any:
        with self._reported():
            return connection.execute(sql)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Errors of the machine in our words."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise StoreError(
                "skew", "the memory it may take does not suffice", got=_first(error),
                hint="give it more: memory=, or --memory",
            ) from error  # fmt: skip
        except duckdb.IOException as error:
            raise StoreError("skew", "its temporary files failed", got=_first(error)) from error


def part_of(column: str, share: float) -> str:
    """SQL that picks a share of the rows by a hash of their place: the same rows on every run."""
    return f"hash({column}) <= {min(int(share * 2**64), 2**64 - 1)}::UBIGINT"


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0]


def segments_of(offline: Source, asked: Asked, paired: Paired) -> tuple[Segment, ...]:
    """The columns by which rows are told apart: those asked for, and every one of few values.

    Bounds: text, booleans and whole numbers of at most 50 different values in a sample.
    """
    wanted: dict[str, bool] = dict.fromkeys(asked.segments, True)
    possible = [
        field.name
        for field in offline.arrow_schema
        if field.name not in wanted
        and (held := held_of(offline, field.name)) is not None
        and held.kind != TIME
        and (held.kind != NUMBER or held.whole)
    ]
    if possible:
        sample = offline.sample(SEGMENT_SAMPLE, possible)
        for name in possible:
            column = sample.column(name)
            distinct = column.unique().drop_null()
            if 2 <= len(distinct) <= min(SEGMENT_VALUES, max(len(column) // 4, 2)):
                wanted[name] = False
    known = [(held_of(offline, name), said) for name, said in wanted.items()]
    told = [(one, said) for one, said in known if one is not None]
    return tuple(Segment(i, one, said) for i, (one, said) in enumerate(told))


def load(
    database: Database,
    sides: tuple[Source, Source],
    asked: Asked,
    paired: Paired,
    segments: Sequence[Segment],
    progress: Progress,
) -> tuple[int, int]:
    """Load both sides at the same time as tables `offline` and `online`; returns their rows.

    Shapes: columns pos (place in the table), k0.. (keys, as they are compared), t (time), o0.. or
    s0.. (values), g0.. (segments, offline only).
    """
    offline, online = sides
    back = {there: here for here, there in asked.names.items()}
    keys = [
        _keys(held_of(offline, name), held_of(online, back.get(name, name))) for name in asked.key
    ]

    def one(
        side: str, source: Source, key_sql: list[Callable[[str], str]], letter: str,
        own: Callable[[str], str], values: list[Held], extra: list[Held],
    ) -> int:  # fmt: skip
        key_names = [own(name) for name in asked.key]
        time = [own(asked.time)] if asked.time else []
        used = list(dict.fromkeys([*key_names, *time, *(h.name for h in (*values, *extra))]))
        at = {name: f"c{i}" for i, name in enumerate(used)}
        picked = [
            f"{sql(at[name])} AS k{i}"
            for i, (sql, name) in enumerate(zip(key_sql, key_names, strict=True))
        ]
        picked += [f"{_time(source, name, at[name])} AS t" for name in time]
        picked += [f"{_value(held, at[held.name])} AS {letter}{i}" for i, held in enumerate(values)]
        picked += [f"{at[held.name]}::VARCHAR AS g{i}" for i, held in enumerate(extra)]
        counted = [0]
        reader = _reader(source, used, counted, progress)
        database.load(f"CREATE TABLE {side} AS SELECT pos, {', '.join(picked)} FROM given", reader)
        return counted[0]

    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(one, "offline", offline, [a for a, _ in keys], "o", lambda name: name,
                        [c.offline for c in paired.columns], [s.held for s in segments]),
            pool.submit(one, "online", online, [b for _, b in keys], "s",
                        lambda name: back.get(name, name),
                        [c.online for c in paired.columns], []),
        ]  # fmt: skip
        rows = [job.result() for job in jobs]
    return rows[0], rows[1]


def _reader(
    source: Source, names: list[str], counted: list[int], progress: Progress
) -> pa.RecordBatchReader:
    """The columns of a source and the place of each row; times as microseconds."""
    types = [source.arrow_schema.field(name).type for name in names]
    schema = pa.schema(
        [pa.field("pos", pa.int64())]
        + [pa.field(f"c{i}", _stored(kind)) for i, kind in enumerate(types)]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in source.batches(names):
            start = counted[0]
            counted[0] += batch.num_rows
            place = pa.array(np.arange(start, counted[0], dtype=np.int64))
            arrays = [_storable(batch.column(name)) for name in names]
            yield pa.RecordBatch.from_arrays([place, *arrays], schema=schema)
            progress(source.name, counted[0], source.rows)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _stored(kind: pa.DataType) -> pa.DataType:
    return pa.int64() if pa.types.is_temporal(kind) else kind


def _storable(array: pa.Array) -> pa.Array:
    """Times of every sort as whole microseconds."""
    kind = array.type
    if not pa.types.is_temporal(kind):
        return array
    if pa.types.is_duration(kind):
        return array.cast(pa.duration("us"), safe=False).cast(pa.int64())
    if pa.types.is_time(kind):
        return array.cast(pa.time64("us"), safe=False).cast(pa.int64())
    if pa.types.is_date(kind):
        return array.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    return array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())


def _value(held: Held, column: str) -> str:
    if held.kind == NUMBER and not held.whole:
        return f"CASE WHEN isnan({column}::DOUBLE) THEN NULL ELSE {column}::DOUBLE END"
    return f"{column}::{held.sql_type}"


def _time(source: Source, name: str, column: str) -> str:
    """A time column as microseconds; numbers by their size, text as ISO 8601."""
    held = held_of(source, name)
    if held is None or held.kind == TIME:
        return f"{column}::BIGINT"
    if held.kind == TEXT:
        return MOMENT.format(f"{column}::VARCHAR")
    return f"({EPOCH.format(f'{column}::DOUBLE')})::BIGINT"


def _keys(
    there: Held | None, here: Held | None
) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """How a key is spelt on both sides: as it is where the types agree, else as text, so that 17,
    17.0 and "17" are one; text beside times as the moment that it says."""
    if there and here and there.kind == here.kind and there.whole == here.whole:
        plain = _plain_key(here if here.wide else there)
        return plain, plain
    if there and here and {there.kind, here.kind} == {TIME, TEXT}:
        return _moment_key(there), _moment_key(here)
    return _text_key(there), _text_key(here)


def _moment_key(held: Held) -> Callable[[str], str]:
    if held.kind == TIME:
        return lambda column: f"{column}::BIGINT"
    return lambda column: MOMENT.format(f"{column}::VARCHAR")


def _plain_key(held: Held) -> Callable[[str], str]:
    if held.kind == TEXT:
        return lambda column: f"{column}::VARCHAR"
    if held.kind == NUMBER and not held.whole:
        return lambda column: f"CASE WHEN isnan({column}) THEN NULL ELSE {column}::DOUBLE END"
    return lambda column: f"{column}::{held.sql_type}"


def _text_key(held: Held | None) -> Callable[[str], str]:
    if held is not None and held.kind == NUMBER and not held.whole:
        return lambda column: (
            f"CASE WHEN isnan({column}) THEN NULL WHEN {column} = trunc({column})"
            f" AND abs({column}) < 9e15 THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
        )
    if held is not None and held.kind == TEXT:
        return lambda column: f"regexp_replace({column}::VARCHAR, '^(-?[0-9]+)[.]0+$', '\\1')"
    return lambda column: f"{column}::VARCHAR"
