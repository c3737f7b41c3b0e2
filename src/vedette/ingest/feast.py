"""What the Feast feature store serves and retrieves, as the two sides of a comparison.

Owns: Feast's names of columns, its states of a value, the moment a value is from.  Does not own:
reading files (`files`), joining and comparing the sides (`engine.skew`).

A serving log has the join keys and what the request brought; of every feature `view__feature`,
`view__feature__timestamp` and `view__feature__status`; and `__log_timestamp`, `__log_date`,
`__request_id`.  A historical retrieval has the same keys, `event_timestamp`, and features called
`feature` or `view__feature`.
Source: Feast, sdk/python/feast/feature_logging.py (FeatureServiceLoggingSource) and
protos/feast/serving/ServingService.proto (FieldStatus), read at release 0.67.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.errors import UsageError, nearest
from vedette.ingest.source import Source

LOGGED_AT, LOGGED_ON, REQUEST = "__log_timestamp", "__log_date", "__request_id"
TIME = "event_timestamp"  # how both sides call the moment of serving
STAMP, STATUS = "__timestamp", "__status"  # endings of the two columns beside a feature
PRESENT, NULL, NOT_FOUND, OUTSIDE = 1, 2, 3, 4  # FieldStatus
STATES = ("invalid", "present", "null", "not found", "outside max age")  # by FieldStatus


@dataclass(frozen=True)
class Feature:
    """One logged feature: the view it is of, and how both sides call it from here on."""

    view: str
    name: str
    called: str

    @property
    def logged(self) -> str:
        """Its column in the log."""
        return f"{self.view}__{self.name}"


@dataclass(frozen=True)
class FeastSides:
    """The two sides, with the same names.

    Shapes: `key` the join keys of both sides, `time` their moment; `features` as they are called
    in both.  `states` is the online side as it was logged: every feature's value, its state and
    the moment it is from, under Feast's own names, beside the keys and the time.
    """

    offline: Source
    online: Source
    key: tuple[str, ...]
    time: str
    features: tuple[Feature, ...]
    states: Source


def is_log(source: Source) -> bool:
    """Whether a table is a serving log of Feast, by its columns."""
    names = source.arrow_schema.names
    return LOGGED_AT in names and bool(_features(names))


def sides(offline: Source, online: Source, *, outdated: bool = False) -> FeastSides:
    """Give a historical retrieval and a serving log the same names.

    A feature is called `feature` where only one view has one of that name and no other column is
    called so, else `view:feature`.  A value that was not found is missing; one beyond its maximum
    age too, as in a historical retrieval, unless `outdated`: some feature servers hand it out all
    the same, and then that is what the model saw.
    Errors: UsageError when the online side is no serving log, or the sides share no key or feature.
    """
    if not is_log(online):
        raise UsageError(
            online.name, "is no serving log of Feast",
            want=f"columns {LOGGED_AT} and view__feature", hint=_turned_round(offline),
        )  # fmt: skip
    names = online.arrow_schema.names
    features = tuple(_features(names).values())
    plain = _plain(names, features)
    kept = offline.arrow_schema.names
    there = {f.called: name for f in features if (name := _found(f, kept)) is not None}
    if not there:
        raise UsageError(
            offline.name, "has none of the logged features",
            got=", ".join(kept[:20]), want=", ".join(f.logged for f in features[:20]),
        )  # fmt: skip
    key = tuple(name for name in plain if name in kept and _is_key(online, name))
    if not key:
        raise UsageError(
            offline.name, "has none of the log's join keys", got=", ".join(kept[:20]),
            want=", ".join(plain), hint=nearest(plain[0], kept) if plain else "",
        )  # fmt: skip
    raw = {f.called: f.logged for f in features}
    statuses = {f.called: f.logged + STATUS for f in features}
    ours = _Turned(
        online, {**{n: n for n in plain}, TIME: LOGGED_AT, REQUEST: REQUEST, **raw}, statuses,
        (NOT_FOUND,) if outdated else (NOT_FOUND, OUTSIDE),
    )  # fmt: skip
    known = {f.logged for f in features} | {f.name for f in features}
    others = {name: name for name in kept if name not in known}
    theirs = _Turned(offline, {**others, **there}, {}, ())
    beside = {f.logged + end: f.logged + end for f in features for end in ("", STAMP, STATUS)}
    states = _Turned(online, {**{n: n for n in plain}, TIME: LOGGED_AT, **beside}, {}, ())
    matched = tuple(f for f in features if f.called in there)
    return FeastSides(theirs, ours, key, TIME, matched, states)


def _features(names: Sequence[str]) -> dict[str, Feature]:
    """The logged features, by their column: those with a status and a timestamp beside them."""
    known = set(names)
    logged = [n for n in names if "__" in n[1:] and {n + STAMP, n + STATUS} <= known]
    parts = {n: n.partition("__")[::2] for n in logged}
    short = [name for _, name in parts.values()]
    found = {}
    for column, (view, name) in parts.items():
        alone = short.count(name) == 1 and name not in known and name != TIME
        found[column] = Feature(view, name, name if alone else f"{view}:{name}")
    return found


def _plain(names: Sequence[str], features: Sequence[Feature]) -> list[str]:
    """Join keys and what requests brought."""
    own = {f.logged + end for f in features for end in ("", STAMP, STATUS)}
    return [n for n in names if n not in own and n not in (LOGGED_AT, LOGGED_ON, REQUEST)]


def _found(feature: Feature, kept: Sequence[str]) -> str | None:
    """A feature's column in a historical retrieval."""
    options = (feature.logged, feature.called, feature.name)
    return next((name for name in options if name in kept), None)


def _is_key(source: Source, name: str) -> bool:
    """Whether rows can be told by a column: floats are request data."""
    return not pa.types.is_floating(source.arrow_schema.field(name).type)


def _turned_round(offline: Source) -> str:
    return "the sides may be the wrong way round: offline first" if is_log(offline) else ""


class _Turned:
    """A source under other names, with values missing that have one of some states.

    Shapes: `columns` raw names by delivered ones; `statuses` the raw column of a state by delivered
    name.
    """

    def __init__(
        self, source: Source, columns: Mapping[str, str], statuses: Mapping[str, str],
        without: tuple[int, ...],
    ) -> None:  # fmt: skip
        schema = source.arrow_schema
        self._source, self._statuses, self._without = source, statuses, without
        self._columns = {new: raw for new, raw in columns.items() if raw in schema.names}

    @property
    def name(self) -> str:
        """As the source's."""
        return self._source.name

    @property
    def arrow_schema(self) -> pa.Schema:
        """What batches deliver."""
        schema = self._source.arrow_schema
        return pa.schema([(new, schema.field(raw).type) for new, raw in self._columns.items()])

    @property
    def rows(self) -> int | None:
        """As the source's."""
        return self._source.rows

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As the source's."""
        chosen = self._chosen(columns)
        return (self._turned(batch, chosen) for batch in self._source.batches(self._raw(chosen)))

    def sample(self, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
        """As the source's."""
        chosen = self._chosen(columns)
        found = self._source.sample(rows, self._raw(chosen))
        kinds = pa.schema([self.arrow_schema.field(name) for name in chosen])
        return pa.Table.from_batches(
            [self._turned(batch, chosen) for batch in found.to_batches()], schema=kinds
        )

    def _chosen(self, columns: Sequence[str] | None) -> list[str]:
        for name in columns or ():
            if name not in self._columns:
                raise UsageError(
                    self.name, f"there is no column {name!r}", hint=nearest(name, self._columns)
                )
        return list(self._columns) if columns is None else list(columns)

    def _raw(self, chosen: Sequence[str]) -> list[str]:
        states = [self._statuses[name] for name in chosen if name in self._statuses]
        return list(dict.fromkeys([*(self._columns[name] for name in chosen), *states]))

    def _turned(self, batch: pa.RecordBatch, chosen: Sequence[str]) -> pa.RecordBatch:
        arrays = []
        for name in chosen:
            values = batch.column(self._columns[name])
            if name in self._statuses and self._without:
                states = batch.column(self._statuses[name])
                gone = pc.is_in(states, value_set=pa.array(self._without, states.type))
                values = pc.if_else(gone, pa.nulls(len(values), values.type), values)
            arrays.append(values)
        return pa.RecordBatch.from_arrays(arrays, names=list(chosen))
