"""The schema that a caller gives, in whichever form.

Owns: reading it from a file.  Does not own: the YAML form (`core.schema_yaml`), laying it over the
guess (`engine.batch`).
"""

from pathlib import Path

from vedette.core.errors import UsageError
from vedette.core.schema import Schema


def schema_of(value: Schema | str | Path | None) -> Schema | None:
    """Take a schema as it is, or read it from a YAML file.

    Errors: UsageError for a file that cannot be read, and for anything else; SchemaError for a file
    that holds no schema.

    Example:
        >>> schema_of(3)
        Traceback (most recent call last):
        ...
        vedette.core.errors.UsageError: schema: cannot be taken; got int; wanted a Schema or the \
path of a YAML file
    """
    if value is None or isinstance(value, Schema):
        return value
    if not isinstance(value, str | Path):
        raise UsageError(
            "schema",
            "cannot be taken",
            got=type(value).__name__,
            want="a Schema or the path of a YAML file",
        )
    from vedette.core.schema_yaml import load_schema  # yaml is loaded only where there is a file

    return load_schema(read_text(value), f"file {str(value)!r}")


def read_text(path: str | Path) -> str:
    """The text of a file.  Errors: UsageError when there is none."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        where = f"file {str(path)!r}"
        if isinstance(error, UnicodeDecodeError):
            raise UsageError(where, "is not UTF-8 text") from None
        got = error.strerror if isinstance(error, OSError) else error
        raise UsageError(where, "cannot be read", got=got) from None
