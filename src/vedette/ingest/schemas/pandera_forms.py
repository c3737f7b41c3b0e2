"""The forms that a schema of Pandera comes in.

Owns: objects, models, YAML and JSON, through its own library.  Does not own: what they mean
(`pandera`).
"""

from typing import Any

from vedette.core.errors import SchemaError
from vedette.ingest.schemas.needed import library

EXTRA = "schemas"


def loaded(source: Any, where: str) -> Any:
    """A DataFrameSchema as it is, or made from a model or a text.

    Errors: SchemaError for what is none.
    """
    if isinstance(source, str):
        return _parsed(source, where)
    turn = getattr(source, "to_schema", None)  # of a model
    if isinstance(source, type) and callable(turn):
        return turn()
    if hasattr(source, "columns") and hasattr(source, "strict"):
        return source
    raise SchemaError(where, "is no schema of Pandera", got=type(source).__name__)


def _parsed(text: str, where: str) -> Any:
    # Schemas of Polars say so; every other one is read by the classes for pandas.
    package = "pandera.polars" if "polars" in text[:200] else "pandera.pandas"
    made = library(package, "pandera", EXTRA).DataFrameSchema
    read = made.from_json if text.lstrip().startswith("{") else made.from_yaml
    try:
        return read(text)
    except Exception as error:
        got = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise SchemaError(where, "is no schema of Pandera", got=got) from error


def pandas_api() -> Any:
    """Pandera's classes for pandas.  Errors: UsageError where it is not installed."""
    return library("pandera.pandas", "pandera", EXTRA)
