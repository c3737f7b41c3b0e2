"""Files of tables, cut into records, from any row on.

Owns: which reader opens which ending, rows as mappings of plain values.  Does not own: lines of
JSON (`lines`), what a row says.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from vedette.core.errors import StoreError
from vedette.ingest.delimited import DelimitedFile
from vedette.ingest.files import ENDINGS
from vedette.ingest.readers.avro import of_avro
from vedette.ingest.readers.delta import of_delta
from vedette.ingest.readers.delta_log import is_delta
from vedette.ingest.readers.lines import objects
from vedette.ingest.readers.plain import plain
from vedette.ingest.readers.record import BY_ENDS, BY_HEAD, BY_PATH, Given, Record
from vedette.ingest.scan import first_line
from vedette.ingest.sent import loose
from vedette.ingest.textfile import opened

ROWS = 2_048  # rows of a table that are plain values at once
DELTA = "delta"
AVRO = "avro"
TABLES = ("parquet", "arrow", "csv", AVRO)  # formats whose files are read as a whole or not at all


def form_of(path: Path) -> str:
    """The format of a file by its name: parquet, arrow, csv, avro, or json for all else; delta of a
    folder that is such a table."""
    if is_delta(path):
        return DELTA
    name = path.name.lower()
    if name.endswith(".avro"):
        return AVRO
    return next((form for end, form in ENDINGS.items() if name.endswith(end)), "json")


def known_by(path: Path) -> str:
    """By what a file of rows is known again: text by how it begins, what is written once by its
    ends, a table of many files by its path."""
    form = form_of(path)
    if form == DELTA:
        return BY_PATH
    once = form in ("parquet", "arrow", AVRO) or (form == "json" and _is_document(path))
    return BY_ENDS if once else BY_HEAD


def is_table(path: Path) -> bool:
    """Whether a file cannot be read while it is written to."""
    return form_of(path) in TABLES


def rows(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    """Cut a file into rows: of JSON its lines, or what an array holds, else those of a table.

    Moments become UTC nanoseconds; where they name no zone they stand in the given one.
    Errors: StoreError for a broken file, SchemaError for text that is no table.
    """
    form = form_of(path)
    if form == "json":
        yield from _json(path, row, at, whole, given)
        return
    if form == DELTA:
        yield from of_delta(path, row, at, given)
        return
    if form == AVRO:
        yield from of_avro(path, row, given)
        return
    place = 0
    for batch in _batches(path, form, given):
        count = batch.num_rows
        if place + count > row:
            cut = max(row - place, 0)
            named = batch.slice(cut).to_pylist()
            for number, value in enumerate(named, place + cut):
                yield Record(number, number + 1, value)
        place += count


def _is_document(path: Path) -> bool:
    """Whether a file is one JSON document, not one a line."""
    with opened(path) as stream:
        start = stream.read(1 << 12).lstrip(b" \t\r\n\xef\xbb\xbf")
    is_pretty = start[:1] == b"{" and start[1:].lstrip(b" ").startswith((b"\n", b"\r"))
    return bool(start[:1] == b"[" or is_pretty)


def _json(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    if not _is_document(path):
        yield from objects(path, row, at, whole, given)
        return
    if not whole:
        return
    most = given.limits.expanded
    with opened(path) as stream:
        text = stream.read(most + 1)
    if len(text) > most:
        raise StoreError(f"file '{path}'", "is too large to be one document",
                         want=f"at most {most} bytes", hint="write one object a line")  # fmt: skip
    document = loose(text)
    values = document if isinstance(document, list) else [document]
    for number, value in enumerate(values[row:], row):
        yield Record(number, number + 1, value)


def _batches(path: Path, form: str, given: Given) -> Iterator[pa.RecordBatch]:
    zone = given.zone
    try:
        if form == "csv":
            file = DelimitedFile(path, texts=given.texts)
            for batch in file.scan(file.plan.raw_names):
                yield from (plain(piece, zone) for piece in _pieces(batch))
        elif form == "parquet":
            with pq.ParquetFile(path) as table:
                for batch in table.iter_batches(ROWS, use_threads=False):
                    yield plain(batch, zone)
        else:
            for batch in _arrow(path):
                yield from (plain(piece, zone) for piece in _pieces(batch))
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"file '{path}'", "cannot be read", got=first_line(error)) from error


def _arrow(path: Path) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as start:
        is_file = start.read(6) == b"ARROW1"
    with pa.OSFile(str(path)) as source:
        if is_file:
            reader = pa.ipc.open_file(source)
            for at in range(reader.num_record_batches):
                batch = reader.get_batch(at)
                batch.validate(full=True)
                yield batch
        else:
            for batch in pa.ipc.open_stream(source):
                batch.validate(full=True)
                yield batch


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, ROWS):
        yield batch.slice(start, ROWS)


def text_moment(text: str, zone: str, form: str = "") -> int:
    """A moment written as text as UTC nanoseconds, in ISO 8601 or as `form` says (`strptime`).

    Errors: ValueError when it is none.
    Example:
        >>> text_moment("01.11.2026 11:00", "Europe/Berlin", "%d.%m.%Y %H:%M") // 10**9
        1793527200
    """
    from vedette.ingest.moments import moment

    if not form and zone == "UTC":
        return moment(text)
    found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
    return moment(found.astimezone(UTC).isoformat())


def document(text: Any) -> Any:
    """What JSON text holds; text that is none as it is.

    Example:
        >>> document('{"a": 1}'), document("plain")
        ({'a': 1}, 'plain')
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return text
