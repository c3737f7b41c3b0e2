"""Words that a schema may use, and refusing others.

Owns: kinds, roles, environments, types.  Does not own: fields (`core.field`).
"""

from vedette.core.errors import SchemaError, nearest

KINDS = ("numeric", "integer", "category", "boolean", "text", "time", "vector", "id")
ROLES = (
    "feature",
    "prediction",
    "score",
    "label",
    "id",
    "time",
    "segment",
    "sensitive",
    "caller",
    "latency",
    "cost",
    "text_input",
    "text_output",
    "attribute",
    "ignore",
)
ENVIRONMENTS = ("training", "serving")
ORDERED_KINDS = ("numeric", "integer")  # compared over ordered bins
NOMINAL_KINDS = ("category", "boolean")  # compared over named categories
# What the values of a column may be stored as; a narrower one of the same family is no violation.
TYPES = (
    "boolean",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "decimal",
    "string",
    "binary",
    "date",
    "datetime",
    "time",
    "duration",
    "list",
)
UNIQUE_ROLES = ("prediction", "score", "label", "id", "time")  # at most one field each
# What is no part of the question that a model is asked: its answer, and what names the event.
BESIDE_ROLES = (
    "prediction",
    "score",
    "label",
    "id",
    "time",
    "caller",
    "latency",
    "cost",
    "text_output",
)


def known(where: str, what: str, value: str, words: tuple[str, ...]) -> None:
    """Refuse a word that is not known.  Errors: SchemaError with the nearest one that is."""
    if value not in words:
        raise SchemaError(
            where,
            f"unknown {what}",
            got=repr(value),
            want=f"one of {', '.join(words)}",
            hint=nearest(str(value), words),
        )
