"""CSV and TSV files, read once into a temporary Arrow file.

Owns: how text becomes typed columns.  Does not own: what is delivered.

Types are guessed from the first megabyte.  When a value further on does not fit, the whole file is
checked as text, each column gets the narrowest type that holds all its values (text in the end,
with the values as they were written), and the file is read again.  So the types are known before
the first batch, and parsing, the dear part, is not repeated for every later pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from vedette.core.errors import SchemaError, StoreError, UsageError
from vedette.ingest.columns import Plan, as_is, plan
from vedette.ingest.scan import Head, first_line, rebatch
from vedette.ingest.spool import Spool
from vedette.ingest.textfile import encoding, opened

# What counts as missing, in number and in text columns alike, quoted or not.
MISSING = ("", "NA", "N/A", "#N/A", "n/a", "null", "NULL", "NaN", "nan", "-nan", "None")
# A record must fit into a block: the next size is tried when one does not.  Measured: blocks of 4
# MB take three times the memory of 1 MB and are no faster.
BLOCK_BYTES = (1 << 20, 16 << 20, 256 << 20)
# What a column's type gives way to, in order, when a value does not fit it; text is last.
WIDER: Mapping[pa.DataType, tuple[pa.DataType, ...]] = {
    pa.null(): (pa.int64(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.timestamp("ns")),
    pa.int64(): (pa.float64(),),
    pa.date32(): (pa.timestamp("us"), pa.timestamp("ns")),
    pa.timestamp("s"): (pa.timestamp("us"), pa.timestamp("ns")),
}


class DelimitedFile:
    """One CSV or TSV file, read on construction; columns of `texts` are text, whatever they hold.

    Bounds: memory of a few blocks; disk about the size of the file.
    Errors: SchemaError when a row has more or fewer cells than the header; StoreError when the file
    is broken; UsageError when it is empty or has a name twice.
    """

    def __init__(self, path: Path, texts: frozenset[str] = frozenset()) -> None:
        self.path = path
        delimiter, code = _dialect(path)
        for block in BLOCK_BYTES:
            try:
                self._spool, self.plan = _load(_Text(path, delimiter, code, block, texts))
                break
            except _TooLongError:
                continue
        else:
            raise StoreError(
                f"file '{path}'",
                f"a row is longer than {BLOCK_BYTES[-1] >> 20} MB",
                hint="look for a quote that is not closed",
            )
        self.rows: int | None = self._spool.rows

    def scan(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Give every row of the named columns, in order."""
        return self._spool.read(names)

    def heads(self) -> list[Head]:
        """None: text can be entered only at its start."""
        return []


class _MisfitError(Exception):
    """A value does not fit the guessed type of its column; `types` are all that were guessed."""

    def __init__(self, types: list[pa.DataType]) -> None:
        self.types = types


class _TooLongError(Exception):
    """A record does not fit into a block."""


@dataclass(frozen=True, slots=True)
class _Text:
    """How a file is to be read."""

    path: Path
    delimiter: str
    encoding: str
    block: int
    texts: frozenset[str] = frozenset()

    @contextmanager
    def reading(self, types: Sequence[pa.DataType] = ()) -> Iterator[pc.CSVStreamingReader]:
        """A reader of the file; `types`, by position, overrule what it would guess."""
        given = dict.fromkeys(self.texts, pa.string())
        kinds: list[pa.DataType] = []
        if types:
            with self.reading() as first:
                given = dict(zip(first.schema.names, types, strict=True))
        try:
            with opened(self.path) as stream, self._reader(stream, given) as reader:
                kinds = reader.schema.types
                yield reader
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise self._failure(error, kinds) from error

    def _reader(
        self, stream: pa.NativeFile, types: dict[str, pa.DataType]
    ) -> pc.CSVStreamingReader:
        return pc.open_csv(
            stream,
            pc.ReadOptions(block_size=self.block, use_threads=False, encoding=self.encoding),
            pc.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            pc.ConvertOptions(
                check_utf8=False,  # broken text is repaired on delivery
                column_types=types,
                null_values=list(MISSING),
                strings_can_be_null=True,
            ),
        )

    def _failure(self, error: Exception, types: list[pa.DataType]) -> Exception:
        message = first_line(error)
        where = f"file '{self.path}'"
        if "conversion error" in message:
            return _MisfitError(types)
        if "straddling" in message:
            return _TooLongError()
        if "Empty CSV" in message:
            return UsageError(where, "it is empty", want="a first row with the names of columns")
        if "Expected" in message:
            got = message.removeprefix("CSV parse error: ")
            return SchemaError(where, "a row does not fit the header", got=got)
        hint = "save it as UTF-8" if isinstance(error, UnicodeDecodeError) else ""
        return StoreError(where, "cannot be read as CSV", got=message, hint=hint)


def _load(text: _Text) -> tuple[Spool, Plan]:
    try:
        return _fill(text, ())
    except _MisfitError as misfit:
        types = _checked(text, misfit.types)
    try:
        return _fill(text, types)
    except _MisfitError:  # its CSV reader is stricter than Arrow's cast
        return _fill(text, [pa.string()] * len(types))


def _fill(text: _Text, types: Sequence[pa.DataType]) -> tuple[Spool, Plan]:
    """The file as delivered, in a spool, and what is in it."""
    spool = Spool()
    with text.reading(types) as reader:
        names = [name or f"column_{i}" for i, name in enumerate(reader.schema.names, 1)]
        schema = pa.schema(list(zip(names, reader.schema.types, strict=True)))
        columns = plan(schema, f"table '{text.path}'")
        for batch in rebatch(reader):
            spool.append(columns.deliver(batch.rename_columns(names)))
    spool.finish()
    return spool, as_is(columns.schema, columns.where)


def _checked(text: _Text, types: list[pa.DataType]) -> list[pa.DataType]:
    """The narrowest type that holds every value of each column, found by reading all as text."""
    with text.reading([pa.string()] * len(types)) as reader:
        for batch in reader:
            types = [
                _holding(batch.column(i), kind) if kind != pa.string() else kind
                for i, kind in enumerate(types)
            ]
    return types


def _holding(texts: pa.Array, kind: pa.DataType) -> pa.DataType:
    if texts.null_count == len(texts):
        return kind
    for one in (kind, *WIDER.get(kind, ())):
        try:
            texts.cast(one)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
        return one
    return pa.string()


def _dialect(path: Path) -> tuple[str, str]:
    """The delimiter and the encoding, told from the file's name and its first line.

    The names of columns of a .csv file are parted by commas; where there is none, by the most
    frequent of semicolon, tab and bar.
    """
    with opened(path) as stream:
        start = stream.read(64 << 10)
    code = encoding(start)
    header = start.decode(code, errors="replace").partition("\n")[0]
    if ".tsv" in path.name.lower():
        return "\t", code
    if "," in header:
        return ",", code
    best = max(";\t|", key=header.count)
    return best if best in header else ",", code
