"""Guessing a schema from a sample of rows.

Owns: the rules from Arrow type and values to kind and role.  Does not own: overriding them
(`core.schema.Schema.replace`), reading files.
The guess is shown to the user, never trusted silently: every column that is not compared is listed
with its reason.
"""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.schema import Field, Schema
from vedette.profiles.columns import has_text
from vedette.profiles.numbers import are_lists
from vedette.profiles.spelt import spells_instants, spells_numbers

MIN_ROWS = 50  # fewer rows than this say nothing about uniqueness
ALMOST_ALL = 0.95  # share of different values from which a column identifies rows
WORDS = 3.0  # words per value from which a string is text, not a category
MANY = 0.2  # share of different values below which a wordy string is still a category

NO_KIND = "its values are of no kind: bytes, maps, unions or intervals"
TAKEN_FOR_ID = "taken for an id (almost every value is different); --kind NAME=category compares it"

COMPARED_ROLES = (
    "feature",
    "prediction",
    "score",
    "label",
    "segment",
    "sensitive",
    "latency",
    "cost",
    "text_input",
    "text_output",
)


def infer(sample: pa.Table) -> Schema:
    """Guess kind and role of every column.

    Shapes: a sample of rows, strings as dictionaries.
    Example:
        >>> schema = infer(pa.table({"amount": [1.5, 2.5], "country": ["DE", "FR"]}))
        >>> [(field.name, field.kind) for field in schema.fields]
        [('amount', 'numeric'), ('country', 'category')]
    """
    fields = []
    taken: set[str] = set()
    for name in sample.column_names:
        column = sample.column(name)
        if is_of_no_kind(column.type):
            fields.append(Field(name, "category", "ignore"))
            continue
        kind = infer_kind(column, name)
        role = {"id": "id", "time": "time"}.get(kind, "feature")
        if role in taken:  # only one column may identify or time the rows
            role = "attribute"
        if role in ("id", "time"):
            taken.add(role)
        # A category of lists is one only where it is stored so.
        listed = kind == "category" and are_lists(column.type)
        fields.append(Field(name, kind, role, type="list" if listed else None))
    return Schema(tuple(fields))


def infer_kind(column: pa.ChunkedArray, name: str = "") -> str:
    """Guess the kind of one column from its Arrow type and, for strings and integers, its
    values."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numeric"
    if pa.types.is_integer(kind):
        return "id" if _names_an_id(name) and _identifies(column) else "integer"
    if pa.types.is_temporal(kind):
        return "numeric" if pa.types.is_duration(kind) else "time"
    if are_lists(kind):
        return "vector" if _is_number(kind.value_type) else "category"
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    return _kind_of_text(column, name) if _is_text(column.type) else "category"


def not_compared(schema: Schema, guessed: Collection[str] = ()) -> dict[str, str]:
    """Why a column is left out of every comparison: column -> reason.

    `guessed` names the columns of which nothing was declared.
    """
    reasons = {}
    for field in schema.fields:
        if field.kind == "id" and field.name in guessed:
            reasons[field.name] = TAKEN_FOR_ID
        elif field.role == "ignore" and field.name in guessed:
            reasons[field.name] = NO_KIND
        elif field.role not in COMPARED_ROLES:
            reasons[field.name] = f"role {field.role} is not compared"
        elif field.kind in ("id", "time"):
            reasons[field.name] = f"kind {field.kind} is not compared"
    return reasons


def is_of_no_kind(kind: pa.DataType) -> bool:
    """Whether no kind can hold values of a type.

    Example:
        >>> is_of_no_kind(pa.binary()), is_of_no_kind(pa.list_(pa.string()))
        (True, False)
    """
    return not (has_text(kind) or are_lists(kind) or pa.types.is_dictionary(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    t = pa.types
    real = t.is_floating(kind) or t.is_decimal(kind)
    return bool(real or t.is_integer(kind) or t.is_boolean(kind) or t.is_null(kind))


def _names_an_id(name: str) -> bool:
    lowered = name.lower()
    return lowered in ("id", "index", "uuid", "guid", "rowid") or lowered.endswith(("_id", "uuid"))


def _identifies(column: pa.ChunkedArray) -> bool:
    rows = len(column) - column.null_count
    return rows >= MIN_ROWS and bool(pc.count_distinct(column).as_py() >= ALMOST_ALL * rows)


def _kind_of_text(column: pa.ChunkedArray, name: str) -> str:
    rows = len(column) - column.null_count
    if rows == 0:
        return "category"
    texts = pc.drop_null(pc.unique(column))
    if spells_instants(texts):
        return "time"
    if spells_numbers(texts):
        return "id" if _names_an_id(name) and _identifies(column) else "numeric"
    different = len(texts)
    spaces = pc.sum(pc.count_substring(column, " ")).as_py() or 0
    words = spaces / rows + 1
    if words >= WORDS and different > MANY * rows:
        return "text"
    if rows >= MIN_ROWS and different >= ALMOST_ALL * rows:
        return "id" if words < 2 else "text"
    return "category"
