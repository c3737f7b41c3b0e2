"""Types and constraints of a schema, learnt from a whole table.

Owns: which columns are read, types, uniqueness, where a label is expected, and how each was chosen.
Does not own: kinds and roles (`engine.batch`), the constraints of one field (`engine.limit_learn`).
"""

from collections.abc import Mapping

import msgspec
import pyarrow as pa

from vedette.core.field import Field
from vedette.core.schema import Schema
from vedette.core.words import count as spelled
from vedette.engine.batch import Progress, nothing
from vedette.engine.limit_learn import SURE, Learnt
from vedette.engine.repeats import repeats
from vedette.ingest.source import Source
from vedette.profiles.columns import is_text
from vedette.profiles.fit import SAMPLE
from vedette.profiles.numbers import are_lists


def learn(
    source: Source,
    schema: Schema,
    *,
    progress: Progress = nothing,
) -> tuple[Schema, Mapping[str, list[str]]]:
    """A schema with the constraints that a table suggests, and how each was chosen, by field.

    A fresh table from the same source rarely breaks them.  What a field declares already stays.
    Shapes: `schema` as `resolve_schema` gives it for the source.
    Bounds: memory does not grow with the rows.
    Example:
        >>> import vedette as vd
        >>> from vedette.ingest.source import open_source
        >>> table = {"x": [index % 50 / 4 for index in range(2000)]}
        >>> learnt, why = learn(open_source(table), vd.infer_schema(table))
        >>> learnt["x"].constraints.min, learnt["x"].constraints.step, learnt["x"].type
        (0.0, 0.01, 'float64')
    """
    seen = [Learnt(field) for field in schema.fields if field.role != "ignore"]
    columns = [one.field.name for one in seen]
    done = 0
    for batch in source.batches(columns) if columns else ():
        for one in seen:
            one.add(batch.column(one.field.name))
        done += batch.num_rows
        progress(source.name, done, source.rows)
    sample = source.sample(SAMPLE, columns) if columns else None
    fields, why = {}, {}
    for one in seen:
        assert sample is not None
        field, reasons = _declared(one, sample.column(one.field.name))
        if field.kind == "id" and _is_unique(source, one):
            limits = msgspec.structs.replace(field.constraints, unique=True)
            field = msgspec.structs.replace(field, constraints=limits)
            reasons.append(f"unique: {spelled(one.present)} values, none twice")
        fields[field.name], why[field.name] = field, reasons
    learnt = tuple(fields.get(field.name, field) for field in schema.fields)
    return msgspec.structs.replace(schema, fields=learnt), why


def with_types(schema: Schema, sample: pa.Table) -> Schema:
    """A schema with the types of a table's columns, where none is declared."""
    fields = (
        msgspec.structs.replace(field, type=field.type or _type(sample.column(field.name), field))
        for field in schema.fields
    )
    return msgspec.structs.replace(schema, fields=tuple(fields))


def _declared(one: Learnt, sample: pa.ChunkedArray) -> tuple[Field, list[str]]:
    """A field with what was learnt of it."""
    field = one.field
    changes: dict[str, object] = {}
    limits, reasons = one.constraints(sample)
    if field.constraints == type(limits)():
        changes["constraints"] = limits
    else:
        reasons = ["declared"]
    if field.type is None and one.present:
        changes["type"] = _type(sample, field)
    if field.role == "label" and field.environments == Field("x", "id").environments:
        changes["environments"] = ("training",)
        reasons.append("environments: a label is not known when a model serves")
    return msgspec.structs.replace(field, **changes), reasons


def _type(column: pa.ChunkedArray, field: Field) -> str | None:
    """The family that values are stored as, wide, and none that JSON has no word for."""
    t, kind = pa.types, column.type
    if t.is_boolean(kind):
        return "boolean"
    if t.is_integer(kind):
        return "uint64" if t.is_uint64(kind) else "int64"
    if t.is_floating(kind):
        return "float64"
    if is_text(kind) and field.kind in ("category", "text", "id"):
        return "string"
    return "list" if are_lists(kind) else None


def _is_unique(source: Source, one: Learnt) -> bool:
    return one.present >= SURE and repeats(source, [one.field.name]).again == 0
