"""Rows of both sides side by side, in one join, with a code per column.

Owns: duplicate keys, the join (by key, or by key as of a time), the codes.  Does not own: loading
(`tables`), counting (`counts`).
"""

from dataclasses import dataclass

from vedette.core.durations import nanoseconds
from vedette.engine.skew.keyed.asked import Asked
from vedette.engine.skew.keyed.kinds import Column, Paired
from vedette.engine.skew.keyed.loaded import Database, Segment, part_of

SAME, NEITHER, DIFFER, NOT_ONLINE, NOT_OFFLINE = 0, 1, 2, 3, 4  # codes of a column in a row
COMPARED, UNMATCHED, AMBIGUOUS, TOO_OLD, KEYLESS = 0, 1, 2, 3, 4  # status of an online row
AGREEING = 50_000  # rows without any difference whose values are kept, about


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Keys that several rows of a side have: how many, and of how many rows in all.

    `conflicting` keys have rows that disagree in a compared column.
    """

    keys: int = 0
    rows: int = 0
    conflicting: int = 0


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Rows that are compared with none, by reason."""

    online: int
    offline: int
    ambiguous: int
    too_old: int
    keyless_offline: int
    keyless_online: int


def settle_duplicates(database: Database, asked: Asked, paired: Paired) -> tuple[Duplicates, ...]:
    """Leave one offline row per key (and time), and count duplicates on both sides.

    Offline rows that agree count once.  Of those that disagree the first or last is taken if that
    is asked for; else the key is marked as ambiguous.  Online rows are all kept.
    """
    keys = _key_list(asked)
    values = ", ".join(f"o{c.place}" for c in paired.columns)
    _repeated(database, "offline", keys)
    offline = _counted(database, f"count(DISTINCT hash({values})) > 1")
    if offline.keys:
        pick = "max(pos)" if asked.duplicates == "last" else "min(pos)"
        database.run(
            f"CREATE TABLE kept AS SELECT {pick} AS pos, count(DISTINCT hash({values})) > 1 AS odd"
            f" FROM repeated GROUP BY {keys} HAVING count(*) > 1"
        )
        database.run(
            "DELETE FROM offline WHERE pos IN (SELECT r.pos FROM repeated r JOIN (SELECT"
            f" {keys} FROM repeated GROUP BY {keys} HAVING count(*) > 1) USING ({keys}))"
            " AND pos NOT IN (SELECT pos FROM kept)"
        )
    marked = asked.duplicates == "skip" and bool(offline.conflicting)
    odd = "pos IN (SELECT pos FROM kept WHERE odd)" if marked else "false"
    database.run(f"CREATE VIEW settled AS SELECT *, {odd} AS odd FROM offline")
    database.run("DROP TABLE repeated")
    _repeated(database, "online", keys)
    online = _counted(database, "false")
    database.run("DROP TABLE repeated")
    return offline, online


def _repeated(database: Database, side: str, keys: str) -> None:
    """The rows whose key occurs again, found by hashes: almost always few."""
    present = " AND ".join(f"{key} IS NOT NULL" for key in keys.split(", "))
    database.run(
        f"CREATE TEMP TABLE again AS SELECT hash({keys}) AS h FROM {side} WHERE {present}"
        " GROUP BY 1 HAVING count(*) > 1"
    )
    database.run(
        f"CREATE TABLE repeated AS SELECT * FROM {side} WHERE {present}"
        f" AND hash({keys}) IN (SELECT h FROM again)"
    )
    database.run("DROP TABLE again")


def _counted(database: Database, conflict: str) -> Duplicates:
    keys = ", ".join(
        name for (name,) in database.rows(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'repeated'"
            " AND (column_name[1] = 'k' OR column_name = 't') ORDER BY column_index"
        )
    )  # fmt: skip
    found = database.rows(
        f"SELECT count(*), sum(n), count_if(odd) FROM (SELECT count(*) AS n, {conflict} AS odd"
        f" FROM repeated GROUP BY {keys} HAVING count(*) > 1)"
    )[0]
    return Duplicates(*(int(x or 0) for x in found))


def _key_list(asked: Asked) -> str:
    return ", ".join([f"k{i}" for i in range(len(asked.key))] + (["t"] if asked.time else []))


def join(
    database: Database, asked: Asked, paired: Paired, segments: tuple[Segment, ...], online: int
) -> Unmatched:
    """Make the table `joined`: one row per online row, with status and codes; values where a row
    differs somewhere, or is one of the agreeing ones that are kept as they are.

    Shapes: columns here (place online), there (place offline), status, picked (kept anyway),
    c0.. (codes), o0.. and s0.. (values), g0.. (segments), k0.. (keys, where values are kept).
    """
    keys = [f"k{i}" for i in range(len(asked.key))]
    on = " AND ".join(f"n.{key} = f.{key}" for key in keys)
    present = " AND ".join(f"n.{key} IS NOT NULL" for key in keys)
    how = "LEFT JOIN"
    old = "false"
    if asked.time:
        how, on = "ASOF LEFT JOIN", f"{on} AND n.t >= f.t"
        present += " AND n.t IS NOT NULL"
        if asked.within:
            old = f"n.t - f.t > {nanoseconds(asked.within) // 1000}"
    status = (
        f"CASE WHEN NOT ({present}) THEN {KEYLESS} WHEN f.pos IS NULL THEN {UNMATCHED}"
        f" WHEN f.odd THEN {AMBIGUOUS} WHEN {old} THEN {TOO_OLD} ELSE {COMPARED} END"
    )
    share = min(AGREEING / max(online, 1), 1.0)
    values = [x for c in paired.columns for x in (f"f.o{c.place}", f"n.s{c.place}")]
    codes = ", ".join(f"{_code(c)} AS c{c.place}" for c in paired.columns)
    marks = [f"f.g{s.place}" for s in segments]
    inner = ", ".join(
        ["n.pos AS here", "f.pos AS there", f"{status} AS status", codes,
         f"{part_of('n.pos', share)} AS picked",
         *marks, *(f"n.{key}" for key in keys), *(["n.t", "f.t AS told"] if asked.time else []),
         *values]
    )  # fmt: skip
    worst = ", ".join(f"c{c.place}" for c in paired.columns)
    keep = f"status = 0 AND (picked OR greatest({worst}) >= {DIFFER})"
    plain = [x.partition(".")[2] for x in values] + keys + (["t", "told"] if asked.time else [])
    kept = ", ".join(f"CASE WHEN {keep} THEN {x} END AS {x}" for x in plain)
    shown = ", ".join(
        [
            f"CASE WHEN status = 0 THEN c{c.place} END::UTINYINT AS c{c.place}"
            for c in paired.columns
        ]
        + [f"g{s.place}" for s in segments]
    )
    database.run(
        f"CREATE TABLE joined AS SELECT here, there, status::UTINYINT AS status, picked,"
        f" {shown}, {kept} FROM (SELECT {inner} FROM online n {how} settled f ON {on})"
    )
    return _unmatched(database, keys, asked)


def _code(column: Column) -> str:
    a, b = f"f.o{column.place}", f"n.s{column.place}"
    return (
        f"CASE WHEN {a} IS NULL AND {b} IS NULL THEN {NEITHER} WHEN {b} IS NULL THEN {NOT_ONLINE}"
        f" WHEN {a} IS NULL THEN {NOT_OFFLINE} WHEN {column.differs(a, b)} THEN {DIFFER}"
        f" ELSE {SAME} END"
    )


def _unmatched(database: Database, keys: list[str], asked: Asked) -> Unmatched:
    counts = dict(database.rows("SELECT status, count(*) FROM joined GROUP BY 1"))
    present = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    if asked.time:
        present += " AND t IS NOT NULL"
    keyless = database.rows(f"SELECT count(*) FROM offline WHERE NOT ({present})")[0][0]
    if asked.time:
        names = ", ".join(keys)
        alone = database.rows(
            f"SELECT count(*) FROM offline ANTI JOIN (SELECT DISTINCT {names} FROM online)"
            f" USING ({names}) WHERE {present}"
        )[0][0]
    else:
        left, used = database.rows(
            f"SELECT (SELECT count(*) FROM offline WHERE {present}),"
            " (SELECT count(DISTINCT there) FROM joined WHERE there IS NOT NULL)"
        )[0]
        alone = left - used
    return Unmatched(
        online=counts.get(UNMATCHED, 0), offline=int(alone), ambiguous=counts.get(AMBIGUOUS, 0),
        too_old=counts.get(TOO_OLD, 0), keyless_offline=int(keyless),
        keyless_online=counts.get(KEYLESS, 0),
    )  # fmt: skip
