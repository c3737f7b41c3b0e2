"""How columns of any origin are delivered: one plan per table, few Arrow types for later layers.

Owns: flattening, dictionary-coding of text, widening of rare number types, repair of broken text,
checks of names. Does not own: reading, and what a column means.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.errors import SchemaError, UsageError, nearest

CODED = pa.dictionary(pa.int32(), pa.string())  # how every text column is delivered


@dataclass(frozen=True, slots=True)
class Column:
    """One delivered column: its name, the raw column it comes from, the struct member if any."""

    name: str
    raw: str
    member: str | None
    type: pa.DataType


@dataclass(frozen=True, slots=True)
class Plan:
    """What is delivered from batches of a raw schema.

    Errors: UsageError when no column is left, or a name occurs twice.
    """

    where: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not self.columns:
            raise UsageError(self.where, "there are no columns", hint="give a table with columns")
        seen: set[str] = set()
        for column in self.columns:
            if column.name in seen:
                raise UsageError(
                    self.where,
                    f"column name {column.name!r} occurs twice",
                    hint="rename one of the two columns",
                )
            seen.add(column.name)

    @property
    def schema(self) -> pa.Schema:
        """The schema of delivered batches."""
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    @property
    def raw_names(self) -> list[str]:
        """The raw columns that are needed, each once, in order."""
        return list(dict.fromkeys(column.raw for column in self.columns))

    def choose(self, names: Sequence[str] | None) -> "Plan":
        """The plan of only these delivered columns, in the order asked; all when None.

        Errors: UsageError for an unknown name.
        """
        if names is None:
            return self
        known = {column.name: column for column in self.columns}
        for name in names:
            if name not in known:
                raise UsageError(
                    self.where,
                    f"there is no column {name!r}",
                    hint=nearest(name, known) or f"columns are {', '.join(list(known)[:20])}",
                )
        return Plan(self.where, tuple(known[name] for name in names))

    def deliver(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A raw batch as delivered; a raw column that the batch lacks is all missing.

        Errors: SchemaError when a value does not fit the type that all files of a column share.
        """
        schema = batch.schema
        arrays = []
        for column in self.columns:
            at = schema.get_field_index(column.raw)
            array = batch.column(at) if at >= 0 else pa.nulls(batch.num_rows)
            if column.member is not None:
                array = _member(array, column.member)
            try:
                arrays.append(convert(array, column.type))
            except pa.ArrowInvalid as error:
                raise SchemaError(
                    f"{self.where} column {column.name!r}",
                    "a value does not fit the column's type",
                    got=str(error).partition("\n")[0],
                    want=str(column.type),
                ) from error
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def as_is(schema: pa.Schema, where: str) -> Plan:
    """The plan for batches that are already as delivered."""
    return Plan(where, tuple(Column(one.name, one.name, None, one.type) for one in schema))


def plan(schema: pa.Schema, where: str) -> Plan:
    """Decide how each column of a raw schema is delivered.

    Struct columns are flattened one level, to "a.b"; a nameless column is "column_3" by its place.
    Errors: as Plan.

    Example:
        >>> raw = pa.schema({"p": pa.struct({"x": pa.float16()}), "s": pa.large_string()})
        >>> plan(raw, "t").schema
        p.x: float
        s: dictionary<values=string, indices=int32, ordered=0>
    """
    names = list(schema.names)
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                where, f"column name {name!r} occurs twice", hint="rename one of the two columns"
            )
    return Plan(where, tuple(_columns(schema)))


def _columns(schema: pa.Schema) -> Iterator[Column]:
    for at, field in enumerate(schema, 1):
        kind = _storage(field.type)
        if pa.types.is_struct(kind) and kind.num_fields:
            for member in kind:
                name = f"{field.name or f'column_{at}'}.{member.name}"
                yield Column(name, field.name, member.name, delivered_type(member.type))
        else:
            name = field.name or f"column_{at}"  # as in a text file whose header lacks a name
            yield Column(name, field.name, None, delivered_type(field.type))


def delivered_type(kind: pa.DataType) -> pa.DataType:
    """The type a column of some type is delivered as.

    Text, and dictionaries of anything, become `CODED`; decimals float64; float16 float32; views
    of lists and bytes lists and bytes; extension and run-end-encoded types what they hold;
    everything else stays as it is.
    """
    kind = _storage(kind)
    if is_text(kind) or pa.types.is_dictionary(kind):
        return CODED
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_list_view(kind):
        return pa.list_(kind.value_type)
    if pa.types.is_large_list_view(kind):
        return pa.large_list(kind.value_type)
    return kind


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of Arrow's text types."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def convert(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """An array in its delivered type.  Errors: ArrowInvalid when a value does not fit the type."""
    if pa.types.is_dictionary(kind):
        return encode(array)
    if array.type == kind:
        return array
    array = _plain(array)
    if array.type == kind:
        return array
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        array = _list(array)
    return array.cast(kind, safe=not pa.types.is_floating(kind))  # a float may be rounded


def encode(array: pa.Array) -> pa.Array:
    """Code text, or a dictionary of anything, as int32 codes of distinct UTF-8 strings.

    Missing is a missing code.

    Bounds: the dictionary never has more entries than a few times the rows, so work per entry is
    work per row.
    """
    array = _plain(array)
    if not pa.types.is_dictionary(array.type):
        array = (array if is_text(array.type) else _text(array)).dictionary_encode()
    values = array.dictionary
    if len(values) > max(4 * len(array), 256) or values.null_count:
        array = _text(array.dictionary_decode()).dictionary_encode()
        values = array.dictionary
    texts = _valid(_text(values))
    if texts is values and array.type == CODED:
        return array
    return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), texts)


def _text(array: pa.Array) -> pa.Array:
    """Any values as Arrow strings; bytes are read as UTF-8 with broken parts replaced."""
    if array.type == pa.string():
        return array
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:  # bytes that are not UTF-8
        return _repaired(array.cast(pa.binary()))
    except pa.ArrowNotImplementedError:  # nested values have no text of their own
        return pa.array([None if v is None else repr(v) for v in array.to_pylist()], pa.string())


def _valid(texts: pa.Array) -> pa.Array:
    """The strings, with broken UTF-8 replaced: files are not trusted to hold what they declare."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return _repaired(texts.view(pa.binary()))
    return texts


def _list(views: pa.Array) -> pa.Array:
    """List views as lists; Arrow's own cast (seen in 26) leaves out the last offset."""
    lengths = pc.fill_null(pc.list_value_length(views), 0).to_numpy(zero_copy_only=False)
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
    return pa.LargeListArray.from_arrays(offsets, views.flatten(), mask=views.is_null())


def _repaired(raw: pa.Array) -> pa.Array:
    texts = [None if b is None else b.decode("utf-8", errors="replace") for b in raw.to_pylist()]
    return pa.array(texts, pa.string())


def _member(array: pa.Array, name: str) -> pa.Array:
    array = _plain(array)
    if pa.types.is_null(array.type):
        return array
    at = array.type.get_field_index(name)
    return pc.struct_field(array, [at]) if at >= 0 else pa.nulls(len(array))


def _storage(kind: pa.DataType) -> pa.DataType:
    """What an extension or run-end-encoded type holds."""
    while True:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif pa.types.is_run_end_encoded(kind):
            kind = kind.value_type
        else:
            return kind


def _plain(array: pa.Array) -> pa.Array:
    while True:
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        elif pa.types.is_run_end_encoded(array.type):
            array = pc.run_end_decode(array)
        else:
            return array


def unify(first: pa.DataType, second: pa.DataType) -> pa.DataType | None:
    """The delivered type that holds values of both without changing their meaning, or None.

    Example:
        >>> unify(pa.int8(), pa.float32()), unify(pa.null(), pa.int8()), unify(pa.int8(), CODED)
        (DataType(double), DataType(int8), None)
    """
    if first == second or pa.types.is_null(second):
        return first
    if pa.types.is_null(first):
        return second
    kinds = pa.types
    if all(kinds.is_integer(kind) or kinds.is_floating(kind) for kind in (first, second)):
        if kinds.is_integer(first) and kinds.is_integer(second):
            mixed = kinds.is_signed_integer(first) != kinds.is_signed_integer(second)
            wide = max(first.bit_width, second.bit_width)
            return pa.int64() if mixed and wide < 64 else _integer(first, second, mixed)
        return pa.float64()
    if kinds.is_timestamp(first) and kinds.is_timestamp(second) and first.tz == second.tz:
        units = ("s", "ms", "us", "ns")
        return pa.timestamp(units[max(units.index(first.unit), units.index(second.unit))], first.tz)
    if kinds.is_date(first) and kinds.is_date(second):
        return pa.date64()
    dates = {kinds.is_date(first), kinds.is_date(second)} == {True, False}
    stamp = first if kinds.is_timestamp(first) else second
    return stamp if dates and kinds.is_timestamp(stamp) and stamp.tz is None else None


def _integer(first: pa.DataType, second: pa.DataType, mixed: bool) -> pa.DataType:
    if mixed:
        return pa.float64()  # no integer type holds both uint64 and a negative number
    return first if first.bit_width >= second.bit_width else second


def spelled(kind: pa.DataType) -> str:
    """A delivered type in people's words."""
    return "text" if kind == CODED else str(kind)
