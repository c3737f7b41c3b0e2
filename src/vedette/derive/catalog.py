"""Every derivation, as one table to scan.

Owns: the list, and applying it to a batch.  Does not own: the derivations.  Adding one is a module
beside this file, a row here and a golden test.
"""

import msgspec
import pyarrow as pa

from vedette.core.errors import SchemaError
from vedette.core.schema import UNIQUE_ROLES, Field, Schema
from vedette.derive.derivation import Derivation
from vedette.derive.text import TextDescriptors
from vedette.derive.vectors import VectorProjections

DERIVATIONS: tuple[Derivation, ...] = (
    TextDescriptors(),  # text: length, words, shares of digits, capitals, non-ASCII
    VectorProjections(),  # vector: norm and eight fixed random projections
)


def derived_fields(schema: Schema) -> dict[str, tuple[Field, ...]]:
    """The fields that are added to a schema, by the column they come from."""
    added = {
        field.name: tuple(
            _shared(new) for derivation in DERIVATIONS for new in derivation.adds(field)
        )
        for field in schema.fields
    }
    return {name: fields for name, fields in added.items() if fields}


def _shared(field: Field) -> Field:
    """What is derived from the one label, score or prediction is none itself."""
    if field.role not in UNIQUE_ROLES:
        return field
    role = "attribute" if field.role in ("id", "time") else "feature"
    return msgspec.structs.replace(field, role=role)


def extend(schema: Schema) -> Schema:
    """The schema with every derived field behind the field that it comes from.

    Errors: SchemaError when a column already has the name of a derived one.
    """
    added = derived_fields(schema)
    for name, fields in added.items():
        for new in fields:
            if new.name in schema:
                raise SchemaError(
                    f"column {new.name!r}",
                    f"has the name of a column that is derived from {name!r}",
                    hint=f"rename it, or give {name!r} the kind category",
                )
    return Schema(
        tuple(new for field in schema.fields for new in (field, *added.get(field.name, ())))
    )


def derive(batch: pa.RecordBatch, schema: Schema) -> pa.RecordBatch:
    """A batch with the derived columns of its columns added.

    Shapes: `schema` is the one before `extend`.  A column that does not arrive derives nothing.
    """
    for field in schema.fields:
        at = batch.schema.get_field_index(field.name)
        for derivation in DERIVATIONS if at >= 0 else ():
            if derivation.adds(field):
                for name, column in derivation.apply(batch.column(at), field).items():
                    batch = batch.append_column(name, column)
    return batch
