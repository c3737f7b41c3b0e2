"""Schemas of TensorFlow Data Validation, written.

Owns: how each part of a schema is said there.  Does not own: reading one (`tfdv`), the messages
themselves (`tfdv_messages`).
"""

import math
from typing import Any

from vedette.core.constraints import Constraints
from vedette.core.schema import ENVIRONMENTS, Field, Schema
from vedette.ingest.schemas.leftover import Leftover, said
from vedette.ingest.schemas.storage import kind_of_type
from vedette.ingest.schemas.tfdv import ANY, read
from vedette.ingest.schemas.tfdv_messages import is_same32, messages
from vedette.ingest.schemas.translated import Translated

_WHY = {
    "role": "TensorFlow Data Validation knows no roles",
    "type": "TensorFlow Data Validation has INT, FLOAT and BYTES",
    "kind": "it is guessed from the type there",
    "closed": "TensorFlow Data Validation refuses every column that the schema does not name",
    "mostly": "min_domain_mass is said of listed values only",
}
_OF_KIND = {"integer": "INT", "numeric": "FLOAT", "boolean": "INT", "vector": "FLOAT"}
_LEAST, _MOST = -(2**63), 2**63 - 1


def write(schema: Schema) -> Translated[str]:
    """Write a schema as TensorFlow Data Validation reads it, in its text form.

    Errors: UsageError where tensorflow-metadata is not installed.
    """
    message = messages().schema.Schema()
    left = Leftover(_WHY)
    if any(field.environments != ENVIRONMENTS for field in schema.fields):
        message.default_environment.extend(name.upper() for name in ENVIRONMENTS)
    for field in schema.fields:
        _feature(message.feature.add(), field, left)
    bare = [field.name for field in schema.fields if _is_bare(field)]
    if bare:
        why = "TensorFlow Data Validation wants a value in a column that must be there"
        left.refuse("schema", "columns that may hold no value at all", tuple(bare), why)
    rows = message.dataset_constraints
    for name, count in (("min", schema.min_rows), ("max", schema.max_rows)):
        if count is not None:
            setattr(rows, f"{name}_examples_count", count)
    left.of_schema(schema, ("closed", "min_rows", "max_rows"))
    if not schema.closed:
        left.refuse("schema", "closed", False)
    left.of_kinds(schema, read(message).result)
    return Translated(messages().text(message), left.all)


def _is_bare(field: Field) -> bool:
    limits = field.constraints
    return not (field.optional or limits.required or limits.present is not None)


def _feature(feature: Any, field: Field, left: Leftover) -> None:
    feature.name = field.name
    named = _type(field)
    feature.type = messages().schema.FeatureType.Value(named)
    _presence(feature, field)
    for name in ENVIRONMENTS:
        if name not in field.environments:
            feature.not_in_environment.append(name.upper())
    taken = {"required", "present", "optional", "environments"}
    if field.type in ("int64", "float64", "string", "list"):
        taken.add("type")
    taken |= _lengths(feature, field)
    taken |= _domain(feature, field, named)
    left.of_field(field, taken)


def _type(field: Field) -> str:
    stored = kind_of_type(field.type) if field.type else field.kind
    return _OF_KIND.get(stored, "BYTES")


def _presence(feature: Any, field: Field) -> None:
    limits = field.constraints
    if limits.required:
        feature.presence.min_fraction = 1
    elif limits.present is not None and limits.present > ANY:
        feature.presence.min_fraction = limits.present
    if not field.optional or limits.required or limits.present:
        feature.presence.min_count = 1


def _lengths(feature: Any, field: Field) -> set[str]:
    if field.type != "list" and field.kind != "vector":
        feature.value_count.min = feature.value_count.max = 1
        return set()
    limits = field.constraints
    feature.value_count.min = limits.min_length or 0
    if limits.max_length is not None:
        feature.value_count.max = limits.max_length
    return {"min_length", "max_length"}


def _domain(feature: Any, field: Field, named: str) -> set[str]:
    """Say what values a feature may have; returns the names of what was said."""
    limits = field.constraints
    if field.kind == "boolean":
        feature.bool_domain.SetInParent()
        return set()
    if named == "INT" or (named == "BYTES" and field.kind == "integer"):
        return _whole(feature, field)
    if named == "BYTES" and field.kind != "numeric":  # instants, too: limits of theirs are listed
        return _texts(feature, field)
    taken = set()
    if named == "BYTES":
        feature.float_domain.SetInParent()
    for name in ("min", "max"):
        limit = getattr(limits, name)
        if limit is not None and is_same32(limit):
            setattr(feature.float_domain, name, limit)
            taken.add(name)
    if limits.finite:
        feature.float_domain.disallow_nan = feature.float_domain.disallow_inf = True
        taken.add("finite")
    if field.kind == "category":
        feature.float_domain.is_categorical = True
    return taken


def _texts(feature: Any, field: Field) -> set[str]:
    limits = field.constraints
    if limits.allowed is not None:
        feature.string_domain.value.extend(limits.allowed)
        of_values = set(said(limits)) - {"required", "present", "unique", "mostly"}
        if limits.mostly != 1 and of_values == {"allowed"}:
            feature.distribution_constraints.min_domain_mass = limits.mostly
            return {"allowed", "mostly"}
        return {"allowed"}
    if field.kind == "text":
        feature.natural_language_domain.SetInParent()
    return set()


def _whole(feature: Any, field: Field) -> set[str]:
    low, high = _whole_limits(field.constraints)
    taken = {"finite"}  # whole numbers are
    if field.type == "string":
        feature.int_domain.SetInParent()
    if low is not None and low >= _LEAST:
        feature.int_domain.min = low
        taken |= {"min", "above"}
    if high is not None and high <= _MOST:
        feature.int_domain.max = high
        taken |= {"max", "below"}
    if field.kind == "category":
        feature.int_domain.is_categorical = True
    return taken


def _whole_limits(limits: Constraints) -> tuple[int | None, int | None]:
    """The least and the greatest whole number that limits allow."""
    low = [math.ceil(limits.min)] if limits.min is not None else []
    low += [math.floor(limits.above) + 1] if limits.above is not None else []
    high = [math.floor(limits.max)] if limits.max is not None else []
    high += [math.ceil(limits.below) - 1] if limits.below is not None else []
    return (max(low) if low else None), (min(high) if high else None)
