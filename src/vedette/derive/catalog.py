"""Every derivation, as one table to scan.

Owns: the list, and applying it to a batch.  Does not own: the derivations.  Adding one is a module
beside this file, a row here and a golden test.
"""

import msgspec
import pyarrow as pa

from vedette.core.errors import SchemaError
from vedette.core.schema import UNIQUE_ROLES, Field, Schema
from vedette.derive.derivation import NOTHING, Derivation, Learning, Learnt
from vedette.derive.text import TextDescriptors
from vedette.derive.vectors import VectorBearings
from vedette.derive.wording import TextWording
from vedette.profiles.columns import one_batch

DERIVATIONS: tuple[Derivation, ...] = (
    TextDescriptors(),  # text: length, words, shares of digits, capitals, non-ASCII
    TextWording(),  # text: where its hashed words point
    VectorBearings(),  # vector: norm, projections, cosine to the mean, neighbourhood
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


def learn(sample: pa.Table, schema: Schema) -> Learnt:
    """What derivations that hold rows against the reference need to know of it.

    Shapes: `sample` is spread over the reference; `schema` is the one before `extend`.
    """
    learnt = {}
    for field in schema.fields:
        for derivation in DERIVATIONS if field.name in sample.column_names else ():
            if isinstance(derivation, Learning) and derivation.adds(field):
                found = derivation.learn(one_batch(sample.select([field.name])).column(0), field)
                if found is not None:
                    learnt[field.name] = found
    return learnt


def derive(batch: pa.RecordBatch, schema: Schema, learnt: Learnt = NOTHING) -> pa.RecordBatch:
    """A batch with the derived columns of its columns added.

    Shapes: `schema` is the one before `extend`.  A column that does not arrive derives nothing.
    """
    for field in schema.fields:
        at = batch.schema.get_field_index(field.name)
        for derivation in DERIVATIONS if at >= 0 else ():
            if derivation.adds(field):
                if isinstance(derivation, Learning) and field.name in learnt:
                    derivation = derivation.knowing(learnt[field.name])
                for name, column in derivation.apply(batch.column(at), field).items():
                    batch = batch.append_column(name, column)
    return batch
