"""What is compared with what: the columns of both sides, their kinds, and the SQL that holds them
against each other.

Owns: pairing columns, kinds, comparing.  Does not own: reading (`tables`), joining (`joined`).

Columns are named by place in SQL (o3, s3), so that no name of a user gets into a statement.  Times
are whole microseconds in UTC; a number that is none counts as missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pyarrow as pa

from vedette.core.errors import UsageError, nearest
from vedette.engine.skew.causes.pairs import BOOLEAN, NUMBER, TEXT, TIME
from vedette.engine.skew.keyed.asked import RELATIVE, Asked, Tolerance
from vedette.ingest.columns import CODED
from vedette.ingest.source import Source

MICROSECONDS = 1e6
SQL_TYPES: Mapping[str, str] = {
    NUMBER: "DOUBLE",
    BOOLEAN: "BOOLEAN",
    TEXT: "VARCHAR",
    TIME: "BIGINT",
}
MOMENT = "epoch_us(try_cast({0} AS TIMESTAMPTZ))"  # text without a zone is in UTC
EPOCH = "CASE WHEN abs({0})<1e11 THEN {0}*1e6 WHEN abs({0})<1e14 THEN {0}*1e3" \
    " WHEN abs({0})<1e17 THEN {0} ELSE {0}/1e3 END"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """How one side holds a column: its name there, its kind, whether its numbers are whole, and
    whether they may be too large for 64 bits with a sign."""

    name: str
    kind: str
    whole: bool
    wide: bool = False

    @property
    def sql_type(self) -> str:
        """The type in the database."""
        if self.whole:
            return "HUGEINT" if self.wide else "BIGINT"
        return SQL_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Column:
    """One compared column: its place, both sides, its tolerance."""

    place: int
    name: str
    offline: Held
    online: Held
    relative: float
    absolute: float

    @property
    def kind(self) -> str:
        """The kind as which both are compared."""
        kinds = {self.offline.kind, self.online.kind}
        return next(kind for kind in (TIME, NUMBER, BOOLEAN, TEXT) if kind in kinds)

    def differs(self, offline: str, online: str) -> str:
        """SQL that says whether two values, neither missing, are different."""
        kind = self.kind
        a, b = (self._as(kind, held, text) for held, text in
                ((self.offline, offline), (self.online, online)))  # fmt: skip
        if kind in (TEXT, BOOLEAN):
            return f"coalesce({a} <> {b}, true)"
        if kind == TIME:
            return f"coalesce(abs({a} - {b}) > {self.absolute * MICROSECONDS!r}, true)"
        if self.relative == self.absolute == 0:
            return f"coalesce({a} <> {b}, true)"
        room = []
        if self.relative:
            room.append(f"{self.relative!r} * greatest(abs({a}), abs({b}))")
        if self.absolute:
            room.append(f"{self.absolute!r}")
        wide = room[0] if len(room) == 1 else f"greatest({', '.join(room)})"
        # Infinities are the same only where they are equal; what is beyond a float differs.
        return (
            f"coalesce({a} <> {b} AND NOT (isfinite({a}::DOUBLE) AND isfinite({b}::DOUBLE)"
            f" AND abs({a}::DOUBLE - {b}::DOUBLE) <= {wide}), true)"
        )

    def gap(self, offline: str, online: str) -> str:
        """SQL for how far two numbers or times lie apart; seconds for times."""
        a, b = (self._as(self.kind, held, text) for held, text in
                ((self.offline, offline), (self.online, online)))  # fmt: skip
        return f"abs({a}::DOUBLE - {b}::DOUBLE)" + ("/1e6" if self.kind == TIME else "")

    @staticmethod
    def _as(kind: str, held: Held, text: str) -> str:
        if held.kind == kind:
            return text
        if kind == TIME:
            if held.kind == TEXT:
                return MOMENT.format(text)
            return EPOCH.format(f"{text}::DOUBLE")
        if kind == NUMBER:
            return f"try_cast({text} AS DOUBLE)"
        return f"try_cast({text} AS BOOLEAN)"


@dataclass(frozen=True, slots=True)
class Paired:
    """Both tables column by column: what is compared, and what is not, with the reason."""

    columns: tuple[Column, ...]
    ignored: Mapping[str, str]
    only_offline: tuple[str, ...]
    only_online: tuple[str, ...]


def kind_of(kind: pa.DataType) -> str | None:
    """The kind of a delivered type; None where values are not compared.

    Example:
        >>> kind_of(pa.int8()), kind_of(pa.timestamp("ns")), kind_of(pa.list_(pa.int8()))
        ('number', 'time', None)
    """
    t = pa.types
    if kind == CODED or t.is_string(kind):
        return TEXT
    if t.is_boolean(kind):
        return BOOLEAN
    if t.is_integer(kind) or t.is_floating(kind) or t.is_null(kind):
        return NUMBER
    if t.is_temporal(kind):
        return TIME
    return None


def held_of(source: Source, name: str) -> Held | None:
    """How a side holds a column; None where its values are not compared."""
    kind = source.arrow_schema.field(name).type
    told = kind_of(kind)
    if told is None:
        return None
    return Held(name, told, bool(pa.types.is_integer(kind)), bool(pa.types.is_uint64(kind)))


def pair(offline: Source, online: Source, asked: Asked) -> Paired:
    """Pair the columns of both sides by name.

    Errors: UsageError for names that are not there, and where nothing is left to compare.
    """
    there, here = offline.arrow_schema.names, online.arrow_schema.names
    _check(asked, there, here)
    names = {asked.names.get(name, name): name for name in here}
    used = {*asked.key, *([asked.time] if asked.time else [])}
    ignored: dict[str, str] = {}
    columns: list[Column] = []
    for name in there:
        if name not in names or name in used:
            continue
        if asked.columns and name not in asked.columns:
            continue
        if any(fnmatchcase(name, pattern) for pattern in asked.ignore):
            ignored[name] = "left out on request"
            continue
        sides = held_of(offline, name), held_of(online, names[name])
        if sides[0] is None or sides[1] is None:
            ignored[name] = "lists and other nested values are not"
            continue
        columns.append(
            _column(
                len(columns),
                name,
                sides[0],
                sides[1],
                asked,
                _nulls(offline, online, name, names[name]),
            )
        )
    if not columns:
        raise UsageError("skew", "no column is on both sides but the key", hint="see --map")
    return Paired(
        tuple(columns),
        ignored,
        tuple(name for name in there if name not in names),
        tuple(name for shown, name in names.items() if shown not in there),
    )


def _nulls(offline: Source, online: Source, there: str, here: str) -> tuple[bool, bool]:
    return (
        pa.types.is_null(offline.arrow_schema.field(there).type),
        pa.types.is_null(online.arrow_schema.field(here).type),
    )


def _column(
    place: int, name: str, offline: Held, online: Held, asked: Asked, nulls: tuple[bool, bool]
) -> Column:
    if nulls[0]:  # a column that is all missing is of any kind
        offline = Held(offline.name, online.kind, online.whole, online.wide)
    elif nulls[1]:
        online = Held(online.name, offline.kind, offline.whole, offline.wide)
    numbers = offline.kind == online.kind == NUMBER and not (offline.whole and online.whole)
    mixed = NUMBER in (offline.kind, online.kind) and not (offline.whole and online.whole)
    given = asked.tolerances.get(name)
    general = asked.tolerances.get("") if numbers or mixed else None
    said = given or general or Tolerance()
    default = RELATIVE if (numbers or mixed) and said.absolute is None else 0.0
    return Column(
        place, name, offline, online,
        default if said.relative is None else said.relative, said.absolute or 0.0,
    )  # fmt: skip


def _check(asked: Asked, there: Sequence[str], here: Sequence[str]) -> None:
    for online, offline in asked.names.items():
        _known(online, here, "online table")
        _known(offline, there, "offline table")
    back = {offline: online for online, offline in asked.names.items()}
    for name in (*asked.key, *([asked.time] if asked.time else [])):
        _known(name, there, "offline table")
        _known(back.get(name, name), here, "online table")
    for name in (*asked.columns, *asked.segments, *(n for n in asked.tolerances if n)):
        _known(name, there, "offline table")


def _known(name: str, names: Sequence[str], where: str) -> None:
    if name not in names:
        hint = nearest(name, names) or f"columns are {', '.join(list(names)[:20])}"
        raise UsageError(where, f"there is no column {name!r}", hint=hint)
