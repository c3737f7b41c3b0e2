"""Schemas from and to other tools, whatever form they come in.

Owns: files, objects and the choice of format.  Does not own: formats (`catalog`), what tables are
judged by.
"""

from pathlib import Path
from typing import Any

import msgspec

from vedette.core.errors import SchemaError, UsageError
from vedette.core.schema import Schema
from vedette.ingest.schemas.catalog import (
    FORMATS,
    format_of,
    format_of_bytes,
    format_of_object,
)
from vedette.ingest.schemas.translated import Translated

LARGEST = 64 * 2**20  # bytes of a file that is taken for a schema


def import_schema(source: Any, format: str | None = None) -> Translated[Schema]:
    """Read a schema of another tool: `.result` is the schema, `.unsupported` what it cannot hold.

    `source` is a file's path or an object: a `Schema` of tensorflow-metadata, an ExpectationSuite
    of Great Expectations or its dict, a DataFrameSchema or DataFrameModel of Pandera, a
    ModelSignature of MLflow.  `format` (tfdv, great-expectations, pandera, mlflow) is told from it
    where it is not given.
    Errors: UsageError for what is of no known format, or needs a library that is not installed;
    SchemaError for a broken one.

    Example:
        >>> suite = {"expectations": [{"type": "expect_column_values_to_be_unique",
        ...                            "kwargs": {"column": "id"}}]}
        >>> import_schema(suite).result["id"].constraints.unique
        True
    """
    if format is not None:
        format_of(format)
    if isinstance(source, str | Path):
        return _of_file(Path(source), format)
    named = format or format_of_object(source)
    if not named:
        got = type(source).__name__
        want = f"a file's path, or an object of {', '.join(FORMATS)}"
        raise UsageError("schema", "is of no known format", got=got, want=want)
    turn = getattr(source, "to_json_dict", None)  # of an ExpectationSuite
    return format_of(named).read(turn() if callable(turn) else source, "schema")


def export_schema(schema: Schema, to: str) -> Translated[str]:
    """Write a schema for another tool: `.result` is a file's text, `.unsupported` what it lacks.

    `to`: tfdv (text form of the message), great-expectations (JSON of a suite of 1.x), pandera
    (YAML), mlflow (the `signature` of an MLmodel file).
    Errors: UsageError for an unknown format, or one that needs a library that is not installed.

    Example:
        >>> from vedette.core.schema import Field
        >>> written = export_schema(Schema((Field("x", "numeric", unit="km"),)), "mlflow")
        >>> print(written.result, *written.unsupported, sep="")
        signature:
          inputs: '[{"type":"double","name":"x","required":true}]'
          outputs: null
          params: null
        field 'x': unit km: a signature says names and types, and nothing of values
    """
    if not isinstance(schema, Schema):
        got = type(schema).__name__
        raise UsageError("export", "needs a schema", got=got, want="a Schema")
    return format_of(to).write(schema)


def _of_file(path: Path, format: str | None) -> Translated[Schema]:
    where = f"file {str(path)!r}"
    data = _read(path, where)
    named = format or format_of_bytes(data)
    if not named:
        want = f"one of {', '.join(FORMATS)}"
        raise UsageError(where, "is of no known format", want=want, hint="say which it is")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if named != "tfdv":
            raise UsageError(where, "is not UTF-8 text") from None
        return format_of(named).read(data, where)
    if named == "great-expectations":
        return format_of(named).read(_suite(text, where), where)
    binary = named == "tfdv" and not _is_text_form(text)
    return format_of(named).read(data if binary else text, where)


def _is_text_form(text: str) -> bool:
    return all(sign.isprintable() or sign in "\t\r\n" for sign in text)


def _suite(text: str, where: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SchemaError(where, "is not JSON", got=str(error)) from error


def _read(path: Path, where: str) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(where, "is too large for a schema", got=f"{path.stat().st_size} bytes")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        got = error.strerror if isinstance(error, OSError) else error
        raise UsageError(where, "cannot be read", got=got) from None
