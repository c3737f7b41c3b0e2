"""Avro files (object containers), cut into rows, from any row on.

Owns: rows as mappings of plain values.  Does not own: the format (the library `fastavro`), what a
row says.

Event Hubs Capture and connectors of Kafka store what was sent as bytes; where these are a JSON
object, its fields are columns `Body.NAME`.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from vedette.core.errors import StoreError, UsageError
from vedette.ingest.readers.record import Given, Record
from vedette.ingest.scan import first_line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BROKEN = (ValueError, EOFError, LookupError, TypeError, OSError, zlib.error)


def of_avro(path: Path, row: int, given: Given) -> Iterator[Record]:
    """Cut a file into its rows; blocks before row `row` are not decoded.

    Bounds: one block, usually 16 kB to 64 kB.
    Errors: UsageError without the library; StoreError for a broken file.
    """
    try:
        from fastavro import block_reader
        from fastavro.schema import SchemaParseException
    except ImportError:
        raise UsageError(f"file '{path}'", "is Avro, which cannot be read without fastavro",
                         hint="pip install 'vedette[avro]'") from None  # fmt: skip
    zone, number = ZoneInfo(given.zone), 0
    try:
        with path.open("rb") as file:
            for block in block_reader(file):
                if number + block.num_records <= row:
                    number += block.num_records
                    continue
                for value in block:
                    if number >= row:
                        yield Record(number, number + 1, plain_value(value, zone))
                    number += 1
    except (*BROKEN, SchemaParseException) as error:
        raise StoreError(f"file '{path}'", "cannot be read as Avro",
                         got=first_line(error)) from error  # fmt: skip


def plain_value(value: Any, zone: ZoneInfo) -> Any:
    """A value of Avro as one that a record can hold: moments as UTC nanoseconds.

    Example:
        >>> plain_value({"Body": b'{"x": 1}', "price": Decimal("1.50")}, ZoneInfo("UTC"))
        {'Body': {'x': 1}, 'price': 1.5}
    """
    match value:
        case None | str() | int() | float():  # asked first: most values are
            return value
        case dict():
            return {str(name): plain_value(one, zone) for name, one in value.items()}
        case list() | tuple():
            return [plain_value(one, zone) for one in value]
        case bytes():
            return _bytes(value)
        case datetime():
            told = value if value.tzinfo else value.replace(tzinfo=zone)
            return (told - EPOCH) // timedelta(microseconds=1) * 1_000
        case date():
            return plain_value(datetime.combine(value, time()), zone)
        case Decimal():
            return float(value)
        case time() | UUID():
            return str(value)
        case _:
            return value


def _bytes(value: bytes) -> Any:
    """Bytes: the object that they spell in JSON, else their text, else digits."""
    if value[:1] == b"{":
        try:
            return msgspec.json.decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
