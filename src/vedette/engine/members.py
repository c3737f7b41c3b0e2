"""Group membership that is kept apart from the events and joined to them by a key.

Owns: reading such a table into a lookup, putting its columns beside rows, what is counted on the
way.  Does not own: who may read it (the caller has asked), finding keys (`engine.lookup`), opening
tables (`ingest.source`), groups (`profiles.groups`).

Sensitive columns often lie in a table of their own, under permissions of their own.  Nothing of it
is kept here: the joined columns live as long as the batch that they stand in.  Keys are compared as
text, so that 17, 17.0 and "17" are one.  What is not known stays missing, and so becomes "not
stated": no value is guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError, nearest
from vedette.engine.lookup import TEXT, Lookup
from vedette.ingest.columns import CODED, encode
from vedette.ingest.source import open_source
from vedette.profiles.buffers import fixed, flags, missing, positions
from vedette.profiles.columns import as_codes
from vedette.profiles.numbers import finite

Places = NDArray[np.intp]

MOST = 20_000_000  # members: about 2 GB with keys of 36 letters
MOST_VALUES = 10_000  # different values of one column of text; more are no groups
PENDING = 1_000_000  # rows that are read before members are put in order again
UNSAID, SAID, DISPUTED = 0, 1, 2


@dataclass(frozen=True, eq=False, repr=False)
class Members:
    """Who belongs to what, by key.

    Of a key that has several rows the first value said counts; where they disagree, none does.
    `repeated` rows had a key that came before, `disputed` keys a column in which rows disagree,
    `keyless` rows no key.
    Shapes: `columns` have one entry per key and, last, a missing one: text as
    `ingest.columns.CODED`, numbers int64 or float64.
    """

    name: str
    keys: Lookup
    columns: Mapping[str, pa.Array]
    repeated: int
    disputed: int
    keyless: int

    def __len__(self) -> int:
        return len(self.keys.texts)

    def __repr__(self) -> str:
        return f"<members of {self.name}: {len(self):,} x {', '.join(self.columns)}>"

    def places(self, keys: pa.Array) -> Places:
        """Where each key is; `len(self)` where it is not known, or is missing.

        Shapes: n keys of any type -> intp[n].
        """
        coded = encode(keys)
        found = np.append(self.keys.places(coded.dictionary.cast(TEXT)), -1)
        codes = fixed(coded.indices).astype(np.intp)
        absent = missing(coded.indices)
        if absent is not None:
            codes = np.where(absent, -1, codes)
        place = found[codes]
        return np.where(place < 0, len(self), place)


class Matched(NamedTuple):
    """Rows with the columns of their members, and how many rows have a member, or none."""

    rows: pa.RecordBatch
    matched: int
    unmatched: int


def members_of(table: Any, key: str, columns: Sequence[str], *, most: int = MOST) -> Members:
    """Read a table of members into a lookup by key.

    Numbers stay numbers (chances of membership, ages), everything else is read as text.
    Bounds: memory for each key once, however many rows it has; at most `most` keys, and 10,000
    different texts of a column.
    Errors: UsageError for a column that is not there, or beyond these bounds; those of the source.

    Example:
        >>> rows = [{"id": 1, "sex": "F"}, {"id": 2, "sex": "M"}, {"id": 1}, {"id": 2, "sex": "F"}]
        >>> members = members_of(rows, "id", ["sex"])
        >>> members, members.repeated, members.disputed
        (<members of rows: 2 x sex>, 2, 1)
        >>> joined(pa.record_batch({"id": ["2", "1", "9"]}), members, "id")["sex"].to_pylist()
        [None, 'F', None]
    """
    source = open_source(table)
    if key in columns:
        raise UsageError(source.name, f"the key {key!r} is also asked for as a column")
    book = _Book(source.name, {name: _Column(name) for name in dict.fromkeys(columns)}, most)
    for batch in source.batches([key, *book.columns]):
        book.add(batch, key)
    return book.members()


def match(batch: pa.RecordBatch, members: Members, key: str) -> Matched:
    """Put the columns of their members beside rows; missing where a row has none.

    Errors: UsageError when the rows lack the key, or have one of the columns already.
    """
    check(batch.schema, members, key, "rows")
    places = members.places(batch.column(key))
    at = positions(places)
    arrays = [*batch.columns, *(column.take(at) for column in members.columns.values())]
    rows = pa.RecordBatch.from_arrays(arrays, names=[*batch.schema.names, *members.columns])
    matched = int(np.count_nonzero(places < len(members)))
    return Matched(rows, matched, batch.num_rows - matched)


def joined(batch: pa.RecordBatch, members: Members, key: str) -> pa.RecordBatch:
    """The rows of `match`, for those who do not count.

    Example:
        >>> chances = members_of({"id": ["a", "b"], "p_f": [0.9, 0.2]}, "id", ["p_f"])
        >>> joined(pa.record_batch({"id": ["b", None]}), chances, "id").to_pylist()
        [{'id': 'b', 'p_f': 0.2}, {'id': None, 'p_f': None}]
    """
    return match(batch, members, key).rows


def check(schema: pa.Schema, members: Members, key: str, where: str) -> None:
    """Refuse rows that members cannot be joined to.

    Errors: UsageError when the rows lack the key, or have one of the columns already.
    """
    if key not in schema.names:
        hint = nearest(key, schema.names)
        raise UsageError(where, f"there is no column {key!r} to find members by", hint=hint)
    for name in members.columns:
        if name in schema.names:
            raise UsageError(
                where, f"column {name!r} is in the rows and among the members' columns"
            )


@dataclass
class _Column:
    """What was said of each key so far, and of rows that are still to be put in order.

    Shapes: `values` float64[n] or places in `texts`, `state` uint8[n].
    """

    name: str
    texts: dict[str, int] | None = None  # None where it holds numbers
    kind: pa.DataType | None = None
    values: list[NDArray[Any]] = field(default_factory=list)
    state: list[NDArray[np.uint8]] = field(default_factory=list)

    def add(self, column: pa.Array, where: str) -> None:
        kind = column.type
        number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
        if self.kind is None:
            self.kind = kind
            self.texts = None if number else {}
        if self.texts is None:
            values: NDArray[Any] = finite(column)
            said = ~np.isnan(values)
        else:
            read, texts = as_codes(column), self.texts
            told = [texts.setdefault(t, len(texts)) for t in read.dictionary.to_pylist()]
            if len(texts) > MOST_VALUES:
                raise UsageError(
                    f"{where} column {self.name!r}",
                    f"more than {MOST_VALUES:,} different values",
                    want="a column of groups, or numbers",
                )
            values = np.array([*told, -1, -1], np.int32)[read.codes]
            said = read.codes >= 0
        self.values.append(values)
        self.state.append(np.where(said, SAID, UNSAID).astype(np.uint8))

    def settle(self, places: Places, keys: int) -> None:
        """One value per key: the first said, or none where a later one disagrees."""
        values, state = np.concatenate(self.values), np.concatenate(self.state)
        said = np.flatnonzero(state != UNSAID)
        at = places[said]
        first = np.zeros(keys, values.dtype)
        first[at[::-1]] = values[said][::-1]
        settled = np.zeros(keys, np.uint8)
        settled[at] = SAID
        settled[at[(state[said] == DISPUTED) | (values[said] != first[at])]] = DISPUTED
        self.values, self.state = [first], [settled]

    def array(self) -> pa.Array:
        """The column, and one entry that is missing."""
        values, said = self.values[0], np.append(self.state[0] == SAID, False)
        values = np.append(values, np.zeros(1, values.dtype))
        valid = pa.py_buffer(np.packbits(said, bitorder="little"))
        raw = pa.py_buffer(np.ascontiguousarray(values))
        if self.texts is None:
            numbers = pa.Array.from_buffers(pa.float64(), len(values), [valid, raw])
            whole = pa.types.is_integer(self.kind)
            return numbers.cast(pa.int64(), safe=False) if whole else numbers
        codes = pa.Array.from_buffers(pa.int32(), len(values), [valid, raw])
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(self.texts), pa.string()))


@dataclass
class _Book:
    """Members while their table is being read."""

    where: str
    columns: dict[str, _Column]
    most: int
    keys: list[pa.Array] = field(default_factory=list)
    settled: int = 0
    rows: int = 0
    pending: int = 0
    keyless: int = 0

    def add(self, batch: pa.RecordBatch, key: str) -> None:
        coded = encode(batch.column(key))
        absent = missing(coded.indices)
        if absent is not None:
            self.keyless += int(np.count_nonzero(absent))
            batch, coded = (part.filter(flags(~absent)) for part in (batch, coded))
        self.keys.append(coded.cast(TEXT))
        for name, column in self.columns.items():
            column.add(batch.column(name), self.where)
        self.rows += batch.num_rows
        self.pending += batch.num_rows
        if self.pending > max(PENDING, self.settled):  # so that each key is moved a few times only
            self.settle()

    def settle(self) -> None:
        """Put what was read in order: each key once."""
        chunks = pa.chunked_array(self.keys, TEXT)
        coded = pa.concat_arrays(chunks.chunks).dictionary_encode()
        keys = coded.dictionary
        if len(keys) > self.most:
            raise UsageError(self.where, f"it has more than {self.most:,} different keys")
        for column in self.columns.values():
            column.settle(fixed(coded.indices).astype(np.intp), len(keys))
        self.keys, self.settled, self.pending = [keys], len(keys), 0

    def members(self) -> Members:
        if self.pending:
            self.settle()
        columns = {
            name: column.array() if column.values else pa.nulls(1, CODED)
            for name, column in self.columns.items()
        }
        disputed = np.zeros(self.settled, np.bool_)
        for column in self.columns.values():
            if column.state:
                disputed |= column.state[0] == DISPUTED
        keys = self.keys[0] if self.keys else pa.nulls(0, TEXT)
        repeated, lost = self.rows - self.settled, int(np.count_nonzero(disputed))
        return Members(self.where, Lookup(keys), columns, repeated, lost, self.keyless)
